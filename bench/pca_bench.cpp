/// PCA of the 49 + 73 places of RoBERTa-base: 512 samples each, singular values j^-a around a mean.
/// One JSON line; the same matrices, in distribution, as the Python peers time.
///   eida_pca_bench [--threads 2] [--repeats 5] [--k 64] [--decay 0.8] [--estimator mean_first]
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

#include <algorithm>
#include <chrono>
#include <map>

#include "eida/core/error.h"
#include "eida/subspace/subspace.h"

namespace {

/// [512, d] float32.
at::Tensor decaying(int64_t d, double decay) {
  constexpr int64_t kSamples = 512;
  const at::Tensor spectrum = at::arange(1, kSamples + 1, at::kFloat).pow(-decay);
  const at::Tensor rows = std::get<0>(at::linalg_qr(at::randn({d, kSamples}))).t();
  const at::Tensor mean = at::randn({d});
  return at::mm(at::randn({kSamples, kSamples}) * spectrum, rows) + 2 * mean / mean.norm();
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

std::map<std::string, std::string> options_of(int argc, char** argv) {
  std::map<std::string, std::string> options = {{"--threads", "2"},
                                                {"--repeats", "5"},
                                                {"--k", "64"},
                                                {"--decay", "0.8"},
                                                {"--estimator", "mean_first"}};
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !options.count(argv[i]))
      throw eida::ConfigError("{}: no such option, or no value", argv[i]);
    options[argv[i]] = argv[i + 1];
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) try {
  auto given = options_of(argc, argv);
  at::set_num_threads(std::stoi(given["--threads"]));
  at::manual_seed(0);
  std::vector<at::Tensor> samples;
  for (int i = 0; i < 49; ++i)
    samples.push_back(decaying(i % 4 == 3 ? 3072 : 768, std::stod(given["--decay"])));
  for (int i = 0; i < 73; ++i)
    samples.push_back(decaying(i % 6 == 4 ? 3072 : 768, std::stod(given["--decay"])));
  const eida::EstimateOptions options{eida::estimator_from_string(given["--estimator"]),
                                      std::stoll(given["--k"]), 0};

  std::vector<double> seconds;
  std::vector<eida::Subspace> subspaces;
  for (int repeat = 0; repeat < std::stoi(given["--repeats"]); ++repeat) {
    const auto begin = std::chrono::steady_clock::now();
    subspaces = eida::estimate_subspaces(samples, options);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(seconds.begin(), seconds.end());
  double worst = 0.0;
  for (size_t i = 0; i < samples.size(); i += 7) {
    worst = std::max(worst, eida::projector_distance(subspaces[i].basis,
                                                     exact_mean_first(samples[i], options.k)));
  }
  fmt::print(
      R"({{"bench": "pca", "estimator": "{}", "places": {}, "k": {}, "threads": {}, "median_s": {:.3f}, )"
      R"("least_s": {:.3f}, "projector_distance": {:.2g}}})"
      "\n",
      given["--estimator"], samples.size(), options.k, given["--threads"],
      seconds[seconds.size() / 2], seconds.front(), worst);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "eida_pca_bench: {}\n", error.what());
  return 2;
}
