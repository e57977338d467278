// Sampling: one drawn token a row.
#pragma once

#include "eida/core/rng.h"
#include "eida/generation/generate.h"
#include "proposal.h"

namespace eida {

/// One token a row, drawn after temperature, top_k and top_p as transformers filters them; none
/// where everything is banned. \param streams one a row.
/// \throws NumericError a row's logits are not finite
Proposals draw_tokens(const HeadInput& input, const GenerateOptions& options,
                      const BannedTokens& banned, const std::vector<Rng*>& streams);

/// The choice in one row. \param logits [V], banned ones -inf; changed. \return -1: all are banned
int32_t draw_token(std::vector<float>& logits, const GenerateOptions& options, Rng& stream);

}  // namespace eida
