/// Demo data from our own templates: small, seeded, learnable, and free of other people's text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eida/data/example.h"

namespace eida {

struct DemoSplits {
  std::vector<TextExample> train;
  std::vector<TextExample> dev;
};

struct DemoOptions {
  int64_t train = 2700;  ///< examples; even, for balanced reviews
  int64_t dev = 300;
  uint64_t seed = 0;
};

/// Review sentences with label 1 (the writer is content) or 0, half of each in both splits, all
/// distinct. Negation ("not dull") and contrast ("although …") make single words unreliable: a
/// linear classifier of words reaches 83 % on dev, of sequences of up to three words 90 %.
/// \throws ConfigError a count is negative or odd, or above 100,000 in sum.
DemoSplits make_demo_reviews(const DemoOptions& options);

/// Meaning representations (first: "name : … | Type : …") and one text for each (second). All
/// meaning representations are distinct.
/// \throws ConfigError a count is negative, or above 100,000 in sum.
DemoSplits make_demo_pairs(const DemoOptions& options);

/// File contents: header `sentence<TAB>label` and one line an example.
std::string demo_review_file(const std::vector<TextExample>& examples);
/// File contents: `MR||text` lines.
std::string demo_pair_file(const std::vector<TextExample>& examples);

}  // namespace eida
