// Completions: loss of the true text, or generated text and its scores.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

#include "eida/core/error.h"
#include "eida/core/progress.h"
#include "eida/core/signals.h"
#include "eida/core/stopwatch.h"
#include "eida/evaluation/evaluate.h"
#include "eida/generation/generate.h"
#include "tasks.h"

namespace eida {
namespace {

using Json = nlohmann::ordered_json;

/// Sums of {nll, tokens} → mean loss of a token.
double mean_loss(std::span<const double> sums) { return sums[0] / sums[1]; }

std::vector<CompletionLoss> losses_of(const OpenedInputs& inputs, const TokenizedSet& set) {
  Progress progress("scoring", static_cast<int64_t>(set.examples.size()), "examples");
  return completion_losses(
      *inputs.model, set.pointers(),
      {.progress = advance_and_check(progress), .processes = inputs.compute.processes});
}

/// Distinct prompts in the order of their first rows, with the references of each.
struct Prompts {
  std::vector<std::string> texts;
  References references;
};

Prompts group_by_prompt(const Dataset& data) {
  Prompts prompts;
  std::unordered_map<std::string, size_t> index;
  for (int64_t i = 0; i < data.size(); ++i) {
    TextExample row = data.at(i);
    const auto [found, fresh] = index.emplace(row.first, prompts.texts.size());
    if (fresh) {
      prompts.texts.push_back(std::move(row.first));
      prompts.references.emplace_back();
    }
    prompts.references[found->second].push_back(one_line(row.second));
  }
  return prompts;
}

GenerateOptions generate_options(const Config& config) {
  const GenerationOptions& from = config.generation;
  return {.beams = from.beams,
          .max_length = from.max_length,
          .max_new_tokens = from.max_new_tokens.value_or(0),
          .min_length = from.min_length,
          .early_stopping = from.early_stopping,
          .length_penalty = from.length_penalty,
          .no_repeat_ngram_size = from.no_repeat_ngram_size,
          .sample = from.sample,
          .temperature = from.temperature,
          .top_k = from.top_k,
          .top_p = from.top_p,
          .seed = static_cast<uint64_t>(config.run.seed),
          .max_batch_tokens = from.max_batch_tokens.value_or(0)};
}

std::vector<Generated> generate_all(const Config& config, const OpenedInputs& inputs,
                                    const std::vector<std::string>& prompts) {
  std::vector<std::vector<int32_t>> ids;
  for (const std::string& prompt : prompts) ids.push_back(inputs.tokenizer.tokenize_prompt(prompt));
  Progress progress("generating", static_cast<int64_t>(prompts.size()), "prompts");
  GenerateOptions options = generate_options(config);
  options.end_tokens = inputs.tokenizer.end_tokens();
  int64_t tokens = 0;
  const auto start = std::chrono::steady_clock::now();
  options.progress = [&](int64_t finished, int64_t made) {
    check_interrupted();
    tokens += made;
    progress.set_note(
        fmt::format("{:.1f} tokens/s", static_cast<double>(tokens) / seconds_since(start)));
    progress.advance(finished);
  };
  options.processes = inputs.compute.processes;
  return generate(*inputs.model, ids, options);
}

/// Other outputs of beam search, best first: into the item's line, and for the first prompts onto
/// the page.
void add_alternatives(EvalOutcome& outcome, Json& item, const Generated& best,
                      const Tokenizer& tokenizer) {
  constexpr size_t kMost = 4;
  if (best.alternatives.empty()) return;
  ReportBeams beams{item["prompt"], {{item["prediction"], best.score}}};
  for (size_t i = 0; i < std::min(kMost, best.alternatives.size()); ++i) {
    const Output& other = best.alternatives[i];
    beams.outputs.push_back({one_line(tokenizer.decode(other.tokens)), other.score});
    item["alternatives"].push_back(
        {{"prediction", beams.outputs.back().text}, {"score", other.score}});
  }
  if (outcome.report.beams.size() < kMostBeams) outcome.report.beams.push_back(std::move(beams));
}

}  // namespace

EvalOutcome evaluate_losses(const Config& config, const OpenedInputs& inputs) {
  if (!inputs.data->has_targets()) {
    throw DataError("{}: has no completions, but the loss is theirs", inputs.data->name());
  }
  const TokenizedSet set = inputs.tokenizer.tokenize_all(*inputs.data);
  const std::vector<CompletionLoss> losses = losses_of(inputs, set);
  if (!inputs.compute.processes->is_root()) return {};
  EvalOutcome outcome;
  ItemStatistics statistics{.width = 2, .values = {}, .score = mean_loss};
  std::vector<double> means;
  int64_t all_tokens = 0;
  for (size_t i = 0; i < losses.size(); ++i) {
    const auto& [nll, tokens] = losses[i];
    all_tokens += tokens;
    means.push_back(nll / static_cast<double>(tokens));
    statistics.values.insert(statistics.values.end(), {nll, static_cast<double>(tokens)});
    const Json item = {{"id", set.source[i]}, {"nll", nll}, {"tokens", tokens}};
    outcome.items.push_back(item.dump());
  }
  const Interval interval = bootstrap_interval(statistics, resampling_options(config)),
                 perplexity{std::exp(interval.low), std::exp(interval.high)};
  for (const auto& [name, value] : scores_of(losses))
    outcome.add_score(name, value, name == "loss" ? interval : perplexity);
  outcome.details["n"] = losses.size();
  outcome.details["tokens"] = all_tokens;
  outcome.details["truncated"] = set.truncated;
  outcome.report.item_value = "loss of a token";
  outcome.report.worst_of = fmt::format("{} items", grouped(static_cast<int64_t>(means.size())));
  for (const size_t i : worst_items(means)) {
    const TextExample example = inputs.data->at(set.source[i]);
    outcome.report.worst.push_back(
        {set.source[i], one_line(example.first), "", {one_line(example.second)}, means[i]});
  }
  return outcome;
}

EvalOutcome evaluate_texts(const Config& config, const OpenedInputs& inputs) {
  const Prompts prompts = group_by_prompt(*inputs.data);
  const std::vector<Generated> outputs = generate_all(config, inputs, prompts.texts);
  if (!inputs.compute.processes->is_root()) return {};
  EvalOutcome outcome;
  int64_t cut = 0;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string text = one_line(inputs.tokenizer.tokenizer().decode(outputs[i].tokens));
    Json item = {{"id", i},
                 {"prompt", prompts.texts[i]},
                 {"prediction", text},
                 {"tokens", outputs[i].tokens},
                 {"score", outputs[i].score}};
    add_alternatives(outcome, item, outputs[i], inputs.tokenizer.tokenizer());
    outcome.items.push_back(item.dump(-1, ' ', false, Json::error_handler_t::replace));
    outcome.predictions.push_back(text);
    if (!outputs[i].finished) ++cut;
  }
  if (cut > 0) {
    spdlog::warn("{} of {} outputs reached the length limit before their end", cut, outputs.size());
  }
  outcome.details["n"] = outputs.size();
  outcome.details["reached_length_limit"] = cut;
  if (!inputs.data->has_targets()) return outcome;
  const ScoreSet set =
      score_texts(prompts.references, outcome.predictions, text_score_options(config.eval));
  add_text_scores(outcome, set, prompts.references, outcome.predictions, prompts.texts, config);
  return outcome;
}

}  // namespace eida
