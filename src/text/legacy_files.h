/// Vocabulary files from before tokenizer.json, as the "model" of such a document.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace eida::text {

/// vocab.json + merges.txt, of GPT-2 or RoBERTa. \throws FormatError, DataError
nlohmann::json model_of_vocab_json(const std::filesystem::path& model_dir);

/// vocab.txt, one token a line, of BERT. \throws FormatError, DataError
nlohmann::json model_of_vocab_txt(const std::filesystem::path& model_dir);

}  // namespace eida::text
