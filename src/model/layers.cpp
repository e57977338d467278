#include "layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/silu.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "architectures/families.h"
#include "eida/core/error.h"
#include "eida/tensor/device.h"

namespace eida {
namespace {

at::Tensor erf_gelu(const at::Tensor& x) { return at::gelu(x); }
at::Tensor quick_gelu(const at::Tensor& x) { return x * (x * 1.702).sigmoid(); }
at::Tensor relu(const at::Tensor& x) { return x.relu(); }
at::Tensor silu(const at::Tensor& x) { return at::silu(x); }
at::Tensor tanh(const at::Tensor& x) { return x.tanh(); }

using Activation = at::Tensor (*)(const at::Tensor&);

/// transformers' names; gelu_new, gelu_fast and gelu_accurate are one formula written in three
/// ways.
const std::map<std::string, Activation>& activations() {
  static const std::map<std::string, Activation> kActivations = {{"gelu", erf_gelu},
                                                                 {"gelu_python", erf_gelu},
                                                                 {"gelu_new", tanh_gelu},
                                                                 {"gelu_fast", tanh_gelu},
                                                                 {"gelu_pytorch_tanh", tanh_gelu},
                                                                 {"gelu_accurate", tanh_gelu},
                                                                 {"quick_gelu", quick_gelu},
                                                                 {"relu", relu},
                                                                 {"silu", silu},
                                                                 {"swish", silu},
                                                                 {"tanh", tanh}};
  return kActivations;
}

/// Source: transformers, MPNetEncoder.relative_position_bucket, in its float32 arithmetic.
int64_t bucket_of(int64_t query_minus_key, const RelativeBiasSpec& spec) {
  const int64_t half = spec.buckets / 2, exact = half / 2;
  const int64_t begin = query_minus_key < 0 ? half : 0, distance = std::abs(query_minus_key);
  if (distance < exact) return begin + distance;
  const auto ratio = [&](int64_t n) { return static_cast<double>(n) / static_cast<double>(exact); };
  const float share = std::log(static_cast<float>(ratio(distance))) /
                      static_cast<float>(std::log(ratio(spec.max_distance)));
  const auto logarithmic = static_cast<int64_t>(share * static_cast<float>(half - exact));
  return begin + std::min(exact + logarithmic, half - 1);
}

}  // namespace

std::set<std::string> supported_activations() {
  std::set<std::string> names;
  for (const auto& [name, function] : activations()) names.insert(name);
  return names;
}

at::Tensor activate(const at::Tensor& x, const std::string& name) {
  return activations().at(name)(x);
}

at::Tensor gated(const at::Tensor& gate, const at::Tensor& up, const std::string& name) {
  const Activation activation = activations().at(name);
  if (activation == silu || activation == tanh_gelu)
    return sigmoid_gated(gate, up, activation == tanh_gelu);
  return activation(gate) * up;
}

ParameterSource source_of(const std::vector<NamedTensor>& parameters) {
  std::unordered_map<std::string, at::Tensor> by_name;
  for (const auto& parameter : parameters) by_name.emplace(parameter.name, parameter.tensor);
  return [by_name = std::move(by_name)](const std::string& name) { return by_name.at(name); };
}

Norm::Norm(const ParameterSource& source, const NormSpec& spec)
    : weight_(make_table(source, spec.name)), kind_(spec.kind), options_{spec.eps, spec.offset} {
  if (declared() && kind_ == NormKind::kLayerNorm && spec.bias) bias_ = source(spec.name + ".bias");
}

at::Tensor Norm::operator()(const at::Tensor& x) const {
  if (!declared()) return x;
  if (kind_ == NormKind::kRmsNorm) return rms_norm(x, weight_, options_);
  if (x.is_cpu() || x.scalar_type() == weight_.scalar_type()) {  // the CPU kernel mixes dtypes
    return at::layer_norm(x, {x.size(-1)}, weight_, bias_, options_.eps);
  }
  return at::layer_norm(x.to(weight_.scalar_type()), {x.size(-1)}, weight_, bias_, options_.eps)
      .to(x.scalar_type());
}

HookableLinear make_linear(const ParameterSource& source, const LinearSpec& spec,
                           WeightLayout layout) {
  if (spec.name.empty()) return {};
  return {spec.name, source(spec.name + ".weight"),
          spec.bias ? source(spec.name + ".bias") : at::Tensor(), layout};
}

at::Tensor make_table(const ParameterSource& source, const std::string& name) {
  return name.empty() ? at::Tensor() : source(name + ".weight");
}

at::Tensor relative_buckets(int64_t length, const RelativeBiasSpec& spec) {
  std::vector<int64_t> buckets;
  for (int64_t query = 0; query < length; ++query) {
    for (int64_t key = 0; key < length; ++key) buckets.push_back(bucket_of(query - key, spec));
  }
  return long_tensor(buckets).view({length, length});
}

at::Tensor look_up(const at::Tensor& table, const at::Tensor& ids, int64_t padding_row) {
  return at::embedding(table, ids, padding_row).to(at::kFloat);
}

void check_lengths(const std::vector<int64_t>& offsets, int64_t limit) {
  for (size_t s = 0; s + 1 < offsets.size(); ++s) {
    const int64_t length = offsets[s + 1] - offsets[s];
    if (length > limit) {
      throw DataError(
          "sequence {} of the batch has {} tokens, the model takes {} (hint: data.max_length)", s,
          length, limit);
    }
    if (length < 1) throw DataError("sequence {} of the batch has no tokens", s);
  }
}

void check_ids(const at::Tensor& ids, int64_t limit, const char* what) {
  const at::Tensor on_cpu = ids.cpu().contiguous();
  const auto* values = on_cpu.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < on_cpu.numel(); ++i) {
    if (values[i] < 0 || values[i] >= limit) {
      throw DataError(
          "{} {} is not in the model's table of {} (hint: tokenizer and model belong together)",
          what, values[i], limit);
    }
  }
}

}  // namespace eida
