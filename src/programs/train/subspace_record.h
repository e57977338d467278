// What a round's subspaces are worth: fidelity at the chosen ranks, and how far they have turned.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eida/adapter/method.h"
#include "eida/measure/measure.h"

namespace eida {

/// rounds/NN/subspaces.json: docs/formats.md. \param bases of this round. \param previous of the
/// round before; empty: there was none, and nothing has turned.
nlohmann::ordered_json subspace_record(const Places& model, const RoundEstimate& estimate,
                                       const PlaceBases& bases, const PlaceBases& previous);

/// Means over the places of each kind, for the round's line in metrics.jsonl: "fidelity" and
/// "drift_degrees". \param record of subspace_record().
nlohmann::ordered_json subspace_means(const nlohmann::json& record);

}  // namespace eida
