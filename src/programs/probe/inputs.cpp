#include "inputs.h"

#include "eida/run/measure_setup.h"

namespace eida {

std::vector<std::filesystem::path> probe_input_files(const Config& config) {
  std::vector<std::filesystem::path> files = {config.data.train};
  for (const auto& file : {config.probe.published, config.ranks.plan}) {
    if (!file.empty()) files.push_back(file);
  }
  return files;
}

ProbeInputs open_probe_inputs(const Config& config, const Communicator& processes) {
  const ComputeSetting compute = set_up_compute(config.run, processes);
  auto data = open_training_data(config.data.train, config);
  check_enough_examples(data->name(), data->size(), config.sampling.examples, config.probe.heldout,
                        "probe.heldout");
  ExampleTokenizer tokenizer = open_example_tokenizer(config, data->kind(), compute.threads);
  auto model =
      open_model(config, data->kind(), static_cast<int64_t>(data->class_names().size()), compute);
  check_dims(model->places(), config.subspace.dims);
  check_rank_rule(rank_rule_options(config.ranks), model->places(), config.subspace.dims);
  ProbeInputs inputs{compute, std::move(data), std::move(tokenizer), std::move(model), {}};
  if (!config.probe.published.empty())
    inputs.published = read_published_curves(config.probe.published);
  return inputs;
}

}  // namespace eida
