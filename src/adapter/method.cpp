#include "eida/adapter/method.h"

#include <algorithm>

#include "eida/core/error.h"
#include "merge_weights.h"

namespace eida {
namespace {

/// "fc1" and "fc2" are an MLP's first and second layer: a gated one's first are gate and up.
const char* layer_of_mlp(const std::string& role) {
  if (role == "gate" || role == "up") return "fc1";
  return role == "down" ? "fc2" : "";
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
  const auto has = [](const auto& list, const auto& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  std::vector<PlaceId> chosen;
  for (const Place& site : model.places().sites()) {
    const bool in_layer = site.in_head || selection.all_layers || has(selection.layers, site.layer);
    if (in_layer && (has(selection.weights, site.in_head ? "classifier" : site.role) ||
                     has(selection.weights, layer_of_mlp(site.role))))
      chosen.push_back(model.places().id_of(site));
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

#define EIDA_METHOD(name, help) std::unique_ptr<Method> make_##name##_method(MethodOptions options);
#include "eida/core/methods.inc"

std::unique_ptr<Method> make_method(MethodKind kind, MethodOptions options) {
  switch (kind) {
#define EIDA_METHOD(name, help) \
  case MethodKind::name:        \
    return make_##name##_method(std::move(options));
#include "eida/core/methods.inc"
  }
  throw Error(ExitCode::kInternal, "no such method");
}

std::unique_ptr<Method> make_method(std::string_view name, MethodOptions options) {
  return make_method(from_string<MethodKind>(name), std::move(options));
}

bool Method::needs_bases() const {
  return basis_source() == BasisSource::kSamples || basis_source() == BasisSource::kGradients;
}

void Method::merge(PretrainedModel& model) {
  AdapterTensors trained{{}, scale(), name()};
  for (const auto& [name, tensor] : frozen()) trained.tensors[name] = tensor;
  for (const auto& [name, tensor] : trainable()) trained.tensors[name] = tensor.detach().clone();
  merge_adapters(model, *this, trained);
  for (const Place& site : model.places().sites()) site.linear->set_adapter(nullptr);
}

std::optional<PeftFactors> Method::peft_factors(const AdapterTensors& tensors, const Places& places,
                                                PlaceId site) const {
  const auto found = update(tensors, places, site);
  const auto* added = found ? std::get_if<LowRank>(&*found) : nullptr;
  if (added == nullptr) return std::nullopt;
  return PeftFactors{*added, {}};
}

}  // namespace eida
