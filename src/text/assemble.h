/// From the ids of the texts to an Encoding: truncation and template.
#pragma once

#include <cstdint>
#include <vector>

#include "eida/text/tokenizer.h"
#include "post_processor.h"

namespace eida::text {

/// \param second null for a single text. \throws ConfigError when max_length has no room for the
/// template's special tokens.
Encoding assemble(std::vector<int32_t> first, std::vector<int32_t>* second,
                  const PostProcessor& post_processor, const EncodeOptions& options);

}  // namespace eida::text
