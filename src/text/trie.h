/// A set of byte strings with a value each, for finding all or the longest that a text starts with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace eida::text {

/// Double-array trie: one step a byte. Immutable.
class Trie {
 public:
  struct Match {
    size_t length = 0;  ///< bytes; 0 = none
    int32_t value = -1;
  };

  Trie() : units_(512) {}
  /// Empty keys are left out; of equal keys the last counts. Values are ≥ 0.
  explicit Trie(std::vector<std::pair<std::string_view, int32_t>> entries);

  /// Calls `found(length, value)` for every key that `text` starts with, shortest first.
  template <typename Found>
  void for_each_prefix(std::string_view text, Found&& found) const {
    uint32_t node = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const uint32_t next = units_[node].base + static_cast<unsigned char>(text[i]);
      if (units_[next].parent != node) return;
      node = next;
      if (units_[node].value >= 0) found(i + 1, units_[node].value);
    }
  }

  Match longest_prefix(std::string_view text) const {
    Match best;
    for_each_prefix(text, [&best](size_t length, int32_t value) { best = {length, value}; });
    return best;
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  /// The child for byte c is units_[base + c] if its parent is this unit. The array ends in 256
  /// free units, so that no step leaves it.
  struct Unit {
    uint32_t base = 0;
    uint32_t parent = kNone;
    int32_t value = -1;
  };

  uint32_t place(const std::vector<unsigned char>& labels);

  std::vector<Unit> units_;
  size_t first_free_ = 1;
};

}  // namespace eida::text
