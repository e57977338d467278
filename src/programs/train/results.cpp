#include "results.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "eida/adapter/adapter_file.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/report/table.h"

namespace eida {
namespace {

/// Model parameters that the adapter file holds: what was trained, and in a file that applies on
/// the base itself what the checkpoint lacks, as it was before training.
std::vector<NamedTensor> trained_parameters(const TrainInputs& inputs, int64_t round) {
  const auto is_trained = [&](const NamedTensor& parameter) {
    return std::count(inputs.extra.begin(), inputs.extra.end(), parameter.name) > 0;
  };
  std::vector<NamedTensor> tensors;
  std::copy_if(inputs.model->parameters().begin(), inputs.model->parameters().end(),
               std::back_inserter(tensors), is_trained);
  if (inputs.method->continues() || round == 1) {
    std::copy_if(inputs.newly_initialised.begin(), inputs.newly_initialised.end(),
                 std::back_inserter(tensors),
                 [&](const NamedTensor& value) { return !is_trained(value); });
  }
  return tensors;
}

/// Examples on which adapted and merged logits are compared.
std::vector<const TokenExample*> parity_examples(const TrainInputs& inputs) {
  auto examples = inputs.dev.examples.empty() ? inputs.preview.pointers() : inputs.dev.pointers();
  // Logits of a vocabulary are large: fewer completions than sentences compare adapted and merged.
  const size_t most = inputs.task == TaskKind::kCompletion ? 8 : 64;
  examples.resize(std::min(examples.size(), most));
  return examples;
}

}  // namespace

std::optional<MergeParity> merge(TrainInputs& inputs) {
  if (inputs.method->trainable().empty()) return std::nullopt;  // the weights themselves train
  PretrainedModel& model = *inputs.model;
  const PackedBatch batch = pack(parity_examples(inputs), inputs.task);
  const at::Tensor before = reference_logits(model, batch);
  inputs.method->merge(model);
  return compare_logits(before, reference_logits(model, batch), batch,
                        /*rounded=*/model.masters() != nullptr);
}

Scores evaluate_on_dev(TrainInputs& inputs, const std::function<void(int64_t)>& progress) {
  if (inputs.dev.examples.empty()) return {};
  return evaluate(*inputs.model, inputs.dev.pointers(), inputs.task,
                  {.progress = progress, .processes = inputs.compute.processes});
}

void check_parity(const RoundRecord& record) {
  if (!record.merge || record.merge->holds()) return;
  throw NumericError(
      "merging round {}: adapted and merged logits differ by {:.3g}, more than {:.3g} (the model "
      "and the state are saved; hint: a smaller train.lr)",
      record.round, record.merge->difference, record.merge->tolerance);
}

void save_round(const Config& config, const TrainInputs& inputs, const RunFolder* folder,
                int64_t round) {
  if (folder == nullptr) return;
  AdapterInfo info;
  info.round = round;
  info.base = inputs.base;
  const auto adapter = [&](int64_t r) {
    return folder->file(round_file(r, "adapter.safetensors"));
  };
  if (!inputs.method->continues() && round > 1) info.parent = sha256_file(adapter(round - 1));
  write_adapter_file(adapter(round), *inputs.method, trained_parameters(inputs, round), info);
  save_model_folder(*inputs.model, config.model.path, folder->path() / "model");
}

void save_best(const Config& config, const TrainInputs& inputs, const RunFolder* folder,
               const std::vector<RoundRecord>& rounds) {
  if (folder == nullptr) return;
  if (best_round(rounds, best_score(config)) == &rounds.back())
    link_folder(folder->path() / "model", folder->path() / "best");
}

bool stops_early(const Config& config, const std::vector<RoundRecord>& rounds) {
  const auto patience = config.train.early_stopping;
  if (!patience || rounds.empty() || rounds.back().scores.empty()) return false;
  const TaskScore& metric = best_score(config);
  const int64_t since = &rounds.back() - best_round(rounds, metric);
  if (since < *patience) return false;
  spdlog::info("no better {} for {} rounds: the run ends", metric.name, since);
  return true;
}

std::string result_text(const nlohmann::ordered_json& summary, OutputFormat format) {
  if (format == OutputFormat::kJson) return summary.dump() + "\n";
  const auto& rounds = summary.at("rounds");
  std::vector<std::string> header = {"round", "train loss"};
  if (!rounds.empty() && rounds.front().contains("eval")) {
    for (const auto& [metric, value] : rounds.front().at("eval").items()) header.push_back(metric);
  }
  header.insert(header.end(), {"merge difference", "seconds"});
  Table table(header);
  for (const auto& round : rounds) {
    std::vector<std::string> row = {fmt::format("{}", round.at("round").get<int64_t>()),
                                    fmt::format("{:.4f}", number_or_nan(round.at("train_loss")))};
    if (round.contains("eval")) {
      for (const auto& [metric, value] : round.at("eval").items())
        row.push_back(fmt::format("{:.4f}", value.get<double>()));
    }
    const auto& parity = round.at("merge_parity");
    row.push_back(parity.is_null() ? "-" : fmt::format("{:.1e}", parity.get<double>()));
    row.push_back(fmt::format("{:.1f}", round.at("seconds").get<double>()));
    table.add_row(row);
  }
  return table.render(stdout_style());
}

int show_finished(const Config& config) {
  const auto file = config.run.output / "summary.json";
  check_run_file(config.run.output, "summary.json");
  try {
    const auto summary = nlohmann::ordered_json::parse(read_file(file));
    fmt::print("{}", result_text(summary, config.run.format));
  } catch (const nlohmann::json::exception& fault) {
    throw FormatError("{}: {} (hint: --overwrite starts afresh)", file.string(), fault.what());
  }
  return 0;
}

}  // namespace eida
