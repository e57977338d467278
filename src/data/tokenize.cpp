#include "eida/data/tokenize.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <numeric>

#include "eida/core/error.h"
#include "eida/core/utf8.h"
#include "eida/data/batching.h"

namespace eida {
namespace {

/// Rows in memory at once while a dataset is tokenized.
constexpr size_t kChunk = 4096;

constexpr const char* kEndOfText = "<|endoftext|>";

std::vector<int32_t> end_tokens_of(const Tokenizer& tokenizer, const std::vector<int64_t>& wanted) {
  std::vector<int32_t> ends;
  for (const int64_t id : wanted) {
    if (id >= tokenizer.vocab_size()) {
      throw FormatError("eos_token_id: {} is no token of the tokenizer, which has {}", id,
                        tokenizer.vocab_size());
    }
    ends.push_back(static_cast<int32_t>(id));
  }
  if (!ends.empty()) return ends;
  const int32_t own = tokenizer.eos_token_id();
  const int32_t id = own >= 0 ? own : tokenizer.token_to_id(kEndOfText);
  if (id < 0) {
    throw FormatError(
        "the tokenizer has no end token, nor '{}' (hint: completions need a decoder's tokenizer, "
        "or "
        "eos_token_id in config.json)",
        kEndOfText);
  }
  return {id};
}

/// What the tokenizer's template puts before a text.
std::vector<int32_t> begin_tokens_of(const Tokenizer& tokenizer) {
  const auto bare = tokenizer.encode("a", {.add_special_tokens = false}).ids;
  const auto whole = tokenizer.encode("a").ids;
  return {whole.begin(), std::search(whole.begin(), whole.end(), bare.begin(), bare.end())};
}

bool is_pair(const TextExample& text) { return text.pair || !text.second.empty(); }

void log_truncation(const TokenizedSet& set, const std::string& name, int64_t max_length) {
  const int64_t all = static_cast<int64_t>(set.examples.size()) + set.skipped;
  if (set.truncated > 0)
    spdlog::warn("{}: {} of {} example(s) cut to {} tokens", name, set.truncated, all, max_length);
  if (set.skipped > 0) {
    spdlog::warn("{}: {} of {} example(s) skipped, no labelled token within {} tokens", name,
                 set.skipped, all, max_length);
  }
}

}  // namespace

std::vector<const TokenExample*> TokenizedSet::pointers() const {
  std::vector<const TokenExample*> all;
  for (const TokenExample& example : examples) all.push_back(&example);
  return all;
}

std::vector<int64_t> TokenizedSet::lengths() const {
  std::vector<int64_t> all;
  for (const TokenExample& example : examples)
    all.push_back(static_cast<int64_t>(example.ids.size()));
  return all;
}

ExampleTokenizer::ExampleTokenizer(std::shared_ptr<const Tokenizer> tokenizer, TaskKind kind,
                                   TokenizeOptions options)
    : tokenizer_(std::move(tokenizer)), kind_(kind), options_(std::move(options)) {
  if (options_.max_length < 0)
    throw ConfigError("data.max_length: {} is negative", options_.max_length);
  if (kind_ != TaskKind::kCompletion) return;
  ends_ = end_tokens_of(*tokenizer_, options_.end_tokens);
  begin_ = begin_tokens_of(*tokenizer_);
  std::string& separator = options_.separator;
  if (separator.empty()) separator = tokenizer_->token_to_id(kEndOfText) >= 0 ? kEndOfText : "\n";
  if (separator == kEndOfText) separator_ = tokenizer_->token_to_id(kEndOfText);
}

TokenExample ExampleTokenizer::tokenize(const TextExample& text) const {
  std::vector<char> truncated;
  TokenExample example = std::move(tokenize_chunk({text}, 1, truncated).front());
  if (!usable(example)) {
    throw DataError(
        "example has no labelled token within data.max_length {} (hint: raise data.max_length)",
        options_.max_length);
  }
  return example;
}

std::vector<int32_t> ExampleTokenizer::tokenize_prompt(const std::string& prompt) const {
  if (kind_ != TaskKind::kCompletion)
    throw Error(ExitCode::kInternal, "tokenize_prompt: not a completion task");
  const std::string text = separator_ >= 0 ? prompt : prompt + options_.separator;
  std::vector<int32_t> ids =
      context_of(tokenizer_->encode(text, {.add_special_tokens = false}).ids);
  check_ids(ids);
  return ids;
}

std::vector<int32_t> ExampleTokenizer::context_of(const std::vector<int32_t>& prompt) const {
  std::vector<int32_t> ids = begin_;
  ids.insert(ids.end(), prompt.begin(), prompt.end());
  if (separator_ >= 0) ids.push_back(separator_);
  return ids;
}

TokenizedSet ExampleTokenizer::tokenize_all(const Dataset& dataset) const {
  std::vector<int64_t> indices(static_cast<size_t>(dataset.size()));
  std::iota(indices.begin(), indices.end(), 0);
  return tokenize_all(dataset, indices);
}

TokenizedSet ExampleTokenizer::tokenize_all(const Dataset& dataset,
                                            const std::vector<int64_t>& indices) const {
  TokenizedSet set;
  append(dataset, indices, options_.threads, set);
  log_truncation(set, dataset.name(), options_.max_length);
  if (set.examples.empty() && !indices.empty()) {
    throw DataError("{}: no example has a labelled token within data.max_length {}", dataset.name(),
                    options_.max_length);
  }
  return set;
}

TokenizedSet ExampleTokenizer::tokenize_quietly(const Dataset& dataset,
                                                const std::vector<int64_t>& indices) const {
  TokenizedSet set;
  append(dataset, indices, 1, set);
  return set;
}

TokenizedSet ExampleTokenizer::tokenize_drawn(const Dataset& dataset, int64_t count, Rng rng,
                                              bool quiet) const {
  const auto wanted = static_cast<size_t>(count);
  TokenizedSet set;
  int64_t draws = count;
  for (int64_t tried = 0;;) {
    Rng same = rng;  // more draws begin with the ones before
    auto indices = draw_examples(dataset.size(), draws, same);
    indices.erase(indices.begin(), indices.begin() + tried);
    append(dataset, indices, options_.threads, set);
    if (set.examples.size() >= wanted || draws == dataset.size()) break;
    tried = draws;
    draws = std::min(dataset.size(), 2 * draws);
  }
  if (!quiet) log_truncation(set, dataset.name(), options_.max_length);
  if (set.examples.size() < wanted) {
    throw DataError("{}: {} examples wanted, but {} of {} have a labelled token within {} tokens",
                    dataset.name(), count, set.examples.size(), dataset.size(),
                    options_.max_length);
  }
  set.examples.resize(wanted);
  set.source.resize(wanted);
  return set;
}

/// Reads and tokenizes a part of the dataset, a chunk of rows at a time.
void ExampleTokenizer::append(const Dataset& dataset, const std::vector<int64_t>& indices,
                              int threads, TokenizedSet& set) const {
  if (kind_ == TaskKind::kCompletion && !dataset.has_targets()) {
    throw DataError(
        "{}: has no completions (hint: a test file can be generated for, not trained on)",
        dataset.name());
  }
  for (size_t begin = 0; begin < indices.size(); begin += kChunk) {
    const size_t count = std::min(kChunk, indices.size() - begin);
    std::vector<TextExample> texts(count);
    for (size_t i = 0; i < count; ++i) texts[i] = dataset.at(indices[begin + i]);
    std::vector<char> truncated;
    auto examples = tokenize_chunk(texts, threads, truncated);
    for (size_t i = 0; i < count; ++i) {
      set.truncated += truncated[i];
      if (!usable(examples[i])) {
        ++set.skipped;
        continue;
      }
      set.examples.push_back(std::move(examples[i]));
      set.source.push_back(indices[begin + i]);
    }
  }
}

ExampleTokenizer::Parts ExampleTokenizer::encode(const std::vector<TextExample>& texts,
                                                 int threads) const {
  const EncodeOptions options{.add_special_tokens = kind_ == TaskKind::kClassification};
  const auto encode_all = [&](const std::vector<std::string>& all) {
    return tokenizer_->encode_batch({all.begin(), all.end()}, options, threads);
  };
  const bool completions_wanted = kind_ == TaskKind::kCompletion;
  Parts parts;
  parts.first.resize(texts.size());  // pairs are encoded one by one in assemble_text
  const bool pairs = !completions_wanted && !texts.empty() && is_pair(texts.front());
  if (completions_wanted && separator_ < 0) {
    std::vector<std::string> prompts;
    for (const TextExample& text : texts) prompts.push_back(text.first + options_.separator);
    parts.first = encode_all(prompts);
  } else if (!pairs) {
    std::vector<std::string_view> views;
    for (const TextExample& text : texts) views.push_back(text.first);
    parts.first = tokenizer_->encode_batch(views, options, threads);
  }
  if (!completions_wanted) return parts;
  const bool spaced =
      std::string_view(" \t\r\n").find(options_.separator.back()) == std::string_view::npos;
  std::vector<std::string> completions;
  for (const TextExample& text : texts) {
    const bool there = !spaced || text.second.starts_with(' ');
    completions.push_back((there ? "" : " ") + text.second);
  }
  parts.second = encode_all(completions);
  return parts;
}

std::vector<TokenExample> ExampleTokenizer::tokenize_chunk(const std::vector<TextExample>& texts,
                                                           int threads,
                                                           std::vector<char>& truncated) const {
  Parts parts = encode(texts, threads);
  std::vector<TokenExample> examples(texts.size());
  truncated.assign(texts.size(), 0);
  for (size_t i = 0; i < texts.size(); ++i) {
    bool cut = false;
    examples[i] = kind_ == TaskKind::kClassification
                      ? assemble_text(texts[i], std::move(parts.first[i]), cut)
                      : assemble_completion(parts.first[i], parts.second[i], cut);
    truncated[i] = cut ? 1 : 0;
    check_ids(examples[i].ids);
  }
  return examples;
}

void ExampleTokenizer::check_ids(const std::vector<int32_t>& ids) const {
  const auto largest = std::ranges::max_element(ids);
  if (options_.table_rows == 0 || largest == ids.end() || *largest < options_.table_rows) return;
  throw DataError(
      "token id {}, '{}', is not in the model's table of {} (hint: tokenizer and model belong "
      "together)",
      *largest, printable(tokenizer_->decode({*largest}, false), 40), options_.table_rows);
}

TokenExample ExampleTokenizer::assemble_text(const TextExample& text, Encoding encoding,
                                             bool& truncated) const {
  const EncodeOptions cut{.max_length = options_.max_length};
  const bool pair = is_pair(text);
  if (pair) encoding = tokenizer_->encode_pair(text.first, text.second);
  truncated =
      options_.max_length > 0 && static_cast<int64_t>(encoding.ids.size()) > options_.max_length;
  if (truncated) {
    encoding = pair ? tokenizer_->encode_pair(text.first, text.second, cut)
                    : tokenizer_->encode(text.first, cut);
  }
  return {std::move(encoding.ids), std::move(encoding.type_ids), text.label, 0};
}

TokenExample ExampleTokenizer::assemble_completion(const Encoding& prompt,
                                                   const Encoding& completion,
                                                   bool& truncated) const {
  TokenExample example;
  example.ids = context_of(prompt.ids);
  example.context_length = static_cast<int64_t>(example.ids.size());
  example.ids.insert(example.ids.end(), completion.ids.begin(), completion.ids.end());
  example.ids.push_back(ends_.front());
  truncated =
      options_.max_length > 0 && static_cast<int64_t>(example.ids.size()) > options_.max_length;
  if (truncated) example.ids.resize(static_cast<size_t>(options_.max_length));
  example.type_ids.assign(example.ids.size(), 0);
  return example;
}

bool ExampleTokenizer::usable(const TokenExample& example) const {
  return static_cast<int64_t>(example.ids.size()) > example.context_length;
}

}  // namespace eida
