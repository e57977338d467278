#include "nearest.h"

#include <fmt/format.h>

#include <algorithm>

namespace eida::config {
namespace {

constexpr size_t kLongest = 64;  // nothing longer is a typing error of a name of ours

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  // Rows i-2, i-1 and i of the usual table (optimal string alignment).
  std::vector<size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, row);
  }
  return previous[b.size()];
}

std::string nearest(std::string_view given, const std::vector<std::string>& names) {
  if (given.size() > kLongest) return "";
  std::string best;
  size_t best_distance = std::max<size_t>(2, given.size() / 3) + 1;
  for (const std::string& name : names) {
    const size_t distance = edit_distance(given, name);
    if (distance < best_distance && distance < name.size()) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

std::string choice_hint(std::string_view given, const std::vector<std::string>& names) {
  const std::string near = nearest(given, names);
  return fmt::format("{}one of {}", near.empty() ? "" : fmt::format("did you mean {}? ", near),
                     fmt::join(names, ", "));
}

}  // namespace eida::config
