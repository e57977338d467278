// What the model proposes as the next token of a row: the likeliest ones, or a drawn one.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "eida/core/rng.h"
#include "eida/generation/generate.h"

namespace eida {

struct Proposal {
  int32_t token = -1;
  float log_probability = 0.0F;  ///< of the model, whatever was forbidden or rescaled
};

/// One list a row, the likeliest first.
using Proposals = std::vector<std::vector<Proposal>>;

/// Tokens that must not come next, one ascending list a row; empty: none in any row.
using BannedTokens = std::vector<std::vector<int32_t>>;

/// Last hidden states and the tied head.
struct HeadInput {
  at::Tensor hidden;  // [M, d]
  at::Tensor table;   // [V, d], same dtype
};

/// The `count` likeliest tokens of each row that are not banned; fewer where the vocabulary has no
/// more. Equal logits: the smaller token first. On the CPU the logits are made and forgotten a
/// chunk of the vocabulary at a time.
/// \throws NumericError a row's logits are not finite
Proposals top_tokens(const HeadInput& input, int64_t count, const BannedTokens& banned);

/// The same from whole rows of logits: other devices, and the check of the above.
Proposals top_tokens_of_logits(const at::Tensor& logits, int64_t count, const BannedTokens& banned);

/// One token a row, drawn after temperature, top_k and top_p as transformers filters them; none
/// where everything is banned. \param streams one a row.
/// \throws NumericError a row's logits are not finite
Proposals draw_tokens(const HeadInput& input, const GenerateOptions& options,
                      const BannedTokens& banned, const std::vector<Rng*>& streams);

/// The choice in one row. \param logits [V], banned ones -inf; changed. \return -1: all are banned
int32_t draw_token(std::vector<float>& logits, const GenerateOptions& options, Rng& stream);

}  // namespace eida
