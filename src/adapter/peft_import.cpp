#include "peft_import.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/core/utf8.h"
#include "eida/tensor/safetensors.h"

namespace eida {
namespace {

using nlohmann::json;

/// adapter_config.json, as far as it decides what a layer computes.
class PeftConfig {
 public:
  explicit PeftConfig(std::filesystem::path file) : file_(std::move(file)) {
    JsonOptions options;
    options.code = ExitCode::kFormat;
    values_ = read_json(file_, options);
    if (!values_.is_object()) throw FormatError("{}: is not an object", file_.string());
    check_kind();
    check_other_keys();
  }

  /// What a module's update is multiplied by. \param rank of its tensors
  double scaling(const std::string& module, int64_t rank) const {
    const double wanted = number_for(module, "rank_pattern", "r");
    if (wanted != static_cast<double>(rank)) {
      throw FormatError("{}: r of {} is {}, its lora_A has {} rows", file_.string(), module, wanted,
                        rank);
    }
    const double alpha = number_for(module, "alpha_pattern", "lora_alpha");
    return alpha / (values_.value("use_rslora", false) ? std::sqrt(wanted) : wanted);
  }

 private:
  void check_kind() const {
    const auto wants = [&](const char* key, const char* only) {
      const auto found = values_.find(key);
      if (found != values_.end() && *found == only) return;
      throw FormatError("{}: {} is {}, only {} is supported", file_.string(), key,
                        found == values_.end() ? "missing" : shown(*found), only);
    };
    wants("peft_type", "LORA");
    if (values_.contains("bias")) wants("bias", "none");
    const auto rslora = values_.find("use_rslora");
    if (rslora != values_.end() && !rslora->is_boolean())
      throw FormatError("{}: use_rslora is not true or false", file_.string());
    const auto init = values_.find("init_lora_weights");
    const std::set<json> plain = {nullptr, true, false, "gaussian", "orthogonal", "eva"};
    if (init != values_.end() && !plain.contains(*init)) {
      throw FormatError("{}: init_lora_weights is {}, which changes the base weights",
                        file_.string(), shown(*init));
    }
  }

  /// Keys that say nothing about the sum, or that are read above.
  void check_other_keys() const {
    static const std::set<std::string> known = {
        "peft_type",
        "bias",
        "use_rslora",
        "r",
        "lora_alpha",
        "rank_pattern",
        "alpha_pattern",
        "peft_version",
        "init_lora_weights",
        "auto_mapping",
        "task_type",
        "base_model_name_or_path",
        "revision",
        "lora_dropout",
        "inference_mode",
        "target_modules",
        "layers_to_transform",
        "layers_pattern",
        "exclude_modules",
        "megatron_core",
        "modules_to_save",
        "fan_in_fan_out",  // PEFT keeps the factors of a Conv1D as of any other layer
        "qalora_group_size",
        "eva_config",
        "runtime_config",
        "ensure_weight_tying"};
    for (const auto& [key, value] : values_.items()) {
      const bool off = value.is_null() || value == false ||
                       ((value.is_object() || value.is_array()) && value.empty());
      if (off || known.contains(key)) continue;
      throw FormatError("{}: {} is {}, which is not supported", file_.string(), printable(key),
                        shown(value));
    }
  }

  static std::string shown(const json& value) {
    return printable(value.dump(-1, ' ', false, json::error_handler_t::replace), 60);
  }

  double positive(const std::string& key, const json& value) const {
    if (!value.is_number() || !(value.get<double>() > 0)) {
      throw FormatError("{}: {}: {} is not a positive number", file_.string(), key, shown(value));
    }
    return value.get<double>();
  }

  /// The pattern's entry for the module, else the number that all others have. PEFT's patterns are
  /// regular expressions for the end of a module's name; only plain names are read.
  double number_for(const std::string& module, const char* pattern, const char* all) const {
    std::optional<double> found;
    const auto entries = values_.find(pattern);
    if (entries != values_.end() && entries->is_object()) {
      for (const auto& [name, value] : entries->items()) {
        if (name.find_first_of("\\^$*+?()[]{}|") != std::string::npos) {
          throw FormatError("{}: {}: '{}' is a regular expression, which is not supported",
                            file_.string(), pattern, printable(name));
        }
        if (module != name && !module.ends_with("." + name)) continue;
        const double number = positive(pattern, value);
        if (found && *found != number)
          throw FormatError("{}: {}: two entries fit {}", file_.string(), pattern, module);
        found = number;
      }
    }
    return found ? *found : positive(all, values_.contains(all) ? values_[all] : json());
  }

  std::filesystem::path file_;
  json values_;
};

std::string without(const std::string& text, size_t end) {
  return text.substr(0, text.size() - end);
}

/// lora_B of every module takes the module's scaling.
void apply_scaling(std::map<std::string, at::Tensor>& tensors, const PeftConfig& config,
                   const std::filesystem::path& file) {
  constexpr std::string_view kDown = ".lora_A", kUp = ".lora_B";
  for (auto& [name, tensor] : tensors) {
    if (!name.ends_with(kUp)) continue;
    const std::string module = without(name, kUp.size());
    const auto down = tensors.find(module + std::string(kDown));
    if (down == tensors.end() || down->second.dim() != 2)
      throw FormatError("{}: '{}' has no lora_A beside it", file.string(), printable(name));
    tensor = tensor.mul(config.scaling(module, down->second.size(0)));
  }
}

}  // namespace

std::map<std::string, at::Tensor> read_peft_adapter(const std::filesystem::path& folder) {
  const PeftConfig config(folder / "adapter_config.json");
  const std::filesystem::path file = folder / "adapter_model.safetensors";
  const SafetensorsFile content(file);
  constexpr std::string_view kPrefix = "base_model.model.", kWeight = ".weight";
  std::map<std::string, at::Tensor> tensors;
  for (const auto& entry : content.entries()) {
    if (!entry.name.starts_with(kPrefix))
      throw FormatError("{}: tensor '{}' does not begin with {}", file.string(),
                        printable(entry.name), kPrefix);
    std::string name = entry.name.substr(kPrefix.size());
    const bool factor = name.ends_with(".lora_A.weight") || name.ends_with(".lora_B.weight");
    if (factor) name = without(name, kWeight.size());
    const at::Tensor tensor = content.tensor(entry).to(at::kFloat, false, /*copy=*/true);
    if (!tensor.isfinite().all().item<bool>())
      throw FormatError("{}: tensor '{}' is not finite", file.string(), printable(entry.name));
    tensors.emplace(name, tensor);
  }
  apply_scaling(tensors, config, file);
  return tensors;
}

}  // namespace eida
