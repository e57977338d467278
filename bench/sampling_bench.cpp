/// Times the token sampler; prints one JSON line with the keys of the Python peers.
/// FILE holds the rows to sample, in the task's format; bench/probe.sh runs this beside the peers.
#include <chrono>

#include "bench_line.h"
#include "eida/core/run_main.h"
#include "eida/core/stopwatch.h"
#include "eida/sampling/sampler.h"

namespace {

int run(int argc, char** argv) {
  eida::Config config;
  config.data.max_length = 0;
  int64_t pass_tokens = eida::SamplerOptions{}.pass_tokens;
  CLI::App app("Times the token sampler");
  eida::bench::add_model_options(app, config);
  app.add_option("--task", config.data.task)->required();
  app.add_option("--rows", config.data.train)->required();
  app.add_option("--batch", config.sampling.batch_size, "examples of a logical batch");
  app.add_option("--pass-tokens", pass_tokens);
  CLI11_PARSE(app, argc, argv);

  const auto begin = std::chrono::steady_clock::now();
  const eida::ComputeSetting compute = eida::set_up_compute(config.run);
  const auto data = eida::open_dataset(config.data.train, eida::reader_options(config.data));
  const eida::ExampleTokenizer tokenizer =
      eida::open_example_tokenizer(config, data->kind(), compute.threads);
  const eida::TokenizedSet tokens = tokenizer.tokenize_all(*data);
  const auto model = eida::open_model(config, data->kind(),
                                      static_cast<int64_t>(data->class_names().size()), compute);
  const double open_seconds = eida::seconds_since(begin);

  const auto examples = tokens.pointers();
  int64_t count = 0;
  for (const int64_t length : tokens.lengths()) count += length;
  eida::SamplerOptions options;
  options.draw.task = data->kind();
  options.draw.batch_size = config.sampling.batch_size;
  options.pass_tokens = pass_tokens;
  const auto start = std::chrono::steady_clock::now();
  const eida::Samples samples = eida::collect_samples(*model, examples, options);
  const double seconds = eida::seconds_since(start);

  int64_t vectors = 0;
  for (const auto& x : samples.inputs) vectors += x.size(0);
  const nlohmann::ordered_json line = {
      {"program", "sampling_bench"},
      {"task", config.data.task},
      {"precision", config.run.precision},
      {"examples", examples.size()},
      {"tokens", count},
      {"pass_tokens", pass_tokens},
      {"seconds", seconds},
      {"open_seconds", open_seconds},
      {"vectors_per_space", vectors / static_cast<int64_t>(samples.inputs.size())}};
  return eida::bench::print_line(line, compute);
}

}  // namespace

int main(int argc, char** argv) {
  return eida::run_main("sampling_bench", [&] { return run(argc, argv); });
}
