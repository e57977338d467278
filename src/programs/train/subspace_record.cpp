#include "subspace_record.h"

#include <optional>

#include "../probe/results.h"
#include "eida/core/json.h"
#include "eida/subspace/for_each_place.h"
#include "eida/subspace/subspace.h"

namespace eida {
namespace {

using Json = nlohmann::ordered_json;

/// How far a place's subspace has turned; none where a round does not adapt it.
using Drifts = PerPlace<std::optional<SubspaceRelation>>;

Drifts drifts(const PlaceBases& before, const PlaceBases& after) {
  Drifts result(after.size());
  if (before.size() != after.size()) return result;
  for_each_place(after.size(), [&](PlaceId place) {
    if (before[place].defined() && after[place].defined())
      result[place] = relate(before[place], after[place]);
  });
  return result;
}

/// Mean of `value` over the places of a kind that have one, null without any.
template <typename Value>
Json mean_of(const nlohmann::json& record, const std::string& kind, const Value& value) {
  double sum = 0.0;
  int64_t count = 0;
  for (const auto& place : record.at("places")) {
    if (place.at("kind") != kind || value(place).is_null()) continue;
    sum += value(place).template get<double>();
    ++count;
  }
  return count == 0 ? Json(nullptr) : Json(sum / static_cast<double>(count));
}

}  // namespace

Json subspace_record(const Places& model, const RoundEstimate& estimate, const PlaceBases& bases,
                     const PlaceBases& previous) {
  const auto turned = drifts(previous, bases);
  Json places = Json::array();
  for (PlaceId id = 0; id < bases.size(); ++id) {
    if (!bases[id].defined()) continue;
    Json place = place_json(model[id]);
    place["rank"] = bases[id].size(0);
    place["fidelity"] = number_or_null(estimate.fidelity[id]);
    place["drift"] = nullptr;
    if (turned[id]) {
      place["drift"] = {{"mean_degrees", turned[id]->mean_degrees},
                        {"largest_degrees", turned[id]->largest_degrees}};
    }
    places.push_back(place);
  }
  return {{"fidelity_of", estimate.heldout ? "held-out vectors" : "the samples themselves"},
          {"places", places}};
}

Json subspace_means(const nlohmann::json& record) {
  const auto fidelity = [](const nlohmann::json& place) { return place.at("fidelity"); };
  const auto degrees = [](const nlohmann::json& place) {
    const auto& drift = place.at("drift");
    return drift.is_null() ? drift : drift.at("mean_degrees");
  };
  Json means;
  for (const char* kind : {"input", "delta_output"}) {
    means["fidelity"][kind] = mean_of(record, kind, fidelity);
    means["drift_degrees"][kind] = mean_of(record, kind, degrees);
  }
  return means;
}

}  // namespace eida
