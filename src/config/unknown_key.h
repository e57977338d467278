/// What to say of a key that is not there.
#pragma once

#include <string>
#include <vector>

#include "declaration.h"

namespace eida::config {

/// "is not a key (hint: did you mean train.lr?)"; without a near one the keys of its group, or the
/// groups.
std::string unknown_key(const std::string& key, const std::vector<Declaration>& all);

}  // namespace eida::config
