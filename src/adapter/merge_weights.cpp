#include "merge_weights.h"

#include <utility>

#include "eida/core/error.h"

namespace eida {

at::Tensor eida_update(const at::Tensor& A, const at::Tensor& B, const at::Tensor& C) {
  return C.t().matmul(B).matmul(A);
}

at::Tensor lora_update(const at::Tensor& A, const at::Tensor& B, double scale) {
  return B.matmul(A).mul(scale);
}

void replace_values(at::Tensor parameter, const at::Tensor& values) {
  parameter.set_data(values.to(parameter.options()));
  parameter.unsafeGetTensorImpl()->bump_version();  // casts of the old values are stale
}

void add_updates(PretrainedModel& model, const std::vector<int64_t>& sites,
                 const std::function<at::Tensor(int64_t site)>& update) {
  std::vector<std::pair<HookableLinear*, at::Tensor>> merged;
  for (const int64_t index : sites) {
    const Site& site = model.sites()[static_cast<size_t>(index)];
    HookableLinear& linear = *site.linear;
    if (merged.empty() || merged.back().first != &linear) {
      merged.emplace_back(&linear, linear.weight().detach().to(at::kFloat, false, /*copy=*/true));
    }
    const at::Tensor stored = merged.back().second;
    const at::Tensor out_in = linear.layout() == WeightLayout::kOutIn ? stored : stored.t();
    const at::Tensor rows = out_in.narrow(0, site.out_begin, site.dim);  // [d_out, d_in]
    rows.add_(update(index));
    if (!rows.isfinite().all().item<bool>()) {
      throw NumericError(
          "merging {}: the weight would not be finite (hint: a smaller train.lr, or --precision "
          "fp32)",
          site.name);
    }
  }
  for (const auto& [linear, weight] : merged) replace_values(linear->weight(), weight);
}

}  // namespace eida
