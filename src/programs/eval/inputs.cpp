#include "inputs.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "eida/adapter/adapter_file.h"
#include "eida/core/error.h"
#include "eida/core/system_info.h"
#include "eida/model/model_config.h"

namespace eida {
namespace {

/// Classes that the weights have: an adapter's own head comes before config.json's number; 0: not
/// said. \throws FormatError a regression head
int64_t classes_of_files(const Config& config, const ModelConfig& model) {
  for (const auto& file : config.model.adapters) {
    const int64_t classes = AdapterFile(file).head_classes(model);
    if (classes > 1) return classes;
    if (classes == 1)
      throw FormatError("{}: a head of one output is a regression, and only classes are scored",
                        file.string());
  }
  const auto& json = *model.original;
  if (!json.contains("id2label") && !json.contains("num_labels")) return 0;
  if (model.num_labels > 1) return model.num_labels;
  throw FormatError(
      "{}: one label in config.json is a regression head, and only classes are scored",
      config.model.path.string());
}

/// The test file; labels in words get the index that config.json gives them.
std::shared_ptr<const Dataset> open_test_data(const Config& config, const ModelConfig& model,
                                              int64_t classes) {
  ReaderOptions options = reader_options(config.data);
  auto data = open_dataset(config.data.test, options);
  const auto found = static_cast<int64_t>(data->class_names().size());
  const bool in_words = names_classes(*data);
  options.class_names = class_names_of(model);
  // an adapter's head of other classes
  if (static_cast<int64_t>(options.class_names.size()) != classes) options.class_names.clear();
  if (in_words && !options.class_names.empty()) return open_dataset(config.data.test, options);
  if (classes > 0 && (found > classes || (in_words && found != classes))) {
    throw DataError(
        "{}: has {} classes{}, the model {} (hint: name the classes in config.json's id2label)",
        data->name(), found, in_words ? " named in words" : "", classes);
  }
  return data;
}

void merge_adapters(PretrainedModel& model, const Config& config) {
  if (config.model.adapters.empty()) return;
  merge_adapter_files(model, config.model.adapters, model_fingerprint(config));
  spdlog::info("{} adapter file(s) merged into {}", config.model.adapters.size(),
               config.model.path.string());
}

}  // namespace

EvalTask choose_eval_task(const Config& config) {
  const auto& metrics = config.eval.metrics;
  const Task& task = task_of(*config.data.task);
  for (const Metric metric : metrics) {
    if (contains(task.metrics, metric)) continue;
    throw ConfigError("eval.metrics: {} is no score of task {} (hint: {})", metric,
                      *config.data.task, fmt::join(task.metrics, ", "));
  }
  if (task.kind == TaskKind::kClassification) return EvalTask::kClasses;
  if (!contains(metrics, Metric::kLoss)) return EvalTask::kTexts;
  if (metrics.size() > 1) {
    throw ConfigError(
        "eval.metrics: loss is of the true text, the others of generated text (hint: two runs)");
  }
  return EvalTask::kLosses;
}

OpenedInputs open_eval_inputs(const Config& config, const Communicator& processes) {
  const ComputeSetting compute = set_up_compute(config.run, processes);
  const TaskKind kind = task_of(*config.data.task).kind;
  const ModelConfig model_config = read_model_config(config.model.path, kind);
  int64_t classes = kind == TaskKind::kClassification ? classes_of_files(config, model_config) : 0;
  auto data = open_test_data(config, model_config, classes);
  if (classes == 0) classes = static_cast<int64_t>(data->class_names().size());
  if (kind == TaskKind::kClassification) {  // as numbers, and as text in predictions.jsonl
    require_memory(16.0 * static_cast<double>(data->size()) * static_cast<double>(classes),
                   fmt::format("{}: logits of {} examples and {} classes", data->name(),
                               data->size(), classes),
                   "a part of the file at a time");
  }
  OpenedInputs inputs{compute, std::move(data),
                      open_example_tokenizer(config, kind, compute.threads),
                      open_model(config, kind, classes, compute)};
  merge_adapters(*inputs.model, config);
  return inputs;
}

}  // namespace eida
