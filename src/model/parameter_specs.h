// Names, shapes and initial values of an architecture's parameters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eida/model/model_config.h"

namespace eida {

/// One parameter under its Hugging Face name.
struct ParameterSpec {
  std::string name;
  std::vector<int64_t> shape;
  double std = 0.0;       ///< random initialisation: standard deviation around `mean`
  double mean = 0.0;      ///< 1 for LayerNorm weights
  int64_t zero_row = -1;  ///< row of a table that starts at zero (padding token); -1: none
  /// "pooler" or "classifier": a base checkpoint may lack all parameters of that group; else empty.
  std::string head;
};

/// All parameters in file order of the architecture; tied ones once.
std::vector<ParameterSpec> parameter_specs(const ModelConfig& config);

}  // namespace eida
