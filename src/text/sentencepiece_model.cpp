#include <sentencepiece_processor.h>

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

Layout layout_of(Family family) {
  if (family == Family::kXlmRoberta) return {{"<s>", "<pad>", "</s>", "<unk>"}, 1, 3};
  if (family == Family::kCamembert) return {{"<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>"}, 4, 3};
  return {};
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
  if (!settings.family().has_value()) settings.guess(Family::kFile);
  const Layout layout = layout_of(*settings.family());
  if (layout.first.empty() && settings.family() != Family::kFile)
    throw FormatError("{}: is no file that {} reads", file.string(), settings.told_by());
  if (!settings.flag("add_prefix_space", true))
    throw FormatError("{}: key 'add_prefix_space' is not supported with it", file.string());
  const std::string bytes = read_file(file, uint64_t{256} << 20);
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
