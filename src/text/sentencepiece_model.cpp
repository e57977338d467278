#include <sentencepiece_processor.h>

#include <cstring>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "pipeline.h"
#include "settings.h"

namespace eida::text {
namespace {

using nlohmann::json;

/// Where fairseq puts the pieces: its own four tokens first, then the file's from `offset`.
struct Layout {
  std::vector<std::string> first;  ///< tokens of ids 0, 1, …
  int32_t offset = 0;              ///< added to the file's ids
  int32_t unknown = -1;            ///< id of the file's unknown piece; -1 = its own
};

Layout layout_of(TokenizerKind family) {
  if (family == TokenizerKind::kXlmRoberta) return {{"<s>", "<pad>", "</s>", "<unk>"}, 1, 3};
  if (family == TokenizerKind::kCamembert)
    return {{"<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>"}, 4, 3};
  return {};
}

/// Hands over what each field of that number holds in a message of Protocol Buffers; nothing of
/// bytes that are none is left out. Source: its wire format.
template <typename Take>
void each_field(std::string_view message, uint64_t number, const Take& take) {
  const auto read_number = [&message] {
    uint64_t value = 0;
    for (int shift = 0; !message.empty() && shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(message.front());
      message.remove_prefix(1);
      value |= uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (!message.empty()) {
    const uint64_t key = read_number(), type = key % 8;
    if (type == 0) read_number();
    const uint64_t size = type == 1 ? 8 : type == 2 ? read_number() : type == 5 ? 4 : 0;
    const std::string_view content = message.substr(0, size);
    if (type == 2 && key / 8 == number) take(content);
    message.remove_prefix(content.size());
  }
}

/// Whether no look-up in a character map can leave it, which the library takes for granted.
/// Source: the unit layout of Darts-clone.
bool is_closed(std::string_view map) {
  const auto unit = [&map](size_t i) {
    uint32_t value = 0;
    std::memcpy(&value, map.data() + 4 * i, 4);
    return value;
  };
  const uint32_t bytes = map.size() > 8 ? unit(0) : 0;
  if (bytes < 4 || bytes % 4 != 0 || bytes >= map.size() - 4 || map.back() != '\0') return false;
  const size_t units = bytes / 4, targets = map.size() - 4 - bytes;
  map.remove_prefix(4);
  for (size_t i = 0; i < units; ++i) {
    if (unit(i) >> 31 != 0) continue;  // a target
    const size_t next = i ^ ((unit(i) >> 10) << ((unit(i) & 0x200) >> 6));
    if ((next | 0xFF) >= units) return false;
    if ((unit(i) & 0x100) != 0 && (unit(next) & 0x7FFFFFFF) >= targets) return false;
  }
  return true;
}

/// \throws FormatError a character map of the normalizer or the denormalizer is damaged
void check_character_maps(std::string_view model, const std::string& file) {
  for (const uint64_t normalizer : {3, 5}) {
    each_field(model, normalizer, [&](std::string_view specification) {
      each_field(specification, 2, [&](std::string_view map) {
        if (map.empty() || is_closed(map)) return;
        throw FormatError("{}: its precompiled_charsmap is damaged (hint: copy it again)", file);
      });
    });
  }
}

class SentencePieceModel : public Model {
 public:
  SentencePieceModel(std::unique_ptr<const sentencepiece::SentencePieceProcessor> processor,
                     const Layout& layout)
      : Model(vocabulary_of(*processor, layout)),
        processor_(std::move(processor)),
        layout_(layout) {}

  void encode(std::string_view piece, Scratch&, std::vector<int32_t>& ids) const override {
    std::vector<int> found;
    const auto status = processor_->Encode({piece.data(), piece.size()}, &found);
    if (!status.ok()) throw FormatError("SentencePiece cannot encode: {}", status.ToString());
    for (const int id : found) {
      const bool unknown = layout_.unknown >= 0 && id == processor_->unk_id();
      ids.push_back(unknown ? layout_.unknown : id + layout_.offset);
    }
  }

 private:
  static Vocabulary vocabulary_of(const sentencepiece::SentencePieceProcessor& processor,
                                  const Layout& layout) {
    std::vector<std::string> tokens = layout.first;
    const int64_t size = processor.GetPieceSize();
    tokens.resize(static_cast<size_t>(size + layout.offset));
    for (int64_t i = 0; i < size; ++i) {
      const auto id = static_cast<size_t>(i + layout.offset);
      const bool taken = id < layout.first.size();
      if (!taken && (layout.unknown < 0 || i != processor.unk_id()))
        tokens[id] = processor.IdToPiece(static_cast<int>(i));
    }
    return Vocabulary::from_list(std::move(tokens));
  }

  std::unique_ptr<const sentencepiece::SentencePieceProcessor> processor_;
  Layout layout_;
};

}  // namespace

std::shared_ptr<const Tokenizer> load_sentencepiece(const std::filesystem::path& file,
                                                    Settings settings) {
  if (!settings.family().has_value()) settings.guess(TokenizerKind::kFile);
  const Layout layout = layout_of(*settings.family());
  if (layout.first.empty() && settings.family() != TokenizerKind::kFile)
    throw FormatError(
        "{}: is no file that {} reads (hint: AutoTokenizer.from_pretrained(d).save_pretrained(d) "
        "of "
        "transformers makes a tokenizer.json of it, which is)",
        file.string(), settings.told_by());
  if (!settings.flag("add_prefix_space", true))
    throw FormatError("{}: key 'add_prefix_space' is not supported with it", file.string());
  const std::string bytes = read_file(file, uint64_t{256} << 20);
  check_character_maps(bytes, file.string());
  auto processor = std::make_unique<sentencepiece::SentencePieceProcessor>();
  const auto status = processor->LoadFromSerializedProto(bytes);
  if (bytes.empty() || !status.ok())
    throw FormatError("{}: is not a SentencePiece model: {}", file.string(), status.ToString());
  auto model = std::make_unique<SentencePieceModel>(std::move(processor), layout);
  json document = {{"added_tokens", settings.added_tokens(nullptr)},
                   {"post_processor", settings.post_processor()},
                   {"decoder", {{"type", "Metaspace"}}}};
  settings.apply_common(document);
  return std::make_shared<Pipeline>(document, file.string(), std::move(model));
}

}  // namespace eida::text
