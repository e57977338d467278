#include <ATen/ops/equal.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "eida/subspace/fidelity.h"
#include "eida/subspace/sample_sums.h"
#include "subspace/spectra.h"

namespace eida {
namespace {

using testing::decaying;
using testing::departure;
using testing::normal;

/// Random shape, spectrum and estimator.
struct Case {
  int64_t n, d, k;
  double decay;
  uint64_t seed;
  EstimateOptions options;
  at::Tensor samples;
};

Case any_case(std::initializer_list<EstimatorKind> estimators) {
  Case c;
  c.n = *rc::gen::inRange<int64_t>(1, 60);
  c.d = *rc::gen::inRange<int64_t>(1, 50);
  c.k = *rc::gen::inRange<int64_t>(1, std::min<int64_t>(c.d, 12) + 1);
  c.decay = *rc::gen::elementOf(std::vector<double>{0.3, 0.8, 2.0});
  c.seed = *rc::gen::inRange<uint64_t>(0, 1000);
  c.options = {*rc::gen::elementOf(std::vector<EstimatorKind>(estimators)), c.k, c.seed};
  c.samples = decaying(c.n, c.d, c.decay, c.seed);
  return c;
}

const auto kAll = {EstimatorKind::mean_first, EstimatorKind::centred, EstimatorKind::uncentred,
                   EstimatorKind::power_iteration, EstimatorKind::random};
const auto kDecompositions = {EstimatorKind::mean_first, EstimatorKind::centred,
                              EstimatorKind::uncentred};

/// Rows that carry at least 1e-9 of the whole and are set apart from the next: those that samples
/// determine.
int64_t determined_rows(const Subspace& subspace) {
  int64_t rows = 0;
  for (int64_t j = 1; j <= subspace.basis.size(0); ++j) {
    const double here = subspace.energy[j - 1].item<double>();
    const double next = j < subspace.basis.size(0) ? subspace.energy[j].item<double>() : here / 2;
    if (here < 1e-9 * subspace.total_energy) break;
    if (next < 0.98 * here) rows = j;
  }
  return rows;
}

TEST(EstimateProperty, RowsAreOrthonormal) {
  EXPECT_TRUE(rc::check("rows are orthonormal", [] {
    const Case c = any_case(kAll);
    const Subspace subspace = estimate_subspace(c.samples, c.options);
    RC_ASSERT(subspace.basis.size(0) == c.k);
    RC_ASSERT(departure(subspace.basis) < 1e-6);  // float32
    RC_ASSERT(subspace.energy.sum().item<double>() <= subspace.total_energy * (1 + 1e-9) + 1e-12);
  }));
}

TEST(EstimateProperty, SameSeedGivesSameBits) {
  EXPECT_TRUE(rc::check("same seed, same bits", [] {
    const Case c = any_case(kAll);
    const Subspace a = estimate_subspace(c.samples, c.options),
                   b = estimate_subspace(c.samples, c.options);
    RC_ASSERT(at::equal(a.basis, b.basis) && at::equal(a.energy, b.energy));
  }));
}

TEST(EstimateProperty, OrderOfSamplesChangesRoundingOnly) {
  EXPECT_TRUE(rc::check("order of samples", [] {
    const Case c = any_case(kDecompositions);
    Rng rng(c.seed, "order");
    const std::vector<int64_t> order = rng.permutation(c.n);
    at::Tensor shuffled = at::empty_like(c.samples);
    for (int64_t i = 0; i < c.n; ++i) shuffled[i].copy_(c.samples[order[i]]);
    const Subspace a = estimate_subspace(c.samples, c.options),
                   b = estimate_subspace(shuffled, c.options);
    const int64_t rows = determined_rows(a);
    if (rows > 0) RC_ASSERT(projector_distance(a.first(rows).basis, b.first(rows).basis) < 1e-5);
    RC_ASSERT((a.energy - b.energy).abs().max().item<double>() <= 1e-9 * a.total_energy);
  }));
}

TEST(EstimateProperty, MomentsInAnyChunksGiveTheSameAsSamples) {
  EXPECT_TRUE(rc::check("moments", [] {
    const Case c = any_case(kDecompositions);
    const int64_t cut = *rc::gen::inRange<int64_t>(0, c.n + 1);
    SecondMoments moments(c.d);
    moments.add(c.samples.narrow(0, 0, cut));
    moments.add(c.samples.narrow(0, cut, c.n - cut));
    RC_ASSERT(moments.count() == c.n);
    const Subspace a = estimate_subspace(c.samples, c.options),
                   b = estimate_subspace(moments.view(), c.options);
    const int64_t rows = determined_rows(a);
    RC_ASSERT(a.mean_in_row0 == b.mean_in_row0);
    if (rows > 0) RC_ASSERT(projector_distance(a.first(rows).basis, b.first(rows).basis) < 1e-5);
    RC_ASSERT((a.energy - b.energy).abs().max().item<double>() <= 1e-9 * a.total_energy);
  }));
}

TEST(EstimateProperty, EstimatesAreNested) {
  EXPECT_TRUE(rc::check("first rows are the smaller estimate", [] {
    Case c = any_case(kDecompositions);
    const Subspace large = estimate_subspace(c.samples, c.options);
    c.options.k = *rc::gen::inRange<int64_t>(1, c.k + 1);
    const Subspace small = estimate_subspace(c.samples, c.options);
    const int64_t rows = std::min(determined_rows(large), c.options.k);
    if (rows > 0 && determined_rows(large.first(rows)) == rows) {
      RC_ASSERT((large.first(rows).energy - small.first(rows).energy).abs().max().item<double>() <=
                1e-9 * large.total_energy);
    }
    if (rows > 0 && determined_rows(large) <= c.options.k) {
      RC_ASSERT(projector_distance(large.first(rows).basis, small.first(rows).basis) < 1e-5);
    }
  }));
}

TEST(EstimateProperty, FidelityRisesWithKWithinZeroAndOne) {
  EXPECT_TRUE(rc::check("fidelity is monotone", [] {
    const Case c = any_case(kAll);
    const Subspace subspace = estimate_subspace(c.samples, c.options);
    std::vector<int64_t> dims;
    for (int64_t k = 1; k <= c.k; ++k) dims.push_back(k);
    const at::Tensor heldout = normal(9, c.d, c.seed + 5).to(at::kFloat);
    const at::Tensor mean = c.samples.mean(0);
    for (const auto& curve :
         {fidelity(heldout, subspace, dims), centred_fidelity(heldout, subspace, mean, dims)}) {
      double before = 0.0;
      for (const double value : curve.mean) {
        if (curve.tokens == 0) break;
        RC_ASSERT(value >= before && value <= 1.0);
        before = value;
      }
    }
  }));
}

}  // namespace
}  // namespace eida
