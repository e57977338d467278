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

namespace eida {
namespace {

/// lora_B lora_A with scaling 1.
struct LowRank {
  at::Tensor A, B;  // [r, d_in], [d_out, r]
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

/// Rows of a slice within the whole layer's output.
at::Tensor widen(const at::Tensor& rows, int64_t begin, int64_t out) {  // [d_out, r] -> [out, r]
  at::Tensor wide = at::zeros({out, rows.size(1)}, rows.options());
  wide.narrow(0, begin, rows.size(0)).copy_(rows);
  return wide;
}

/// One file's update of one module at the smallest rank that its factors give.
LowRank factors_of(const PretrainedModel& model, const AdapterFile& file, const Module& module) {
  const int64_t out = module.linear->out_features();
  std::vector<at::Tensor> downs, ups;  // a rank of its own for each slice
  at::Tensor shared_A, shared_B;       // the shared A of EIDA
  int64_t own_rank = 0;
  for (const PlaceId id : module.sites) {
    const auto factors = file.factors(model, id);
    if (!factors) continue;
    const int64_t begin = model.places()[id].out_begin;
    if (!factors->core.defined()) {
      downs.push_back(factors->right);
      ups.push_back(widen(factors->left * file.info.scale, begin, out));
      continue;
    }
    downs.push_back(factors->core.matmul(factors->right));
    ups.push_back(widen(factors->left, begin, out));
    own_rank += factors->core.size(0);
    const at::Tensor up = widen(factors->left.matmul(factors->core), begin, out);
    shared_B = shared_B.defined() ? shared_B + up : up;
    shared_A = factors->right;
  }
  if (shared_A.defined() && shared_A.size(0) <= own_rank) return {shared_A, shared_B};
  if (downs.empty()) return {};
  return {at::cat(downs), at::cat(ups, 1)};
}

/// The sum of all files; beyond full rank its singular value decomposition.
LowRank stack(const PretrainedModel& model, const std::vector<AdapterFile>& files,
              const Module& module, PeftReport& report) {
  std::vector<at::Tensor> downs, ups;
  for (const AdapterFile& file : files) {
    const LowRank part = factors_of(model, file, module);
    if (!part.A.defined()) continue;
    downs.push_back(part.A);
    ups.push_back(part.B);
  }
  LowRank sum{at::cat(downs).contiguous(), at::cat(ups, 1).contiguous()};
  const int64_t full = std::min(sum.A.size(1), sum.B.size(0));
  if (sum.A.size(0) > full) {
    const at::Tensor update = sum.B.to(at::kDouble).matmul(sum.A.to(at::kDouble));
    const auto [U, S, Vh] = at::linalg_svd(update, /*full_matrices=*/false);
    sum = {Vh.to(at::kFloat).contiguous(), (U * S).to(at::kFloat).contiguous()};
    ++report.compressed;
  }
  return sum;
}

/// max |B A - sum of the files' updates| / max |update|
double error_of(const PretrainedModel& model, const std::vector<AdapterFile>& files,
                const Module& module, const LowRank& sum) {
  at::Tensor wanted = at::zeros({sum.B.size(0), sum.A.size(1)}, at::TensorOptions(at::kDouble));
  for (const AdapterFile& file : files) {
    for (const PlaceId id : module.sites) {
      if (!file.factors(model, id)) continue;
      const Place& site = model.places()[id];
      wanted.narrow(0, site.out_begin, site.dim).add_(file.update(model, id).to(at::kDouble));
    }
  }
  const double largest = wanted.abs().max().item<double>();
  if (largest == 0.0) return 0.0;
  return (sum.B.matmul(sum.A).to(at::kDouble) - wanted).abs().max().item<double>() / largest;
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

nlohmann::ordered_json lora_config(const ModelConfig& config, const std::string& base_path,
                                   const std::map<std::string, int64_t>& ranks) {
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
          {"use_dora", false}};
}

void check_exportable(const std::vector<AdapterFile>& files) {
  for (const AdapterFile& file : files) {
    if (file.info.method == "eida" || file.info.method == "lora") continue;
    throw ConfigError("{}: method {} has no adapter that peft could hold (hint: --to huggingface)",
                      file.path.string(), file.info.method);
  }
}

}  // namespace

PeftReport export_peft(PretrainedModel& model, const std::vector<std::filesystem::path>& paths,
                       const std::string& base_path, const std::filesystem::path& output) {
  std::vector<AdapterFile> files;
  for (const auto& path : paths) files.emplace_back(path);
  check_exportable(files);
  PeftReport report;
  const Replaced replaced(model, files);
  std::set<std::string> whole = replaced.modules;
  std::map<std::string, int64_t> ranks;
  std::vector<NamedTensor> tensors;
  const std::string prefix = "base_model.model.";
  for (const Module& module : adapted_modules(model, files)) {
    const std::string& name = module.linear->name();
    if (whole.contains(name)) continue;
    const LowRank sum = stack(model, files, module, report);
    report.largest_error = std::max(report.largest_error, error_of(model, files, module, sum));
    ranks[name] = sum.A.size(0);
    report.largest_rank = std::max(report.largest_rank, sum.A.size(0));
    tensors.push_back({prefix + name + ".lora_A.weight", sum.A});
    tensors.push_back({prefix + name + ".lora_B.weight", sum.B});
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
  nlohmann::ordered_json config = lora_config(model.config(), base_path, ranks);
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
  return lora_config(model.config(), base_path, ranks);
}

}  // namespace eida
