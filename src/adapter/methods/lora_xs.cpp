// LoRA-XS: W + C^T B A with B [r, r] trained, A and C frozen from each weight's own singular value
// decomposition. Source: Balazy et al. (2024), arXiv 2405.17604.
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "../eida_layer.h"
#include "../factors.h"
#include "../merge_weights.h"

namespace eida {
namespace {

/// The slices of one layer, each with an A of its own.
class XsLayer : public LayerAdapter {
 public:
  explicit XsLayer(std::vector<EidaLayer> slices) : slices_(std::move(slices)) {}
  at::Tensor add_to(at::Tensor y, const at::Tensor& x) const override {
    for (const EidaLayer& slice : slices_) y = slice.add_to(std::move(y), x);
    return y;
  }

 private:
  std::vector<EidaLayer> slices_;
};

/// W = U S V^T of a site gives A = alpha / r * S_r V_r^T and C = U_r^T: the singular values are on
/// the input's side, as in the paper's code. Differs from the reference: B starts at 0 and not at
/// random values of 1e-5, so that attaching it changes nothing.
class LoraXsMethod : public Method {
 public:
  using Method::Method;
  MethodKind kind() const override { return MethodKind::lora_xs; }
  BasisSource basis_source() const override { return BasisSource::kWeights; }
  bool continues() const override { return true; }
  int64_t parameter_count(const Places& places, const PerPlace<int64_t>& ranks) const override;
  void attach(PretrainedModel& model, const PlaceBases& bases, int64_t round) override;
  std::vector<NamedTensor> trainable() const override { return cores_; }
  std::vector<NamedTensor> frozen() const override { return bases_; }
  std::vector<std::string> suffixes() const override { return {"A", "B", "C"}; }
  std::optional<WeightUpdate> update(const AdapterTensors& tensors, const Places& places,
                                     PlaceId site) const override;

 private:
  int64_t rank(const Place& site) const {
    return std::min({options_.lora_rank, site.dim, site.linear->in_features()});
  }
  void decompose(const Place& site);

  std::vector<NamedTensor> cores_, bases_;  ///< B, and A and C, of options_.sites
  OriginalWeights originals_;
};

int64_t LoraXsMethod::parameter_count(const Places& places, const PerPlace<int64_t>&) const {
  int64_t count = 0;
  for (const PlaceId site : options_.sites) count += rank(places[site]) * rank(places[site]);
  return count;
}

/// The right singular vectors are leading directions of W's rows, signed alike and independent of
/// threads, so that a run that resumes and other processes find the very same.
void LoraXsMethod::decompose(const Place& site) {
  const at::Tensor W =
      site.linear->weight_out_in().detach().narrow(0, site.out_begin, site.dim).to(at::kDouble);
  const at::Tensor V =  // [r, d_in]
      estimate_subspace(W.cpu(), {EstimatorKind::uncentred, rank(site)}, site.name).basis.to(W);
  const at::Tensor SU = V.matmul(W.t());                 // [r, d_out]
  const at::Tensor S = SU.norm(2, 1, /*keepdim=*/true);  // [r, 1]
  const at::Tensor B = at::zeros({rank(site), rank(site)}, W.options().dtype(at::kFloat));
  cores_.push_back({site.name + ".B", B.set_requires_grad(true)});
  bases_.push_back({site.name + ".A", (S * V).mul(options_.lora_scale()).to(at::kFloat)});
  bases_.push_back({site.name + ".C", (SU / S.clamp_min(1e-300)).to(at::kFloat)});
}

void LoraXsMethod::attach(PretrainedModel& model, const PlaceBases& /*bases*/, int64_t /*round*/) {
  originals_.restore(model, options_.sites);
  std::map<HookableLinear*, std::vector<EidaLayer>> layers;
  for (size_t i = 0; i < options_.sites.size(); ++i) {
    const Place& site = model.places()[options_.sites[i]];
    if (cores_.size() == i) decompose(site);
    layers[site.linear].emplace_back(
        std::make_shared<SharedProjection>(bases_[2 * i].tensor, 1),
        std::vector<EidaSlice>{{site.out_begin, cores_[i].tensor, bases_[2 * i + 1].tensor}});
  }
  for (auto& [linear, slices] : layers)
    linear->set_adapter(std::make_shared<XsLayer>(std::move(slices)));
}

std::optional<WeightUpdate> LoraXsMethod::update(const AdapterTensors& tensors,
                                                 const Places& places, PlaceId id) const {
  const Place& site = places[id];
  const auto found =
      site_tensors(tensors, site, {site.name + ".C", site.name + ".B", site.name + ".A"}, 3);
  if (!found) return std::nullopt;
  return checked({found->at(0).t(), found->at(1), found->at(2)}, tensors, site);
}

}  // namespace

std::unique_ptr<Method> make_lora_xs_method(MethodOptions options) {
  return std::make_unique<LoraXsMethod>(std::move(options));
}

}  // namespace eida
