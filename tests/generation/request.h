/// transformers' generation options and outputs as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "eida/generation/generate.h"

namespace eida::testing {

/// \param options under transformers' names.
inline GenerateOptions generate_options(const nlohmann::json& options) {
  GenerateOptions result;
  result.beams = options.at("num_beams");
  result.max_length = options.value("max_length", result.max_length);
  result.max_new_tokens = options.value("max_new_tokens", 0);
  result.min_length = options.value("min_length", 0);
  result.early_stopping = options.at("early_stopping");
  result.length_penalty = options.at("length_penalty");
  result.no_repeat_ngram_size = options.value("no_repeat_ngram_size", 0);
  return result;
}

}  // namespace eida::testing
