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

RoundBases on_device(RoundBases bases, at::Device device) {
  for (auto* places : {&bases.inputs, &bases.delta_outputs}) {
    for (at::Tensor& basis : *places) {
      if (basis.defined()) basis = basis.to(device);
    }
  }
  return bases;
}

}  // namespace

void EidaMethod::attach(PretrainedModel& model, const RoundBases& bases, int64_t round) {
  previous_ = std::exchange(bases_, on_device(bases, model.parameters().front().tensor.device()));
  cores_.clear();
  input_names_.clear();
  site_names_.clear();
  input_of_site_.clear();
  for (const auto& space : model.input_spaces()) input_names_.push_back(space.name);
  SitesByLayer layers;
  std::map<int64_t, int64_t> users;  // layers of each input space
  for (size_t i = 0; i < options_.sites.size(); ++i) {
    const Site& site = model.sites()[static_cast<size_t>(options_.sites[i])];
    const at::Tensor& A = bases_.inputs[static_cast<size_t>(site.input)];
    const at::Tensor& C = bases_.delta_outputs[static_cast<size_t>(options_.sites[i])];
    check_shape("C", C, {-1, site.dim});
    at::Tensor B = at::zeros({C.size(0), A.size(0)}, C.options());
    cores_.push_back({site.name + ".B", B.set_requires_grad(true)});
    site_names_.push_back(site.name);
    input_of_site_.push_back(site.input);
    auto& of_layer = layers[site.linear];
    if (of_layer.empty()) ++users[site.input];
    of_layer.push_back(i);
  }
  std::map<int64_t, std::shared_ptr<SharedProjection>> projections;
  for (const auto& [input, count] : users) {
    projections[input] =
        std::make_shared<SharedProjection>(bases_.inputs[static_cast<size_t>(input)], count);
  }
  for (const auto& [linear, members] : layers) {
    std::vector<EidaSlice> slices;
    for (const size_t i : members) {
      const auto site = static_cast<size_t>(options_.sites[i]);
      slices.push_back(
          {model.sites()[site].out_begin, cores_[i].tensor, bases_.delta_outputs[site]});
    }
    linear->set_adapter(std::make_shared<EidaLayer>(projections[input_of_site_[members.front()]],
                                                    std::move(slices)));
  }
}

std::vector<NamedTensor> EidaMethod::frozen() const {
  std::vector<NamedTensor> tensors;
  for (size_t input = 0; input < bases_.inputs.size(); ++input) {
    if (bases_.inputs[input].defined())
      tensors.push_back({input_names_[input] + ".A", bases_.inputs[input]});
  }
  for (size_t i = 0; i < options_.sites.size(); ++i) {
    const auto site = static_cast<size_t>(options_.sites[i]);
    tensors.push_back({site_names_[i] + ".C", bases_.delta_outputs[site]});
  }
  return tensors;
}

void EidaMethod::merge(PretrainedModel& model) {
  std::map<int64_t, at::Tensor> cores;
  for (size_t i = 0; i < options_.sites.size(); ++i)
    cores[options_.sites[i]] = cores_[i].tensor.detach().clone();
  add_updates(model, options_.sites, [&](int64_t site) {
    const at::Tensor& A =
        bases_.inputs[static_cast<size_t>(model.sites()[static_cast<size_t>(site)].input)];
    const at::Tensor& C = bases_.delta_outputs[static_cast<size_t>(site)];
    return eida_update(A, cores.at(site), C);
  });
  for (const int64_t site : options_.sites)
    model.sites()[static_cast<size_t>(site)].linear->set_adapter(nullptr);
}

std::vector<at::Tensor> EidaMethod::carry_moments(const std::vector<at::Tensor>& moments,
                                                  bool squared) const {
  std::vector<at::Tensor> carried;
  for (size_t i = 0; i < options_.sites.size(); ++i) {
    const auto site = static_cast<size_t>(options_.sites[i]);
    const auto input = static_cast<size_t>(input_of_site_[i]);
    const auto rotation = [&](const at::Tensor& now, const at::Tensor& before) {
      const at::Tensor angles = now.matmul(before.t());
      return squared ? angles.square() : angles;
    };
    const at::Tensor left = rotation(bases_.delta_outputs[site], previous_.delta_outputs[site]);
    const at::Tensor right = rotation(bases_.inputs[input], previous_.inputs[input]);
    carried.push_back(left.matmul(moments[i]).matmul(right.t()));  // [k_out', k_in']
  }
  return carried;
}

}  // namespace eida
