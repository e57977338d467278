/// What to say of a key or a flag that is not there.
#pragma once

#include <string>
#include <vector>

#include "declaration.h"

namespace eida::config {

/// "is not a key (hint: did you mean train.lr?)"; without a near one the keys of its group, or the
/// groups.
std::string unknown_key(const std::string& key, const std::vector<Declaration>& all);

/// The flag of `known` that was meant: what other programs call it, or the nearest; empty: none.
std::string near_flag(const std::string& flag, const std::vector<std::string>& known);

}  // namespace eida::config
