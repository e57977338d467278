#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <cstdlib>
#include <utility>

#include "eida/core/signals.h"
#include "eida/metrics/meteor.h"
#include "meteor_matcher.h"

namespace eida {
namespace meteor {
namespace {

constexpr size_t kBeam = 40;
constexpr size_t kMostWaiting = 4096;  ///< paths that wait for the cut to the beam

/// A match's weight for the search: its words, halved and rounded down unless it is exact.
int32_t search_weight(Module module, int32_t length) {
  return module == Module::kExact ? length : length / 2;
}

/// Beam search over the reference's words. It follows METEOR 1.5 to the letter, its rounding of
/// weights and its bookkeeping of distances included, because they decide between alignments.
class Aligner {
 public:
  /// Chosen matches by reference start. Valid until the next call.
  const std::vector<Match>& align(const Matcher& matcher) {
    reference_size_ = static_cast<int32_t>(matcher.reference().size());
    words_per_path_ = (matcher.reference().size() + matcher.hypothesis().size() + 63) / 64;
    nodes_.clear();
    bits_.assign(words_per_path_, 0);
    queue_.assign(1, Path());
    find_fixed(matcher);
    for (int32_t current = 0; current <= reference_size_; ++current) step(matcher, current);
    cut(queue_);
    collect(queue_.front());
    return result_;
  }

 private:
  /// An alignment under construction; its used words are bits in a pool. Only a path that comes
  /// into the beam gets bits and a node of its own: before, it has those of its parent.
  struct Path {
    int32_t hypothesis_weight = 0, reference_weight = 0;
    int32_t chunks = 0, next = 0, distance = 0;
    int32_t last_end = -1;         // hypothesis word behind the last match; -1 after a skipped word
    int32_t chosen = -1;           // last node of its list of matches
    size_t bits = 0;               // where its used words are in the pool
    const Match* added = nullptr;  // chosen since, not among them
  };
  struct Node {
    const Match* match;
    int32_t previous;
  };
  /// What the order of paths depends on: larger weight, then fewer chunks, then smaller distance,
  /// then place in the queue; packed so that smaller is better.
  struct Rank {
    uint64_t weight_and_chunks, distance_and_index;
    auto operator<=>(const Rank&) const = default;
  };

  /// Matches without an alternative are part of every path.
  void find_fixed(const Matcher& matcher) {
    fixed_.assign(static_cast<size_t>(reference_size_) + 1, nullptr);
    const auto once = [](const std::vector<int32_t>& coverage, int32_t begin, int32_t end) {
      return std::all_of(coverage.begin() + begin, coverage.begin() + end,
                         [](int32_t count) { return count == 1; });
    };
    for (int32_t j = 0; j < reference_size_; ++j) {
      if (matcher.at(j).size() != 1) continue;
      const Match& match = matcher.at(j).front();
      if (!once(matcher.reference_coverage(), match.reference, match.reference_end()) ||
          !once(matcher.hypothesis_coverage(), match.hypothesis, match.hypothesis_end())) {
        continue;
      }
      fixed_[static_cast<size_t>(j)] = &match;
      mark(bits_, queue_.front(), match);
    }
  }

  /// Orders a queue, equal paths as they came, and cuts it to the beam.
  void cut(std::vector<Path>& queue) {
    if (queue.size() == 1) return;
    ranks_.clear();
    for (const Path& path : queue) {
      const auto weight = static_cast<uint32_t>(path.hypothesis_weight + path.reference_weight);
      ranks_.push_back({uint64_t{~weight} << 32 | static_cast<uint32_t>(path.chunks),
                        uint64_t{static_cast<uint32_t>(path.distance)} << 32 | ranks_.size()});
    }
    const auto kept = static_cast<ptrdiff_t>(std::min(kBeam, ranks_.size()));
    const auto last = ranks_.begin() + kept;
    if (last != ranks_.end()) std::nth_element(ranks_.begin(), last, ranks_.end());
    std::sort(ranks_.begin(), last);
    sorted_.clear();
    for (auto rank = ranks_.begin(); rank != last; ++rank) {
      sorted_.push_back(queue[static_cast<uint32_t>(rank->distance_and_index)]);
    }
    queue.swap(sorted_);
  }

