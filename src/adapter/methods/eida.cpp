// EIDA: W + C^T B A with only B trained.
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include "../eida_layer.h"
#include "../factors.h"
#include "eida/adapter/method.h"
#include "eida/tensor/checks.h"

namespace eida {
namespace {

PlaceBases on_device(PlaceBases bases, at::Device device) {
  for (at::Tensor& basis : bases) {
    if (basis.defined()) basis = basis.to(device);
  }
  return bases;
}

class EidaMethod : public Method {
 public:
  using Method::Method;
  MethodKind kind() const override { return MethodKind::eida; }
  BasisSource basis_source() const override { return BasisSource::kSamples; }
  int64_t parameter_count(const Places& places, const PerPlace<int64_t>& ranks) const override;
  void attach(PretrainedModel& model, const PlaceBases& bases, int64_t round) override;
  std::vector<NamedTensor> trainable() const override { return cores_; }
  std::vector<NamedTensor> frozen() const override;
  std::map<std::string, at::Tensor> carry_moments(std::map<std::string, at::Tensor> moments,
                                                  bool squared) const override;
  std::vector<std::string> suffixes() const override { return {"A", "B", "C"}; }
  std::optional<WeightUpdate> update(const AdapterTensors& tensors, const Places& places,
                                     PlaceId site) const override;

 private:
  Places places_;  ///< of the model
  PlaceBases bases_, previous_;
  std::vector<NamedTensor> cores_;  ///< B of options_.sites, in that order // [k_out, k_in]
};

int64_t EidaMethod::parameter_count(const Places& places, const PerPlace<int64_t>& ranks) const {
  int64_t count = 0;
  for (const PlaceId site : options_.sites) count += ranks[site] * ranks[places[site].input];
  return count;
}

void EidaMethod::attach(PretrainedModel& model, const PlaceBases& bases, int64_t /*round*/) {
  previous_ = std::exchange(bases_, on_device(bases, model.parameters().front().tensor.device()));
  places_ = model.places();
  cores_.clear();
  std::map<HookableLinear*, std::vector<EidaSlice>> layers;
  std::map<PlaceId, int64_t> users;  // layers of each input space
  for (const PlaceId id : options_.sites) {
    const Place& site = places_[id];
    check_shape("C", bases_[id], {-1, site.dim});
    at::Tensor B =
        at::zeros({bases_[id].size(0), bases_[site.input].size(0)}, bases_[id].options());
    cores_.push_back({site.name + ".B", B.set_requires_grad(true)});
    auto& slices = layers[site.linear];
    if (slices.empty()) ++users[site.input];
    slices.push_back({site.out_begin, cores_.back().tensor, bases_[id]});
  }
  std::map<PlaceId, std::shared_ptr<SharedProjection>> projections;
  for (const auto& [input, count] : users)
    projections[input] = std::make_shared<SharedProjection>(bases_[input], count);
  for (const PlaceId id : options_.sites) {
    auto slices = layers.extract(places_[id].linear);
    if (slices.empty()) continue;  // another slice of a layer that has its adapter
    places_[id].linear->set_adapter(
        std::make_shared<EidaLayer>(projections[places_[id].input], std::move(slices.mapped())));
  }
}

std::vector<NamedTensor> EidaMethod::frozen() const {
  std::vector<NamedTensor> tensors;
  for (const Place& input : places_.inputs()) {
    const at::Tensor& A = bases_[input.input];
    if (A.defined()) tensors.push_back({input.name + ".A", A});
  }
  for (const PlaceId site : options_.sites)
    tensors.push_back({places_[site].name + ".C", bases_[site]});
  return tensors;
}

std::map<std::string, at::Tensor> EidaMethod::carry_moments(
    std::map<std::string, at::Tensor> moments, bool squared) const {
  const auto rotation = [&](PlaceId place) {
    const at::Tensor angles = bases_[place].matmul(previous_[place].t());
    return squared ? angles.square() : angles;
  };
  for (const PlaceId site : options_.sites) {
    at::Tensor& of_site = moments.at(places_[site].name + ".B");
    const at::Tensor left = rotation(site), right = rotation(places_[site].input);
    of_site = left.matmul(of_site).matmul(right.t());  // [k_out', k_in']
  }
  return moments;
}

std::optional<WeightUpdate> EidaMethod::update(const AdapterTensors& tensors, const Places& places,
                                               PlaceId id) const {
  const Place& site = places[id];
  const auto found = site_tensors(
      tensors, site, {site.name + ".C", site.name + ".B", places[site.input].name + ".A"}, 2);
  if (!found) return std::nullopt;
  return checked({found->at(0).t(), found->at(1), found->at(2)}, tensors, site);
}

}  // namespace

std::unique_ptr<Method> make_eida_method(MethodOptions options) {
  return std::make_unique<EidaMethod>(std::move(options));
}

}  // namespace eida
