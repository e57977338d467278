#include "eida/generation/generate.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "eida/core/error.h"
#include "generator.h"

namespace eida {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Output, tokens, score, finished)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Generated, tokens, score, finished, alternatives)

namespace {

Decoder& as_decoder(PretrainedModel& model) {
  auto* decoder = dynamic_cast<Decoder*>(&model);
  if (decoder == nullptr) {
    throw ConfigError(
        "a model of type '{}' cannot generate text: it must be a decoder with a head over its "
        "vocabulary",
        model.config().model_type);
  }
  return *decoder;
}

void check_at_least(const char* name, int64_t value, int64_t least) {
  if (value < least) throw ConfigError("generation.{} is {}: at least {}", name, value, least);
}

void check_options(const GenerateOptions& options) {
  check_at_least("beams", options.beams, 1);
  check_at_least("max_length", options.max_length, 1);
  check_at_least("max_new_tokens", options.max_new_tokens, 0);
  check_at_least("min_length", options.min_length, 0);
  check_at_least("no_repeat_ngram_size", options.no_repeat_ngram_size, 0);
  check_at_least("top_k", options.top_k, 0);
  check_at_least("max_batch_tokens", options.max_batch_tokens, 0);
  if (options.sample && options.beams > 1) {
    throw ConfigError(
        "generation.sample draws one text a prompt, generation.beams is {} (hint: --beams 1)",
        options.beams);
  }
  if (options.max_new_tokens == 0 && options.min_length > options.max_length) {
    throw ConfigError("generation.min_length is {}, above generation.max_length, {}",
                      options.min_length, options.max_length);
  }
  if (!(options.temperature > 0.0))
    throw ConfigError("generation.temperature is {}: above 0", options.temperature);
  if (!(options.top_p > 0.0 && options.top_p <= 1.0))
    throw ConfigError("generation.top_p is {}: above 0, at most 1", options.top_p);
}

/// Options with what the model says in the place of what was left open.
GenerateOptions resolve(const GenerateOptions& given, const ModelConfig& config) {
  check_options(given);
  GenerateOptions options = given;
  if (options.end_tokens.empty() && config.eos_token_id >= 0)
    options.end_tokens = {static_cast<int32_t>(config.eos_token_id)};
  for (const int32_t end : options.end_tokens) {
    if (end >= config.vocab_size)
      throw ConfigError("end token {} is not in the model's vocabulary of {}", end,
                        config.vocab_size);
  }
  if (options.min_length > 0 && options.end_tokens.empty())
    throw ConfigError("generation.min_length needs a model with an end token (eos_token_id)");
  if (options.max_batch_tokens == 0) options.max_batch_tokens = kDefaultBatchTokens;
  return options;
}

void check_prompt(const std::vector<int32_t>& prompt, size_t index, int64_t vocabulary) {
  if (prompt.empty()) throw DataError("prompt {} has no tokens", index);
  for (const int32_t id : prompt) {
    if (id < 0 || id >= vocabulary) {
      throw DataError(
          "prompt {}: token id {} is not in the model's table of {} (hint: tokenizer and model "
          "belong together)",
          index, id, vocabulary);
    }
  }
}

SearchLimits make_limits(const std::vector<int32_t>& prompt, size_t index,
                         const GenerateOptions& options, int64_t positions) {
  const auto length = static_cast<int64_t>(prompt.size());
  const bool counts_new = options.max_new_tokens > 0;
  const int64_t asked = counts_new ? length + options.max_new_tokens : options.max_length;
  const int64_t limit = std::min(asked, positions);
  if (length >= limit) {
    throw DataError(
        "prompt {} has {} tokens, which leaves no room for an output: {} is {} (hint: {})", index,
        length,
        limit < asked || counts_new ? "the model's number of positions" : "generation.max_length",
        limit,
        limit < asked || counts_new
            ? "shorten the prompt"
            : "raise generation.max_length, or set generation.max_new_tokens");
  }
  return {length,
          limit,
          options.beams,
          options.end_tokens,
          options.length_penalty,
          options.early_stopping};
}

/// The last token of an output is never fed to the model and needs no slot.
int64_t most_slots(const SearchLimits& limits) {
  return limits.prompt_length + limits.beams * (limits.length - limits.prompt_length - 1);
}

std::vector<Job> make_jobs(const std::vector<std::vector<int32_t>>& prompts,
                           const GenerateOptions& options, const ModelConfig& config) {
  std::vector<Job> jobs;
  for (size_t i = 0; i < prompts.size(); ++i) {
    check_prompt(prompts[i], i, config.vocab_size);
    const SearchLimits limits = make_limits(prompts[i], i, options, config.max_length());
    jobs.push_back({i, &prompts[i], limits, most_slots(limits)});
    if (jobs.back().most_slots > options.max_batch_tokens) {
      throw ConfigError(
          "prompt {} may need {} tokens in memory ({} of its own, {} beams of up to {}), "
          "generation.max_batch_tokens is {} (hint: raise it, or ask for fewer beams or a shorter "
          "output)",
          i, jobs.back().most_slots, limits.prompt_length, limits.beams,
          limits.length - limits.prompt_length - 1, options.max_batch_tokens);
    }
  }
  std::stable_sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) {
    return a.limits.prompt_length > b.limits.prompt_length;
  });
  return jobs;
}

/// What max_batch_tokens allows, or all jobs together when they need less.
int64_t slots_of(const std::vector<Job>& jobs, int64_t most) {
  int64_t total = 0;
  for (const Job& job : jobs) total = std::min(most, total + job.most_slots);
  return total;
}

/// The jobs of this process: as many prompts as the others have, in a row.
std::vector<Job> own_jobs(std::vector<Job> jobs, const Shard& shard) {
  std::erase_if(jobs, [&](const Job& job) {
    const auto index = static_cast<int64_t>(job.index);
    return index < shard.begin || index >= shard.end;
  });
  return jobs;
}

/// Puts the results of every process in the place of this one's.
void share_results(const Communicator& processes, const Shard& own,
                   std::vector<Generated>& results) {
  if (processes.size() == 1) return;
  const auto first = results.begin();
  const std::vector<Generated> mine(first + own.begin, first + own.end);
  const std::vector<uint8_t> bytes = nlohmann::json::to_cbor(mine);
  results.clear();
  for (const std::string& part : all_gather(processes, {bytes.begin(), bytes.end()})) {
    const auto theirs = nlohmann::json::from_cbor(part).get<std::vector<Generated>>();
    results.insert(results.end(), theirs.begin(), theirs.end());
  }
}

}  // namespace

std::vector<Generated> generate(PretrainedModel& model,
                                const std::vector<std::vector<int32_t>>& prompts,
                                const GenerateOptions& options, GenerateStatistics* statistics) {
  Decoder& decoder = as_decoder(model);
  const GenerateOptions resolved = resolve(options, model.config());
  const Communicator& processes = *resolved.processes;
  const Shard own =
      shard_of(std::vector<int64_t>(prompts.size(), 1), processes.index(), processes.size());
  const auto jobs = own_jobs(make_jobs(prompts, resolved, model.config()), own);
  const EvaluationScope evaluation(model);
  Generator generator(decoder, resolved, slots_of(jobs, resolved.max_batch_tokens));
  std::vector<Generated> results(prompts.size());
  generator.run(jobs, results);
  share_results(processes, own, results);
  if (statistics != nullptr) *statistics = generator.statistics();
  return results;
}

}  // namespace eida
