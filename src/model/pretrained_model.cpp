#include "eida/model/pretrained_model.h"

#include <utility>

#include "decoder.h"
#include "encoder.h"
#include "load_parameters.h"

namespace eida {

namespace {

std::vector<NamedTensor> random_parameters(const std::vector<ParameterSpec>& specs,
                                           const LoadOptions& options) {
  std::vector<NamedTensor> parameters;
  for (const auto& spec : specs) {
    parameters.push_back({spec.name, placed(initial_value(spec, options.seed), options)});
  }
  return parameters;
}

}  // namespace

std::unique_ptr<PretrainedModel> load_pretrained(const std::filesystem::path& dir, TaskKind task,
                                                 const LoadOptions& options) {
  ModelConfig config = read_model_config(dir, task);
  if (options.num_labels > 0) config.num_labels = options.num_labels;
  const auto specs = parameter_specs(config);
  auto parameters = options.random_init ? random_parameters(specs, options)
                                        : load_parameters(dir, config, specs, options);
  if (config.family == Family::kGpt2)
    return std::make_unique<Decoder>(config, std::move(parameters));
  return std::make_unique<Encoder>(config, std::move(parameters));
}

}  // namespace eida
