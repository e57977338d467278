/// Hints for names that are not there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eida::config {

/// Insertions, deletions, substitutions and swaps of neighbours that turn one into the other.
size_t edit_distance(std::string_view a, std::string_view b);

/// The name within a third of its length (at least 2 edits) of `given`; empty: none is near.
std::string nearest(std::string_view given, const std::vector<std::string>& names);

/// "did you mean X? one of X, Y, Z"; without a near one only the list.
std::string choice_hint(std::string_view given, const std::vector<std::string>& names);

}  // namespace eida::config
