#include "unicode_tables.h"

namespace eida::text {
namespace {
#include "unicode_tables.inc"
}  // namespace

std::span<const uint32_t> property_runs() { return kPropertyRuns; }
std::span<const uint32_t> combining_runs() { return kCombiningRuns; }
std::span<const uint32_t> lower_case_map() { return kLowerCase; }
std::span<const uint32_t> canonical_map() { return kCanonical; }
std::span<const uint32_t> compatibility_map() { return kCompatibility; }
std::span<const uint32_t> composition_list() { return kCompositions; }

}  // namespace eida::text
