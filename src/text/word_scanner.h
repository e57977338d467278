/// The expressions by which most byte-level files cut a text into words, without an engine.
#pragma once

#include <optional>
#include <string_view>

#include "pre_tokenizer.h"

namespace eida::text {

enum class WordPattern { kGpt2, kQwen2, kLlama3 };

/// Qwen's expression.
inline constexpr std::string_view kQwen2Words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

/// The pattern that an expression is, to the letter.
std::optional<WordPattern> word_pattern(std::string_view expression);

/// Cuts `text`, well-formed UTF-8, into the matches of the pattern, which leave nothing between.
void scan_words(WordPattern pattern, std::string_view text, bool at_start, PieceSink sink);

}  // namespace eida::text
