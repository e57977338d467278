/// Named random streams: a new draw in one stream shifts no other.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace eida {

/// SplitMix64 finaliser: a bijection that spreads every bit. Source: Steele, Lea, Flood (2014),
/// "Fast splittable pseudorandom number generators".
uint64_t mix_bits(uint64_t z);

/// FNV-1a over the bytes of a name: what is drawn for a place follows from its name, not from its
/// number in a list.
uint64_t hash_name(std::string_view name);

/// Counter-based generator (SplitMix64 finaliser over key + counter). Every draw is defined here
/// and not by the standard library, so that the same seed gives the same numbers with any compiler.
class Rng {
 public:
  /// \param seed of the run. \param stream name of what is drawn, for example "shuffle", "sampler".
  /// \param index sub-stream: repeat, round, place.
  Rng(uint64_t seed, std::string_view stream, uint64_t index = 0);

  uint64_t next();                        ///< uniform on all 64-bit values
  uint64_t below(uint64_t bound);         ///< uniform on 0..bound-1, without bias; bound >= 1
  double uniform();                       ///< uniform on [0, 1), 53 bits
  double normal();                        ///< standard normal (Box-Muller)
  int64_t binomial(int64_t n, double p);  ///< number of successes in n trials, by inversion of gaps
  /// k distinct values of 0..n-1 in random order; k <= n. A larger k begins with the same values.
  std::vector<int64_t> sample(int64_t n, int64_t k);
  /// Fisher-Yates permutation of 0..n-1.
  std::vector<int64_t> permutation(int64_t n);

  /// State, for resume: counter only, the key follows from the constructor.
  uint64_t counter() const { return counter_; }
  void set_counter(uint64_t counter) { counter_ = counter; }

 private:
  uint64_t key_;
  uint64_t counter_ = 0;
};

}  // namespace eida
