#include "banned_tokens.h"

#include <algorithm>

namespace eida {
namespace {

/// Last tokens of the n-grams of `text` that begin as `text` ends.
void ban_repeated(const std::vector<int32_t>& text, size_t n, std::vector<int32_t>& banned) {
  if (text.size() < n) return;
  const auto ending = text.end() - static_cast<int64_t>(n - 1);
  for (auto begin = text.begin(); begin + static_cast<int64_t>(n) <= text.end(); ++begin) {
    if (std::equal(ending, text.end(), begin))
      banned.push_back(*(begin + static_cast<int64_t>(n - 1)));
  }
}

}  // namespace

std::vector<int32_t> banned_tokens(const std::vector<int32_t>& prompt,
                                   const std::vector<int32_t>& output,
                                   const GenerateOptions& options) {
  std::vector<int32_t> banned;
  if (options.no_repeat_ngram_size > 0) {
    std::vector<int32_t> text = prompt;
    text.insert(text.end(), output.begin(), output.end());
    ban_repeated(text, static_cast<size_t>(options.no_repeat_ngram_size), banned);
  }
  if (static_cast<int64_t>(prompt.size() + output.size()) < options.min_length)
    banned.push_back(static_cast<int32_t>(options.end_token));
  std::sort(banned.begin(), banned.end());
  return banned;
}

}  // namespace eida
