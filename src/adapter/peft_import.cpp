#include "peft_import.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_svd.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "../model/load_parameters.h"
#include "eida/adapter/weight_update.h"
#include "eida/core/error.h"
#include "eida/core/utf8.h"
#include "eida/tensor/checks.h"
#include "eida/tensor/safetensors.h"
#include "factors.h"
#include "merge_weights.h"
#include "peft_config.h"

namespace eida {
namespace {

using Tensors = std::map<std::string, at::Tensor>;

constexpr std::array kKinds = {".lora_A", ".lora_B", ".lora_embedding_A", ".lora_embedding_B",
                               ".lora_magnitude_vector"};

constexpr std::string_view kBaseLayer = ".base_layer";

/// Where the ending of an adapter's tensor begins: ".lora_A", ".lora_B.bias"; npos: a parameter.
size_t kind_begin(const std::string& name) {
  for (const std::string_view kind : kKinds) {
    const size_t at = name.rfind(kind);
    if (at == std::string::npos) continue;
    const std::string_view rest = std::string_view(name).substr(at + kind.size());
    if (rest.empty() || rest.front() == '.') return at;
  }
  return std::string::npos;
}

/// "bert…query.lora_A" of "base_model.model.bert…query.lora_A.default.weight".
std::string plain_name(std::string name) {
  constexpr std::string_view kPrefix = "base_model.model.";
  if (name.starts_with(kPrefix)) name.erase(0, kPrefix.size());
  for (const std::string wrapper : {".modules_to_save.default", ".modules_to_save"}) {
    const size_t at = name.find(wrapper + ".");
    if (at != std::string::npos) name.erase(at, wrapper.size());
  }
  const size_t begin = kind_begin(name);
  if (begin == std::string::npos) return name;
  const size_t end = std::min(name.find('.', begin + 1), name.size());
  std::string_view rest = std::string_view(name).substr(end);
  const bool bias = rest.ends_with(".bias");
  if (bias || rest.ends_with(".weight")) rest.remove_suffix(bias ? 5 : 7);
  const bool one_name = rest.find('.', 1) == std::string_view::npos;  // at most the adapter's
  return one_name ? name.substr(0, end) + (bias ? ".bias" : "") : name;
}

/// A weight as it is stored, and with a row an output.
struct LayerValues {
  at::Tensor stored, rows;  // rows: [d_out, d_in], a view
};

/// Puts one folder's tensors onto one model.
class Fitting {
 public:
  Fitting(const std::filesystem::path& folder, const PretrainedModel& model)
      : config_(folder / "adapter_config.json", model.config().model_type),
        file_((folder / "adapter_model.safetensors").string()),
        model_(model),
        parameters_(parameters_by_name(model)),
        architecture_(*model.config().architecture) {
    for (const Place& site : model.places().sites()) layers_.emplace(site.linear->name());
  }

  PeftAdapter run(const Tensors& tensors) {
    take(tensors);
    check_saved_whole();
    const std::vector<std::string> modules = this->modules();
    for (const std::string& module : modules) unwrap(module, is_target(module));
    drop_tied_head();
    std::vector<std::string> absent, others;
    bool any = false;
    for (const std::string& module : modules) {
      const bool target = is_target(module), there = has_factors(module);
      any = any || (target && there);
      if (target && there) {
        add(module);
      } else if (target || there) {
        (target ? absent : others).push_back(module);
      }
      drop(module);
    }
    if (!absent.empty())
      spdlog::warn("{}: has no LoRA of {}, which stay as they are", file_, fmt::join(absent, ", "));
    if (!others.empty()) {
      spdlog::warn("{}: the LoRA of {} is left out, no target of {}", file_,
                   fmt::join(others, ", "), config_.file());
    }
    const auto is_factor = [](const auto& tensor) {
      return kind_begin(tensor.first) != std::string::npos;
    };
    if (!any && std::none_of(left_.begin(), left_.end(), is_factor)) {
      throw FormatError("{}: target_modules: no module of the model is meant and has a LoRA in {}",
                        config_.file(), file_);
    }
    result_.merge(left_);
    return {config_.is_on("use_dora") ? MethodKind::dora : MethodKind::lora, std::move(result_)};
  }

