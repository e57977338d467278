/// What samples of a model's places say: a subspace at every place, and how much of a token it
/// keeps.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "eida/sampling/sampler.h"
#include "eida/subspace/intrinsic_dimension.h"
#include "eida/subspace/place_statistics.h"
#include "eida/subspace/rank_plan.h"

namespace eida {

/// What one repeat says about one place.
struct PlaceMeasure {
  FidelityCurve fidelity;          ///< on held-out vectors, one value a k
  FidelityCurve centred_fidelity;  ///< the mean's direction taken out
  int64_t samples = 0;             ///< vectors the subspace was estimated from
  MeanShare mean;                  ///< of the samples
  double participation_ratio = 0.0;
  double pair_cosine = 0.0;
  IntrinsicDimension intrinsic;
  std::vector<double> explained;  ///< share of the samples' second moment, one a k
  bool mean_in_row0 = false;
  SketchBound sketch;       ///< of the subspace, where a sketch was kept
  GradientCapture capture;  ///< sites only, on held-out examples
};

/// A subspace at every place.
struct PlaceEstimates {
  PerPlace<Subspace> subspaces;
  PerPlace<int> owners;  ///< the process that estimated and visited each place; -1: not sampled
  double sampling_seconds = 0, estimation_seconds = 0;
};

/// One repeat: fresh draws, subspaces from one part, fidelity on the other.
struct Repeat : PlaceEstimates {
  PerPlace<PlaceMeasure> measures;
  PerPlace<at::Tensor> means;  ///< of the samples // [d] float64 each
  double heldout_seconds = 0;
};

struct MeasureOptions {
  SamplerOptions sampler;
  EstimateOptions inputs, outputs;      ///< at input spaces, at sites
  bool sample_all = true;               ///< places too whose estimator needs no samples
  std::vector<int64_t> dims;            ///< ascending, at most k
  int64_t sketch_from = 0;              ///< sampling.sketch_from
  std::optional<int64_t> memory_limit;  ///< run.memory_limit, MiB
  /// Each process samples its part of the examples, and estimates at its part of the places.
  const Communicator* processes = &Communicator::single();

  const EstimateOptions& estimate(const Place& place) const {
    return place.is_site() ? outputs : inputs;
  }
};

/// Bytes that the statistics of all places take together while subspaces are estimated, about.
/// \param rows samples that each place gives
double statistics_bytes(const PretrainedModel& model, int64_t rows, const MeasureOptions& options);

/// What sampling these would refuse, before a run begins. \throws DataError an example with fewer
/// tokens than are drawn of it; ConfigError a place that does not fit into memory_limit
void check_sampling(const PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                    const std::vector<const TokenExample*>& heldout, const MeasureOptions& options);

/// Called once a place, in the process that owns it, from several threads, while what was kept of
/// its samples is still there.
using PlaceVisitor = std::function<void(PlaceId place, const PlaceStatistics&, const Subspace&)>;

/// Samples `examples` and estimates a subspace at every place. Where the statistics of all places
/// do not fit into memory, the model runs over all examples once for each group of places that does
/// fit, with the same bits. Places that options.sample_all leaves out are neither sampled nor
/// visited. Each process samples its part of the examples; one process gathers all samples of a
/// place and estimates its subspace for all. \throws ConfigError when a single place does not fit
/// into memory_limit
PlaceEstimates estimate_places(PretrainedModel& model,
                               const std::vector<const TokenExample*>& examples,
                               const MeasureOptions& options, const PlaceVisitor& visit);

/// estimate_places() and what the samples say of each. The same in every process.
Repeat estimate_repeat(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                       const MeasureOptions& options);

/// Adds to a repeat what its subspaces keep of `heldout`. The same in every process.
void measure_heldout(PretrainedModel& model, const std::vector<const TokenExample*>& heldout,
                     const MeasureOptions& options, Repeat& repeat);

/// estimate_repeat(), then measure_heldout().
Repeat measure_repeat(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                      const std::vector<const TokenExample*>& heldout,
                      const MeasureOptions& options);

/// Mean and 95 % interval over repeats.
struct MeanInterval {
  double mean = 0.0;
  /// Half the width of the two-sided interval mean +- half; none from a single repeat.
  std::optional<double> half;
  int64_t repeats = 0;
};

/// Student's t with n - 1 degrees of freedom: mean +- t * sd / sqrt(n).
/// \param values n >= 1. \param level 0..1, exclusive. \throws ConfigError otherwise.
MeanInterval mean_interval(const std::vector<double>& values, double level = 0.95);

/// t with P(|T| <= t) = level, by bisection of the finite sums that hold for whole degrees of
/// freedom. Source: Abramowitz and Stegun, 26.7.3 and 26.7.4. \param degrees >= 1.
double student_t(double level, int64_t degrees);

/// Measures of all repeats, [repeat], at the same dims.
using Repeats = std::vector<PerPlace<PlaceMeasure>>;

/// Mean and interval of one number of a place over the repeats that have it; nullopt where none
/// has.
std::optional<MeanInterval> over_repeats(
    const Repeats& repeats, PlaceId place,
    const std::function<std::optional<double>(const PlaceMeasure&)>& pick);

/// Means over the repeats, for the rank rules. No repeat: no curves.
PerPlace<PlaceCurve> rank_curves(const Places& places, const std::vector<int64_t>& dims,
                                 const Repeats& repeats);

/// Checks that no place is narrower than the largest of the dims, and that its bases fit into
/// memory. \throws ConfigError
void check_dims(const Places& places, const std::vector<int64_t>& dims);

/// Whether the rule chooses ranks by what is measured; fixed and plan know them before.
bool measures_ranks(const RankRuleOptions& rule);

/// Checks, before anything is measured, what choosing ranks needs: a plan that fits the model, the
/// dims that are compared, a budget that suffices. \throws ConfigError, DataError as choose_ranks
void check_rank_rule(const RankRuleOptions& rule, const Places& places,
                     const std::vector<int64_t>& dims);

/// check_sampling() of a round, whose rank rule may know the ranks.
void check_round(const PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                 const std::vector<const TokenExample*>& heldout, const RankRuleOptions& rule,
                 const MeasureOptions& options);

/// What one round makes A and C of: subspaces with as many rows as the plan says, or more.
/// sampling_seconds includes what the rank rule measures on held-out examples, estimation_seconds
/// the fidelity at known ranks.
struct RoundEstimate : PlaceEstimates {
  RankPlan plan;
  PerPlace<double> fidelity;  ///< mean cosine at the chosen rank; NaN: not measured
  bool heldout = false;       ///< fidelity is that of fresh vectors, not of the samples
};

/// Samples on the current model, estimates subspaces and chooses ranks. The same in every process.
/// \param heldout to choose ranks by; unused where the rule knows them. \throws NumericError,
/// ConfigError as choose_ranks()
RoundEstimate estimate_round(PretrainedModel& model,
                             const std::vector<const TokenExample*>& examples,
                             const std::vector<const TokenExample*>& heldout,
                             const RankRuleOptions& rule, const MeasureOptions& options);

}  // namespace eida
