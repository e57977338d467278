// Scores of a model on labelled examples, as eida-train takes them after a round.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eida/model/pretrained_model.h"
#include "eida/parallel/communicator.h"

namespace eida {

/// Scores and their values, in the order of Task::scores; loss and perplexity of completions are of
/// a labelled token.
using Evaluation = std::vector<std::pair<std::string, double>>;

/// Of all processes' examples, which are the same; each computes its part.
/// \param progress called after every pass with the number of its examples
/// \throws NumericError a logit or loss that is not finite
Evaluation evaluate(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                    TaskKind task, const Communicator& processes = Communicator::single(),
                    const std::function<void(int64_t)>& progress = {});

nlohmann::ordered_json to_json(const Evaluation& evaluation);
/// "accuracy 0.9083, loss 0.2710"
std::string to_text(const Evaluation& evaluation);

}  // namespace eida