 private:
  bool is_head(const std::string& module) const {
    return architecture_.vocabulary_head && module == architecture_.vocabulary_head->name;
  }
  /// Of the table that the head is tied to; empty: there is no such head.
  std::string tied_weight() const {
    const auto& head = architecture_.vocabulary_head;
    return head && !head->tied_to.empty() ? head->tied_to + ".weight" : "";
  }
  std::string weight_name(const std::string& module) const {
    return is_head(module) && !tied_weight().empty() ? tied_weight() : module + ".weight";
  }
  bool known(const std::string& module) const { return parameters_.contains(weight_name(module)); }
  bool is_table(const std::string& module) const {
    return !is_head(module) &&
           model_.parameter_info(weight_name(module)).group == ParameterGroup::kEmbedding;
  }

  /// The model's names; what is of no use to the model is dropped, as when its files are read.
  void take(const Tensors& tensors) {
    const auto owner = [](const std::string& name) {
      const std::string module = name.substr(0, std::min(kind_begin(name), name.rfind('.')));
      const bool wrapped = module.ends_with(kBaseLayer);
      return wrapped ? module.substr(0, module.size() - kBaseLayer.size()) : module;
    };
    for (const auto& [name, tensor] : tensors) {
      const std::string module = owner(name), inner = architecture_.prefix + module;
      const bool prefixed = !known(module) && known(inner);
      bare_ = bare_ || prefixed;
      if (!known(module) && !prefixed && is_ignored(name, architecture_)) continue;
      const std::string full = prefixed ? architecture_.prefix + name : name;
      if (!left_.emplace(full, tensor).second)
        throw FormatError("{}: tensor '{}' is there under two names", file_, printable(full));
    }
  }

  /// As the adapter's own model calls it; empty: it has no such module.
  std::string own_name(const std::string& name) const {
    if (!bare_) return name;
    return name.starts_with(architecture_.prefix) ? name.substr(architecture_.prefix.size()) : "";
  }

  /// Modules with a matrix.
  std::vector<std::string> modules() const {
    std::vector<std::string> names;
    for (const auto& [name, parameter] : parameters_) {
      if (parameter.dim() == 2 && name.ends_with(".weight"))
        names.push_back(name.substr(0, name.rfind('.')));
    }
    if (!tied_weight().empty()) names.push_back(architecture_.vocabulary_head->name);
    return names;
  }

  bool is_target(const std::string& module) const {
    const std::string own = own_name(module);
    return !own.empty() && config_.targets(own, !is_table(module) && !is_head(module));
  }

  bool has_factors(const std::string& module) const {
    return std::any_of(kKinds.begin(), kKinds.end() - 1,
                       [&](const char* kind) { return left_.contains(module + kind); });
  }

  /// The own parameters of a layer that has an adapter; without one PEFT does not find them.
  void unwrap(const std::string& module, bool target) {
    for (const char* parameter : {".weight", ".bias"}) {
      auto found = left_.extract(module + std::string(kBaseLayer) + parameter);
      if (target && !found.empty()) left_[module + parameter] = found.mapped();
    }
  }

  /// What is left of the module's adapter.
  void drop(const std::string& module) {
    for (const char* kind : kKinds) left_.erase(module + kind);
    left_.erase(module + ".lora_B.bias");
  }

  /// PEFT loads a module that is saved whole with all of its parameters.
  void check_saved_whole() const {
    for (const auto& [name, parameter] : parameters_) {
      const std::string own = own_name(name);
      for (size_t dot = own.rfind('.'); dot != std::string::npos && dot > 0;
           dot = own.rfind('.', dot - 1)) {
        if (!config_.saves(own.substr(0, dot)) || left_.contains(name)) continue;
        throw FormatError("{}: modules_to_save (task_type): {} is not in {}", config_.file(), own,
                          file_);
      }
    }
  }

