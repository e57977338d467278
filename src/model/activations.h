// Names of the activations that activate() knows; includes no torch.
#pragma once

#include <set>
#include <string>

namespace eida {

std::set<std::string> supported_activations();

}  // namespace eida
