/// Times the projector builder on samples with singular values j^-a around a mean; one JSON line.
///   eida_pca_bench [--n 512] [--dim D] [--places 122] [--k 64] [--stream] …
/// Without --dim the places are the 49 + 73 of RoBERTa-base: the same matrices, in distribution, as
/// the Python peers time. With --stream samples come in blocks and are taken in as eida-probe does,
/// which keeps second moments of many; that is within the time, drawing them is not.
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench_line.h"
#include "eida/config/config.h"
#include "eida/core/run_main.h"
#include "eida/core/stopwatch.h"
#include "eida/core/system_info.h"
#include "eida/subspace/for_each_place.h"
#include "eida/subspace/place_statistics.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr int64_t kBlock = 512;  ///< samples drawn at once, and the most directions they span

struct Options {
  int threads = 2, repeats = 5;
  int64_t n = 512, dim = 0, places = 122;
  double decay = 0.8;
  bool stream = false;
  eida::EstimateOptions estimate;
};

/// Where the samples of one place come from.
class Source {
 public:
  Source(int64_t dim, double decay)
      : spectrum_(at::arange(1, std::min(kBlock, dim) + 1, at::kFloat).pow(-decay)),
        rows_(std::get<0>(at::linalg_qr(at::randn({dim, spectrum_.size(0)}))).t()),
        mean_(at::randn({dim})) {
    mean_ = 2 * mean_ / mean_.norm();
  }

  int64_t dim() const { return rows_.size(1); }
  /// [n, d] float32
  at::Tensor draw(int64_t n) const {
    return at::mm(at::randn({n, spectrum_.size(0)}) * spectrum_, rows_) + mean_;
  }

 private:
  at::Tensor spectrum_, rows_, mean_;
};

std::vector<Source> make_sources(const Options& options) {
  std::vector<Source> sources;
  if (options.dim > 0) {
    for (int64_t i = 0; i < options.places; ++i) sources.emplace_back(options.dim, options.decay);
    return sources;
  }
  for (int i = 0; i < 49; ++i) sources.emplace_back(i % 4 == 3 ? 3072 : 768, options.decay);
  for (int i = 0; i < 73; ++i) sources.emplace_back(i % 6 == 4 ? 3072 : 768, options.decay);
  return sources;
}

/// mean_first by one float64 eigendecomposition of the Gram matrix: the exact answer.
at::Tensor exact_mean_first(const at::Tensor& samples, int64_t k) {
  at::Tensor X = samples.to(at::kDouble);
  at::Tensor mean = X.mean(0);
  mean = mean / mean.norm();
  X = X - at::mv(X, mean).outer(mean);
  const at::Tensor vectors =
      std::get<1>(at::linalg_eigh(at::mm(X, X.t()))).narrow(1, X.size(0) - k + 1, k - 1);
  const at::Tensor rows = at::mm(vectors.t(), X);
  return at::cat({mean.unsqueeze(0), rows / rows.norm(2, 1, true)});
}

/// Seconds of each repeat, samples in memory. \param worst distance to the exact answer, of every
/// seventh place
std::vector<double> time_samples(const std::vector<Source>& sources, const Options& options,
                                 double& worst) {
  std::vector<at::Tensor> samples;
  for (const Source& source : sources) samples.push_back(source.draw(options.n));
  std::vector<double> seconds;
  std::vector<eida::Subspace> subspaces;
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    const auto start = Clock::now();
    subspaces.resize(samples.size());
    eida::for_each_place(samples.size(), [&](size_t i) {
      subspaces[i] = eida::estimate_subspace(samples[i], options.estimate);
    });
    seconds.push_back(eida::seconds_since(start));
  }
  for (size_t i = 0; i < samples.size(); i += 7) {
    const at::Tensor exact = exact_mean_first(samples[i], options.estimate.k);
    worst = std::max(worst, eida::projector_distance(subspaces[i].basis, exact));
  }
  return seconds;
}

/// Seconds of one repeat, samples taken in block by block.
double time_stream(const std::vector<Source>& sources, const Options& options) {
  std::vector<eida::PlaceStatistics> places;
  for (const Source& source : sources)
    places.emplace_back(
        eida::PlaceSize{options.n, source.dim(), eida::Config{}.sampling.sketch_from,
                        eida::MomentSketch::rows_for(options.estimate.k)},
        "bench");
  double seconds = 0.0;
  for (int64_t first = 0; first < options.n; first += kBlock) {
    for (size_t i = 0; i < sources.size(); ++i) {
      const at::Tensor block = sources[i].draw(std::min(kBlock, options.n - first));
      const auto start = Clock::now();
      places[i].add(block);
      seconds += eida::seconds_since(start);
    }
  }
  const auto start = Clock::now();
  eida::for_each_place(places.size(),
                       [&](size_t i) { eida::estimate_subspace(places[i], options.estimate); });
  return seconds + eida::seconds_since(start);
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Times the projector builder");
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber);
  app.add_option("--repeats", options.repeats)->check(CLI::PositiveNumber);
  app.add_option("--n", options.n, "samples of a place")->check(CLI::PositiveNumber);
  app.add_option("--dim", options.dim, "of every place; 0: those of RoBERTa-base");
  app.add_option("--places", options.places, "with --dim, their number");
  app.add_option("--k", options.estimate.k, "dimensions kept");
  app.add_option("--decay", options.decay);
  eida::bench::add_choice<eida::EstimatorKind>(app, "--estimator", options.estimate.estimator);
  app.add_flag("--stream", options.stream, "take samples in as they come");
  CLI11_PARSE(app, argc, argv);
  at::set_num_threads(options.threads);
  at::manual_seed(0);

  const auto sources = make_sources(options);
  std::vector<double> seconds;
  double worst = 0.0;
  if (options.stream) {
    for (int i = 0; i < options.repeats; ++i) seconds.push_back(time_stream(sources, options));
  } else {
    seconds = time_samples(sources, options, worst);
  }
  std::sort(seconds.begin(), seconds.end());
  nlohmann::ordered_json line = {{"program", "pca_bench"},
                                 {"estimator", options.estimate.estimator},
                                 {"n", options.n},
                                 {"places", sources.size()},
                                 {"k", options.estimate.k},
                                 {"threads", options.threads},
                                 {"seconds", seconds[seconds.size() / 2]},
                                 {"least_s", seconds.front()}};
  if (!options.stream) line["projector_distance"] = worst;
  line["peak_rss_mib"] = eida::peak_memory_mib();
  fmt::print("{}\n", line.dump());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return eida::run_main("pca_bench", [&] { return run(argc, argv); });
}