  /// The table and the head that is tied to it, each as the file has it or else as the base has.
  void drop_tied_head() {
    const std::string table = tied_weight();
    if (table.empty() || bare_) return;  // a bare model's table is the whole model's
    const std::string output = architecture_.vocabulary_head->name + ".weight";
    const auto either = [&](const std::string& name) {
      const auto found = left_.find(name);
      return found != left_.end() ? found->second : values(table);
    };
    if (!left_.contains(table) && !left_.contains(output)) return;
    if (!either(table).equal(either(output))) {
      throw FormatError("{}: modules_to_save: {} would differ from {}, to which it is tied",
                        config_.file(), output, table);
    }
    left_.erase(output);
  }

  /// A tensor of the module's adapter, taken out. \param dims its dimensions
  at::Tensor pop(const std::string& name, int64_t dims) {
    auto found = left_.extract(name);
    if (found.empty() || found.mapped().dim() != dims)
      throw FormatError("{}: '{}' is missing or not of {} dimensions", file_, printable(name),
                        dims);
    return found.mapped();
  }

  at::Tensor values(const std::string& parameter) const {
    return float_values(model_, parameter, parameters_.at(parameter)).cpu();
  }

  LayerValues by_rows(const std::string& module, const at::Tensor& stored) const {
    const auto group = model_.parameter_info(weight_name(module)).group;
    const bool out_in =
        is_head(module) || group == ParameterGroup::kHead ||
        (group != ParameterGroup::kEmbedding && architecture_.layout == WeightLayout::kOutIn);
    return {stored, out_in ? stored : stored.t()};
  }
  /// A copy of the module's weight, with what has been added to it.
  LayerValues copy_of(const std::string& module) const {
    const std::string name = weight_name(module);
    if (const auto changed = result_.find(name); changed != result_.end())
      return by_rows(module, changed->second);
    const auto given = left_.find(name);
    if (given == left_.end()) return by_rows(module, values(name));
    const auto shape = parameters_.at(name).sizes();
    if (given->second.sizes() == shape) return by_rows(module, given->second.clone());
    throw FormatError("{}: tensor '{}' is {}, the model's {}", file_, name,
                      shape_text(given->second.sizes()), shape_text(shape));
  }

  /// The adapter of one module.
  void add(const std::string& module) {
    const bool table = is_table(module);
    const std::string own = own_name(module);
    at::Tensor A = pop(module + (table ? ".lora_embedding_A" : ".lora_A"), 2);
    at::Tensor B = pop(module + (table ? ".lora_embedding_B" : ".lora_B"), 2);
    const auto shape = by_rows(module, parameters_.at(weight_name(module))).rows.sizes().vec();
    if (B.size(1) != A.size(0) || std::vector{B.size(0), A.size(1)} != shape) {
      throw FormatError("{}: {} has factors of shapes {} and {}, the weight is {}", file_, module,
                        shape_text(B.sizes()), shape_text(A.sizes()), shape_text(shape));
    }
    const double scale = config_.scaling(own, A.size(0));
    if (config_.is_on("lora_bias")) add_bias(module, pop(module + ".lora_B.bias", 1).mul(scale));
    B = B.mul(scale);
    if (!table && config_.start() != PeftStart::kNone)
      take_start_away(copy_of(module), scale, A, B);
    PeftFactors factors{{B, at::Tensor(), A, 1.0}, {}};
    if (config_.is_on("use_dora")) {
      factors.magnitude = pop(module + kKinds.back(), 1);
      if (factors.magnitude.numel() != B.size(0)) {
        throw FormatError("{}: {} has {} magnitudes, wanted {}", file_, module,
                          factors.magnitude.numel(), B.size(0));
      }
    }
    if (layers_.contains(module)) {
      result_[module + ".lora_A"] = A;
      result_[module + ".lora_B"] = B;
      if (factors.magnitude.defined()) result_[module + kKinds.back()] = factors.magnitude;
      return;
    }
    const LayerValues weight = copy_of(module);
    change_rows(factors.magnitude.defined() ? WeightUpdate(dora_change(factors)) : factors.lora,
                weight.rows);
    left_.erase(weight_name(module));
    result_[weight_name(module)] = weight.stored;
    if (weight_name(module) == tied_weight()) {
      spdlog::warn("{}: {} is the head's too: the LoRA of {} is merged into both", file_,
                   tied_weight(), module);
    }
  }

