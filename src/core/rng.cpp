#include "eida/core/rng.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include "eida/core/error.h"

namespace eida {
namespace {

/// SplitMix64 finaliser. Source: Steele, Lea, Flood (2014), "Fast splittable pseudorandom number
/// generators".
uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// FNV-1a over the bytes of the stream's name.
uint64_t hash_name(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

constexpr uint64_t kGolden = 0x9e3779b97f4a7c15ULL;

}  // namespace

Rng::Rng(uint64_t seed, std::string_view stream, uint64_t index)
    : key_(mix(mix(mix(seed + kGolden) ^ hash_name(stream)) + (index + 1) * kGolden)) {}

uint64_t Rng::next() { return mix(key_ + ++counter_ * kGolden); }

uint64_t Rng::below(uint64_t bound) {
  if (bound == 0) throw Error(ExitCode::kInternal, "Rng::below: bound is 0");
  const uint64_t rejected = -bound % bound;  // 2^64 mod bound
  for (;;) {
    const uint64_t value = next();
    if (value >= rejected) return value % bound;
  }
}

double Rng::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

double Rng::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

int64_t Rng::binomial(int64_t n, double p) {
  if (p <= 0.0 || n <= 0) return 0;
  if (p >= 1.0) return n;
  // Gaps between successes are geometric: expected n*p + 1 draws.
  const double log_q = std::log1p(-p);
  int64_t successes = 0;
  double position = 0.0;
  for (;;) {
    position += std::floor(std::log(1.0 - uniform()) / log_q) + 1.0;
    if (position > static_cast<double>(n)) return successes;
    ++successes;
  }
}

std::vector<int64_t> Rng::permutation(int64_t n) { return sample(n, n); }

std::vector<int64_t> Rng::sample(int64_t n, int64_t k) {
  if (k > n) throw Error(ExitCode::kInternal, "Rng::sample: more values asked for than there are");
  std::vector<int64_t> values(static_cast<size_t>(n));
  std::iota(values.begin(), values.end(), int64_t{0});
  for (int64_t i = 0; i < k; ++i) {
    const auto j = i + static_cast<int64_t>(below(static_cast<uint64_t>(n - i)));
    std::swap(values[static_cast<size_t>(i)], values[static_cast<size_t>(j)]);
  }
  values.resize(static_cast<size_t>(k));
  return values;
}

}  // namespace eida
