#include "dry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "eida/core/progress.h"
#include "eida/core/system_info.h"
#include "eida/core/utf8.h"
#include "eida/data/batching.h"

namespace eida {

TokenizedSet draw_trial(const Config& config, const OpenedInputs& inputs, int64_t count) {
  Rng rng(static_cast<uint64_t>(config.run.seed), "dry_run");
  const int64_t there = inputs.data->size();
  return inputs.tokenizer.tokenize_all(*inputs.data,
                                       draw_examples(there, std::min(count, there), rng));
}

int64_t sampling_trial(const PretrainedModel& model, const TokenizedSet& drawn,
                       const DrawOptions& options, int64_t most) {
  constexpr int64_t kMostVectors = 2048;
  const auto all = drawn.pointers();
  const auto fits = [&](int64_t size) {
    const auto vectors = count_samples(model, {all.begin(), all.begin() + size}, options);
    return *std::max_element(vectors.begin(), vectors.end()) <= kMostVectors;
  };
  int64_t size = 1;
  while (size < most && fits(std::min(2 * size, most))) size = std::min(2 * size, most);
  return size;
}

double mean_tokens(const TokenizedSet& set) {
  double sum = 0;
  for (const int64_t length : set.lengths()) sum += static_cast<double>(length);
  return sum / static_cast<double>(set.examples.size());
}

void print_model(const Config& config, const PretrainedModel& model, const std::string& more) {
  fmt::print("model            {} ({}), {} layers, {} parameters{}{}\n", config.model.path.string(),
             model.config().model_type, model.config().num_layers, model.parameter_count(), more,
             config.model.init == ModelInit::kRandom ? ", RANDOM weights" : "");
}

void print_places(const PretrainedModel& model) {
  fmt::print("places           {} input spaces, {} sites\n", model.places().inputs().size(),
             model.places().sites().size());
}

void print_data(const std::string& name, int64_t examples, double tokens, const std::string& more) {
  fmt::print("data             {}: {} examples, about {:.1f} tokens each{}\n", name, examples,
             tokens, more);
}

void print_row(const ExampleTokenizer& tokenizer, const TokenExample& example) {
  constexpr size_t kMost = 200;
  std::string text;
  for (size_t i = 0; i < std::min(kMost, example.ids.size()); ++i) {
    if (i > 0 && std::cmp_equal(i, example.context_length)) text += " ||";
    text += " " + printable(tokenizer.tokenizer().token(example.ids[i]));
  }
  fmt::print("a row           {}{}\n", text, example.ids.size() > kMost ? " …" : "");
}

void print_cost(double bytes, double seconds, const ComputeSetting& compute, const char* bound) {
  fmt::print("memory, about    {:.0f} MiB\n", peak_memory_mib() + bytes / (1 << 20));
  fmt::print("time, {:<10} {} on {} threads\n", bound, format_duration(seconds), compute.threads);
}

}  // namespace eida
