#include <algorithm>

#include "eida/adapter/method.h"
#include "eida/core/error.h"

namespace eida {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

std::vector<PlaceId> choose_sites(const PretrainedModel& model, const SiteSelection& selection) {
  const int64_t layers = model.config().num_layers;
  for (const int64_t layer : selection.layers) {
    if (layer >= layers) {
      throw ConfigError("sites.layers: there is no layer {}, the model has 0 to {}", layer,
                        layers - 1);
    }
  }
  std::vector<PlaceId> chosen;
  for (const Place& site : model.places().sites()) {
    const bool wanted = contains(selection.weights, site.in_head ? "classifier" : site.role);
    const bool in_layer =
        site.in_head || selection.all_layers ||
        std::count(selection.layers.begin(), selection.layers.end(), site.layer) > 0;
    if (wanted && in_layer) chosen.push_back(model.places().id_of(site));
  }
  if (chosen.empty()) throw ConfigError("sites: no weight of the model is chosen");
  return chosen;
}

PlaceBases make_bases(const Places& places, const PerPlace<Subspace>& subspaces,
                      const PerPlace<int64_t>& ranks, const std::vector<PlaceId>& sites) {
  PlaceBases bases(places.size());
  for (const PlaceId site : sites) {
    for (const PlaceId place : {places[site].input, site})
      bases[place] = subspaces[place].first(ranks[place]).scaled_basis().contiguous();
  }
  return bases;
}

}  // namespace eida
