/// What to say of a name that is not there: of a choice, a key or a flag.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "declaration.h"

namespace eida::config {

/// Insertions, deletions, substitutions and swaps of neighbours that turn one into the other.
size_t edit_distance(std::string_view a, std::string_view b);

/// The name within a third of its length (at least 2 edits) of `given`; empty: none is near.
std::string nearest(std::string_view given, const std::vector<std::string>& names);

/// "did you mean X? one of X, Y, Z"; without a near one only the list.
std::string choice_hint(std::string_view given, const std::vector<std::string>& names);

/// "is not a key (hint: did you mean train.lr?)"; without a near one the keys of its group, or the
/// groups.
std::string unknown_key(const std::string& key, const std::vector<Declaration>& all);

/// The flag of `known` that was meant: what other programs call it, or the nearest; empty: none.
std::string near_flag(const std::string& flag, const std::vector<std::string>& known);

}  // namespace eida::config
