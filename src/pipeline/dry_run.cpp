#include "dry_run.h"

#include <ATen/ops/matmul.h>
#include <ATen/ops/rand.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "eida/core/progress.h"
#include "eida/core/rng.h"
#include "eida/core/system_info.h"
#include "eida/data/batching.h"

namespace eida {
namespace {

/// Measured speed of one matrix product in the run's precision. \return multiply-adds a second
double product_speed(const ComputeSetting& compute) {
  const auto options = at::TensorOptions(compute.precision).device(compute.device);
  const at::Tensor a = at::rand({512, 768}, options), b = at::rand({768, 1536}, options);
  at::matmul(a, b);
  const auto start = std::chrono::steady_clock::now();
  constexpr int kProducts = 20;
  for (int i = 0; i < kProducts; ++i) at::matmul(a, b);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return kProducts * 512.0 * 768.0 * 1536.0 / seconds;
}

/// Mean tokens of an example, from a draw of at most 200.
double mean_tokens(const Config& config, const Dataset& data, const ExampleTokenizer& tokenizer) {
  Rng rng(static_cast<uint64_t>(config.run.seed), "dry_run");
  const auto lengths =
      tokenizer
          .tokenize_all(data, draw_examples(data.size(), std::min<int64_t>(200, data.size()), rng))
          .lengths();
  double sum = 0;
  for (const int64_t length : lengths) sum += static_cast<double>(length);
  return sum / static_cast<double>(lengths.size());
}

double to_mib(double bytes) { return bytes / (1 << 20); }

}  // namespace

int dry_run_probe(const Config& config, const PretrainedModel& model, const Dataset& data,
                  const ExampleTokenizer& tokenizer, const ComputeSetting& compute) {
  double weights = 0, widths = 0;
  for (const auto& site : model.sites()) {
    const auto d_in =
        static_cast<double>(model.input_spaces()[static_cast<size_t>(site.input)].dim);
    weights += d_in * static_cast<double>(site.dim);
    widths += static_cast<double>(site.dim);
  }
  for (const auto& space : model.input_spaces()) widths += static_cast<double>(space.dim);
  double parameters = 0;
  for (const auto& parameter : model.parameters())
    parameters += static_cast<double>(parameter.tensor.numel());

  const double tokens = mean_tokens(config, data, tokenizer);
  const auto examples = static_cast<double>(config.sampling.examples),
             heldout = static_cast<double>(config.probe.heldout);
  const bool completion = data.kind() == TaskKind::kCompletion;
  const double vectors = completion ? 8.0 : static_cast<double>(config.sampling.tokens_per_example);
  const double samples = examples * vectors * widths * 4;
  const double element = compute.precision == at::kFloat ? 4 : 2;
  const double activations =
      std::max(512.0, tokens * static_cast<double>(config.sampling.batch_size)) * widths * 3 *
      element;
  const double copies = compute.precision == at::kFloat ? 0 : weights * element;
  // A forward pass and the backward pass to the inputs: two products a weight and token.
  const double products =
      (examples + heldout) * tokens * 2 * weights * static_cast<double>(config.probe.repeats);

  fmt::print("model            {} ({}), {} layers, {:.0f} parameters{}\n",
             config.model.path.string(), model.config().model_type, model.config().num_layers,
             parameters, config.model.init == "random" ? ", RANDOM weights" : "");
  fmt::print("data             {}: {} examples, about {:.1f} tokens each\n", data.name(),
             data.size(), tokens);
  fmt::print("places           {} input spaces, {} sites\n", model.input_spaces().size(),
             model.sites().size());
  fmt::print("trainable        0 parameters (the probe changes nothing)\n");
  fmt::print("work             {} repeats of {:.0f} + {:.0f} examples, k up to {}\n",
             config.probe.repeats, examples, heldout, config.subspace.dims.back());
  fmt::print("memory, about    {:.0f} MiB\n",
             peak_memory_mib() + to_mib(weights * 4 + samples * 1.3 + activations + copies));
  fmt::print("time, about      {} on {} threads\n",
             format_duration(products / product_speed(compute) * 1.5), compute.threads);
  return 0;
}

}  // namespace eida
