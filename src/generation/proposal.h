// What the model proposes as the next token of a row.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace eida {

struct Proposal {
  int32_t token = -1;
  float log_probability = 0.0F;  ///< of the model, whatever was forbidden or rescaled
};

/// One list a row, the likeliest first.
using Proposals = std::vector<std::vector<Proposal>>;

/// Tokens that must not come next, one ascending list a row.
using BannedTokens = std::vector<std::vector<int32_t>>;

/// Last hidden states and the tied head.
struct HeadInput {
  at::Tensor hidden;  // [M, d]
  at::Tensor table;   // [V, d], same dtype
};

}  // namespace eida
