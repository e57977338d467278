// Tokens that must not come next.
#pragma once

#include <cstdint>
#include <vector>

#include "eida/generation/generate.h"

namespace eida {

/// The end token while the text is shorter than min_length, and what would repeat an n-gram.
/// \param prompt \param output so far. \return ascending
std::vector<int32_t> banned_tokens(const std::vector<int32_t>& prompt,
                                   const std::vector<int32_t>& output,
                                   const GenerateOptions& options);

}  // namespace eida
