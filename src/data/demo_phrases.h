/// Words of the demo data's templates, and drawing from them.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "eida/core/rng.h"

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

/// \throws ConfigError a count is negative or their sum is above what the templates can tell apart.
void check_demo_counts(int64_t train, int64_t dev);

}  // namespace eida
