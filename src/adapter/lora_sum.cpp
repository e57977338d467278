#include "lora_sum.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "eida/core/error.h"
#include "merge_weights.h"

namespace eida {
namespace {

/// One file's update of one module at the smallest rank that its factors give: the ranks of all
/// inputs' projections (one for slices that share theirs), or of all outputs'.
LoraSum factors_of(const PretrainedModel& model, const AdapterFile& file,
                   const AdaptedModule& module) {
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

/// Largest difference between what LoRA and the files make of W, relative to the largest change.
double error_of(const PretrainedModel& model, const std::vector<AdapterFile>& files,
                const AdaptedModule& module, const LoraSum& sum) {
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

}  // namespace

at::Tensor LoraSum::operator()(const at::Tensor& W) const {
  const at::Tensor sum = W + B.matmul(A);
  return magnitude.defined() ? sum * (magnitude / sum.norm(2, 1)).unsqueeze(1) : sum;
}

std::vector<AdaptedModule> adapted_modules(const PretrainedModel& model,
                                           const std::vector<AdapterFile>& files) {
  std::set<PlaceId> adapted;
  for (const AdapterFile& file : files) {
    for (const PlaceId site : file.sites(model)) adapted.insert(site);
  }
  std::vector<AdaptedModule> modules;
  for (const PlaceId site : adapted) {
    HookableLinear* linear = model.places()[site].linear;
    if (modules.empty() || modules.back().linear != linear) modules.push_back({linear, {}});
    modules.back().sites.push_back(site);
  }
  return modules;
}

LoraSum lora_sum(const PretrainedModel& model, const std::vector<AdapterFile>& files,
                 const AdaptedModule& module, PeftReport& report) {
  std::vector<at::Tensor> downs, ups;
  at::Tensor magnitude;
  for (const AdapterFile& file : files) {
    const LoraSum part = factors_of(model, file, module);
    if (!part.A.defined()) continue;
    downs.push_back(part.A);
    ups.push_back(part.B);
    magnitude = part.magnitude;  // a method with magnitudes stands alone
  }
  LoraSum sum{at::cat(downs).contiguous(), at::cat(ups, 1).contiguous(), magnitude};
  const int64_t full = std::min(sum.A.size(1), sum.B.size(0));
  if (sum.A.size(0) > full) {
    const at::Tensor product = sum.B.to(at::kDouble).matmul(sum.A.to(at::kDouble));
    const auto [U, S, Vh] = at::linalg_svd(product, /*full_matrices=*/false);
    sum.A = Vh.to(at::kFloat).contiguous();
    sum.B = (U * S).to(at::kFloat).contiguous();
    ++report.compressed;
  }
  report.largest_error = std::max(report.largest_error, error_of(model, files, module, sum));
  report.largest_rank = std::max(report.largest_rank, sum.A.size(0));
  return sum;
}

std::string module_of(const std::string& parameter) {
  return parameter.substr(0, parameter.rfind('.'));
}

ReplacedParts::ReplacedParts(const PretrainedModel& model, const std::vector<AdapterFile>& files) {
  std::set<std::string> adapted, names;
  for (const AdaptedModule& module : adapted_modules(model, files))
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

void check_exportable(const PretrainedModel& model, const std::vector<AdapterFile>& files,
                      const std::string& reader) {
  for (const AdapterFile& file : files) {
    file.replaced(model);  // or says what fits nothing
    const auto sites = file.sites(model);
    const auto held = [&](PlaceId site) {
      return file.method->peft_factors(file, model.places(), site).has_value();
    };
    if (!sites.empty() && std::all_of(sites.begin(), sites.end(), held)) continue;
    throw ConfigError("{}: method {} has no adapter that {} could hold (hint: --to huggingface)",
                      file.path.string(), file.method->name(), reader);
  }
}

}  // namespace eida
