#include "model.h"

#include <algorithm>

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

bool Model::append_bytes(std::string_view bytes, std::vector<int32_t>& ids) const {
  const size_t before = ids.size();
  for (const char byte : bytes) {
    const int32_t id = vocabulary_.id(fmt::format("<0x{:02X}>", static_cast<unsigned char>(byte)));
    if (id < 0) {
      ids.resize(before);
      return false;
    }
    ids.push_back(id);
  }
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
