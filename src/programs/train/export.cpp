// Subcommands of eida-train that hand results to other programs.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <map>
#include <optional>
#include <utility>

#include "eida/adapter/adapter_file.h"
#include "eida/adapter/gguf_export.h"
#include "eida/adapter/peft_export.h"
#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/model/pretrained_model.h"
#include "eida/run/open.h"
#include "results.h"

namespace eida {
namespace fs = std::filesystem;
namespace {

/// Adapter files of a run that together make its last round, in order.
std::vector<fs::path> round_files(const fs::path& run) {
  if (!fs::is_directory(run / "rounds")) {
    throw DataError("{}: has no rounds/ (hint: --run names the folder that eida-train wrote)",
                    run.string());
  }
  // In the order of their numbers: "07", and after 99 without a leading zero.
  std::map<std::pair<size_t, std::string>, fs::path> rounds;
  for (const auto& entry : fs::directory_iterator(run / "rounds")) {
    const std::string name = entry.path().filename().string();
    const fs::path file = entry.path() / "adapter.safetensors";
    if (fs::exists(file)) rounds[{name.size(), name}] = file;
  }
  if (rounds.empty()) throw DataError("{}: no round is finished", run.string());
  std::vector<fs::path> files;
  for (const auto& [number, file] : rounds) files.push_back(file);
  if (AdapterFile(files.back()).info.parent.empty()) return {files.back()};  // stands alone
  return files;
}

/// The model that the files were trained on: of the tasks that it can serve, the one whose head the
/// files bring.
std::unique_ptr<PretrainedModel> open_base(const Config& config,
                                           const std::vector<fs::path>& files) {
  LoadOptions options{.seed = static_cast<uint64_t>(config.run.seed),
                      .random_init = config.model.init == ModelInit::kRandom};
  const AdapterFile first(files.front());
  std::optional<ModelConfig> base;
  for (const TaskKind task : served_tasks(config.model.path)) {
    ModelConfig served = read_model_config(config.model.path, task);
    const int64_t classes = first.head_classes(served);
    if (classes > 0) options.num_labels = classes;
    if (classes > 0 || !base) base = std::move(served);
  }
  options.own_head = first.brings_head(base.value());
  return load_pretrained(config.model.path, base->task, options);
}

void check_output(const fs::path& output) {
  if (fs::exists(output) && !fs::is_empty(output)) {
    throw ConfigError("{}: is there and is not empty (hint: another --output)", output.string());
  }
}

void save_merged(PretrainedModel& model, const std::vector<fs::path>& files,
                 const std::string& base, const fs::path& tokenizer_source,
                 const fs::path& output) {
  merge_adapter_files(model, files, base);
  save_model_folder(model, tokenizer_source, output);
  spdlog::info("{}: base and {} adapter file(s), merged in float32", output.string(), files.size());
}

}  // namespace

int run_export(const ParsedCommand& command) {
  const fs::path run = command.option("run"), output = command.config.run.output;
  check_output(output);
  Config config;
  KeySet given;
  check_run_file(run, "config.yaml");
  read_config_file(run / "config.yaml", config, given);
  const std::vector<fs::path> files = round_files(run);
  const std::string base = model_fingerprint(config);
  const auto model = open_base(config, files);
  if (command.option("to") == "huggingface") {
    save_merged(*model, files, base, config.model.path, output);
    return 0;
  }
  const std::string form = command.option("to");
  if (config.model.init == ModelInit::kRandom) {
    throw ConfigError(
        "{}: started from random weights, which no folder holds for {} (hint: --to huggingface)",
        run.string(), form);
  }
  PeftReport report;
  write_folder(output, [&](const fs::path& made) {
    make_folder(made);
    report = form == "gguf" ? export_gguf(*model, files, made / "adapter.gguf")
                            : export_peft(*model, files, config.model.path.string(), made);
  });
  fmt::print(
      "{} modules as LoRA of rank up to {}, {} modules whole; largest error {:.1e} of the largest "
      "update{}\n",
      report.modules, report.largest_rank, report.saved_whole, report.largest_error,
      report.compressed == 0
          ? ""
          : fmt::format("; {} modules passed full rank and were decomposed", report.compressed));
  return 0;
}

int run_merge(const ParsedCommand& command) {
  const Config& config = command.config;
  check_output(config.run.output);
  const std::vector<std::string>& given = command.options.at("adapter");
  const std::vector<fs::path> files(given.begin(), given.end());
  const auto model = open_base(config, files);
  save_merged(*model, files, model_fingerprint(config), config.model.path, config.run.output);
  return 0;
}

}  // namespace eida
