#include "meteor_aligner.h"

#include <algorithm>
#include <cstdlib>

namespace eida::meteor {
namespace {

constexpr size_t kBeam = 40;

/// A match's weight for the search: its words, halved and rounded down unless it is exact.
int32_t search_weight(Module module, int32_t length) {
  return module == Module::kExact ? length : length / 2;
}

}  // namespace

const std::vector<Match>& Aligner::align(const Matcher& matcher) {
  reference_size_ = static_cast<int32_t>(matcher.reference().size());
  words_per_path_ = (matcher.reference().size() + matcher.hypothesis().size() + 63) / 64;
  nodes_.clear();
  bits_.assign(words_per_path_, 0);
  queue_.assign(1, Path());
  find_fixed(matcher);
  for (int32_t current = 0; current <= reference_size_; ++current) step(matcher, current);
  sort_queue();
  collect(queue_.front());
  return result_;
}

/// Matches without an alternative are part of every path.
void Aligner::find_fixed(const Matcher& matcher) {
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
    mark(queue_.front(), match);
  }
}

/// Orders the queue, equal paths as they came, and cuts it to the beam.
void Aligner::sort_queue() {
  if (queue_.size() == 1) return;
  ranks_.clear();
  for (const Path& path : queue_) {
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
    sorted_.push_back(queue_[static_cast<uint32_t>(rank->distance_and_index)]);
  }
  queue_.swap(sorted_);
}

void Aligner::step(const Matcher& matcher, int32_t current) {
  sort_queue();
  next_queue_.clear();
  next_bits_.clear();
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
  bits_.swap(next_bits_);
}

/// Each free match at the current word makes a path; one more skips the word.
void Aligner::choose(const Matcher& matcher, Path path, int32_t current) {
  for (const Match& match : matcher.at(current)) {
    if (!is_free(path, match)) continue;
    Path child = path;
    apply(child, match);
    child.chosen = static_cast<int32_t>(nodes_.size());
    nodes_.push_back({&match, path.chosen});
    keep(child);
    bits_.swap(next_bits_);  // mark() writes to the pool of the kept path
    mark(next_queue_.back(), match);
    bits_.swap(next_bits_);
    // As in METEOR: the distance goes to the parent, so later siblings have it and this child not.
    path.distance += std::abs(match.reference - match.hypothesis);
  }
  if (path.last_end != -1) {
    ++path.chunks;
    path.last_end = -1;
  }
  ++path.next;
  keep(path);
}

void Aligner::apply(Path& path, const Match& match) const {
  path.hypothesis_weight += search_weight(match.module, match.hypothesis_length);
  path.reference_weight += search_weight(match.module, match.reference_length);
  if (path.last_end != -1 && match.hypothesis != path.last_end) ++path.chunks;
  path.next = match.reference_end();
  path.last_end = match.hypothesis_end();
}

/// Appends the path and its used words to the next queue.
void Aligner::keep(const Path& path) {
  next_queue_.push_back(path);
  next_queue_.back().bits = next_bits_.size();
  next_bits_.insert(next_bits_.end(), bits_.begin() + static_cast<ptrdiff_t>(path.bits),
                    bits_.begin() + static_cast<ptrdiff_t>(path.bits + words_per_path_));
}

bool Aligner::is_used(const Path& path, int32_t bit) const {
  const auto index = static_cast<size_t>(bit);
  return (bits_[path.bits + index / 64] >> (index % 64) & 1) != 0;
}

bool Aligner::is_free(const Path& path, const Match& match) const {
  for (int32_t j = match.reference; j < match.reference_end(); ++j) {
    if (is_used(path, j)) return false;
  }
  for (int32_t i = match.hypothesis; i < match.hypothesis_end(); ++i) {
    if (is_used(path, reference_size_ + i)) return false;
  }
  return true;
}

void Aligner::mark(const Path& path, const Match& match) {
  const auto set = [&](int32_t bit) {
    const auto index = static_cast<size_t>(bit);
    bits_[path.bits + index / 64] |= uint64_t{1} << (index % 64);
  };
  for (int32_t j = match.reference; j < match.reference_end(); ++j) set(j);
  for (int32_t i = match.hypothesis; i < match.hypothesis_end(); ++i) set(reference_size_ + i);
}

void Aligner::collect(const Path& path) {
  result_.clear();
  for (int32_t node = path.chosen; node != -1; node = nodes_[static_cast<size_t>(node)].previous) {
    result_.push_back(*nodes_[static_cast<size_t>(node)].match);
  }
  for (const Match* match : fixed_) {
    if (match != nullptr) result_.push_back(*match);
  }
  std::sort(result_.begin(), result_.end(),
            [](const Match& a, const Match& b) { return a.reference < b.reference; });
}

}  // namespace eida::meteor
