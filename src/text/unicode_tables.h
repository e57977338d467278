/// The generated tables of unicode_tables.inc, as flat arrays of numbers.
#pragma once

#include <cstdint>
#include <span>

namespace eida::text {

std::span<const uint32_t> property_runs();   ///< first, last, Property bits; …
std::span<const uint32_t> combining_runs();  ///< first, last, canonical combining class; …
/// Mappings: code point, number of targets, the targets; … by ascending code point.
std::span<const uint32_t> lower_case_map();
std::span<const uint32_t> canonical_map();      ///< full decompositions, without Hangul syllables
std::span<const uint32_t> compatibility_map();  ///< only those that differ from the canonical ones
std::span<const uint32_t> composition_list();   ///< first, second, composed; …

}  // namespace eida::text
