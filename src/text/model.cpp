#include "model.h"

#include <algorithm>
#include <iterator>

#include "eida/core/utf8.h"

namespace eida::text {
namespace {

/// tokenizer.json files from before the field "type" in the model.
std::string type_of(const Component& component) {
  if (component.has("type")) return component.type();
  if (component.has("merges")) return "BPE";
  if (component.has("unk_id")) return "Unigram";
  return "WordPiece";
}

}  // namespace

void Scratch::trim() {
  constexpr size_t kKept = size_t{1} << 16;
  if (std::max({ids.capacity(), symbols.capacity(), path.capacity()}) > kKept) *this = {};
}

Model::ByteIds Model::byte_ids(const Vocabulary& vocabulary) {
  ByteIds out;
  for (size_t byte = 0; byte < out.size(); ++byte)
    out[byte] = vocabulary.id(fmt::format("<0x{:02X}>", byte));
  return out;
}

bool Model::append_bytes(const ByteIds& of, std::string_view bytes, std::vector<int32_t>& ids) {
  const auto id = [&of](char byte) { return of[static_cast<unsigned char>(byte)]; };
  if (std::ranges::any_of(bytes, [&id](char byte) { return id(byte) < 0; })) return false;
  std::ranges::transform(bytes, std::back_inserter(ids), id);
  return true;
}

int32_t Model::named_id(const Component& component, const Vocabulary& vocabulary,
                        const std::string& key) {
  if (!component.has(key)) return -1;
  const std::string token = component.text(key);
  const int32_t id = vocabulary.id(token);
  if (id < 0)
    component.fail(
        fmt::format("key '{}': token '{}' is not in the vocabulary", key, printable(token)));
  return id;
}

std::unique_ptr<const Model> make_model(const Component& component, bool byte_level) {
  const std::string type = type_of(component);
  if (type == "BPE") return make_bpe(component, byte_level);
  if (byte_level)
    component.fail(fmt::format("component '{}' after ByteLevel is not supported", printable(type)));
  if (type == "WordPiece") return make_word_piece(component);
  if (type == "Unigram") return make_unigram(component);
  component.unsupported("BPE, WordPiece and Unigram");
}

}  // namespace eida::text
