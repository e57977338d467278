#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "eida/core/error.h"
#include "eida/subspace/for_each_place.h"
#include "eida/subspace/place_statistics.h"
#include "estimators/estimators.h"
#include "orthonormal.h"

namespace eida {
namespace {

const Estimator& estimator_of(EstimatorKind kind) {
  static constexpr const Estimator& (*kAll[])() = {
#define EIDA_ESTIMATOR(name, help) name##_estimator,
#include "eida/core/estimators.inc"
  };
  return kAll[static_cast<size_t>(kind)]();
}

std::string named(const std::string& place) {
  return place.empty() ? "subspace" : "subspace of " + place;
}

/// Rows found, completed to k.
Subspace completed(Subspace subspace, int64_t k) {
  const auto extended = [&](const at::Tensor& values, double value) {
    return at::cat({values, at::full({k - values.size(0)}, value, values.options())});
  };
  subspace.basis = complete_rows(subspace.basis, k).to(at::kFloat).contiguous();
  subspace.energy = extended(subspace.energy, 0.0);
  if (subspace.scale.defined()) subspace.scale = extended(subspace.scale, 1.0);
  return subspace;
}

/// What the rows may miss. \param largest eigenvalue of B^T B \param left what the estimate left of
/// the samples when it had taken their mean out \param sampled whether samples decide the rows
/// Sine: with E = S - B^T B, 0 <= E <= s, the eigenvalues of S are at least those of B^T B, and the
/// sin theta theorem for the k leading of S and those that the sketch leaves out gives
/// s / (lambda_k - lambda_{k+1}) of B^T B. Source: Davis and Kahan (1970); Bhatia (1997), VII.3.
SketchBound bound_of(const MomentView& left, double largest, const Subspace& subspace,
                     bool sampled) {
  const MomentView::Lack& lack = left.lack();
  SketchBound bound;
  bound.rows = lack.rows;
  if (lack.trace > 0) bound.energy_lost = lack.lost / lack.trace;
  if (lack.shrunk == 0 || largest == 0) return bound;
  const double s = lack.shrunk, n = static_cast<double>(left.samples());
  const int64_t k = subspace.basis.size(0);
  bound.error = s / largest;
  if (!sampled) return bound;
  const double missed = std::min(static_cast<double>(k) * s, lack.lost) / n;
  if (missed > 0) bound.energy_missed = missed / std::max(missed, subspace.total_energy);
  const int64_t turned = subspace.mean_in_row0 ? k - 1 : k;  // the mean is exact
  if (turned == 0) return bound;
  const at::Tensor energy = left.leading(turned + 1).energy;
  const auto nth = [&](int64_t i) {  // what is not there is 0
    return i <= energy.size(0) ? energy[i - 1].item<double>() : 0.0;
  };
  const double gap = (nth(turned) - nth(turned + 1)) * n;
  bound.largest_sine = gap > s ? s / gap : 1.0;
  return bound;
}

Subspace estimate(MomentView view, const EstimateOptions& options, const std::string& place) {
  if (options.k < 1 || options.k > view.dim()) {
    throw ConfigError("{}: {} dimensions asked, wanted 1 to {}, the place's own dimension",
                      named(place), options.k, view.dim());
  }
  const c10::NoGradGuard no_grad;
  const bool sketched = view.lack().rows > 0;
  const double largest =
      sketched ? view.leading(1).energy.sum().item<double>() * static_cast<double>(view.samples())
               : 0.0;
  const Estimator& estimator = estimator_of(options.estimator);
  Rng rng(options.seed, "subspace", hash_name(place));
  Subspace subspace = completed(estimator.find(view, options.k, rng), options.k);
  if (sketched) subspace.sketch = bound_of(view, largest, subspace, estimator.needs_samples());
  return subspace;
}

/// A place gives as many rows as it has, where that is fewer.
EstimateOptions cut_to(EstimateOptions options, int64_t d) {
  options.k = std::min(options.k, d);
  return options;
}

}  // namespace

bool needs_samples(EstimatorKind kind) { return estimator_of(kind).needs_samples(); }

Subspace Subspace::first(int64_t j) const {
  if (j < 1 || j > basis.size(0)) {
    throw ConfigError("subspace: first {} rows asked, wanted 1 to {}", j, basis.size(0));
  }
  Subspace part = *this;
  part.basis = basis.narrow(0, 0, j);
  part.energy = energy.narrow(0, 0, j);
  if (scale.defined()) part.scale = scale.narrow(0, 0, j);
  if (j < basis.size(0) && sketch.rows > 0) part.sketch.largest_sine = 1.0;
  return part;
}

at::Tensor Subspace::scaled_basis() const {
  return scale.defined() ? basis * scale.to(basis.options()).unsqueeze(1) : basis;
}

Subspace estimate_subspace(MomentView view, const EstimateOptions& options,
                           const std::string& place) {
  const SingleThreadScope single;
  if (view.samples() < 1)
    throw DataError("{}: no samples (hint: draw more examples or tokens)", named(place));
  return estimate(std::move(view), options, place);
}

Subspace estimate_subspace(const at::Tensor& samples, const EstimateOptions& options,
                           const std::string& place) {
  const SingleThreadScope single;
  if (samples.dim() != 2 || !samples.is_floating_point()) {
    throw ConfigError("{}: samples of {} dimensions and type {}, wanted [n, d] floating point",
                      named(place), samples.dim(), c10::toString(samples.scalar_type()));
  }
  return estimate_subspace(MomentView::of_samples(samples, place), options, place);
}

Subspace estimate_subspace(const PlaceStatistics& place, const EstimateOptions& options) {
  const SingleThreadScope single;
  return estimate_subspace(place.view(), cut_to(options, place.dim()), place.name());
}

Subspace estimate_unsampled(int64_t d, const EstimateOptions& options, const std::string& place) {
  const SingleThreadScope single;
  if (needs_samples(options.estimator))
    throw ConfigError("{}: estimator {} needs samples", named(place), options.estimator);
  return estimate(MomentView::of_samples(at::zeros({0, d})), cut_to(options, d), place);
}

}  // namespace eida
