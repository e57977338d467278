#include <algorithm>

#include "eida/adapter/method.h"
#include "eida/core/error.h"

namespace eida {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool ends_with_any(const std::string& name, std::initializer_list<const char*> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](const char* ending) { return name.ends_with(ending); });
}

}  // namespace

std::vector<int64_t> choose_sites(const PretrainedModel& model, const SiteSelection& selection) {
  const int64_t layers = model.config().num_layers;
  for (const int64_t layer : selection.layers) {
    if (layer >= layers) {
      throw ConfigError("sites.layers: there is no layer {}, the model has 0 to {}", layer,
                        layers - 1);
    }
  }
  std::vector<int64_t> chosen;
  for (size_t i = 0; i < model.sites().size(); ++i) {
    const Site& site = model.sites()[i];
    const bool head = site.layer == layers;
    const bool wanted = contains(selection.weights, head ? "classifier" : site.weight);
    const bool in_layer =
        head || selection.all_layers ||
        std::count(selection.layers.begin(), selection.layers.end(), site.layer) > 0;
    if (wanted && in_layer) chosen.push_back(static_cast<int64_t>(i));
  }
  if (chosen.empty()) throw ConfigError("sites: no weight of the model is chosen");
  return chosen;
}

RoundBases make_bases(const PretrainedModel& model, const std::vector<Subspace>& subspaces,
                      const RankPlan& plan, const std::vector<int64_t>& sites) {
  const size_t inputs = model.input_spaces().size();
  RoundBases bases;
  bases.inputs.resize(inputs);
  bases.delta_outputs.resize(model.sites().size());
  for (const int64_t site : sites) {
    const int64_t input = model.sites()[static_cast<size_t>(site)].input;
    bases.inputs[static_cast<size_t>(input)] =
        subspaces[static_cast<size_t>(input)].first(plan.inputs.at(input)).basis.contiguous();
    bases.delta_outputs[static_cast<size_t>(site)] = subspaces[inputs + static_cast<size_t>(site)]
                                                         .first(plan.delta_outputs.at(site))
                                                         .basis.contiguous();
  }
  return bases;
}

std::string parameter_group(const std::string& parameter, const ModelConfig& config) {
  const bool norm = parameter.find("LayerNorm.") != std::string::npos ||
                    parameter.find(".ln_") != std::string::npos;
  if (norm) return "layer_norm";
  if (ends_with_any(parameter, {"embeddings.weight", ".wte.weight", ".wpe.weight"}))
    return "embeddings";
  const char* output = config.family == Family::kBert ? "classifier." : "classifier.out_proj.";
  if (parameter.starts_with(output)) return "head";
  return parameter.ends_with(".bias") ? "bias" : "weight";
}

}  // namespace eida
