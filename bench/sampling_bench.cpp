/// Times the token sampler; prints one JSON line with the keys of the Python peers.
///   eida_sampling_bench --model DIR --task sst2 --rows FILE [--statistics] …
/// FILE holds the rows to sample, in the task's format; bench/race.sh runs this beside the peers.
/// Samples are kept, or with --statistics taken in as eida-probe does: second moments of many.
#include <chrono>

#include "bench_line.h"
#include "eida/core/run_main.h"
#include "eida/core/stopwatch.h"
#include "eida/sampling/sampler.h"
#include "eida/subspace/place_statistics.h"

namespace {

/// What eida-probe keeps of every place.
class StatisticsSink : public eida::SampleSink {
 public:
  explicit StatisticsSink(const eida::PretrainedModel& model) : model_(model) {}

  void on_start(const std::vector<int64_t>& rows) override {
    for (size_t s = 0; s < rows.size(); ++s)
      inputs_.emplace_back(size_of(rows[s], model_.input_spaces()[s].dim),
                           model_.input_spaces()[s].name);
    for (const eida::Site& site : model_.sites())
      outputs_.emplace_back(size_of(rows[static_cast<size_t>(site.input)], site.dim), site.name);
  }
  void on_input(int64_t space, const at::Tensor& x) override {
    inputs_[static_cast<size_t>(space)].add(x);
  }
  void on_delta_output(int64_t site, const at::Tensor& y) override {
    outputs_[static_cast<size_t>(site)].add(y);
  }
  /// Samples that came, over all input spaces.
  int64_t vectors() const {
    int64_t count = 0;
    for (const auto& place : inputs_) count += place.count();
    return count;
  }

 private:
  static eida::PlaceSize size_of(int64_t rows, int64_t dim) {
    return {rows, dim, eida::Config{}.sampling.sketch_from, eida::MomentSketch::rows_for(64)};
  }

  const eida::PretrainedModel& model_;
  std::vector<eida::PlaceStatistics> inputs_, outputs_;
};

/// Samples all examples. \return samples over all input spaces
int64_t sample(eida::PretrainedModel& model, const std::vector<const eida::TokenExample*>& examples,
               const eida::SamplerOptions& options, bool statistics) {
  if (statistics) {
    StatisticsSink sink(model);
    eida::sample_tokens(model, examples, options, sink);
    return sink.vectors();
  }
  int64_t count = 0;
  for (const auto& x : eida::collect_samples(model, examples, options).inputs) count += x.size(0);
  return count;
}

int run(int argc, char** argv) {
  eida::Config config;
  config.data.max_length = 0;
  int64_t pass_tokens = eida::SamplerOptions{}.pass_tokens;
  bool statistics = false;
  CLI::App app("Times the token sampler");
  eida::bench::add_model_options(app, config);
  app.add_option("--task", config.data.task)->required();
  app.add_option("--rows", config.data.train)->required();
  app.add_option("--batch", config.sampling.batch_size, "examples of a logical batch");
  app.add_option("--pass-tokens", pass_tokens);
  app.add_flag("--statistics", statistics, "take samples in as eida-probe does");
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
  const int64_t vectors = sample(*model, examples, options, statistics);
  const double seconds = eida::seconds_since(start);
  const auto window = eida::bench::window_since(start);

  const nlohmann::ordered_json line = {
      {"program", "sampling_bench"},
      {"task", config.data.task},
      {"precision", config.run.precision},
      {"examples", examples.size()},
      {"tokens", count},
      {"pass_tokens", pass_tokens},
      {"seconds", seconds},
      {"open_seconds", open_seconds},
      {"window", window},
      {"vectors_per_space", vectors / static_cast<int64_t>(model->input_spaces().size())}};
  return eida::bench::print_line(line, compute);
}

}  // namespace

int main(int argc, char** argv) {
  return eida::run_main("sampling_bench", [&] { return run(argc, argv); });
}
