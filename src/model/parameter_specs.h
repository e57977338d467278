// Names, shapes and initial values of the parameters that an architecture declares.
#pragma once

#include <vector>

#include "eida/model/model_config.h"

namespace eida {

/// All parameters in file order of the architecture; tied ones once.
std::vector<ParameterSpec> parameter_specs(const ModelConfig& config);

}  // namespace eida
