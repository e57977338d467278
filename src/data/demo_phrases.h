/// Words of the demo data's templates, and drawing from them.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "eida/core/error.h"
#include "eida/core/rng.h"
#include "eida/data/demo.h"

namespace eida {

using Words = std::vector<std::string_view>;

/// One of the words, uniformly.
inline std::string pick(const Words& words, Rng& rng) {
  return std::string(words[rng.below(words.size())]);
}

/// Parts with a space between. Braces fix the order in which the arguments are drawn; `+` would
/// not.
inline std::string join_words(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!part.empty()) text += (text.empty() ? "" : " ") + part;
  }
  return text;
}

/// True with probability p.
inline bool chance(double p, Rng& rng) { return rng.uniform() < p; }

using Texts = std::unordered_set<std::string>;

/// Both splits by `draw`(count, rng, texts seen so far) from one stream. \throws ConfigError a
/// count is negative or their sum is above what the templates can tell apart.
template <typename Draw>
DemoSplits draw_splits(const DemoOptions& options, const char* stream, Draw draw) {
  constexpr int64_t kMost = 100000;
  const auto& [train, dev, seed] = options;
  if (train < 0 || dev < 0 || train > kMost || dev > kMost - train) {
    throw ConfigError("demo data: {} + {} examples asked, wanted 0 to {} in sum", train, dev,
                      kMost);
  }
  Rng rng(seed, stream);
  Texts seen;
  DemoSplits splits;
  splits.train = draw(train, rng, seen);
  splits.dev = draw(dev, rng, seen);
  return splits;
}

}  // namespace eida
