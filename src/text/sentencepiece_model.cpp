#include "sentencepiece_model.h"

#include <sentencepiece_processor.h>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "legacy_files.h"
#include "pipeline.h"

namespace eida::text {
namespace {

using nlohmann::json;

/// Where fairseq puts the pieces: its own four tokens first, then the file's from `offset`.
struct Layout {
  std::vector<std::string> first;  ///< tokens of ids 0, 1, …
  int32_t offset = 0;              ///< added to the file's ids
  int32_t unknown = -1;            ///< id of the file's unknown piece; -1 = its own
};

Layout layout_of(const std::string& model_type) {
  if (model_type == "xlm-roberta") return {{"<s>", "<pad>", "</s>", "<unk>"}, 1, 3};
  if (model_type == "camembert") return {{"<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>"}, 4, 3};
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
    const int size = processor.GetPieceSize();
    tokens.resize(static_cast<size_t>(size + layout.offset));
    for (int i = 0; i < size; ++i) {
      const auto id = static_cast<size_t>(i + layout.offset);
      const bool taken = id < layout.first.size();
      if (!taken && (layout.unknown < 0 || i != processor.unk_id()))
        tokens[id] = processor.IdToPiece(i);
    }
    return Vocabulary::from_list(std::move(tokens));
  }

  std::unique_ptr<const sentencepiece::SentencePieceProcessor> processor_;
  Layout layout_;
};

/// Special tokens, template and decoder around the model.
json document_for(const std::string& model_type, const Vocabulary& vocabulary,
                  const std::filesystem::path& file) {
  json document = {{"added_tokens", json::array()}, {"decoder", {{"type", "Metaspace"}}}};
  if (layout_of(model_type).first.empty()) return document;
  json ids;
  for (const char* token : {"<s>", "<pad>", "</s>", "<unk>"}) {
    const int32_t id = vocabulary.id(token);
    if (id < 0) throw FormatError("{}: has no piece '{}'", file.string(), token);
    ids[token] = id;
    document["added_tokens"].push_back(special_token(token, id));
  }
  document["added_tokens"].push_back(
      special_token("<mask>", static_cast<int32_t>(vocabulary.size()), true));
  document["post_processor"] = {
      {"type", "RobertaProcessing"}, {"cls", {"<s>", ids["<s>"]}}, {"sep", {"</s>", ids["</s>"]}}};
  return document;
}

}  // namespace

std::shared_ptr<const Tokenizer> load_sentencepiece(const std::filesystem::path& file,
                                                    const std::string& model_type) {
  const std::string bytes = read_file(file, uint64_t{256} << 20);
  auto processor = std::make_unique<sentencepiece::SentencePieceProcessor>();
  const auto status = processor->LoadFromSerializedProto(bytes);
  if (bytes.empty() || !status.ok())
    throw FormatError("{}: is not a SentencePiece model: {}", file.string(), status.ToString());
  auto model = std::make_unique<SentencePieceModel>(std::move(processor), layout_of(model_type));
  const json document = document_for(model_type, model->vocabulary(), file);
  return std::make_shared<Pipeline>(document, file.string(), std::move(model));
}

}  // namespace eida::text
