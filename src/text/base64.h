/// Base 64 (RFC 4648), as tokenizer.json holds SentencePiece's character map.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eida::text {

/// Nothing when the text is not base 64 with its padding.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace eida::text
