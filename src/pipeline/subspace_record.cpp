#include "subspace_record.h"

#include <optional>

#include "eida/core/json.h"
#include "eida/subspace/for_each_place.h"
#include "eida/subspace/subspace.h"
#include "probe_results.h"

namespace eida {
namespace {

using Json = nlohmann::ordered_json;

/// Input spaces, then sites, as places are numbered.
std::vector<at::Tensor> all_places(const RoundBases& bases) {
  std::vector<at::Tensor> places = bases.inputs;
  places.insert(places.end(), bases.delta_outputs.begin(), bases.delta_outputs.end());
  return places;
}

/// One a place; none where a round does not adapt it.
std::vector<std::optional<SubspaceRelation>> drifts(const RoundBases& before,
                                                    const RoundBases& after) {
  const auto old = all_places(before), now = all_places(after);
  std::vector<std::optional<SubspaceRelation>> result(now.size());
  if (old.size() != now.size()) return result;
  for_each_place(now.size(), [&](size_t i) {
    if (old[i].defined() && now[i].defined()) result[i] = relate(old[i], now[i]);
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

Json subspace_record(const PretrainedModel& model, const RoundEstimate& estimate,
                     const RoundBases& previous) {
  const auto turned = drifts(previous, estimate.bases);
  const auto bases = all_places(estimate.bases);
  const auto labels = start_results(model, {}).labels;
  Json places = Json::array();
  for (size_t i = 0; i < bases.size(); ++i) {
    if (!bases[i].defined()) continue;
    const PlaceLabel& label = labels[i];
    Json place = {{"kind", label.kind},       {"place", label.place},
                  {"name", label.name},       {"layer", label.layer},
                  {"weights", label.weights}, {"dim", label.dim},
                  {"rank", bases[i].size(0)}, {"fidelity", number_or_null(estimate.fidelity[i])}};
    place["drift"] = nullptr;
    if (turned[i]) {
      place["drift"] = {{"mean_degrees", turned[i]->mean_degrees},
                        {"largest_degrees", turned[i]->largest_degrees}};
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
