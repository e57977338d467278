/// A subspace at every place of a model, within a bound of memory.
#pragma once

#include <functional>
#include <vector>

#include "eida/measure/measure.h"
#include "eida/subspace/place_statistics.h"

namespace eida {

/// Bytes that the statistics of all places take together while subspaces are estimated, about.
/// \param rows samples that each place gives
double statistics_bytes(const PretrainedModel& model, int64_t rows, const MeasureOptions& options);

struct PlaceEstimates {
  PerPlace<Subspace> subspaces;
  PerPlace<int> owners;  ///< the process that estimated and visited each place; -1: not sampled
  double sampling_seconds = 0, estimation_seconds = 0;
};

/// Called once a place, in the process that owns it, from several threads, while what was kept of
/// its samples is still there.
using PlaceVisitor = std::function<void(PlaceId place, const PlaceStatistics&, const Subspace&)>;

/// Samples `examples` and estimates a subspace at every place. Places whose statistics do not fit
/// into memory together take turns, each turn a pass of the model over all examples; the result is
/// the same to the bit. Places that options.sample_all leaves out are neither sampled nor visited.
/// Of several processes each samples its part of the examples; a place's
/// samples come together in one process, which estimates its subspace for all. \throws ConfigError
/// when a single place does not fit into memory_limit
PlaceEstimates estimate_places(PretrainedModel& model,
                               const std::vector<const TokenExample*>& examples,
                               const MeasureOptions& options, const PlaceVisitor& visit);

}  // namespace eida
