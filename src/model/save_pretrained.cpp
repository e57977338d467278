#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/model/pretrained_model.h"

namespace eida {
namespace {

/// Class names as transformers writes them; those of the file stay when their number fits.
void set_labels(nlohmann::ordered_json& json, int64_t classes) {
  json.erase("num_labels");
  json.erase("_num_labels");
  if (json.contains("id2label") && json["id2label"].is_object() &&
      static_cast<int64_t>(json["id2label"].size()) == classes) {
    return;
  }
  json["id2label"] = nlohmann::ordered_json::object();
  json["label2id"] = nlohmann::ordered_json::object();
  for (int64_t i = 0; i < classes; ++i) {
    const std::string name = fmt::format("LABEL_{}", i);
    json["id2label"][fmt::format("{}", i)] = name;
    json["label2id"][name] = i;
  }
}

nlohmann::ordered_json config_json(const ModelConfig& config) {
  nlohmann::ordered_json json = *config.original;
  json["model_type"] = config.model_type;
  json["architectures"] = {config.architecture->class_name};
  json.erase("torch_dtype");
  json["dtype"] = "float32";
  if (config.architecture->class_head) set_labels(json, config.num_labels);
  const auto& head = config.architecture->vocabulary_head;
  if (head && head->tied_to.empty()) json["tie_word_embeddings"] = false;
  return json;
}

/// A file that can be read and is no larger than any tokenizer's: others, which a tokenizer.json
/// beside them makes useless, have those names too.
bool is_tokenizer_file(const std::filesystem::directory_entry& entry) {
  constexpr uintmax_t kLargest = uintmax_t{256} << 20;
  return entry.is_regular_file() && entry.file_size() <= kLargest &&
         ::access(entry.path().c_str(), R_OK) == 0;
}

void copy_tokenizer(const std::filesystem::path& source, const std::filesystem::path& dir) {
  constexpr std::array kFiles = {"tokenizer.json",
                                 "tokenizer_config.json",
                                 "special_tokens_map.json",
                                 "added_tokens.json",
                                 "vocab.json",
                                 "merges.txt",
                                 "vocab.txt"};
  for (const auto& entry : std::filesystem::directory_iterator(source)) {
    const auto name = entry.path().filename();
    const bool sentencepiece = name.extension() == ".model";
    if (!sentencepiece && std::count(kFiles.begin(), kFiles.end(), name.string()) == 0) continue;
    if (is_tokenizer_file(entry)) write_file_atomic(dir / name, read_file(entry.path()));
  }
}

}  // namespace

void save_pretrained(const PretrainedModel& model, const std::filesystem::path& dir,
                     const std::filesystem::path& tokenizer_source) {
  make_folder(dir);
  std::vector<NamedTensor> tensors;
  for (const auto& [name, tensor] : model.parameters()) {
    const bool rounded = tensor.scalar_type() != at::kFloat;
    const auto promised = at::TensorOptions(at::kFloat).device(at::kMeta);
    tensors.push_back({name, rounded ? at::empty(tensor.sizes(), promised) : tensor.detach()});
  }
  write_safetensors(dir / "model.safetensors", std::move(tensors), {{"format", "pt"}},
                    [&](const std::string& name) { return model.masters()->values(name); });
  write_file_atomic(dir / "config.json", json_text(config_json(model.config())));
  if (!tokenizer_source.empty()) copy_tokenizer(tokenizer_source, dir);
}

}  // namespace eida
