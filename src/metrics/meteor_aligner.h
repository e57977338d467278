/// METEOR's search for the alignment of a hypothesis and a reference.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "meteor_matcher.h"

namespace eida::meteor {

/// Beam search over the reference's words. It follows METEOR 1.5 to the letter, its rounding of
/// weights and its bookkeeping of distances included, because they decide between alignments.
class Aligner {
 public:
  /// Chosen matches by reference start. Valid until the next call.
  const std::vector<Match>& align(const Matcher& matcher);

 private:
  /// An alignment under construction; its used words are bits in a pool.
  struct Path {
    int32_t hypothesis_weight = 0, reference_weight = 0;
    int32_t chunks = 0, next = 0, distance = 0;
    int32_t last_end = -1;  // hypothesis word behind the last match; -1 after a skipped word
    int32_t chosen = -1;    // last node of its list of matches
    size_t bits = 0;        // where its used words are in the pool
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

  void find_fixed(const Matcher& matcher);
  void step(const Matcher& matcher, int32_t current);
  void choose(const Matcher& matcher, Path path, int32_t current);
  void apply(Path& path, const Match& match) const;
  void keep(const Path& path);
  void sort_queue();
  void collect(const Path& path);

  bool is_used(const Path& path, int32_t bit) const;
  bool is_free(const Path& path, const Match& match) const;
  void mark(const Path& path, const Match& match);

  std::vector<const Match*> fixed_;  // by reference start
  std::vector<Path> queue_, next_queue_, sorted_;
  std::vector<Rank> ranks_;
  std::vector<uint64_t> bits_, next_bits_;
  std::vector<Node> nodes_;
  std::vector<Match> result_;
  size_t words_per_path_ = 0;
  int32_t reference_size_ = 0;  // hypothesis word i has bit reference_size_ + i
};

}  // namespace eida::meteor
