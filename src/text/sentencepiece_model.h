/// SentencePiece .model files, encoded by the SentencePiece library itself.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "eida/text/tokenizer.h"
#include "settings.h"

namespace eida::text {

/// \param settings of the file's folder. XLM-R and CamemBERT: fairseq's ids and special tokens, as
/// transformers has them; no class: the file's own ids and the settings' tokens.
/// \throws FormatError, DataError
std::shared_ptr<const Tokenizer> load_sentencepiece(const std::filesystem::path& file,
                                                    Settings settings);

}  // namespace eida::text
