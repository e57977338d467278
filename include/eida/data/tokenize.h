/// Text examples -> token examples.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eida/core/rng.h"
#include "eida/data/dataset.h"
#include "eida/data/example.h"
#include "eida/text/tokenizer.h"

namespace eida {

struct TokenizeOptions {
  int64_t max_length = 0;  ///< tokens, special ones included; 0 = no truncation
  int threads = 1;
  /// Completions: text between prompt and completion; empty: "<|endoftext|>" where it is a token,
  /// else a line end.
  std::string separator;
  /// Completions: ids that end a text, of which the first ends rows; empty: the tokenizer's, else
  /// that of "<|endoftext|>".
  std::vector<int64_t> end_tokens;
  int64_t table_rows = 0;  ///< of the model's word table: ids have to be below; 0: any
};

/// Tokenized examples of a dataset.
struct TokenizedSet {
  std::vector<TokenExample> examples;
  std::vector<int64_t> source;  ///< index in the dataset of each example
  int64_t truncated = 0;        ///< examples that lost tokens to max_length
  int64_t skipped = 0;  ///< examples left out: no labelled token (completions) or no token at all

  /// Tokens of each example.
  std::vector<int64_t> lengths() const;
  /// Each example, for as long as the set lives unchanged.
  std::vector<const TokenExample*> pointers() const;
};

/// Turns examples of one task into tokens with one tokenizer. Classification: the text, or the
/// pair, with the tokenizer's special tokens, truncated by its rule (pairs: longest first).
/// Completions: what the tokenizer's template puts before a text, prompt and separator, all of
/// which is context (context_length counts it); then the completion, with a space before it unless
/// the separator ends in white space, and the end token, which are targets; beyond max_length the
/// completion loses its end, end token first.
/// docs/method.md, "Rows".
class ExampleTokenizer {
 public:
  /// \throws FormatError the tokenizer has no such end token, or none (completions only).
  /// \throws ConfigError max_length is negative.
  ExampleTokenizer(std::shared_ptr<const Tokenizer> tokenizer, TaskKind kind,
                   TokenizeOptions options);

  /// One example.
  /// \throws DataError nothing is left to learn from, as TokenizedSet::skipped counts.
  TokenExample tokenize(const TextExample& text) const;
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  /// Ids of the tokens that end generated outputs, the first of them rows; empty: classification.
  const std::vector<int32_t>& end_tokens() const { return ends_; }
  /// Tokens that an example is cut to; 0: none is cut.
  int64_t max_length() const { return options_.max_length; }
  /// Prompt for generation: the context of a row. Not truncated.
  /// \throws DataError a token that the model's table lacks, here and below
  std::vector<int32_t> tokenize_prompt(const std::string& prompt) const;
  /// The dataset's examples at `indices`, in that order, on options.threads threads; warns when
  /// some were truncated or skipped.
  /// \throws DataError a row is broken, or no example is left.
  TokenizedSet tokenize_all(const Dataset& dataset, const std::vector<int64_t>& indices) const;
  /// Every example of the dataset.
  TokenizedSet tokenize_all(const Dataset& dataset) const;
  /// `count` examples drawn at random: those that would be skipped are replaced by further draws.
  /// \throws DataError fewer are usable, or a row is broken.
  /// \param quiet without the warnings
  TokenizedSet tokenize_drawn(const Dataset& dataset, int64_t count, Rng rng,
                              bool quiet = false) const;
  /// As tokenize_all(), on one thread and without warnings. \throws DataError a row is broken.
  TokenizedSet tokenize_quietly(const Dataset& dataset, const std::vector<int64_t>& indices) const;

 private:
  struct Parts {
    std::vector<Encoding> first, second;  ///< one a text; second empty unless completions
  };
  Parts encode(const std::vector<TextExample>& texts, int threads) const;
  void append(const Dataset& dataset, const std::vector<int64_t>& indices, int threads,
              TokenizedSet& set) const;
  TokenExample assemble_text(const TextExample& text, Encoding encoding, bool& truncated) const;
  std::vector<int32_t> context_of(const std::vector<int32_t>& prompt) const;
  TokenExample assemble_completion(const Encoding& prompt, const Encoding& completion,
                                   bool& truncated) const;
  std::vector<TokenExample> tokenize_chunk(const std::vector<TextExample>& texts, int threads,
                                           std::vector<char>& truncated) const;
  bool usable(const TokenExample& example) const;
  void check_ids(const std::vector<int32_t>& ids) const;

  std::shared_ptr<const Tokenizer> tokenizer_;
  TaskKind kind_;
  TokenizeOptions options_;
  std::vector<int32_t> begin_;  ///< before prompts
  int32_t separator_ = -1;      ///< the token that separates; -1: options_.separator is text
  std::vector<int32_t> ends_;
};

}  // namespace eida
