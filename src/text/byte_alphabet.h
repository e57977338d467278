/// GPT-2's printable stand-ins for the 256 bytes, in which byte-level BPE writes its vocabulary.
#pragma once

#include <string>
#include <string_view>

namespace eida::text {

/// The stand-in of a byte, in UTF-8.
std::string_view byte_stand_in(unsigned char byte);

/// Appends the bytes that a token stands for; a token with any other character stands for itself.
/// \param token well-formed UTF-8.
void append_token_bytes(std::string& out, std::string_view token);

}  // namespace eida::text
