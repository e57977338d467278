#include "merge_weights.h"

#include <utility>

#include "eida/core/error.h"

namespace eida {

at::Tensor WeightUpdate::dense() const {
  return core.defined() ? left.matmul(core).matmul(right) : left.matmul(right).mul(scale);
}

WeightUpdate eida_update(const at::Tensor& A, const at::Tensor& B, const at::Tensor& C) {
  return {C.t(), B, A};
}

WeightUpdate lora_update(const at::Tensor& A, const at::Tensor& B, double scale) {
  return {B, at::Tensor(), A, scale};
}

void replace_values(const at::Tensor& parameter, const at::Tensor& values) {
  parameter.set_data(values.to(parameter.options()));
  parameter.unsafeGetTensorImpl()->bump_version();  // casts of the old values are stale
}

namespace {

/// A layer's weight with its sites' updates, and what made it so.
struct MergedLayer {
  HookableLinear* linear;
  at::Tensor values;  // as stored, float32
  std::vector<WeightAddition> additions;
};

std::string parameter_of(const HookableLinear& linear) { return linear.name() + ".weight"; }

/// Float32, to be changed.
at::Tensor start_of(const PretrainedModel& model, const HookableLinear& linear) {
  const at::Tensor weight = linear.weight().detach();
  if (weight.scalar_type() != at::kFloat)
    return model.masters()->values(parameter_of(linear)).to(weight.device());
  return weight.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
}

/// Only one layer at a time is there in float32 where weights are bfloat16.
void round_to_weight(MergedLayer& layer) {
  layer.values = layer.values.to(layer.linear->weight().scalar_type());
}

at::Tensor rows_of(const Place& site, const at::Tensor& stored) {  // [d_out, d_in]
  const bool out_in = site.linear->layout() == WeightLayout::kOutIn;
  return (out_in ? stored : stored.t()).narrow(0, site.out_begin, site.dim);
}

}  // namespace

void add_updates(PretrainedModel& model, const std::vector<PlaceId>& sites,
                 const std::function<WeightUpdate(PlaceId site)>& update) {
  std::vector<MergedLayer> merged;
  for (const PlaceId id : sites) {
    const Place& site = model.places()[id];
    if (merged.empty() || merged.back().linear != site.linear) {
      if (!merged.empty()) round_to_weight(merged.back());
      merged.push_back({site.linear, start_of(model, *site.linear), {}});
    }
    MergedLayer& layer = merged.back();
    const auto add = [site, factors = update(id)](const at::Tensor& stored) {
      const at::Tensor rows = rows_of(site, stored);
      rows.add_(factors.dense().to(rows.device()));
    };
    add(layer.values);
    layer.additions.emplace_back(add);
    if (!rows_of(site, layer.values).isfinite().all().item<bool>()) {
      throw NumericError(
          "merging {}: the weight would not be finite (hint: a smaller train.lr, or --precision "
          "fp32)",
          site.name);
    }
  }
  for (MergedLayer& layer : merged) {
    if (layer.linear->weight().scalar_type() != at::kFloat) {
      for (WeightAddition& addition : layer.additions)
        model.masters()->add(parameter_of(*layer.linear), std::move(addition));
    }
    replace_values(layer.linear->weight(), layer.values);
  }
}

}  // namespace eida
