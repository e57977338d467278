#include "pipeline.h"

#include "unicode.h"

namespace eida::text {
namespace {

/// The part of that name, null where the document has none.
template <typename Part>
std::unique_ptr<const Part> make(const Component& document, const std::string& name,
                                 std::unique_ptr<const Part> (*maker)(const Component&)) {
  return document.has(name) ? maker(document.child(name)) : nullptr;
}

std::unique_ptr<const Model> model_of(const Component& document) {
  const bool byte_level =
      document.has("pre_tokenizer") && is_byte_level(document.child("pre_tokenizer"));
  return make_model(document.child("model"), byte_level);
}

bool cuts_left(const Component& document) {
  if (!document.has("truncation")) return false;
  const Component truncation = document.child("truncation");
  const std::string direction = truncation.text("direction", "Right");
  if (direction != "Left" && direction != "Right")
    truncation.fail("key 'direction' is neither Left nor Right");
  return direction == "Left";
}

}  // namespace

Pipeline::Pipeline(const nlohmann::json& document, const std::string& file,
                   std::unique_ptr<const Model> model)
    : Pipeline(Component(document, file, ""), std::move(model)) {}

Pipeline::Pipeline(const Component& document, std::unique_ptr<const Model> model)
    : normalizer_(make<Normalizer>(document, "normalizer", make_normalizer)),
      pre_tokenizer_(make<PreTokenizer>(document, "pre_tokenizer", make_pre_tokenizer)),
      model_(model != nullptr ? std::move(model) : model_of(document)),
      added_(document, *model_, normalizer_.get()),
      post_processor_(
          document.has("post_processor")
              ? make_post_processor(document.child("post_processor"),
                                    [this](std::string_view token) { return token_to_id(token); })
              : PostProcessor()),
      decoder_(make<Decoder>(document, "decoder", make_decoder)),
      clean_up_(document.flag("clean_up_tokenization_spaces", false)),
      eos_(token_to_id(document.text("eos_token", ""))) {
  post_processor_.cut_left = cuts_left(document);
}

void Pipeline::encode_part(std::string_view part, bool at_start, WordCache& cache,
                           std::vector<int32_t>& ids) const {
  std::string normalized;
  if (normalizer_ != nullptr) {
    normalized = part;
    normalizer_->apply(normalized, at_start);
    part = normalized;
  }
  added_.split_normalized(part, [&](std::string_view piece, int32_t id) {
    if (id >= 0) return ids.push_back(id);
    const auto encode_word = [&](std::string_view word, bool) { cache.encode(*model_, word, ids); };
    if (pre_tokenizer_ == nullptr) return encode_word(piece, false);
    pre_tokenizer_->split(piece, at_start && piece.data() == part.data(), encode_word);
  });
}

std::vector<int32_t> Pipeline::encode_text(std::string_view text) const {
  check_length(text.size());
  std::string repaired;
  text = repair_utf8(text, repaired);
  std::vector<int32_t> ids;
  ids.reserve(text.size() / 3 + 8);
  const WordCachePool::Lease cache(caches_);
  added_.split_raw(text, [&](std::string_view part, int32_t id) {
    if (id >= 0) return ids.push_back(id);
    encode_part(part, part.data() == text.data(), *cache, ids);
  });
  return ids;
}

Encoding Pipeline::encode(std::string_view text, const EncodeOptions& options) const {
  return assemble(encode_text(text), nullptr, post_processor_, options);
}

Encoding Pipeline::encode_pair(std::string_view first, std::string_view second,
                               const EncodeOptions& options) const {
  std::vector<int32_t> other = encode_text(second);
  return assemble(encode_text(first), &other, post_processor_, options);
}

std::string Pipeline::decode(const std::vector<int32_t>& ids, bool skip_special_tokens) const {
  std::vector<std::string> tokens;
  for (const int32_t id : ids) {
    const AddedTokens::Token* added = added_.find(id);
    const std::string* token = added != nullptr ? &added->shown : model_->vocabulary().token(id);
    if (token == nullptr) continue;
    const AddedTokens::Token* same = added_.find(*token);
    if (skip_special_tokens && same != nullptr && same->special) continue;
    tokens.push_back(*token);
  }
  std::string text;
  if (decoder_ != nullptr) decoder_->apply(tokens);
  for (const std::string& token : tokens) {
    if (decoder_ == nullptr && !text.empty()) text += ' ';
    text += token;
  }
  if (clean_up_) clean_up(text);
  return text;
}

std::string Pipeline::token(int32_t id) const {
  const AddedTokens::Token* added = added_.find(id);
  const std::string* token = added != nullptr ? &added->content : model_->vocabulary().token(id);
  return token != nullptr ? *token : "";
}

int64_t Pipeline::vocab_size() const {
  return std::max(model_->vocabulary().size(), added_.size());
}

int32_t Pipeline::token_to_id(std::string_view token) const {
  const AddedTokens::Token* added = added_.find(token);
  return added != nullptr ? added->id : model_->vocabulary().id(token);
}

}  // namespace eida::text
