#include "eida_method.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include <map>
#include <utility>

#include "eida/tensor/checks.h"
#include "eida_layer.h"
#include "merge_weights.h"

namespace eida {
namespace {

/// Sites of one layer, ascending: W_Q, W_K and W_V of GPT-2's c_attn, else one.
using SitesByLayer = std::map<HookableLinear*, std::vector<size_t>>;

PlaceBases on_device(PlaceBases bases, at::Device device) {
  for (at::Tensor& basis : bases) {
    if (basis.defined()) basis = basis.to(device);
  }
  return bases;
}

}  // namespace

void EidaMethod::attach(PretrainedModel& model, const PlaceBases& bases, int64_t round) {
  previous_ = std::exchange(bases_, on_device(bases, model.parameters().front().tensor.device()));
  places_ = model.places();
  cores_.clear();
  SitesByLayer layers;
  std::map<PlaceId, int64_t> users;  // layers of each input space
  for (size_t i = 0; i < options_.sites.size(); ++i) {
    const PlaceId id = options_.sites[i];
    const Place& site = places_[id];
    check_shape("C", bases_[id], {-1, site.dim});
    at::Tensor B =
        at::zeros({bases_[id].size(0), bases_[site.input].size(0)}, bases_[id].options());
    cores_.push_back({site.name + ".B", B.set_requires_grad(true)});
    auto& of_layer = layers[site.linear];
    if (of_layer.empty()) ++users[site.input];
    of_layer.push_back(i);
  }
  std::map<PlaceId, std::shared_ptr<SharedProjection>> projections;
  for (const auto& [input, count] : users)
    projections[input] = std::make_shared<SharedProjection>(bases_[input], count);
  for (const auto& [linear, members] : layers) {
    std::vector<EidaSlice> slices;
    for (const size_t i : members) {
      const PlaceId site = options_.sites[i];
      slices.push_back({places_[site].out_begin, cores_[i].tensor, bases_[site]});
    }
    const PlaceId input = places_[options_.sites[members.front()]].input;
    linear->set_adapter(std::make_shared<EidaLayer>(projections[input], std::move(slices)));
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

void EidaMethod::merge(PretrainedModel& model) {
  std::map<PlaceId, at::Tensor> cores;
  for (size_t i = 0; i < options_.sites.size(); ++i)
    cores[options_.sites[i]] = cores_[i].tensor.detach().clone();
  add_updates(model, options_.sites, [&](PlaceId site) {
    return eida_update(bases_[places_[site].input], cores.at(site), bases_[site]);
  });
  for (const PlaceId site : options_.sites) places_[site].linear->set_adapter(nullptr);
}

std::vector<at::Tensor> EidaMethod::carry_moments(const std::vector<at::Tensor>& moments,
                                                  bool squared) const {
  const auto rotation = [&](PlaceId place) {
    const at::Tensor angles = bases_[place].matmul(previous_[place].t());
    return squared ? angles.square() : angles;
  };
  std::vector<at::Tensor> carried;
  for (size_t i = 0; i < options_.sites.size(); ++i) {
    const PlaceId site = options_.sites[i];
    const at::Tensor left = rotation(site), right = rotation(places_[site].input);
    carried.push_back(left.matmul(moments[i]).matmul(right.t()));  // [k_out', k_in']
  }
  return carried;
}

}  // namespace eida
