#include "relative_bias.h"

#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>

namespace eida {
namespace {

/// Source: transformers, MPNetEncoder.relative_position_bucket, in its float32 arithmetic.
int64_t bucket_of(int64_t query_minus_key, const RelativeBiasSpec& spec) {
  const int64_t half = spec.buckets / 2, exact = half / 2;
  const int64_t begin = query_minus_key < 0 ? half : 0, distance = std::abs(query_minus_key);
  if (distance < exact) return begin + distance;
  const auto ratio = [&](int64_t n) { return static_cast<double>(n) / static_cast<double>(exact); };
  const float share = std::log(static_cast<float>(ratio(distance))) /
                      static_cast<float>(std::log(ratio(spec.max_distance)));
  const auto logarithmic = static_cast<int64_t>(share * static_cast<float>(half - exact));
  return begin + std::min(exact + logarithmic, half - 1);
}

}  // namespace

at::Tensor relative_buckets(int64_t length, const RelativeBiasSpec& spec) {
  std::vector<int64_t> buckets;
  for (int64_t query = 0; query < length; ++query) {
    for (int64_t key = 0; key < length; ++key) buckets.push_back(bucket_of(query - key, spec));
  }
  return at::tensor(buckets, at::TensorOptions(at::kLong)).view({length, length});
}

}  // namespace eida
