#include "factors.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eida/core/error.h"
#include "eida/core/rng.h"
#include "eida/model/hookable_linear.h"
#include "eida/tensor/checks.h"

namespace eida {

const at::Tensor* AdapterTensors::find(const std::string& name) const {
  const auto found = tensors.find(name);
  return found == tensors.end() ? nullptr : &found->second;
}

std::optional<std::vector<at::Tensor>> site_tensors(const AdapterTensors& tensors,
                                                    const Place& site,
                                                    const std::vector<std::string>& names,
                                                    size_t own) {
  const auto missing = [&](const std::string& name) { return tensors.find(name) == nullptr; };
  if (std::all_of(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(own), missing))
    return std::nullopt;
  std::vector<at::Tensor> found;
  for (const std::string& name : names) {
    if (missing(name))
      throw FormatError("{}: {} lacks a factor, '{}'", tensors.source, site.name, name);
    found.push_back(tensors.find(name)->to(site.linear->weight().device()));
    if (found.back().dim() > 2) {
      throw FormatError("{}: {} has a factor of shape {}", tensors.source, site.name,
                        shape_text(found.back().sizes()));
    }
  }
  return found;
}

LowRank checked(LowRank factors, const AdapterTensors& tensors, const Place& site) {
  const auto& [left, core, right, scale] = factors;
  const auto matches = [](const at::Tensor& a, const at::Tensor& b) {
    return a.dim() == 2 && b.dim() == 2 && a.size(1) == b.size(0);
  };
  const bool chained =
      core.defined() ? matches(left, core) && matches(core, right) : matches(left, right);
  if (!chained || left.size(0) != site.dim || right.size(1) != site.linear->in_features()) {
    throw FormatError("{}: {} has factors of shapes {} and {}, the weight is [{}, {}]",
                      tensors.source, site.name, shape_text(left.sizes()),
                      shape_text(right.sizes()), site.dim, site.linear->in_features());
  }
  return factors;
}

std::optional<LowRank> lora_factors(const AdapterTensors& tensors, const Place& site,
                                    const std::string& owner) {
  const auto found = site_tensors(tensors, site, {owner + ".lora_B", owner + ".lora_A"}, 2);
  if (!found) return std::nullopt;
  at::Tensor left = found->front();
  if (owner == site.linear->name()) {
    if (left.dim() != 2 || left.size(0) != site.linear->out_features()) {
      throw FormatError("{}: {} has lora_B {}, the layer has {} outputs", tensors.source, owner,
                        shape_text(left.sizes()), site.linear->out_features());
    }
    left = left.narrow(0, site.out_begin, site.dim);
  }
  return checked({left, at::Tensor(), found->back(), tensors.scale}, tensors, site);
}

WeightChange dora_change(const PeftFactors& factors) {
  return [factors](const at::Tensor& W) {
    const at::Tensor sum = W + factors.lora.dense().to(W.device());
    const at::Tensor norms = sum.norm(2, 1).clamp_min(std::numeric_limits<float>::min());
    return sum * (factors.magnitude.to(W.device()) / norms).unsqueeze(1);
  };
}

at::Tensor random_down_projection(int64_t rank, int64_t dim, uint64_t seed, int64_t site) {
  Rng rng(seed, "lora", static_cast<uint64_t>(site));
  at::Tensor A = at::zeros({rank, dim}, at::TensorOptions(at::kFloat));
  const double bound = 1.0 / std::sqrt(static_cast<double>(dim));
  auto* values = A.mutable_data_ptr<float>();
  for (int64_t i = 0; i < rank * dim; ++i)
    values[i] = static_cast<float>((2.0 * rng.uniform() - 1.0) * bound);
  return A;
}

}  // namespace eida
