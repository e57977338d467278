// What the configuration says about measuring, and the examples that it draws.
#pragma once

#include <cstdint>
#include <vector>

#include "eida/config/config.h"
#include "eida/data/dataset.h"
#include "eida/data/tokenize.h"
#include "eida/measure/measure.h"

namespace eida {

/// \param number of the repeat or round, from which draws and random estimators follow.
MeasureOptions measure_options(const Config& config, TaskKind task, int64_t number = 0,
                               const Communicator& processes = Communicator::single());

RankRuleOptions rank_rule_options(const RankOptions& options);  ///< what `ranks` says

/// Examples to estimate from, and others to measure on.
struct DrawnExamples {
  TokenizedSet tokens;
  std::vector<const TokenExample*> examples, heldout;
};

/// Fresh ones for each `number`, tokenized: sampling.examples, and `heldout` more.
/// \throws DataError fewer are there
DrawnExamples draw_fresh(const Dataset& data, const ExampleTokenizer& tokenizer,
                         const Config& config, int64_t heldout, int64_t number);

}  // namespace eida
