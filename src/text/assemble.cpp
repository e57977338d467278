#include "assemble.h"

#include <algorithm>
#include <utility>

#include "eida/core/error.h"

namespace eida::text {
namespace {

/// Lengths of two texts that together have at most `room` tokens: the longer one gives first.
/// Source: "longest_first" of the `tokenizers` library.
std::pair<int64_t, int64_t> longest_first(int64_t first, int64_t second, int64_t room) {
  int64_t shorter = std::min(first, second);
  int64_t longer = std::max(shorter, room - shorter);
  if (shorter + longer > room) {
    shorter = room / 2;
    longer = shorter + room % 2;
  }
  return first > second ? std::pair(longer, shorter) : std::pair(shorter, longer);
}

void truncate(std::vector<int32_t>& first, std::vector<int32_t>* second, int64_t room) {
  const auto size = [](const auto& ids) { return static_cast<int64_t>(ids.size()); };
  if (second == nullptr) {
    if (size(first) > room) first.resize(static_cast<size_t>(room));
    return;
  }
  if (size(first) + size(*second) <= room) return;
  const auto [a, b] = longest_first(size(first), size(*second), room);
  first.resize(static_cast<size_t>(std::min(a, size(first))));
  second->resize(static_cast<size_t>(std::min(b, size(*second))));
}

}  // namespace

Encoding assemble(std::vector<int32_t> first, std::vector<int32_t>* second,
                  const PostProcessor& post_processor, const EncodeOptions& options) {
  const Template& pattern = second == nullptr ? post_processor.single : post_processor.pair;
  const int64_t specials = options.add_special_tokens ? pattern.special_tokens() : 0;
  if (options.max_length > 0) {
    if (options.max_length < specials)
      throw ConfigError("max_length {} has no room for {} special tokens", options.max_length,
                        specials);
    truncate(first, second, options.max_length - specials);
  }
  Encoding out;
  const size_t total = first.size() + (second != nullptr ? second->size() : 0);
  out.ids.reserve(total + static_cast<size_t>(specials));
  out.type_ids.reserve(total + static_cast<size_t>(specials));
  for (const Template::Part& part : pattern.parts) {
    if (part.text < 0 && !options.add_special_tokens) continue;
    const auto& ids = part.text < 0 ? part.ids : part.text == 0 ? first : *second;
    out.ids.insert(out.ids.end(), ids.begin(), ids.end());
    out.type_ids.insert(out.type_ids.end(), ids.size(), part.type_id);
  }
  return out;
}

}  // namespace eida::text
