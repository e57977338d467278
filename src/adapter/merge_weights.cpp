#include "merge_weights.h"

#include <utility>

#include "eida/core/error.h"

namespace eida {

at::Tensor LowRank::dense() const {
  return core.defined() ? left.matmul(core).matmul(right) : left.matmul(right).mul(scale);
}

void change_rows(const WeightUpdate& update, const at::Tensor& rows) {
  if (const auto* added = std::get_if<LowRank>(&update)) {
    rows.add_(added->dense().to(rows.device()));
  } else {
    rows.copy_(std::get<WeightChange>(update)(rows));
  }
}

void replace_values(const at::Tensor& parameter, const at::Tensor& values) {
  parameter.set_data(values.to(parameter.options()));
  parameter.unsafeGetTensorImpl()->bump_version();  // casts of the old values are stale
}

std::map<std::string, at::Tensor> parameters_by_name(const PretrainedModel& model) {
  std::map<std::string, at::Tensor> parameters;
  for (const auto& [name, tensor] : model.parameters()) parameters.emplace(name, tensor);
  return parameters;
}

at::Tensor float_values(const PretrainedModel& model, const std::string& name,
                        const at::Tensor& parameter) {
  if (parameter.scalar_type() != at::kFloat)
    return model.masters()->values(name).to(parameter.device());
  return parameter.detach().clone();
}

namespace {

/// A layer's weight with its sites' updates, and what made it so.
struct MergedLayer {
  HookableLinear* linear;
  at::Tensor values;  // as stored, float32
  std::vector<WeightAddition> additions;
};

std::string parameter_of(const HookableLinear& linear) { return linear.name() + ".weight"; }

/// Only one layer at a time is there in float32 where weights are bfloat16.
void round_to_weight(MergedLayer& layer) {
  layer.values = layer.values.to(layer.linear->weight().scalar_type());
}

at::Tensor rows_of(const Place& site, const at::Tensor& stored) {  // [d_out, d_in]
  const bool out_in = site.linear->layout() == WeightLayout::kOutIn;
  return (out_in ? stored : stored.t()).narrow(0, site.out_begin, site.dim);
}

}  // namespace

std::vector<PlaceId> adapted_sites(const Method& method, const AdapterTensors& tensors,
                                   const Places& places) {
  std::vector<PlaceId> sites;
  for (const Place& site : places.sites()) {
    if (method.update(tensors, places, places.id_of(site))) sites.push_back(places.id_of(site));
  }
  return sites;
}

void merge_adapters(PretrainedModel& model, const Method& method, const AdapterTensors& tensors) {
  const Places& places = model.places();
  std::vector<MergedLayer> merged;
  for (const PlaceId id : adapted_sites(method, tensors, places)) {
    const Place& site = places[id];
    if (merged.empty() || merged.back().linear != site.linear) {
      if (!merged.empty()) round_to_weight(merged.back());
      merged.push_back({site.linear,
                        float_values(model, parameter_of(*site.linear), site.linear->weight()),
                        {}});
    }
    MergedLayer& layer = merged.back();
    const auto change = [site,
                         update = *method.update(tensors, places, id)](const at::Tensor& stored) {
      change_rows(update, rows_of(site, stored));
    };
    change(layer.values);
    layer.additions.emplace_back(change);
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

void OriginalWeights::restore(PretrainedModel& model, const std::vector<PlaceId>& sites) {
  for (const PlaceId id : sites) {
    HookableLinear* linear = model.places()[id].linear;
    const at::Tensor original =
        weights_.try_emplace(linear, linear->weight().detach()).first->second;
    if (linear->weight().const_data_ptr() == original.const_data_ptr()) continue;
    replace_values(linear->weight(), original);
    if (model.masters() != nullptr) model.masters()->forget(parameter_of(*linear));
  }
}

}  // namespace eida
