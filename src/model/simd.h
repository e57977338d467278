// Sixteen floats at a time, compiled once for every instruction set that is worth it.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>
#include <cstring>

/// In front of a function: compiled for AVX-512, AVX2 and the baseline; the loader picks one. What
/// it calls must be inlined, or runs on the baseline.
#if defined(__x86_64__)
#define EIDA_EVERY_ISA __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EIDA_EVERY_ISA
#endif
#define EIDA_INLINE inline __attribute__((always_inline))
/// Behind the parameters of a lambda: the same.
#define EIDA_INLINE_LAMBDA __attribute__((always_inline))

namespace eida::simd {

inline constexpr int64_t kLanes = 16;
// Vector types of GCC and clang. Handed on by reference: by value their calling convention depends
// on the instruction set, as their alignment would if it were not given.
using Lanes = float __attribute__((vector_size(64), aligned(64)));
using IntLanes = int32_t __attribute__((vector_size(64), aligned(64)));

EIDA_INLINE void load(const float* from, Lanes& to) { std::memcpy(&to, from, sizeof(to)); }

EIDA_INLINE void load(const c10::BFloat16* from, Lanes& to) {
  using Shorts = uint16_t __attribute__((vector_size(32)));
  using Words = uint32_t __attribute__((vector_size(64)));
  Shorts halves;
  std::memcpy(&halves, from, sizeof(halves));
  const Words words = __builtin_convertvector(halves, Words) << 16;
  std::memcpy(&to, &words, sizeof(to));
}

EIDA_INLINE void store(const Lanes& from, float* to) { std::memcpy(to, &from, sizeof(from)); }

/// Rounds to the nearest, ties to even; NaN stays NaN.
EIDA_INLINE void store(const Lanes& from, c10::BFloat16* to) {
  using Shorts = uint16_t __attribute__((vector_size(32)));
  using Words = uint32_t __attribute__((vector_size(64)));
  Words words;
  std::memcpy(&words, &from, sizeof(words));
  const Words rounded = (words + 0x7fffU + ((words >> 16) & 1U)) >> 16;
  const Words quiet = (words >> 16) | 0x40U;
  // NOLINTNEXTLINE(misc-redundant-expression): false for NaN
  const Shorts halves = __builtin_convertvector(from == from ? rounded : quiet, Shorts);
  std::memcpy(to, &halves, sizeof(halves));
}

/// The first `count` entries; the other lanes are 0.
template <typename T>
EIDA_INLINE void load_some(const T* from, int64_t count, Lanes& to) {
  if (count == kLanes) return load(from, to);
  T part[kLanes] = {};
  for (int64_t l = 0; l < count; ++l) part[l] = from[l];
  load(part, to);
}

template <typename T>
EIDA_INLINE void store_some(const Lanes& from, int64_t count, T* to) {
  if (count == kLanes) return store(from, to);
  T part[kLanes];
  store(from, part);
  for (int64_t l = 0; l < count; ++l) to[l] = part[l];
}

EIDA_INLINE float sum(const Lanes& lanes) {
  float total = 0.0F;
  for (int64_t l = 0; l < kLanes; ++l) total += lanes[l];
  return total;
}

EIDA_INLINE void maximum(Lanes& to, const Lanes& other) { to = other > to ? other : to; }

EIDA_INLINE bool any(const IntLanes& mask) {
  uint64_t words[8], seen = 0;
  std::memcpy(words, &mask, sizeof(words));
  for (const uint64_t word : words) seen |= word;
  return seen != 0;
}

/// e^x of each lane for x <= 0, relative error below 3e-7; about 1e-38 below -87; NaN for NaN.
/// Source: Cephes, expf: e^x = 2^n e^r with |r| <= ln(2) / 2, ln(2) subtracted in two parts.
EIDA_INLINE void exponential(const Lanes& argument, Lanes& to) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
  const Lanes lowest = Lanes{} - 87.0F;
  const Lanes x = argument < lowest ? lowest : argument;  // NaN stays
  const Lanes n = (x * 1.44269504088896341F + kRound) - kRound;
  const Lanes r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  Lanes p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const IntLanes exponent = (__builtin_convertvector(n, IntLanes) + 127) << 23;
  Lanes power;
  std::memcpy(&power, &exponent, sizeof(power));
  to = p * power;
}

}  // namespace eida::simd
