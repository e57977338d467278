/// What samples of a model's places say: a subspace at every place, and how much of a token it
/// keeps.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "eida/model/pretrained_model.h"
#include "eida/parallel/communicator.h"
#include "eida/sampling/sampler.h"
#include "eida/subspace/fidelity.h"
#include "eida/subspace/gradient_capture.h"
#include "eida/subspace/interval.h"
#include "eida/subspace/intrinsic_dimension.h"
#include "eida/subspace/rank_rules.h"
#include "eida/subspace/subspace.h"

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
  GradientCapture capture;  ///< sites only, held out
};

/// One repeat: fresh draws, subspaces from one part, fidelity on the other.
struct Repeat {
  PerPlace<PlaceMeasure> measures;
  PerPlace<Subspace> subspaces;
  PerPlace<at::Tensor> means;  ///< of the samples // [d] float64 each
  double sampling_seconds = 0, estimation_seconds = 0, heldout_seconds = 0;
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

/// Samples `examples` and estimates a subspace at every place. The same in every process.
Repeat estimate_repeat(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                       const MeasureOptions& options);

/// Adds to a repeat what its subspaces keep of `heldout`. The same in every process.
void measure_heldout(PretrainedModel& model, const std::vector<const TokenExample*>& heldout,
                     const MeasureOptions& options, Repeat& repeat);

/// Both.
Repeat measure_repeat(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                      const std::vector<const TokenExample*>& heldout,
                      const MeasureOptions& options);

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

/// No place is narrower than the largest of the dims. \throws ConfigError
void check_dims(const Places& places, const std::vector<int64_t>& dims);

/// Whether the rule chooses ranks by what is measured; fixed and plan know them before.
bool measures_ranks(const RankRuleOptions& rule);

/// All that choosing ranks asks for and no measurement changes: a plan that fits the model, the
/// dims that are compared, a budget that suffices. \throws ConfigError, DataError as choose_ranks
void check_rank_rule(const RankRuleOptions& rule, const Places& places,
                     const std::vector<int64_t>& dims);

}  // namespace eida
