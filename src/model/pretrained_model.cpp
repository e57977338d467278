#include "eida/model/pretrained_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "eida/core/error.h"
#include "load_parameters.h"
#include "transformer.h"

namespace eida {

std::unique_ptr<PretrainedModel> load_pretrained(const std::filesystem::path& dir, TaskKind task,
                                                 const LoadOptions& options) {
  ModelConfig config = read_model_config(dir, task);
  if (options.num_labels > 0) config.num_labels = options.num_labels;
  if (!options.random_init) settle_tied_head(dir, options.own_head, config);
  const auto specs = parameter_specs(config);
  std::vector<std::string> newly_initialised;
  auto parameters = load_parameters(dir, config, specs, options, newly_initialised);
  std::unique_ptr<PretrainedModel> model;
  if (config.architecture->class_head) {
    model = std::make_unique<Classifier>(config, std::move(parameters));
  } else {
    model = std::make_unique<Decoder>(config, std::move(parameters));
  }
  model->set_newly_initialised(std::move(newly_initialised));
  if (options.weights != at::kFloat) {
    model->set_masters(
        std::make_unique<MasterWeights>(parameter_reader(dir, config, specs, options)));
  }
  return model;
}

at::Tensor MasterWeights::values(const std::string& parameter) const {
  at::Tensor values = original_(parameter).to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  const auto found = additions_.find(parameter);
  if (found == additions_.end()) return values;
  for (const WeightAddition& addition : found->second) addition(values);
  return values;
}

PretrainedModel::PretrainedModel(ModelConfig config, std::vector<NamedTensor> parameters)
    : config_(std::move(config)),
      parameters_(std::move(parameters)),
      specs_(parameter_specs(config_)) {}

const ParameterSpec& PretrainedModel::parameter_info(const std::string& name) const {
  const auto found = std::find_if(specs_.begin(), specs_.end(),
                                  [&](const ParameterSpec& spec) { return spec.name == name; });
  if (found == specs_.end())
    throw Error(ExitCode::kInternal, fmt::format("no parameter is named '{}'", name));
  return *found;
}

int64_t PretrainedModel::parameter_count() const {
  int64_t count = 0;
  for (const auto& parameter : parameters_) count += parameter.tensor.numel();
  return count;
}

void PretrainedModel::set_dropout(double rate) {
  config_.hidden_dropout = config_.attention_dropout = rate;
  config_.embedding_dropout = config_.classifier_dropout = rate;
}

}  // namespace eida