  void add_bias(const std::string& module, const at::Tensor& bias) {
    const std::string name = module + ".bias";
    if (!parameters_.contains(name))
      throw FormatError("{}: lora_bias: {} has no bias", config_.file(), module);
    const auto found = left_.find(name);
    const at::Tensor base = found != left_.end() ? found->second : values(name);
    if (base.sizes() != bias.sizes())
      throw FormatError("{}: '{}.lora_B.bias' is {}", file_, module, shape_text(bias.sizes()));
    left_.erase(name);
    result_[name] = base + bias;
  }

  /// PEFT makes a layer anew from the base weight and keeps what remains of that beside the start;
  /// so the start is taken away as a LoRA of its own, as PEFT's conversion does.
  void take_start_away(const LayerValues& weight, double scale, at::Tensor& A,
                       at::Tensor& B) const {
    const int64_t rank = A.size(0);
    at::Tensor down, up;  // [r, d_in], [d_out, r]
    if (config_.start() == PeftStart::kPissa) {
      const auto [U, S, Vh] = at::linalg_svd(weight.rows, /*full_matrices=*/false);
      up = (U * S).slice(1, 0, rank);
      down = Vh.slice(0, 0, rank);
    } else {  // of the matrix as it is stored
      const auto [Q, R] = at::linalg_qr(weight.stored);
      up = Q.slice(1, 0, rank).mul(scale);
      down = R.slice(0, 0, rank);
      if (!weight.rows.is_same(weight.stored)) std::tie(up, down) = std::pair(down.t(), up.t());
    }
    A = at::cat({A, down});
    B = at::cat({B, -up}, 1);
  }

  const PeftConfig config_;
  const std::string file_;
  const PretrainedModel& model_;
  const Tensors parameters_;
  const Architecture& architecture_;
  std::set<std::string> layers_;  ///< that methods adapt
  bool bare_ = false;             ///< the adapter's model has no head and no prefix
  Tensors left_, result_;
};

}  // namespace

std::map<std::string, at::Tensor> read_peft_tensors(const std::filesystem::path& folder) {
  const PeftConfig checked(folder / "adapter_config.json", "");
  const std::filesystem::path file = folder / "adapter_model.safetensors";
  const SafetensorsFile content(file);
  Tensors tensors;
  for (const bool wrapped : {false, true}) {  // what PEFT writes twice counts by its short name
    for (const auto& entry : content.entries()) {
      if ((entry.name.find(".modules_to_save.") != std::string::npos) != wrapped ||
          entry.name.find(".original_module.") != std::string::npos) {
        continue;
      }
      const at::Tensor tensor = content.tensor(entry).to(at::kFloat, false, /*copy=*/true);
      if (!tensor.isfinite().all().item<bool>())
        throw FormatError("{}: tensor '{}' is not finite", file.string(), printable(entry.name));
      if (!tensors.emplace(plain_name(entry.name), tensor).second && !wrapped)
        throw FormatError("{}: tensor '{}' is there under two names", file.string(),
                          printable(entry.name));
    }
  }
  return tensors;
}

PeftAdapter fit_peft_adapter(const std::filesystem::path& folder,
                             const std::map<std::string, at::Tensor>& tensors,
                             const PretrainedModel& model) {
  return Fitting(folder, model).run(tensors);
}

}  // namespace eida
