// What the configuration says about measuring, and the examples that it draws.
#pragma once

#include <cstdint>
#include <functional>
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
/// \param quiet without warnings of what was cut. \throws DataError fewer are there
DrawnExamples draw_fresh(const Dataset& data, const ExampleTokenizer& tokenizer,
                         const Config& config, int64_t heldout, int64_t number, bool quiet = false);

/// Looks at what number `first` will draw, and at most a hundred from it on where the configuration
/// may ask for more than examples or memory have. \param check of one number's draws
void check_draws(const Dataset& data, const ExampleTokenizer& tokenizer, const Config& config,
                 int64_t heldout, int64_t first, int64_t count,
                 const std::function<void(const DrawnExamples&, const MeasureOptions&)>& check);

}  // namespace eida
