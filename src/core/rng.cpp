#include "eida/core/rng.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "eida/core/error.h"

namespace eida {
namespace {

constexpr uint64_t kGolden = 0x9e3779b97f4a7c15ULL;

}  // namespace

uint64_t hash_name(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

uint64_t mix_bits(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

Rng::Rng(uint64_t seed, std::string_view stream, uint64_t index)
    : key_(mix_bits(mix_bits(mix_bits(seed + kGolden) ^ hash_name(stream)) +
                    (index + 1) * kGolden)) {}

uint64_t Rng::next() { return mix_bits(key_ + ++counter_ * kGolden); }

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

/// The first k steps of a Fisher-Yates shuffle. Where k is small beside n, only the values that
/// moved are kept: the memory is that of the draw, never of the range.
std::vector<int64_t> Rng::sample(int64_t n, int64_t k) {
  if (k > n) throw Error(ExitCode::kInternal, "Rng::sample: more values asked for than there are");
  const auto partner = [&](int64_t i) {
    return i + static_cast<int64_t>(below(static_cast<uint64_t>(n - i)));
  };
  constexpr int64_t kSmall = 65536;  // up to here the whole range is held
  if (n > kSmall && k < n / 16) {
    std::unordered_map<int64_t, int64_t> moved;  // value at a position, where not the position's
    std::vector<int64_t> values(static_cast<size_t>(k));
    for (int64_t i = 0; i < k; ++i) {
      const int64_t j = partner(i);
      const auto at_i = moved.find(i);
      const int64_t value = at_i == moved.end() ? i : at_i->second;
      const auto [at_j, is_new] = moved.try_emplace(j, j);
      values[static_cast<size_t>(i)] = i == j ? value : std::exchange(at_j->second, value);
    }
    return values;
  }
  std::vector<int64_t> values(static_cast<size_t>(n));
  std::iota(values.begin(), values.end(), int64_t{0});
  for (int64_t i = 0; i < k; ++i)
    std::swap(values[static_cast<size_t>(i)], values[static_cast<size_t>(partner(i))]);
  values.resize(static_cast<size_t>(k));
  return values;
}

}  // namespace eida
