#include "eida/adapter/peft_export.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "eida/adapter/adapter_file.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/tensor/safetensors.h"
#include "merge_weights.h"

namespace eida {
namespace {

/// lora_B lora_A with scaling 1, and the norms that DoRA gives the rows of W + lora_B lora_A.
struct Stacked {
  at::Tensor A, B;       // [r, d_in], [d_out, r]
  at::Tensor magnitude;  // [d_out] or undefined

  /// What becomes of W. \param W [d_out, d_in] float64
  at::Tensor operator()(const at::Tensor& W) const {
    const at::Tensor sum = W + B.matmul(A);
    return magnitude.defined() ? sum * (magnitude / sum.norm(2, 1)).unsqueeze(1) : sum;
  }
};

/// One adapted layer and its sites (three for c_attn).
struct Module {
  HookableLinear* linear = nullptr;
  std::vector<PlaceId> sites;
};

std::vector<Module> adapted_modules(const PretrainedModel& model,
                                    const std::vector<AdapterFile>& files) {
  std::set<PlaceId> adapted;
  for (const AdapterFile& file : files) {
    for (const PlaceId site : file.sites(model)) adapted.insert(site);
  }
  std::vector<Module> modules;
  for (const PlaceId site : adapted) {
    HookableLinear* linear = model.places()[site].linear;
    if (modules.empty() || modules.back().linear != linear) modules.push_back({linear, {}});
    modules.back().sites.push_back(site);
  }
  return modules;
}

/// One file's update of one module at the smallest rank that its factors give: the ranks of all
/// inputs' projections (one for slices that share theirs), or of all outputs'.
Stacked factors_of(const PretrainedModel& model, const AdapterFile& file, const Module& module) {
  const Places& places = model.places();
  const HookableLinear& linear = *module.linear;
  std::vector<at::Tensor> downs, ups, own_downs, own_ups;
  at::Tensor magnitude;
  int64_t rank = 0, own_rank = 0;
  bool cores = true;
  for (const PlaceId id : module.sites) {
    const auto found = file.method->peft_factors(file, places, id);
    if (!found) continue;
    const auto& [left, core, right, scale] = found->lora;
    const int64_t begin = places[id].out_begin;
    const auto widen = [&](const at::Tensor& rows) {  // of a slice [d_out, r] -> of the layer
      at::Tensor wide = at::zeros({linear.out_features(), rows.size(1)}, rows.options());
      wide.narrow(0, begin, rows.size(0)).copy_(rows);
      return wide;
    };
    const at::Tensor up = widen(core.defined() ? left.matmul(core) : left * scale);
    if (downs.empty() || !downs.back().is_alias_of(right)) {
      downs.push_back(right);
      ups.push_back(up);
      rank += right.size(0);
    } else {
      ups.back() = ups.back() + up;
    }
    cores = cores && core.defined();
    if (cores) {
      own_downs.push_back(core.matmul(right));
      own_ups.push_back(widen(left));
      own_rank += core.size(0);
    }
    if (!found->magnitude.defined()) continue;
    if (!magnitude.defined()) magnitude = linear.weight_out_in().to(at::kFloat).norm(2, 1);
    magnitude.narrow(0, begin, places[id].dim).copy_(found->magnitude);
  }
  if (downs.empty()) return {};
  if (cores && own_rank < rank) return {at::cat(own_downs), at::cat(own_ups, 1), magnitude};
  return {at::cat(downs), at::cat(ups, 1), magnitude};
}

/// The sum of all files; beyond full rank its singular value decomposition.
Stacked stack(const PretrainedModel& model, const std::vector<AdapterFile>& files,
              const Module& module, PeftReport& report) {
  std::vector<at::Tensor> downs, ups;
  at::Tensor magnitude;
  for (const AdapterFile& file : files) {
    const Stacked part = factors_of(model, file, module);
    if (!part.A.defined()) continue;
    downs.push_back(part.A);
    ups.push_back(part.B);
    magnitude = part.magnitude;  // a method with magnitudes stands alone
  }
  Stacked sum{at::cat(downs).contiguous(), at::cat(ups, 1).contiguous(), magnitude};
  const int64_t full = std::min(sum.A.size(1), sum.B.size(0));
  if (sum.A.size(0) > full) {
    const at::Tensor product = sum.B.to(at::kDouble).matmul(sum.A.to(at::kDouble));
    const auto [U, S, Vh] = at::linalg_svd(product, /*full_matrices=*/false);
    sum.A = Vh.to(at::kFloat).contiguous();
    sum.B = (U * S).to(at::kFloat).contiguous();
    ++report.compressed;
  }
  return sum;
}

/// Largest difference between what LoRA and the files make of W, relative to the largest change.
double error_of(const PretrainedModel& model, const std::vector<AdapterFile>& files,
                const Module& module, const Stacked& sum) {
  const at::Tensor W = module.linear->weight_out_in().to(at::kDouble), wanted = W.clone();
  for (const AdapterFile& file : files) {
    for (const PlaceId id : module.sites) {
      const Place& site = model.places()[id];
      if (const auto update = file.method->update(file, model.places(), id))
        change_rows(*update, wanted.narrow(0, site.out_begin, site.dim));
    }
  }
  const double largest = (wanted - W).abs().max().item<double>();
  return largest == 0.0 ? 0.0 : (sum(W) - wanted).abs().max().item<double>() / largest;
}

std::string module_of(const std::string& parameter) {
  return parameter.substr(0, parameter.rfind('.'));
}

/// What some file replaces: biases of adapted layers, and whole modules.
struct Replaced {
  Replaced(const PretrainedModel& model, const std::vector<AdapterFile>& files) {
    std::set<std::string> adapted, names;
    for (const Module& module : adapted_modules(model, files))
      adapted.insert(module.linear->name());
    for (const AdapterFile& file : files) {
      for (const auto& [name, tensor] : file.replaced(model)) names.insert(name);
    }
    for (const std::string& name : names) {
      const std::string module = module_of(name);
      const bool bias_alone = name.ends_with(".bias") && !names.contains(module + ".weight");
      if (adapted.contains(module) && bias_alone) {
        biases.insert(name);
      } else {
        modules.insert(module);
      }
    }
  }
  std::set<std::string> biases;   ///< parameters
  std::set<std::string> modules;  ///< saved whole
};

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

void check_exportable(const PretrainedModel& model, const std::vector<AdapterFile>& files) {
  for (const AdapterFile& file : files) {
    file.replaced(model);  // or says what fits nothing
    const auto sites = file.sites(model);
    const auto held = [&](PlaceId site) {
      return file.method->peft_factors(file, model.places(), site).has_value();
    };
    if (!sites.empty() && std::all_of(sites.begin(), sites.end(), held)) continue;
    throw ConfigError("{}: method {} has no adapter that peft could hold (hint: --to huggingface)",
                      file.path.string(), file.method->name());
  }
}

}  // namespace

PeftReport export_peft(PretrainedModel& model, const std::vector<std::filesystem::path>& paths,
                       const std::string& base_path, const std::filesystem::path& output) {
  std::vector<AdapterFile> files;
  for (const auto& path : paths) files.emplace_back(path);
  check_exportable(model, files);
  PeftReport report;
  const Replaced replaced(model, files);
  std::set<std::string> whole = replaced.modules;
  add_like_named(model, whole);
  std::map<std::string, int64_t> ranks;
  bool dora = false;
  std::vector<NamedTensor> tensors;
  const std::string prefix = "base_model.model.";
  for (const Module& module : adapted_modules(model, files)) {
    const std::string& name = module.linear->name();
    if (whole.contains(name)) continue;
    const Stacked sum = stack(model, files, module, report);
    report.largest_error = std::max(report.largest_error, error_of(model, files, module, sum));
    ranks[name] = sum.A.size(0);
    report.largest_rank = std::max(report.largest_rank, sum.A.size(0));
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
