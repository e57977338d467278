#include "eida/run/open.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "eida/adapter/adapter_file.h"
#include "eida/core/error.h"
#include "eida/core/signals.h"
#include "eida/core/stopwatch.h"
#include "eida/model/model_config.h"
#include "eida/tensor/device.h"

namespace eida {
namespace {

/// What the checkpoint lacks and no adapter brings, by parts of the head.
void warn_of_newly_initialised(const PretrainedModel& model, const Config& config) {
  std::set<std::string> parts;
  for (const std::string& name : model.newly_initialised())
    parts.insert(model.parameter_info(name).part);
  for (const std::string& part : parts) {
    spdlog::warn("{}: has no {}: it starts at random values from the seed",
                 config.model.path.string(), part);
  }
}

/// \throws DataError a file without labels or completions, from which nothing is learnt
void require_targets(const Dataset& data, const DataOptions& options) {
  if (data.has_targets()) return;
  if (data.kind() == TaskKind::kCompletion)
    throw DataError("{}: has no completions to learn from", data.name());
  throw DataError(
      "{}: has no labels to learn from: no column '{}' (hint: is it a test file? task "
      "classification takes another column by data.label_column)",
      data.name(), options.label_column.empty() ? "label" : options.label_column);
}

/// Where data and config.json both name the classes, and as many: config.json's order, to open the
/// data with. Empty: the data's own order. \throws DataError names that are not the same
std::vector<std::string> class_order(const Dataset& data, const Config& config) {
  if (data.kind() != TaskKind::kClassification || !names_classes(data)) return {};
  std::vector<std::string> order =
      class_names_of(read_model_config(config.model.path, data.kind()));
  if (order.size() != data.class_names().size()) return {};
  const auto sorted = [](std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    return names;
  };
  if (sorted(order) != sorted(data.class_names())) {
    throw DataError(
        "{}: the classes '{}' are not those of the model, '{}' (hint: name them alike in "
        "config.json's id2label, or take id2label out)",
        data.name(), fmt::join(data.class_names(), "', '"), fmt::join(order, "', '"));
  }
  return order;
}

}  // namespace

ReaderOptions reader_options(const DataOptions& data) {
  ReaderOptions options;
  options.task = &task_of(*data.task);
  options.text_column = data.text_column;
  options.text_pair_column = data.text_pair_column;
  options.label_column = data.label_column;
  options.prompt_column = data.prompt_column;
  options.completion_column = data.completion_column;
  return options;
}

std::shared_ptr<const Dataset> open_training_data(const std::filesystem::path& path,
                                                  const Config& config,
                                                  const std::vector<std::string>& class_names) {
  ReaderOptions reader = reader_options(config.data);
  reader.class_names = class_names;
  const auto start = std::chrono::steady_clock::now();
  auto data = open_dataset(path, reader);
  if (class_names.empty()) reader.class_names = class_order(*data, config);
  if (reader.class_names != class_names) data = open_dataset(path, reader);
  require_targets(*data, config.data);
  spdlog::info("{}: {} examples, opened in {:.2f} s", data->name(), data->size(),
               seconds_since(start));
  return data;
}

std::vector<std::string> class_names_of(const ModelConfig& model) {
  const auto labels = model.original->find("id2label");
  std::vector<std::string> names;
  if (labels == model.original->end() || !labels->is_object()) return names;
  for (size_t i = 0; i < labels->size(); ++i) {
    const auto name = labels->find(std::to_string(i));
    if (name == labels->end() || !name->is_string() || *name == "LABEL_" + std::to_string(i))
      return {};
    names.push_back(name->get<std::string>());
  }
  return names;
}

bool names_classes(const Dataset& data) {
  const auto& names = data.class_names();
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] != std::to_string(i)) return true;
  }
  return false;
}

void check_enough_examples(const std::string& name, int64_t there, int64_t examples,
                           int64_t heldout, const char* heldout_key) {
  const int64_t wanted = examples + heldout;
  if (wanted <= there) return;
  throw DataError(
      "{}: {} examples, but sampling.examples{} = {} (hint: lower {}, or a larger file)", name,
      there, heldout > 0 ? fmt::format(" + {}", heldout_key) : "", wanted,
      heldout > 0 ? "them" : "it");
}

ExampleTokenizer open_example_tokenizer(const Config& config, TaskKind kind, int threads) {
  TokenizeOptions options;
  options.threads = threads;
  check_model_folder(config.model.path, kind);
  options.max_length = config.data.max_length
                           ? *config.data.max_length
                           : read_model_config(config.model.path, kind).max_length();
  options.table_rows = word_table_rows(config.model.path);
  options.separator = config.data.separator;
  // Training and generation end texts with one token.
  if (kind == TaskKind::kCompletion) options.end_tokens = eos_token_ids(config.model.path);
  return {load_tokenizer(config.model.path), kind, options};
}

std::unique_ptr<PretrainedModel> open_model(const Config& config, TaskKind kind, int64_t classes,
                                            const ComputeSetting& compute) {
  LoadOptions options;
  options.num_labels = kind == TaskKind::kClassification ? classes : 0;
  options.seed = static_cast<uint64_t>(config.run.seed);
  options.random_init = config.model.init == ModelInit::kRandom;
  options.device = compute.device;
  options.weights = scalar_type(config.model.weights);
  if (const auto& adapters = config.model.adapters; !adapters.empty()) {
    const ModelConfig base = read_model_config(config.model.path, kind);
    options.own_head = std::any_of(adapters.begin(), adapters.end(), [&](const auto& file) {
      return AdapterFile(file).brings_head(base);
    });
  }
  auto model = load_pretrained(config.model.path, kind, options);
  if (options.random_init) {
    spdlog::warn("{}: the weights are random, drawn from seed {}", config.model.path.string(),
                 options.seed);
  } else if (!options.own_head) {
    warn_of_newly_initialised(*model, config);
  }
  model->set_compute_dtype(compute.precision);
  return model;
}

std::string weights_origin(const Config& config) {
  if (config.model.init != ModelInit::kRandom) return "from file";
  return fmt::format("random, seed {}", config.run.seed);
}

std::function<void(int64_t)> advance_and_check(Progress& progress) {
  return [&progress](int64_t examples) {
    check_interrupted();
    progress.advance(examples);
  };
}

std::string model_fingerprint(const Config& config) {
  return base_fingerprint(config.model.path, config.model.init == ModelInit::kRandom,
                          static_cast<uint64_t>(config.run.seed));
}

}  // namespace eida
