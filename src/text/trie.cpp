#include "trie.h"

#include <algorithm>

namespace eida::text {
namespace {

/// Keys that share their first `depth` bytes and lead to one unit.
struct Branch {
  uint32_t unit;
  size_t begin, end, depth;
};

}  // namespace

Trie::Trie(std::vector<std::pair<std::string_view, int32_t>> entries) : units_(512) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Branch> open = {{0, 0, entries.size(), 0}};
  std::vector<unsigned char> labels;
  std::vector<size_t> starts;
  while (!open.empty()) {
    const Branch branch = open.back();
    open.pop_back();
    labels.clear();
    starts.clear();
    for (size_t i = branch.begin; i < branch.end; ++i) {
      const auto& [key, value] = entries[i];
      if (key.size() == branch.depth) {
        if (branch.depth > 0) units_[branch.unit].value = value;
        continue;
      }
      const auto label = static_cast<unsigned char>(key[branch.depth]);
      if (!labels.empty() && labels.back() == label) continue;
      labels.push_back(label);
      starts.push_back(i);
    }
    if (labels.empty()) continue;
    starts.push_back(branch.end);
    const uint32_t base = place(labels);
    units_[branch.unit].base = base;
    for (size_t i = 0; i < labels.size(); ++i) {
      units_[base + labels[i]].parent = branch.unit;
      open.push_back({base + labels[i], starts[i], starts[i + 1], branch.depth + 1});
    }
  }
}

/// A base for which all children's units are free. Source: the first-fit search of Darts, which
/// skips what is almost full.
uint32_t Trie::place(const std::vector<unsigned char>& labels) {
  size_t taken = 0, tried = 0;
  for (size_t at = std::max<size_t>(first_free_, labels.front() + size_t{1});; ++at, ++tried) {
    if (at + 512 >= units_.size()) units_.resize(units_.size() * 2);
    if (units_[at].parent != kNone) {
      ++taken;
      continue;
    }
    const size_t base = at - labels.front();
    const bool fits = std::all_of(labels.begin(), labels.end(), [&](unsigned char label) {
      return units_[base + label].parent == kNone;
    });
    if (!fits) continue;
    if (taken == tried || (tried > 64 && taken * 20 >= tried * 19)) first_free_ = at;
    return static_cast<uint32_t>(base);
  }
}

}  // namespace eida::text
