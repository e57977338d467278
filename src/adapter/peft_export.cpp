#include "eida/adapter/peft_export.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "eida/adapter/adapter_file.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/tensor/safetensors.h"
#include "lora_sum.h"

namespace eida {
namespace {

/// Adds the modules whose names end with one that is saved whole: PEFT takes these, too.
void add_like_named(const PretrainedModel& model, std::set<std::string>& whole) {
  const std::set<std::string> named = whole;
  for (const auto& parameter : model.parameters()) {
    const std::string module = module_of(parameter.name);
    if (std::any_of(named.begin(), named.end(),
                    [&](const std::string& name) { return module.ends_with(name); }))
      whole.insert(module);
  }
}

nlohmann::ordered_json lora_config(const ModelConfig& config, const std::string& base_path,
                                   const std::map<std::string, int64_t>& ranks, bool dora) {
  nlohmann::ordered_json pattern = nlohmann::ordered_json::object(), targets;
  int64_t largest = 1;
  for (const auto& [module, rank] : ranks) {
    pattern[module] = rank;
    targets.push_back(module);
    largest = std::max(largest, rank);
  }
  // peft computes scaling = alpha / r: equal patterns make it 1 everywhere. task_type null: with
  // SEQ_CLS peft refuses targets under "classifier".
  return {{"peft_type", "LORA"},
          {"task_type", nullptr},
          {"base_model_name_or_path", base_path},
          {"r", largest},
          {"lora_alpha", largest},
          {"rank_pattern", pattern},
          {"alpha_pattern", pattern},
          {"target_modules", targets},
          {"lora_dropout", 0.0},
          {"bias", "none"},
          {"fan_in_fan_out", config.architecture->layout == WeightLayout::kInOut},
          {"use_rslora", false},
          {"use_dora", dora}};
}

}  // namespace

PeftReport export_peft(PretrainedModel& model, const std::vector<std::filesystem::path>& paths,
                       const std::string& base_path, const std::filesystem::path& output) {
  std::vector<AdapterFile> files;
  for (const auto& path : paths) files.emplace_back(path);
  check_exportable(model, files, "peft");
  PeftReport report;
  const ReplacedParts replaced(model, files);
  std::set<std::string> whole = replaced.modules;
  add_like_named(model, whole);
  std::map<std::string, int64_t> ranks;
  bool dora = false;
  std::vector<NamedTensor> tensors;
  const std::string prefix = "base_model.model.";
  for (const AdaptedModule& module : adapted_modules(model, files)) {
    const std::string& name = module.linear->name();
    if (whole.contains(name)) continue;
    const LoraSum sum = lora_sum(model, files, module, report);
    ranks[name] = sum.A.size(0);
    tensors.push_back({prefix + name + ".lora_A.weight", sum.A});
    tensors.push_back({prefix + name + ".lora_B.weight", sum.B});
    if (!sum.magnitude.defined()) continue;
    dora = true;
    tensors.push_back({prefix + name + ".lora_magnitude_vector", sum.magnitude});
  }
  report.modules = static_cast<int64_t>(ranks.size());
  merge_adapter_files(model, paths);
  for (const auto& [name, tensor] : model.parameters()) {
    if (whole.contains(module_of(name))) tensors.push_back({prefix + name, tensor.detach()});
    if (replaced.biases.contains(name))
      tensors.push_back({prefix + module_of(name) + ".base_layer.bias", tensor.detach()});
    const auto& head = model.config().architecture->vocabulary_head;
    if (head && module_of(name) == head->tied_to && whole.contains(head->tied_to)) {
      whole.insert(head->name);  // peft copies the table, the head must have the same copy
      tensors.push_back({prefix + head->name + ".weight", tensor.detach()});
    }
  }
  report.saved_whole = static_cast<int64_t>(whole.size());
  write_safetensors(output / "adapter_model.safetensors", std::move(tensors), {{"format", "pt"}});
  nlohmann::ordered_json config = lora_config(model.config(), base_path, ranks, dora);
  config["inference_mode"] = true;
  config["modules_to_save"] = nullptr;
  if (!whole.empty()) config["modules_to_save"] = whole;
  if (!replaced.biases.empty()) config["bias"] = "all";
  write_file_atomic(output / "adapter_config.json", json_text(config));
  return report;
}

nlohmann::ordered_json peft_config(const PretrainedModel& model, const RankPlan& plan,
                                   const std::string& base_path) {
  std::map<std::string, int64_t> outputs, ranks;  // by module: sum of k_out, rank
  for (const Place& site : model.places().sites()) {
    const std::string& module = site.linear->name();
    outputs[module] += plan.ranks[model.places().id_of(site)];
    ranks[module] = std::min(plan.ranks[site.input], outputs[module]);
  }
  return lora_config(model.config(), base_path, ranks, /*dora=*/false);
}

}  // namespace eida
