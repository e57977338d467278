/// SentencePiece .model files, encoded by the SentencePiece library itself.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "eida/text/tokenizer.h"

namespace eida::text {

/// \param model_type "xlm-roberta" and "camembert": fairseq's ids and special tokens, as
/// transformers has them; any other: the file's own ids and no special tokens.
/// \throws FormatError, DataError
std::shared_ptr<const Tokenizer> load_sentencepiece(const std::filesystem::path& file,
                                                    const std::string& model_type);

}  // namespace eida::text
