/// Times generation; prints one JSON line with the keys of the Python peer, generate_gpt2.py.
///   eida_generate_bench --model DIR --rows e2e-test.txt [--mrs 16] [--beams 10] [--new-tokens 30]
/// Prompts are the first distinct meaning representations. As in the peer, the end token is
/// suppressed: a random model's outputs all run to the full length.
#include <chrono>
#include <set>

#include "bench_line.h"
#include "eida/core/run_main.h"
#include "eida/core/stopwatch.h"
#include "eida/generation/generate.h"
#include "eida/tensor/checks.h"

namespace {

struct Options {
  eida::Config config;
  eida::GenerateOptions generation;
  int64_t prompts = 16;
};

std::vector<std::vector<int32_t>> read_prompts(const Options& options, int threads) {
  const auto data =
      eida::open_dataset(options.config.data.test, eida::reader_options(options.config.data));
  const eida::ExampleTokenizer tokenizer =
      eida::open_example_tokenizer(options.config, data->kind(), threads);
  std::set<std::string> seen;
  std::vector<std::vector<int32_t>> prompts;
  for (int64_t i = 0; i < data->size(); ++i) {
    const std::string prompt = data->at(i).first;
    if (static_cast<int64_t>(prompts.size()) < options.prompts && seen.insert(prompt).second)
      prompts.push_back(tokenizer.tokenize_prompt(prompt));
  }
  return prompts;
}

int run(int argc, char** argv) {
  Options options;
  eida::Config& config = options.config;
  eida::GenerateOptions& generation = options.generation;
  config.data.task = eida::TaskName::e2e;
  generation.beams = 10;
  CLI::App app("Times generation");
  eida::bench::add_model_options(app, config);
  app.add_option("--rows", config.data.test)->required();
  app.add_option("--mrs", options.prompts);
  app.add_option("--beams", generation.beams);
  app.add_option("--max-length", generation.max_length);
  app.add_option("--new-tokens", generation.max_new_tokens);
  app.add_option("--max-batch-tokens", generation.max_batch_tokens);
  CLI11_PARSE(app, argc, argv);

  if (config.run.precision == eida::Precision::kBf16)
    config.model.weights = eida::WeightsType::kBf16;
  const eida::ComputeSetting compute = eida::set_up_compute(config.run);
  const auto prompts = read_prompts(options, compute.threads);
  const auto model = eida::open_model(config, eida::TaskKind::kCompletion, 0, compute);
  generation.min_length =
      generation.max_new_tokens > 0 ? model->config().max_length() : generation.max_length;
  eida::GenerateStatistics statistics;
  const auto start = std::chrono::steady_clock::now();
  const auto outputs = eida::generate(*model, prompts, generation, &statistics);
  const double seconds = eida::seconds_since(start);
  const auto window = eida::bench::window_since(start);

  int64_t tokens = 0;
  for (const auto& output : outputs) tokens += static_cast<int64_t>(output.tokens.size());
  const auto count = static_cast<double>(outputs.size());
  const nlohmann::ordered_json line = {
      {"program", "generate_bench"},
      {"beams", generation.beams},
      {"dtype", config.run.precision},
      {"mrs", outputs.size()},
      {"seconds", seconds},
      {"seconds_per_mr", seconds / count},
      {"output_tokens", tokens},
      {"output_tokens_per_second", static_cast<double>(tokens) / seconds},
      {"window", window},
      {"passes", statistics.passes},
      {"peak_tokens", statistics.peak_tokens},
      {"extrapolated_630_minutes", seconds / count * 630 / 60}};
  return eida::bench::print_line(line, compute);
}

}  // namespace

int main(int argc, char** argv) {
  return eida::run_main(
      "generate_bench", [&] { return run(argc, argv); }, eida::describe_torch_error);
}
