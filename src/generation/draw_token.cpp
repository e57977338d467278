#include <ATen/ops/linear.h>
#include <ATen/ops/logsumexp.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "eida/core/error.h"
#include "proposals.h"

namespace eida {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

/// Leaves out all that is less likely than the k-th token: equal ones stay.
void keep_top_k(std::vector<float>& logits, int64_t k) {
  if (k <= 0 || k >= static_cast<int64_t>(logits.size())) return;
  std::vector<float> sorted = logits;
  std::nth_element(sorted.begin(), sorted.begin() + (k - 1), sorted.end(), std::greater<>());
  const float smallest = sorted[static_cast<size_t>(k - 1)];
  for (float& logit : logits) {
    if (logit < smallest) logit = kMinusInfinity;
  }
}

/// e^(logit - largest), and their sum.
double to_weights(const std::vector<float>& logits, std::vector<double>& weights) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  weights.resize(logits.size());
  for (size_t v = 0; v < logits.size(); ++v) {
    weights[v] = std::exp(static_cast<double>(logits[v]) - static_cast<double>(largest));
  }
  return std::accumulate(weights.begin(), weights.end(), 0.0);
}

/// Leaves out a token when the likelier ones make up p already. \return the sum that is left
double keep_top_p(std::vector<double>& weights, double total, double p) {
  if (p >= 1.0) return total;
  std::vector<size_t> order(weights.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return weights[a] > weights[b]; });
  double kept = 0.0;
  for (const size_t v : order) {
    if (kept >= p * total) {
      weights[v] = 0.0;
    } else {
      kept += weights[v];
    }
  }
  return kept;
}

int32_t token_at(const std::vector<double>& weights, double point) {
  int32_t last = -1;
  for (size_t v = 0; v < weights.size(); ++v) {
    if (weights[v] <= 0.0) continue;
    last = static_cast<int32_t>(v);
    point -= weights[v];
    if (point < 0.0) break;
  }
  return last;
}

}  // namespace

int32_t draw_token(std::vector<float>& logits, const GenerateOptions& options, Rng& stream) {
  // Below, quotients are infinite and their differences are no numbers; long before, the likeliest
  // token is certain.
  const float temperature = std::max(static_cast<float>(options.temperature), 1e-30F);
  for (float& logit : logits) logit /= temperature;
  keep_top_k(logits, options.top_k);
  if (*std::max_element(logits.begin(), logits.end()) == kMinusInfinity) return -1;
  std::vector<double> weights;
  const double total = to_weights(logits, weights);
  return token_at(weights, stream.uniform() * keep_top_p(weights, total, options.top_p));
}

Proposals draw_tokens(const HeadInput& input, const GenerateOptions& options,
                      const BannedTokens& banned, const std::vector<Rng*>& streams) {
  const at::Tensor on_device = at::linear(input.hidden, input.table).to(at::kFloat);  // [M, V]
  const at::Tensor logits = on_device.cpu(), logsumexp = at::logsumexp(on_device, 1).cpu();
  const int64_t vocabulary = logits.size(1);
  Proposals proposals(streams.size());
  for (size_t m = 0; m < streams.size(); ++m) {
    const float* row = logits.const_data_ptr<float>() + static_cast<int64_t>(m) * vocabulary;
    const float total = logsumexp.const_data_ptr<float>()[m];
    if (!std::isfinite(total)) {
      throw NumericError("the logits of row {} of a generation pass are not finite", m);
    }
    std::vector<float> allowed(row, row + vocabulary);
    if (!banned.empty()) {
      for (const int32_t token : banned[m]) allowed[static_cast<size_t>(token)] = kMinusInfinity;
    }
    const int32_t token = draw_token(allowed, options, *streams[m]);
    if (token >= 0) proposals[m].push_back({token, row[token] - total});
  }
  return proposals;
}

}  // namespace eida
