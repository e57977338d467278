/// The small tokenizers of tests/golden/tokenizers, which need no outside data.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/text/tokenizer.h"
#include "support/test_data.h"

namespace eida::testing {

inline const std::vector<std::string> kGoldenTokenizers = {
    "gpt2", "roberta", "bert", "camembert", "sentencepiece-bpe", "normal-forms", "qwen", "split"};

/// {"tokenizer", "encode", "decode"}, as scripts/make_tokenizer_goldens.py writes it.
inline nlohmann::json golden_tokenizer(const std::string& name) {
  return read_json(golden_dir() / "tokenizers" / (name + ".json"));
}

/// Loads a tokenizer.json from its text, by way of a file in `folder`.
inline std::shared_ptr<const Tokenizer> load_text(const std::filesystem::path& folder,
                                                  const std::string& text) {
  write_file_atomic(folder / "tokenizer.json", text);
  return load_tokenizer(folder);
}

inline std::shared_ptr<const Tokenizer> load_golden(const std::filesystem::path& folder,
                                                    const std::string& name) {
  return load_text(folder, golden_tokenizer(name)["tokenizer"].dump());
}

}  // namespace eida::testing
