/// Tokenizers read from Hugging Face files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eida {

/// Ids of one text or one pair, special tokens included.
struct Encoding {
  std::vector<int32_t> ids;
  std::vector<int32_t> type_ids;  ///< 0 for the first text, 1 for the second (as the template says)
};

struct EncodeOptions {
  bool add_special_tokens = true;
  int64_t max_length = 0;  ///< special tokens included; 0 = no truncation. Pairs: longest first.
};

/// One text -> ids, ids -> text. Immutable after loading; encode may be called from several
/// threads. Texts are UTF-8; each maximal part that is not becomes U+FFFD first, as Python's
/// bytes.decode(errors="replace") has it.
/// encode: \throws ConfigError when max_length has no room for the special tokens, DataError on a
/// text of more than 1 GiB.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  virtual Encoding encode(std::string_view text, const EncodeOptions& options = {}) const = 0;
  virtual Encoding encode_pair(std::string_view first, std::string_view second,
                               const EncodeOptions& options = {}) const = 0;
  virtual std::string decode(const std::vector<int32_t>& ids,
                             bool skip_special_tokens = true) const = 0;

  virtual int64_t vocab_size() const = 0;  ///< largest id + 1
  /// Id of a token's literal string ("<pad>", "<|endoftext|>"), or -1.
  virtual int32_t token_to_id(std::string_view token) const = 0;
  /// A token as its file writes it, for people: "ĠThe".
  virtual std::string token(int32_t id) const { return decode({id}, false); }
  /// The token that ends texts, as the files beside the tokenizer name it; -1: they name none.
  virtual int32_t eos_token_id() const { return -1; }

  /// Every text, on `threads` threads; same result for any number of threads.
  std::vector<Encoding> encode_batch(const std::vector<std::string_view>& texts,
                                     const EncodeOptions& options = {}, int threads = 1) const;
};

/// \param model_dir a model folder: tokenizer.json first, else vocab.json + merges.txt (GPT-2 or
/// RoBERTa), vocab.txt (BERT), or *.model of SentencePiece (fairseq's ids when config.json says
/// xlm-roberta or camembert). Or one tokenizer.json or .model file.
/// The sections "truncation" and "padding" of a tokenizer.json are not applied: they are a choice
/// of whoever saved it, and EncodeOptions is the caller's. \throws FormatError names the file and
/// the unsupported component; DataError when a file cannot be read.
std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& model_dir);

}  // namespace eida
