/// eida-probe: how concentrated are the token representations, and what the gradient does to them?
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "eida/config/config.h"
#include "eida/model/pretrained_model.h"
#include "eida/parallel/communicator.h"
#include "eida/sampling/sampler.h"
#include "eida/subspace/fidelity.h"
#include "eida/subspace/gradient_capture.h"
#include "eida/subspace/intrinsic_dimension.h"
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
struct ProbeRepeat {
  std::vector<PlaceMeasure> inputs;         ///< per input space
  std::vector<PlaceMeasure> delta_outputs;  ///< per site
  std::vector<Subspace> input_subspaces, delta_output_subspaces;
  double sampling_seconds = 0, estimation_seconds = 0, heldout_seconds = 0;
};

struct MeasureOptions {
  SamplerOptions sampler;
  EstimateOptions estimate;
  std::vector<int64_t> dims;            ///< ascending, at most estimate.k
  int64_t sketch_from = 0;              ///< sampling.sketch_from
  std::optional<int64_t> memory_limit;  ///< run.memory_limit, MiB
  /// Each process samples its part of the examples, and estimates at its part of the places.
  const Communicator* processes = &Communicator::single();
};

/// As the configuration says; the caller sets what differs from repeat to repeat. \throws
/// ConfigError
MeasureOptions measure_options(const Config& config, TaskKind task);

/// Samples `examples`, estimates a subspace at every place, and measures it on `heldout`. The same
/// in every process.
ProbeRepeat measure_repeat(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                           const std::vector<const TokenExample*>& heldout,
                           const MeasureOptions& options);

}  // namespace eida
