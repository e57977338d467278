/// What scripts/check_differences.py asks of models and their files.
///   eida_answer_models < requests > answers
/// {"model": DIR, "ids", "type_ids", "save", "adapters"}: logits, a row a sequence (of a model that
/// classifies) or a token. "ids" and "type_ids" hold a list a sequence; "save" names a folder that
/// save_pretrained() writes first, "adapters" what is merged first.
/// {"safetensors": FILE}: name, dtype, shape and values of each tensor.
#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include "answer_lines.h"
#include "eida/adapter/adapter_file.h"
#include "eida/core/json.h"
#include "eida/model/model_config.h"
#include "eida/model/pretrained_model.h"

namespace eida {
namespace {

using nlohmann::json;

PackedBatch batch_of(const json& request, bool decoder) {
  PackedBatch batch;
  std::vector<int64_t> ids, types;
  batch.offsets = {0};
  for (const auto& row : request.at("ids")) {
    for (const auto& id : row) ids.push_back(id);
    batch.offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  for (const auto& row : request.at("type_ids"))
    for (const auto& type : row) types.push_back(type);
  batch.ids = at::tensor(ids, at::kLong);
  batch.type_ids = at::tensor(types, at::kLong);
  batch.target_rows = at::arange(decoder ? batch.tokens() : batch.sequences());
  return batch;
}

json values_of(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kDouble).contiguous().flatten();
  return std::vector<double>(flat.const_data_ptr<double>(),
                             flat.const_data_ptr<double>() + flat.numel());
}

/// What the folder's class is for, else what models of its type are for.
TaskKind task_of(const std::filesystem::path& dir) {
  const auto classes = read_json(dir / "config.json").value("architectures", json());
  const bool classifies = classes.is_array() && !classes.empty() && classes[0].is_string() &&
                          classes[0].get<std::string>().ends_with("ForSequenceClassification");
  return classifies ? TaskKind::kClassification : served_tasks(dir).front();
}

json logits(const json& request) {
  const std::filesystem::path dir = request.at("model").get<std::string>();
  const TaskKind task = task_of(dir);
  std::vector<std::filesystem::path> adapters;
  for (const auto& folder : request.value("adapters", json::array()))
    adapters.emplace_back(folder.get<std::string>());
  LoadOptions options;
  for (const auto& folder : adapters) {
    const AdapterFile file(folder);
    const ModelConfig base = read_model_config(dir, task);
    options.num_labels = file.head_classes(base);
    options.own_head = file.brings_head(base);
  }
  const auto model = load_pretrained(dir, task, options);
  if (!adapters.empty()) merge_adapter_files(*model, adapters);
  if (request.contains("save")) save_pretrained(*model, request["save"].get<std::string>(), dir);
  const c10::AutoGradMode without_gradients(false);
  const at::Tensor out = model->logits(batch_of(request, task == TaskKind::kCompletion));
  return {{"shape", out.sizes().vec()},
          {"values", values_of(out)},
          {"new", model->newly_initialised()}};
}

json tensors(const std::string& path) {
  const SafetensorsFile file(path);
  json out = json::object();
  for (const SafetensorsEntry& entry : file.entries()) {
    json values;
    try {
      values = values_of(file.tensor(entry));
    } catch (const FormatError& error) {  // a type that no model has
      values = error.what();
    }
    out[entry.name] = {entry.dtype, entry.shape, values};
  }
  return out;
}

json answer(const json& request) {
  if (request.contains("safetensors")) return tensors(request["safetensors"].get<std::string>());
  return logits(request);
}

}  // namespace
}  // namespace eida

int main() {
  at::set_num_threads(1);
  return eida::testing::answer_lines(eida::answer);
}
