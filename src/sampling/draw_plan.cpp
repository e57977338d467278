#include <algorithm>
#include <numeric>

#include "eida/core/error.h"
#include "eida/core/rng.h"
#include "eida/sampling/sampler.h"

namespace eida {
namespace {

/// m_j of every token of every sequence of one logical batch, where position i counts if it is
/// labelled in any of them. Differs from the reference: padding tokens of shorter sequences are not
/// counted, since they are no token representations.
std::vector<std::vector<int64_t>> batch_prefix_counts(
    const std::vector<const TokenExample*>& batch) {
  size_t longest = 0;
  for (const auto* example : batch) longest = std::max(longest, example->ids.size());
  std::vector<bool> labelled(longest, false);
  for (const auto* example : batch) {
    std::fill(labelled.begin() + example->context_length,
              labelled.begin() + static_cast<int64_t>(example->ids.size()), true);
  }
  std::vector<int64_t> after(longest, 0);
  for (size_t j = longest - 1; j > 0; --j) after[j - 1] = after[j] + (labelled[j] ? 1 : 0);
  std::vector<std::vector<int64_t>> counts;
  for (const auto* example : batch) {
    counts.emplace_back(after.begin(), after.begin() + static_cast<int64_t>(example->ids.size()));
  }
  return counts;
}

/// Binomial draws of one sequence at one place.
void draw_completion(int64_t example, const std::vector<int64_t>& counts,
                     const DrawOptions& options, Rng& rng, SpaceDraws& draws) {
  if (options.weighting == TokenWeighting::kUniform) {
    const int64_t trials = std::accumulate(counts.begin(), counts.end(), int64_t{0});
    int64_t number = rng.binomial(trials, options.token_rate);
    for (; number > 0; --number)
      draws.push_back({example, static_cast<int64_t>(rng.below(counts.size()))});
    return;
  }
  for (size_t j = 0; j < counts.size(); ++j) {
    int64_t number = rng.binomial(counts[j], options.token_rate);
    for (; number > 0; --number) draws.push_back({example, static_cast<int64_t>(j)});
  }
}

void draw_classification(int64_t example, int64_t length, bool first_only,
                         const DrawOptions& options, Rng& rng, SpaceDraws& draws) {
  if (first_only) {
    draws.push_back({example, 0});
    return;
  }
  for (const int64_t token : rng.sample(length, options.tokens_per_example))
    draws.push_back({example, token});
}

}  // namespace

std::vector<int64_t> prefix_counts(int64_t length, int64_t context_length) {
  std::vector<int64_t> counts(static_cast<size_t>(length));
  for (int64_t j = 0; j < length; ++j) {
    counts[static_cast<size_t>(j)] = length - std::max(j + 1, context_length);
  }
  return counts;
}

std::vector<SpaceDraws> draw_tokens(const std::vector<const TokenExample*>& examples,
                                    int64_t input_spaces, bool has_head, const DrawOptions& options,
                                    int64_t first) {
  std::vector<SpaceDraws> draws(static_cast<size_t>(input_spaces));
  std::vector<std::vector<int64_t>> batch_counts;
  const auto total = static_cast<int64_t>(examples.size());
  for (int64_t i = 0; i < total; ++i) {
    const TokenExample& example = *examples[static_cast<size_t>(i)];
    const int64_t number = first + i;
    const auto length = static_cast<int64_t>(example.ids.size());
    const bool classification = options.task == TaskKind::kClassification;
    if (classification && length < options.tokens_per_example) {
      throw DataError(
          "sampling.tokens_per_example: {} tokens asked, but drawn example {} has only {} (hint: "
          "lower --tokens)",
          options.tokens_per_example, number, length);
    }
    if (!classification && options.weighting == TokenWeighting::kPrefixCountBatch &&
        i % options.batch_size == 0) {
      batch_counts = batch_prefix_counts(
          {examples.begin() + i, examples.begin() + std::min(total, i + options.batch_size)});
    }
    const std::vector<int64_t> counts =
        classification ? std::vector<int64_t>{}
        : options.weighting == TokenWeighting::kPrefixCountBatch
            ? batch_counts[static_cast<size_t>(i % options.batch_size)]
            : prefix_counts(length, example.context_length);
    Rng rng(options.seed, "sampler", (options.repeat << 40) + static_cast<uint64_t>(number));
    for (int64_t space = 0; space < input_spaces; ++space) {
      auto& into = draws[static_cast<size_t>(space)];
      const bool first_only = has_head && options.head_first_token && space == input_spaces - 1;
      if (classification) {
        draw_classification(number, length, first_only, options, rng, into);
      } else {
        draw_completion(number, counts, options, rng, into);
      }
    }
  }
  return draws;
}

std::vector<int64_t> count_draws(const std::vector<const TokenExample*>& examples,
                                 int64_t input_spaces, bool has_head, const DrawOptions& options,
                                 int64_t first) {
  std::vector<int64_t> counts(static_cast<size_t>(input_spaces), 0);
  const auto total = static_cast<int64_t>(examples.size());
  for (int64_t begin = 0; begin < total; begin += options.batch_size) {
    const std::vector<const TokenExample*> batch(
        examples.begin() + begin, examples.begin() + std::min(total, begin + options.batch_size));
    const auto draws = draw_tokens(batch, input_spaces, has_head, options, first + begin);
    for (size_t space = 0; space < counts.size(); ++space)
      counts[space] += static_cast<int64_t>(draws[space].size());
  }
  return counts;
}

}  // namespace eida
