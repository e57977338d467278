/// Times the classification of a file; prints one JSON line with the keys of the Python peer.
///   eida_evaluate_bench --model DIR --data dev.tsv [--precision fp32] [--repeats 3]
/// Opening the file, tokenizing and the passes are within the time, opening the model is not.
#include <algorithm>
#include <chrono>

#include "bench_line.h"
#include "eida/core/run_main.h"
#include "eida/core/stopwatch.h"
#include "eida/generation/passes.h"

namespace {

struct Options {
  eida::Config config;
  int repeats = 3;
  eida::PassOptions passes;
};

/// Right predictions of one classification of the whole file.
int64_t classify_file(const Options& options, const eida::ComputeSetting& compute,
                      eida::PretrainedModel& model) {
  const eida::DataOptions& data_options = options.config.data;
  const auto data = eida::open_dataset(data_options.test, eida::reader_options(data_options));
  const eida::TokenizedSet set =
      eida::open_example_tokenizer(options.config, data->kind(), compute.threads)
          .tokenize_all(*data);
  std::vector<const eida::TokenExample*> examples;
  for (const auto& example : set.examples) examples.push_back(&example);
  const at::Tensor found = eida::classify(model, examples, options.passes).argmax(1);
  int64_t right = 0;
  for (size_t i = 0; i < examples.size(); ++i) {
    if (found.const_data_ptr<int64_t>()[i] == examples[i]->label) ++right;
  }
  return right;
}

int run(int argc, char** argv) {
  Options options;
  eida::Config& config = options.config;
  config.data.task = eida::TaskName::sst2;
  CLI::App app("Times the classification of a file");
  eida::bench::add_model_options(app, config);
  app.add_option("--data", config.data.test)->required();
  app.add_option("--repeats", options.repeats)->check(CLI::PositiveNumber);
  app.add_option("--pass-tokens", options.passes.pass_tokens)->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const eida::ComputeSetting compute = eida::set_up_compute(config.run);
  const auto model = eida::open_model(config, eida::TaskKind::kClassification, 2, compute);
  std::vector<double> seconds;
  int64_t right = 0;
  for (int i = 0; i < options.repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    right = classify_file(options, compute, *model);
    seconds.push_back(eida::seconds_since(start));
  }
  std::sort(seconds.begin(), seconds.end());
  const nlohmann::ordered_json line = {{"program", "evaluate_bench"},
                                       {"precision", config.run.precision},
                                       {"seconds", seconds[seconds.size() / 2]},
                                       {"all", seconds},
                                       {"correct", right},
                                       {"pass_tokens", options.passes.pass_tokens}};
  return eida::bench::print_line(line, compute);
}

}  // namespace

int main(int argc, char** argv) {
  return eida::run_main("evaluate_bench", [&] { return run(argc, argv); });
}
