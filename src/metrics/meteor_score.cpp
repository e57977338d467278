#include <algorithm>
#include <array>
#include <cmath>

#include "eida/metrics/meteor.h"
#include "meteor_aligner.h"

namespace eida {
namespace meteor {
namespace {

/// The counts of a pair of texts. Per module: hypothesis content and reference content words,
/// hypothesis function and reference function words that its matches cover.
enum Field : size_t {
  kHypothesisLength,
  kReferenceLength,
  kHypothesisFunction,
  kReferenceFunction,
  kModuleCounts,
  kChunks = kModuleCounts + 4 * kModules,
  kHypothesisMatched,
  kReferenceMatched,
  kFields
};
using Counts = std::array<double, kFields>;

bool is_whole(std::span<const double> counts) {
  return counts[kHypothesisMatched] == counts[kHypothesisLength] &&
         counts[kReferenceMatched] == counts[kReferenceLength] && counts[kChunks] == 1.0;
}

/// Weighted share of matched words. \param side 0 hypothesis, 1 reference
double matched_share(std::span<const double> counts, size_t side) {
  constexpr std::array<double, kModules> kWeights{1.0, 0.6, 0.8, 0.6};
  constexpr double kDelta = 0.75;  // weight of content words
  double matched = 0.0;
  for (size_t module = 0; module < kModules; ++module) {
    const double* of = counts.data() + kModuleCounts + 4 * module;
    matched += kWeights[module] * (kDelta * of[side] + (1.0 - kDelta) * of[2 + side]);
  }
  const double function = counts[kHypothesisFunction + side];
  const double content = counts[kHypothesisLength + side] - function;
  return matched / (kDelta * content + (1.0 - kDelta) * function);
}

/// Source: Denkowski and Lavie 2014, Meteor Universal; parameters of the English rank task.
double score(std::span<const double> counts) {
  constexpr double kAlpha = 0.85, kBeta = 0.20, kGamma = 0.60;
  const double precision = matched_share(counts, 0), recall = matched_share(counts, 1);
  if (!(precision > 0.0) || !(recall > 0.0)) return 0.0;
  const double mean = 1.0 / ((1.0 - kAlpha) / precision + kAlpha / recall);
  const double matched = (counts[kHypothesisMatched] + counts[kReferenceMatched]) / 2.0;
  const double fragmentation = is_whole(counts) ? 0.0 : counts[kChunks] / matched;
  return std::max(0.0, mean * (1.0 - kGamma * std::pow(fragmentation, kBeta)));
}

/// Runs of matches that follow each other on both sides.
double count_chunks(const std::vector<Match>& matches) {
  int chunks = 0;
  const Match* last = nullptr;
  for (const Match& match : matches) {
    const bool joined = last != nullptr && last->reference_end() == match.reference &&
                        last->hypothesis_end() == match.hypothesis;
    if (!joined) ++chunks;
    last = &match;
  }
  return chunks;
}

Counts count(const Corpus& corpus, const Matcher& matcher, const std::vector<Match>& matches) {
  const auto functions = [&](std::span<const int32_t> words) {
    return static_cast<double>(
        std::ranges::count_if(words, [&](int32_t word) { return corpus.is_function_word(word); }));
  };
  const auto hypothesis = matcher.hypothesis(), reference = matcher.reference();
  Counts counts{};
  counts[kHypothesisLength] = static_cast<double>(hypothesis.size());
  counts[kReferenceLength] = static_cast<double>(reference.size());
  counts[kHypothesisFunction] = functions(hypothesis);
  counts[kReferenceFunction] = functions(reference);
  for (const Match& match : matches) {
    double* module = counts.data() + kModuleCounts + 4 * static_cast<size_t>(match.module);
    const double of_hypothesis =
        functions(hypothesis.subspan(match.hypothesis, match.hypothesis_length));
    const double of_reference =
        functions(reference.subspan(match.reference, match.reference_length));
    module[0] += match.hypothesis_length - of_hypothesis;
    module[1] += match.reference_length - of_reference;
    module[2] += of_hypothesis;
    module[3] += of_reference;
    counts[kHypothesisMatched] += match.hypothesis_length;
    counts[kReferenceMatched] += match.reference_length;
  }
  counts[kChunks] = count_chunks(matches);
  return counts;
}

}  // namespace
}  // namespace meteor

ItemStatistics meteor_statistics(const References& references,
                                 const std::vector<std::string>& predictions,
                                 const MeteorData& data, bool paraphrases) {
  const meteor::Corpus corpus(references, predictions, data, paraphrases);
  meteor::Matcher matcher(corpus);
  meteor::Aligner aligner;
  ItemStatistics statistics{meteor::kFields, {}, meteor::score};
  for (const auto& item : corpus.items()) {
    matcher.set_hypothesis(item.prediction);
    meteor::Counts best{};
    double best_score = -1.0;
    for (size_t r = 0; r < item.references; ++r) {
      matcher.match(item.first_reference + r);
      const meteor::Counts counts = meteor::count(corpus, matcher, aligner.align(matcher));
      const double score = meteor::score(counts);
      if (score > best_score) {
        best_score = score;
        best = counts;
      }
    }
    if (meteor::is_whole(best)) best[meteor::kChunks] = 0.0;
    statistics.values.insert(statistics.values.end(), best.begin(), best.end());
  }
  return statistics;
}

}  // namespace eida
