#include <ATen/ops/cat.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mv.h>

#include <vector>

#include "estimators.h"

namespace eida {
namespace {

constexpr int kLeastIterations = 32, kMostIterations = 20000;
constexpr double kTolerance = 1e-3;

at::Tensor normal_vector(int64_t d, Rng& rng) {
  at::Tensor v = at::empty({d}, at::kDouble);
  double* out = v.mutable_data_ptr<double>();
  for (int64_t i = 0; i < d; ++i) out[i] = rng.normal();
  return v;
}

/// Deflation: v without its part in the span of the rows. Twice, for rounding.
at::Tensor clear_of(at::Tensor v, const at::Tensor& rows) {
  for (int pass = 0; pass < 2; ++pass) v = v - at::mv(rows.t(), at::mv(rows, v));
  return v;
}

/// Unit eigenvector and its second moment; a moment of 0 where nothing is left.
std::pair<at::Tensor, double> next_direction(const MomentView& view, const at::Tensor& found,
                                             Rng& rng) {
  at::Tensor r = clear_of(normal_vector(view.dim(), rng), found);
  r = r / r.norm();
  double moment = 0.0;
  for (int count = 1; count <= kMostIterations; ++count) {
    const at::Tensor s = clear_of(view.apply(r), found);
    moment = at::dot(r, s).item<double>();
    if (view.empty_energy(moment)) return {r, 0.0};
    const double miss = (s - moment * r).norm().item<double>();
    r = s / s.norm();
    if (count >= kLeastIterations && miss < kTolerance * moment) break;
  }
  return {r, moment};
}

/// The reference's mean_first, kept for comparison: power iteration with deflation, seeded normal
/// starts, at least 32 iterations, until ||S r - (r.S r) r|| < 1e-3 (r.S r). Stops early where no
/// second moment is left. Differs from the reference: float64, and at most 20,000 iterations a
/// direction (it has no limit). docs/method.md, "Estimators".
class PowerIteration : public MeanFirst {
  LeadingRows rest(const MomentView& view, const at::Tensor& found, int64_t k,
                   Rng& rng) const override {
    at::Tensor rows = found;  // [r, d]
    std::vector<double> energy;
    while (static_cast<int64_t>(energy.size()) < k && rows.size(0) < view.dim()) {
      const auto [r, moment] = next_direction(view, rows, rng);
      if (moment == 0.0) break;
      rows = at::cat({rows, r.unsqueeze(0)});
      energy.push_back(moment);
    }
    at::Tensor moments = at::empty({static_cast<int64_t>(energy.size())}, at::kDouble);
    std::copy(energy.begin(), energy.end(), moments.mutable_data_ptr<double>());
    return {rows.narrow(0, found.size(0), moments.size(0)), moments};
  }
};

}  // namespace

EIDA_REGISTER_ESTIMATOR(power_iteration, PowerIteration)

}  // namespace eida
