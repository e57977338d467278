/// A tokenizer.json at work.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "added_tokens.h"
#include "decoder.h"
#include "eida/text/tokenizer.h"
#include "model.h"
#include "normalizer.h"
#include "post_processor.h"
#include "pre_tokenizer.h"
#include "word_cache.h"

namespace eida::text {

/// Added tokens, normalizer, pre-tokenizer, model, template and decoder, in this order. The
/// sections "truncation" and "padding" of the file are not applied: they are a choice of whoever
/// saved it, and EncodeOptions is the caller's; only the side to cut ("direction") is the file's.
class Pipeline : public Tokenizer {
 public:
  /// \param document a tokenizer.json. \param file its name for errors. \param model in place of
  /// the document's, which is not looked at then. \throws FormatError
  Pipeline(const nlohmann::json& document, const std::string& file,
           std::unique_ptr<const Model> model = nullptr);

  Encoding encode(std::string_view text, const EncodeOptions& options) const override;
  Encoding encode_pair(std::string_view first, std::string_view second,
                       const EncodeOptions& options) const override;
  std::string decode(const std::vector<int32_t>& ids, bool skip_special_tokens) const override;
  int64_t vocab_size() const override;
  int32_t token_to_id(std::string_view token) const override;
  std::string token(int32_t id) const override;
  int32_t eos_token_id() const override { return eos_; }

 private:
  Pipeline(const Component& document, std::unique_ptr<const Model> model);
  std::vector<int32_t> encode_text(std::string_view text) const;
  void encode_part(std::string_view part, bool at_start, WordCache& cache,
                   std::vector<int32_t>& ids) const;

  std::unique_ptr<const Normalizer> normalizer_;       ///< may be null
  std::unique_ptr<const PreTokenizer> pre_tokenizer_;  ///< may be null
  std::unique_ptr<const Model> model_;
  AddedTokens added_;
  PostProcessor post_processor_;
  std::unique_ptr<const Decoder> decoder_;  ///< may be null
  bool clean_up_;                           ///< decoding removes spaces before marks
  int32_t eos_;
  mutable WordCachePool caches_;
};

class Settings;

/// A Pipeline around a SentencePiece .model file, which the SentencePiece library itself encodes.
/// \param settings of the file's folder. XLM-R and CamemBERT: fairseq's ids and special tokens, as
/// transformers has them; no class: the file's own ids and the settings' tokens.
/// \throws FormatError, DataError
std::shared_ptr<const Tokenizer> load_sentencepiece(const std::filesystem::path& file,
                                                    Settings settings);

}  // namespace eida::text
