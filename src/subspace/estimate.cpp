#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "eida/core/error.h"
#include "eida/subspace/for_each_place.h"
#include "eida/subspace/moment_sketch.h"
#include "eida/subspace/place_statistics.h"
#include "eida/subspace/second_moments.h"
#include "eida/subspace/subspace.h"
#include "orthonormal.h"
#include "power_iteration.h"
#include "spread.h"

namespace eida {
namespace {

std::string named(const std::string& place) {
  return place.empty() ? "subspace" : "subspace of " + place;
}

void check_options(int64_t n, int64_t d, const EstimateOptions& options, const std::string& place) {
  if (n < 1) throw DataError("{}: no samples (hint: draw more examples or tokens)", named(place));
  if (options.k < 1 || options.k > d) {
    throw ConfigError("{}: {} dimensions asked, wanted 1 to {}, the place's own dimension",
                      named(place), options.k, d);
  }
}

/// [k, d] rows, orthonormal, in a direction drawn uniformly.
at::Tensor random_rows(int64_t k, int64_t d, Rng& rng) {
  at::Tensor normal = at::empty({d, k}, at::kDouble);
  double* out = normal.mutable_data_ptr<double>();
  for (int64_t i = 0; i < d * k; ++i) out[i] = rng.normal();
  return std::get<0>(at::linalg_qr(normal)).t();
}

/// Orthonormal rows found, put into the result: completed to k, energies of completed rows 0.
Subspace finished(const EnergyRows& found, int64_t k, double total, bool mean_in_row0) {
  Subspace subspace;
  subspace.basis = complete_rows(found.rows, k).to(at::kFloat).contiguous();
  subspace.energy = at::zeros({k}, at::kDouble);
  subspace.energy.narrow(0, 0, found.energy.size(0)).copy_(found.energy);
  subspace.total_energy = total;
  subspace.mean_in_row0 = mean_in_row0;
  return subspace;
}

/// Row 0 the mean direction, the others from what it leaves over (mean_first, power_iteration).
Subspace mean_first(Spread& spread, const EstimateOptions& options, Rng& rng) {
  const bool with_mean = !spread.mean_is_negligible();
  at::Tensor rows = at::zeros({0, spread.dim()}, at::kDouble), energy = at::zeros({0}, at::kDouble);
  if (with_mean) {
    rows = (spread.mean() / spread.mean().norm()).unsqueeze(0);
    energy = spread.energy_along(rows);
    spread.remove_direction(rows[0]);
  }
  const int64_t wanted = options.k - rows.size(0);
  if (wanted > 0) {
    const EnergyRows rest = options.estimator == EstimatorKind::power_iteration
                                ? power_iteration(spread, rows, wanted, rng)
                                : spread.leading(wanted);
    rows = orthonormalise_rows(at::cat({rows, with_fixed_signs(rest.rows)}));
    energy = at::cat({energy, rest.energy});
  }
  return finished({rows, energy}, options.k, spread.total(), with_mean);
}

Subspace estimate(Spread& spread, const EstimateOptions& options, const std::string& place) {
  Rng rng(options.seed, "subspace", hash_name(place));
  switch (options.estimator) {
    case EstimatorKind::mean_first:
    case EstimatorKind::power_iteration:
      return mean_first(spread, options, rng);
    case EstimatorKind::random: {
      const at::Tensor rows = random_rows(options.k, spread.dim(), rng);
      return finished({rows, spread.energy_along(rows)}, options.k, spread.total(), false);
    }
    case EstimatorKind::centred:
      spread.remove_mean();
      break;
    case EstimatorKind::uncentred:
      break;
  }
  EnergyRows found = spread.leading(options.k);
  found.rows = orthonormalise_rows(with_fixed_signs(found.rows));
  return finished(found, options.k, spread.total_now(), false);
}

Subspace estimate_one(const at::Tensor& samples, const EstimateOptions& options,
                      const std::string& place) {
  const c10::NoGradGuard no_grad;
  if (samples.dim() != 2 || !samples.is_floating_point()) {
    throw ConfigError("{}: samples of {} dimensions and type {}, wanted [n, d] floating point",
                      named(place), samples.dim(), c10::toString(samples.scalar_type()));
  }
  check_options(samples.size(0), samples.size(1), options, place);
  Spread spread = Spread::of_samples(samples.detach().to(at::kCPU), place);
  return estimate(spread, options, place);
}

Subspace estimate_from(const SecondMoments& moments, const EstimateOptions& options,
                       const std::string& place) {
  const c10::NoGradGuard no_grad;
  check_options(moments.count(), moments.dim(), options, place);
  Spread spread = Spread::of_moments(moments);
  return estimate(spread, options, place);
}

/// What the rows may miss. \param largest eigenvalue of B^T B \param left what the estimate left of
/// the samples when it had taken their mean out.
/// Sine: with E = S - B^T B, 0 <= E <= s, the eigenvalues of S are at least those of B^T B, and the
/// sin theta theorem for the k leading of S and those that the sketch leaves out gives
/// s / (lambda_k - lambda_{k+1}) of B^T B. Source: Davis and Kahan (1970); Bhatia (1997), VII.3.
SketchBound bound_of(const MomentSketch& sketch, double largest, const Spread& left,
                     const Subspace& subspace, EstimatorKind estimator) {
  SketchBound bound;
  bound.rows = sketch.most_rows();
  if (sketch.trace() > 0) bound.energy_lost = sketch.lost() / sketch.trace();
  if (sketch.shrunk() == 0 || largest == 0) return bound;
  const double s = sketch.shrunk(), n = static_cast<double>(sketch.count());
  const int64_t k = subspace.basis.size(0);
  bound.error = s / largest;
  if (estimator == EstimatorKind::random) return bound;  // rows that no sample decides
  const double missed = std::min(static_cast<double>(k) * s, sketch.lost()) / n;
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

Subspace estimate_from(const MomentSketch& sketch, const EstimateOptions& options,
                       const std::string& place) {
  const c10::NoGradGuard no_grad;
  check_options(sketch.count(), sketch.dim(), options, place);
  Spread spread = Spread::of_sketch(sketch);
  const double largest =
      spread.leading(1).energy.sum().item<double>() * static_cast<double>(sketch.count());
  Subspace subspace = estimate(spread, options, place);
  subspace.sketch = bound_of(sketch, largest, spread, subspace, options.estimator);
  return subspace;
}

Subspace estimate_from(const PlaceStatistics& place, const EstimateOptions& options) {
  switch (place.kept()) {
    case Kept::kSamples:
      return estimate_one(place.samples(), options, place.name());
    case Kept::kMoments:
      return estimate_from(place.moments(), options, place.name());
    case Kept::kSketch:
      break;
  }
  return estimate_from(place.sketch(), options, place.name());
}

/// A place of a list gives as many rows as it has, where that is fewer.
EstimateOptions cut_to(EstimateOptions options, int64_t d) {
  options.k = std::min(options.k, d);
  return options;
}

}  // namespace

Subspace Subspace::first(int64_t j) const {
  if (j < 1 || j > basis.size(0)) {
    throw ConfigError("subspace: first {} rows asked, wanted 1 to {}", j, basis.size(0));
  }
  Subspace part{basis.narrow(0, 0, j), energy.narrow(0, 0, j), total_energy, mean_in_row0, sketch};
  if (j < basis.size(0) && sketch.rows > 0) part.sketch.largest_sine = 1.0;
  return part;
}

Subspace estimate_subspace(const at::Tensor& samples, const EstimateOptions& options,
                           const std::string& place) {
  const SingleThreadScope single;
  return estimate_one(samples, options, place);
}

Subspace estimate_subspace(const SecondMoments& moments, const EstimateOptions& options,
                           const std::string& place) {
  const SingleThreadScope single;
  return estimate_from(moments, options, place);
}

Subspace estimate_subspace(const MomentSketch& sketch, const EstimateOptions& options,
                           const std::string& place) {
  const SingleThreadScope single;
  return estimate_from(sketch, options, place);
}

std::vector<Subspace> estimate_subspaces(const std::vector<at::Tensor>& samples,
                                         const EstimateOptions& options,
                                         const std::vector<std::string>& places) {
  if (!places.empty() && places.size() != samples.size()) {
    throw ConfigError("subspaces: {} names for {} places", places.size(), samples.size());
  }
  std::vector<Subspace> subspaces(samples.size());
  for_each_place(samples.size(), [&](size_t i) {
    subspaces[i] = estimate_one(samples[i], cut_to(options, samples[i].size(-1)),
                                places.empty() ? "" : places[i]);
  });
  return subspaces;
}

std::vector<Subspace> estimate_subspaces(const std::vector<PlaceStatistics>& places,
                                         const EstimateOptions& options) {
  std::vector<Subspace> subspaces(places.size());
  for_each_place(places.size(), [&](size_t i) {
    subspaces[i] = estimate_from(places[i], cut_to(options, places[i].dim()));
  });
  return subspaces;
}

}  // namespace eida
