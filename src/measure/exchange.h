// What several processes measured, put together.
#pragma once

#include "eida/measure/measure.h"
#include "eida/parallel/communicator.h"

namespace eida {

/// Adds a part's vectors to the curve of those before.
void merge_into(FidelityCurve& total, const FidelityCurve& part);

/// Puts the processes' measures of each place together, in the order of the processes, and gives
/// every process the result. What the samples say comes from the process that has `samples` > 0.
void merge_measures(PerPlace<PlaceMeasure>& measures, const Communicator& processes);

}  // namespace eida