  /// Gives each path of the queue its own bits, and a node to its last match.
  void settle() {
    next_bits_.clear();
    for (Path& path : queue_) {
      const auto from = bits_.begin() + static_cast<ptrdiff_t>(path.bits);
      path.bits = next_bits_.size();
      next_bits_.insert(next_bits_.end(), from, from + static_cast<ptrdiff_t>(words_per_path_));
      if (path.added == nullptr) continue;
      mark(next_bits_, path, *path.added);
      nodes_.push_back({std::exchange(path.added, nullptr), path.chosen});
      path.chosen = static_cast<int32_t>(nodes_.size()) - 1;
    }
    bits_.swap(next_bits_);
  }

  void step(const Matcher& matcher, int32_t current) {
    check_interrupted();
    cut(queue_);
    settle();
    next_queue_.clear();
    for (Path path : queue_) {
      if (current == reference_size_) {
        if (path.last_end != -1) ++path.chunks;
        keep(path);
      } else if (!is_used(path, current)) {
        choose(matcher, path, current);
      } else if (current < path.next) {
        keep(path);
      } else if (const Match* match = fixed_[static_cast<size_t>(path.next)]; match != nullptr) {
        apply(path, *match);
        path.distance += std::abs(match->reference - match->hypothesis);
        keep(path);
      }
    }
    if (next_queue_.empty()) keep(queue_.front());
    queue_.swap(next_queue_);
  }

  /// Each free match at the current word makes a path; one more skips the word.
  void choose(const Matcher& matcher, Path path, int32_t current) {
    for (const Match& match : matcher.at(current)) {
      if (!is_free(path, match)) continue;
      Path child = path;
      apply(child, match);
      child.added = &match;
      keep(child);
      // As in METEOR: the distance goes to the parent; later siblings have it, this child has not.
      path.distance += std::abs(match.reference - match.hypothesis);
    }
    if (path.last_end != -1) {
      ++path.chunks;
      path.last_end = -1;
    }
    ++path.next;
    keep(path);
  }

  void apply(Path& path, const Match& match) const {
    path.hypothesis_weight += search_weight(match.module, match.hypothesis_length);
    path.reference_weight += search_weight(match.module, match.reference_length);
    if (path.last_end != -1 && match.hypothesis != path.last_end) ++path.chunks;
    path.next = match.reference_end();
    path.last_end = match.hypothesis_end();
  }

  /// Cut in between, the queue ends up with the same paths in the same order.
  void keep(const Path& path) {
    next_queue_.push_back(path);
    if (next_queue_.size() >= kMostWaiting) cut(next_queue_);
  }

  bool is_used(const Path& path, int32_t bit) const {
    const auto index = static_cast<size_t>(bit);
    return (bits_[path.bits + index / 64] >> (index % 64) & 1) != 0;
  }

  bool is_free(const Path& path, const Match& match) const {
    for (int32_t j = match.reference; j < match.reference_end(); ++j) {
      if (is_used(path, j)) return false;
    }
    for (int32_t i = match.hypothesis; i < match.hypothesis_end(); ++i) {
      if (is_used(path, reference_size_ + i)) return false;
    }
    return true;
  }

  void mark(std::vector<uint64_t>& bits, const Path& path, const Match& match) const {
    const auto set = [&](int32_t bit) {
      const auto index = static_cast<size_t>(bit);
      bits[path.bits + index / 64] |= uint64_t{1} << (index % 64);
    };
    for (int32_t j = match.reference; j < match.reference_end(); ++j) set(j);
    for (int32_t i = match.hypothesis; i < match.hypothesis_end(); ++i) set(reference_size_ + i);
  }

  void collect(const Path& path) {
    result_.clear();
    for (int32_t node = path.chosen; node != -1;
         node = nodes_[static_cast<size_t>(node)].previous) {
      result_.push_back(*nodes_[static_cast<size_t>(node)].match);
    }
    for (const Match* match : fixed_) {
      if (match != nullptr) result_.push_back(*match);
    }
    std::sort(result_.begin(), result_.end(),
              [](const Match& a, const Match& b) { return a.reference < b.reference; });
  }

  std::vector<const Match*> fixed_;  // by reference start
  std::vector<Path> queue_, next_queue_, sorted_;
  std::vector<Rank> ranks_;
  std::vector<uint64_t> bits_, next_bits_;
  std::vector<Node> nodes_;
  std::vector<Match> result_;
  size_t words_per_path_ = 0;
  int32_t reference_size_ = 0;  // hypothesis word i has bit reference_size_ + i
};

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
  size_t number = 0;
  for (const auto& item : corpus.items()) {
    matcher.set_hypothesis(item.prediction, ++number);
    meteor::Counts best{};
    double best_score = -1.0;
    for (const size_t reference : item.reference_texts()) {
      matcher.match(reference);
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
