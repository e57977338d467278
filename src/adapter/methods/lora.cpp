// LoRA: W + alpha / r * B A at every site, A and B trained. Source: Hu et al. (2021).
#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>

#include "../factors.h"
#include "../merge_weights.h"
#include "eida/model/hookable_linear.h"

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

/// One adapter through all rounds, as peft trains it: each merge starts from the original weights.
class LoraMethod : public Method {
 public:
  using Method::Method;
  MethodKind kind() const override { return MethodKind::lora; }
  bool continues() const override { return true; }
  int64_t parameter_count(const Places& places, const PerPlace<int64_t>& ranks) const override;
  void attach(PretrainedModel& model, const PlaceBases& bases, int64_t round) override;
  std::vector<NamedTensor> trainable() const override { return factors_; }
  double scale() const override { return options_.lora_scale(); }
  std::vector<std::string> suffixes() const override { return {"lora_A", "lora_B"}; }
  std::optional<WeightUpdate> update(const AdapterTensors& tensors, const Places& places,
                                     PlaceId site) const override;

 private:
  void make_factors(const PretrainedModel& model);

  std::vector<NamedTensor> factors_;  ///< lora_A [r, d_in], lora_B [d_out, r] of each site
  OriginalWeights originals_;
};

int64_t LoraMethod::parameter_count(const Places& places, const PerPlace<int64_t>&) const {
  int64_t count = 0;
  for (const PlaceId site : options_.sites)
    count += options_.lora_rank * (places[site].dim + places[site].linear->in_features());
  return count;
}

void LoraMethod::make_factors(const PretrainedModel& model) {
  for (const PlaceId id : options_.sites) {
    const Place& site = model.places()[id];
    const at::Tensor A = random_down_projection(options_.lora_rank, site.linear->in_features(),
                                                options_.seed, site.index);
    const at::Tensor B = at::zeros({site.dim, options_.lora_rank}, A.options());
    const at::Device device = site.linear->weight().device();
    factors_.push_back({site.name + ".lora_A", A.to(device).set_requires_grad(true)});
    factors_.push_back({site.name + ".lora_B", B.to(device).set_requires_grad(true)});
  }
}

void LoraMethod::attach(PretrainedModel& model, const PlaceBases& /*bases*/, int64_t /*round*/) {
  originals_.restore(model, options_.sites);
  if (factors_.empty()) make_factors(model);
  std::map<HookableLinear*, std::vector<LoraSlice>> layers;
  for (size_t i = 0; i < options_.sites.size(); ++i) {
    const Place& site = model.places()[options_.sites[i]];
    layers[site.linear].push_back(
        {site.out_begin, factors_[2 * i].tensor, factors_[2 * i + 1].tensor});
  }
  for (auto& [linear, slices] : layers)
    linear->set_adapter(std::make_shared<LoraLayer>(scale(), std::move(slices)));
}

std::optional<WeightUpdate> LoraMethod::update(const AdapterTensors& tensors, const Places& places,
                                               PlaceId id) const {
  const Place& site = places[id];
  // peft adapts the whole of c_attn.
  const bool whole = tensors.find(site.name + ".lora_B") == nullptr &&
                     tensors.find(site.name + ".lora_A") == nullptr;
  return lora_factors(tensors, site, whole ? site.linear->name() : site.name);
}

}  // namespace

std::unique_ptr<Method> make_lora_method(MethodOptions options) {
  return std::make_unique<LoraMethod>(std::move(options));
}

}  // namespace eida
