// The likeliest next tokens.
#pragma once

#include "proposal.h"

namespace eida {

/// The `count` likeliest tokens of each row that are not banned; fewer where the vocabulary has no
/// more. Equal logits: the smaller token first. On the CPU the logits are made and forgotten a
/// chunk of the vocabulary at a time.
/// \throws NumericError a row's logits are not finite
Proposals top_tokens(const HeadInput& input, int64_t count, const BannedTokens& banned);

/// The same from whole rows of logits: other devices, and the check of the above.
Proposals top_tokens_of_logits(const at::Tensor& logits, int64_t count, const BannedTokens& banned);

}  // namespace eida
