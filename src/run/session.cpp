#include "eida/run/session.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <torch/version.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "eida/adapter/adapter_file.h"
#include "eida/core/error.h"
#include "eida/core/signals.h"
#include "eida/model/model_folder.h"
#include "eida/tensor/device.h"

namespace eida {
namespace {

/// The file itself, or the files of a folder (a model, an adapter of PEFT) in the order of their
/// names.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// What the checkpoint lacks and no adapter brings, by parts of the head.
void warn_of_seeded(const PretrainedModel& model, const Config& config) {
  const auto brings_head = [&](const auto& file) {
    return AdapterFile(file).head_classes(model.config()) > 0;
  };
  if (std::any_of(config.model.adapters.begin(), config.model.adapters.end(), brings_head)) return;
  std::set<std::string> parts;
  for (const std::string& name : model.seeded()) parts.insert(model.parameter_info(name).part);
  for (const std::string& part : parts) {
    spdlog::warn("{}: has no {}: it starts at random values from the seed",
                 config.model.path.string(), part);
  }
}

/// This process's part of the machine's cores.
int default_threads(const Communicator& processes) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  if (processes.size() == 1) return cores;
  const int part = std::max(1, cores / processes.ranks_on_node());
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return part;
  const int bound_to = std::max(1, CPU_COUNT(&allowed));
  if (bound_to < part) {
    spdlog::warn(
        "the launcher bound this process to {} of {} cores; its part would be {} (hint: mpirun "
        "--bind-to none)",
        bound_to, cores, part);
  }
  return std::min(part, bound_to);
}

}  // namespace

ComputeSetting set_up_compute(const RunOptions& run, const Communicator& processes,
                              bool scaled_loss) {
  ComputeSetting compute;
  compute.processes = &processes;
  compute.device = parse_device(run.device);
  const bool chosen = run.device.find(':') != std::string::npos;
  if (compute.device.is_cuda() && processes.ranks_on_node() > 1 && !chosen)  // a GPU for each
    compute.device =  // those that a launcher lets it see
        parse_device(fmt::format("cuda:{}", processes.rank_on_node() % gpu_count()));
  if (run.precision == "fp16" && !scaled_loss) {
    throw ConfigError(
        "run.precision: fp16 needs a scaled loss, which this program has not (hint: bf16)");
  }
  compute.precision = run.precision == "auto" && !scaled_loss
                          ? at::kBFloat16
                          : parse_precision(run.precision, compute.device);
  // cuDNN builds a plan for every new shape, and packed batches have a new one each time. TF32
  // stays off, as LibTorch has it: fp32 means float32.
  if (compute.device.is_cuda()) at::globalContext().setSDPUseCuDNN(false);
  compute.threads = run.threads > 0 ? static_cast<int>(run.threads) : default_threads(processes);
  at::set_num_threads(compute.threads);
  return compute;
}

void check_processes(const ParsedCommand& command, const Communicator& processes) {
  if (processes.size() == 1 || command.subcommand.empty()) return;
  throw ConfigError("{}: takes one process, {} were started", command.subcommand, processes.size());
}

ReaderOptions reader_options(const DataOptions& data) {
  ReaderOptions options;
  options.task = parse_data_task(data.task);
  const bool prompt = options.task == DataTask::kPrompt;
  options.text_column = prompt ? data.prompt_column : data.text_column;
  options.second_column = prompt ? data.completion_column : data.text_pair_column;
  options.label_column = data.label_column;
  return options;
}

void require_targets(const Dataset& data, const DataOptions& options) {
  if (data.has_targets()) return;
  if (data.kind() == TaskKind::kCompletion)
    throw DataError("{}: has no completions to learn from", data.name());
  throw DataError(
      "{}: has no labels to learn from: no column '{}' (hint: is it a test file? task "
      "classification takes another column by data.label_column)",
      data.name(), options.label_column.empty() ? "label" : options.label_column);
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
  options.max_length = config.data.max_length;
  options.threads = threads;
  check_model_folder(config.model.path, kind);
  return {load_tokenizer(config.model.path), kind, options};
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

std::unique_ptr<PretrainedModel> open_model(const Config& config, TaskKind kind, int64_t classes,
                                            const ComputeSetting& compute) {
  LoadOptions options;
  options.num_labels = kind == TaskKind::kClassification ? classes : 0;
  options.seed = static_cast<uint64_t>(config.run.seed);
  options.random_init = config.model.init == "random";
  options.device = compute.device;
  options.weights = parse_weights(config.model.weights);
  auto model = load_pretrained(config.model.path, kind, options);
  if (options.random_init) {
    spdlog::warn("{}: the weights are random, drawn from seed {}", config.model.path.string(),
                 options.seed);
  } else {
    warn_of_seeded(*model, config);
  }
  model->set_compute_dtype(compute.precision);
  return model;
}

std::string weights_origin(const Config& config) {
  if (config.model.init != "random") return "from file";
  return fmt::format("random, seed {}", config.run.seed);
}

std::function<void(int64_t)> advance_and_check(Progress& progress) {
  return [&progress](int64_t examples) {
    check_interrupted();
    progress.advance(examples);
  };
}

std::string model_fingerprint(const Config& config) {
  return base_fingerprint(config.model.path, config.model.init == "random",
                          static_cast<uint64_t>(config.run.seed));
}

Manifest start_manifest(const std::string& program, const Config& config,
                        const ComputeSetting& compute,
                        const std::vector<std::filesystem::path>& data_files,
                        std::vector<std::string> command_line) {
  Manifest manifest;
  manifest.program = program;
  manifest.libtorch = TORCH_VERSION;
  manifest.device = compute.device.str();
  manifest.precision = precision_name(compute.precision);
  manifest.seed = static_cast<uint64_t>(config.run.seed);
  manifest.threads = compute.threads;
  manifest.processes = compute.processes->size();
  manifest.command_line = std::move(command_line);
  std::vector<std::filesystem::path> inputs = data_files;
  if (!config.model.path.empty()) inputs.push_back(config.model.path);
  for (const auto& input : inputs) {
    for (const auto& file : files_of(input)) manifest.inputs.push_back(describe_input(file));
  }
  return manifest;
}

}  // namespace eida
