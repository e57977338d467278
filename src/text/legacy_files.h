/// Tokenizer files from before tokenizer.json, turned into such a document.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace eida::text {

/// vocab.json + merges.txt, of GPT-2 or RoBERTa: told apart by model_type in config.json, else by
/// whether the vocabulary has "<s>". \throws FormatError, DataError
nlohmann::json document_of_vocab_json(const std::filesystem::path& model_dir);

/// vocab.txt, one token a line, of BERT; do_lower_case, strip_accents and tokenize_chinese_chars
/// come from tokenizer_config.json. \throws FormatError, DataError
nlohmann::json document_of_vocab_txt(const std::filesystem::path& model_dir);

/// "model_type" of config.json; empty where there is neither. \throws FormatError
std::string model_type_of(const std::filesystem::path& model_dir);

/// {"id": …, "content": …, "special": true, "lstrip": …}
nlohmann::json special_token(const std::string& content, int32_t id, bool lstrip = false);

}  // namespace eida::text
