/// Times what a training run does with its file: open and index it, then hand out examples in
/// random order, read and tokenized ahead. One JSON line, with peak memory.
///   eida_data_bench --model DIR --data FILE [--task sst2] [--examples 200000] [--workers 1]
#include <chrono>

#include "bench_line.h"
#include "eida/core/run_main.h"
#include "eida/core/stopwatch.h"
#include "eida/data/example_stream.h"

namespace {

int run(int argc, char** argv) {
  eida::Config config;
  config.data.task = eida::TaskName::sst2;
  config.data.max_length = 0;
  int64_t examples = 200000;
  int workers = 1;
  CLI::App app("Times reading and tokenizing in random order");
  eida::bench::add_model_options(app, config);
  app.add_option("--data", config.data.train)->required();
  eida::bench::add_choice<eida::TaskName>(app, "--task", config.data.task);
  app.add_option("--examples", examples, "to hand out");
  app.add_option("--workers", workers, "threads that read and tokenize");
  CLI11_PARSE(app, argc, argv);

  const eida::ComputeSetting compute = eida::set_up_compute(config.run);
  auto start = std::chrono::steady_clock::now();
  const auto data = eida::open_dataset(config.data.train, eida::reader_options(config.data));
  const double open_seconds = eida::seconds_since(start);
  const double open_mib = eida::peak_memory_mib();
  const eida::ExampleTokenizer tokenizer = eida::open_example_tokenizer(config, data->kind(), 1);

  start = std::chrono::steady_clock::now();
  eida::Rng rng(0, "shuffle");
  eida::ExampleStream stream(data, tokenizer, eida::EpochOrder(data->size(), rng),
                             {.chunk = 800, .first_chunk = 0, .workers = workers});
  int64_t count = 0, tokens = 0;
  while (count < examples) {
    const auto chunk = stream.next();
    if (chunk.empty()) break;
    count += static_cast<int64_t>(chunk.size());
    for (const eida::TokenExample& example : chunk)
      tokens += static_cast<int64_t>(example.ids.size());
  }
  const double seconds = eida::seconds_since(start);
  const nlohmann::ordered_json line = {{"program", "data_bench"},
                                       {"rows", data->size()},
                                       {"open_seconds", open_seconds},
                                       {"open_peak_mib", open_mib},
                                       {"workers", workers},
                                       {"examples", count},
                                       {"tokens", tokens},
                                       {"seconds", seconds},
                                       {"examples_per_s", static_cast<double>(count) / seconds}};
  return eida::bench::print_line(line, compute);
}

}  // namespace

int main(int argc, char** argv) {
  return eida::run_main("data_bench", [&] { return run(argc, argv); });
}
