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
  StatisticsSink(const eida::Places& places, const eida::PerPlace<int64_t>& rows)
      : places_(places) {
    for (const eida::Place& place : places_) {
      const eida::PlaceSize size{rows[places_.id_of(place)], place.dim,
                                 eida::Config{}.sampling.sketch_from,
                                 eida::MomentSketch::rows_for(64)};
      statistics_.emplace_back(size, place.name);
    }
  }
  void on_vectors(eida::PlaceId place, const at::Tensor& vectors) override {
    statistics_[place].add(vectors);
  }
  /// Samples that came, over all input spaces.
  int64_t vectors() const {
    int64_t count = 0;
    for (const eida::Place& space : places_.inputs()) count += statistics_[space.input].count();
    return count;
  }

 private:
  const eida::Places& places_;
  std::vector<eida::PlaceStatistics> statistics_;  // of the places in their order
};

/// Samples all examples. \return samples over all input spaces
int64_t sample(eida::PretrainedModel& model, const std::vector<const eida::TokenExample*>& examples,
               const eida::SamplerOptions& options, bool statistics) {
  if (statistics) {
    StatisticsSink sink(model.places(), eida::count_samples(model, examples, options.draw));
    eida::sample_tokens(model, examples, options, sink);
    return sink.vectors();
  }
  int64_t count = 0;
  const auto samples = eida::collect_samples(model, examples, options);
  for (const eida::Place& space : model.places().inputs()) count += samples[space.input].size(0);
  return count;
}

int run(int argc, char** argv) {
  eida::Config config;
  config.data.max_length = 0;
  int64_t pass_tokens = eida::SamplerOptions{}.pass_tokens;
  bool statistics = false;
  CLI::App app("Times the token sampler");
  eida::bench::add_model_options(app, config);
  eida::bench::add_choice<eida::TaskName>(app, "--task", config.data.task)->required();
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
      {"task", *config.data.task},
      {"precision", config.run.precision},
      {"examples", examples.size()},
      {"tokens", count},
      {"pass_tokens", pass_tokens},
      {"seconds", seconds},
      {"open_seconds", open_seconds},
      {"window", window},
      {"vectors_per_space", vectors / static_cast<int64_t>(model->places().inputs().size())}};
  return eida::bench::print_line(line, compute);
}

}  // namespace

int main(int argc, char** argv) {
  return eida::run_main("sampling_bench", [&] { return run(argc, argv); });
}
