// DoRA: each row of W + alpha / r * B A brought to a trained norm m, A and B trained. Source: Liu
// et al. (2024), arXiv 2402.09353, as peft computes it: no gradient passes through the sum's own
// norm.
#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <limits>

#include "../factors.h"
#include "../merge_weights.h"
#include "eida/core/error.h"

namespace eida {
namespace {

struct DoraFactors {
  at::Tensor A, B, magnitude;  // [r, d_in], [d_out, r], [d_out]
};

/// y = W x + b becomes y + (g - 1) W x + g scale B A x with g = m / ||W + scale B A||: at the start
/// g is 1 to the bit.
class DoraLayer : public LayerAdapter {
 public:
  DoraLayer(const HookableLinear& linear, DoraFactors factors, double scale)
      : linear_(&linear),
        factors_(std::move(factors)),
        scale_(scale),
        squares_(weight().square().sum(1)) {}

  at::Tensor add_to(at::Tensor y, const at::Tensor& x) const override {
    const auto dtype = x.scalar_type();
    const auto& [A, B, magnitude] = factors_;
    const at::Tensor gain = magnitude / norms();  // [d_out]
    const at::Tensor& bias = linear_->bias();
    const at::Tensor product = bias.defined() ? y - bias.to(dtype) : y;  // [N, d_out]
    const at::Tensor update = at::linear(at::linear(x, A.to(dtype)), B.to(dtype)) * scale_;
    return y + (gain - 1).to(dtype) * product + gain.to(dtype) * update;
  }

  /// Of the rows of W + scale B A, without forming it. // [d_out]
  at::Tensor norms() const {
    const c10::AutoGradMode without_gradients(false);
    const auto& [A, B, magnitude] = factors_;
    const at::Tensor inner = weight().matmul(A.t()) * (2 * scale_) +
                             B.matmul(A.matmul(A.t())) * (scale_ * scale_);  // [d_out, r]
    const at::Tensor squares = squares_ + (inner * B).sum(1);
    return squares.clamp_min(std::numeric_limits<float>::min()).sqrt();
  }

 private:
  at::Tensor weight() const { return linear_->weight_out_in().detach().to(at::kFloat); }

  const HookableLinear* linear_;
  DoraFactors factors_;
  double scale_;
  at::Tensor squares_;  ///< ||W||^2 of each row // [d_out]
};

/// One adapter through all rounds, on whole layers: where peft finds c_attn, W_Q, W_K and W_V share
/// their A, and choosing one of them chooses all.
class DoraMethod : public Method {
 public:
  using Method::Method;
  MethodKind kind() const override { return MethodKind::dora; }
  bool continues() const override { return true; }
  int64_t parameter_count(const Places& places, const PerPlace<int64_t>& ranks) const override;
  void attach(PretrainedModel& model, const PlaceBases& bases, int64_t round) override;
  std::vector<NamedTensor> trainable() const override { return factors_; }
  /// Differs from the reference: magnitudes do not decay, as gains of a norm do not.
  bool decays(const std::string& name) const override { return !name.ends_with(kMagnitude); }
  double scale() const override { return options_.lora_scale(); }
  std::vector<std::string> suffixes() const override {
    return {"lora_A", "lora_B", kMagnitude + 1};
  }
  std::optional<WeightUpdate> update(const AdapterTensors& tensors, const Places& places,
                                     PlaceId site) const override;
  std::optional<PeftFactors> peft_factors(const AdapterTensors& tensors, const Places& places,
                                          PlaceId site) const override;

 private:
  static constexpr const char* kMagnitude = ".lora_magnitude_vector";

  /// One site of each chosen layer.
  std::vector<PlaceId> layers(const Places& places) const;
  void add_factors(const Place& site);

  std::vector<NamedTensor> factors_;  ///< lora_A, lora_B, magnitudes of layers()
  OriginalWeights originals_;
};

std::vector<PlaceId> DoraMethod::layers(const Places& places) const {
  std::vector<PlaceId> first;
  for (const PlaceId site : options_.sites) {
    if (first.empty() || places[first.back()].linear != places[site].linear) first.push_back(site);
  }
  return first;
}

int64_t DoraMethod::parameter_count(const Places& places, const PerPlace<int64_t>&) const {
  int64_t count = 0;
  for (const PlaceId site : layers(places)) {
    const HookableLinear& linear = *places[site].linear;
    count += options_.lora_rank * (linear.in_features() + linear.out_features());
    count += linear.out_features();
  }
  return count;
}

void DoraMethod::add_factors(const Place& site) {
  const HookableLinear& linear = *site.linear;
  const at::Tensor A =
      random_down_projection(options_.lora_rank, linear.in_features(), options_.seed, site.index)
          .to(linear.weight().device());
  const at::Tensor B = at::zeros({linear.out_features(), A.size(0)}, A.options());
  const at::Tensor magnitude = DoraLayer(linear, {A, B, {}}, scale()).norms();
  factors_.push_back({linear.name() + ".lora_A", A.set_requires_grad(true)});
  factors_.push_back({linear.name() + ".lora_B", B.set_requires_grad(true)});
  factors_.push_back({linear.name() + kMagnitude, magnitude.set_requires_grad(true)});
}

void DoraMethod::attach(PretrainedModel& model, const PlaceBases& /*bases*/, int64_t /*round*/) {
  originals_.restore(model, options_.sites);
  const std::vector<PlaceId> chosen = layers(model.places());
  for (size_t i = 0; i < chosen.size(); ++i) {
    const Place& site = model.places()[chosen[i]];
    if (factors_.size() == 3 * i) add_factors(site);
    const NamedTensor* own = &factors_[3 * i];
    site.linear->set_adapter(std::make_shared<DoraLayer>(
        *site.linear, DoraFactors{own[0].tensor, own[1].tensor, own[2].tensor}, scale()));
  }
}

std::optional<PeftFactors> DoraMethod::peft_factors(const AdapterTensors& tensors,
                                                    const Places& places, PlaceId id) const {
  const Place& site = places[id];
  const HookableLinear& linear = *site.linear;
  const auto lora = lora_factors(tensors, site, linear.name());
  const at::Tensor* magnitude = tensors.find(linear.name() + kMagnitude);
  if (!lora && magnitude == nullptr) return std::nullopt;
  if (!lora || magnitude == nullptr || magnitude->numel() != linear.out_features())
    throw FormatError("{}: {} lacks a factor or a magnitude a row", tensors.source, linear.name());
  return PeftFactors{*lora,
                     magnitude->to(linear.weight().device()).narrow(0, site.out_begin, site.dim)};
}

std::optional<WeightUpdate> DoraMethod::update(const AdapterTensors& tensors, const Places& places,
                                               PlaceId id) const {
  const auto factors = peft_factors(tensors, places, id);
  if (!factors) return std::nullopt;
  return dora_change(*factors);
}

}  // namespace

std::unique_ptr<Method> make_dora_method(MethodOptions options) {
  return std::make_unique<DoraMethod>(std::move(options));
}

}  // namespace eida
