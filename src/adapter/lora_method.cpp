#include "lora_method.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <map>

#include "eida/core/rng.h"
#include "eida/model/layer_adapter.h"
#include "merge_weights.h"

namespace eida {
namespace {

struct LoraSlice {
  int64_t begin = 0;
  at::Tensor A, B;  // [r, d_in], [d_out, r]
};

class LoraLayer : public LayerAdapter {
 public:
  LoraLayer(double scale, std::vector<LoraSlice> slices)
      : scale_(scale), slices_(std::move(slices)) {}
  at::Tensor add_to(at::Tensor y, const at::Tensor& x) const override {
    const auto dtype = x.scalar_type();
    for (const LoraSlice& slice : slices_) {
      const at::Tensor z = at::linear(x, slice.A.to(dtype));                // [N, r]
      const at::Tensor update = at::linear(z, slice.B.to(dtype)) * scale_;  // [N, d_out]
      if (update.size(1) == y.size(1)) return y + update;
      y.narrow(1, slice.begin, update.size(1)).add_(update);
    }
    return y;
  }

 private:
  double scale_;
  std::vector<LoraSlice> slices_;
};

/// Uniform on [-1/sqrt(d_in), 1/sqrt(d_in)], as peft's kaiming_uniform_(a = sqrt(5)).
at::Tensor random_down_projection(int64_t rank, int64_t dim, uint64_t seed, int64_t site) {
  Rng rng(seed, "lora", static_cast<uint64_t>(site));
  at::Tensor A = at::zeros({rank, dim}, at::TensorOptions(at::kFloat));
  const double bound = 1.0 / std::sqrt(static_cast<double>(dim));
  auto* values = A.mutable_data_ptr<float>();
  for (int64_t i = 0; i < rank * dim; ++i)
    values[i] = static_cast<float>((2.0 * rng.uniform() - 1.0) * bound);
  return A;
}

}  // namespace

void LoraMethod::make_factors(const PretrainedModel& model) {
  for (const PlaceId id : options_.sites) {
    const Place& site = model.places()[id];
    const at::Tensor A = random_down_projection(options_.lora_rank, site.linear->in_features(),
                                                options_.seed, site.index);
    const at::Tensor B = at::zeros({site.dim, options_.lora_rank}, A.options());
    const at::Device device = site.linear->weight().device();
    factors_.push_back({site.name + ".lora_A", A.to(device).set_requires_grad(true)});
    factors_.push_back({site.name + ".lora_B", B.to(device).set_requires_grad(true)});
    originals_.push_back(site.linear->weight().detach());
  }
}

void LoraMethod::attach(PretrainedModel& model, const PlaceBases& /*bases*/, int64_t /*round*/) {
  if (factors_.empty()) make_factors(model);
  std::map<HookableLinear*, std::vector<LoraSlice>> layers;
  for (size_t i = 0; i < options_.sites.size(); ++i) {
    const Place& site = model.places()[options_.sites[i]];
    const at::Tensor& weight = site.linear->weight();
    if (weight.const_data_ptr() != originals_[i].const_data_ptr()) {
      replace_values(weight, originals_[i]);
      if (model.masters() != nullptr) model.masters()->forget(site.linear->name() + ".weight");
    }
    layers[site.linear].push_back(
        {site.out_begin, factors_[2 * i].tensor, factors_[2 * i + 1].tensor});
  }
  for (auto& [linear, slices] : layers)
    linear->set_adapter(std::make_shared<LoraLayer>(scale(), std::move(slices)));
}

void LoraMethod::merge(PretrainedModel& model) {
  std::map<PlaceId, size_t> position;
  for (size_t i = 0; i < options_.sites.size(); ++i) position[options_.sites[i]] = i;
  add_updates(model, options_.sites, [&](PlaceId site) {
    const size_t i = position.at(site);
    return lora_update(factors_[2 * i].tensor.detach().clone(),
                       factors_[2 * i + 1].tensor.detach().clone(), scale());
  });
  for (const PlaceId site : options_.sites) model.places()[site].linear->set_adapter(nullptr);
}

}  // namespace eida
