#include "search.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace eida {
namespace {

/// Last tokens of the n-grams of `text` that begin as `text` ends.
void ban_repeated(const std::vector<int32_t>& text, size_t n, std::vector<int32_t>& banned) {
  if (text.size() < n) return;
  const auto ending = text.end() - static_cast<int64_t>(n - 1);
  for (auto begin = text.begin(); begin + static_cast<int64_t>(n) <= text.end(); ++begin) {
    if (std::equal(ending, text.end(), begin))
      banned.push_back(*(begin + static_cast<int64_t>(n - 1)));
  }
}

}  // namespace

std::vector<Search::Candidate> Search::best_candidates(
    const std::vector<Proposal>* proposals) const {
  std::vector<Candidate> candidates;
  for (size_t b = 0; b < branches_.size(); ++b) {
    for (const Proposal& proposal : proposals[b])
      candidates.push_back({b, proposal, branches_[b].score + proposal.log_probability});
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  candidates.resize(std::min(candidates.size(), static_cast<size_t>(proposals_wanted())));
  return candidates;
}

/// log-probability / tokens^penalty; of no token 0.
float Search::penalised(float score) const {
  if (generated_ == 0) return score;
  const auto tokens = static_cast<double>(generated_);
  return score / static_cast<float>(std::pow(tokens, limits_.length_penalty));
}

bool Search::ends(const Branch& branch) const {
  const auto length = limits_.prompt_length + static_cast<int64_t>(branch.tokens.size());
  return ends(branch.tokens.back()) || length >= limits_.length;
}

void Search::keep_ended(Branch branch) {
  const float score = penalised(branch.score);
  const auto place = std::upper_bound(ended_.begin(), ended_.end(), score,
                                      [](float s, const Ended& e) { return s > e.score; });
  ended_.insert(place, {std::move(branch), score});
  if (static_cast<int64_t>(ended_.size()) > limits_.beams) ended_.pop_back();
}

bool Search::is_over(const std::vector<Branch>& running) const {
  if (running.empty()) return true;
  if (static_cast<int64_t>(ended_.size()) < limits_.beams) return false;
  // Without early stopping: over when the best branch, were it to end now, would not be kept.
  return limits_.early_stopping || !(penalised(running.front().score) > ended_.back().score);
}

void Search::advance(const std::vector<Proposal>* proposals) {
  const auto candidates = best_candidates(proposals);
  const auto beams = static_cast<size_t>(limits_.beams);
  // A dead end: what there is stands for outputs at the length limit.
  if (candidates.empty() && ended_.empty()) {
    for (const Branch& branch : branches_) keep_ended(branch);
  }
  ++generated_;
  std::vector<Branch> running;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const auto& [parent, proposal, score] = candidates[i];
    Branch branch{branches_[parent].tokens, score, parent};
    branch.tokens.push_back(proposal.token);
    if (!ends(branch)) {
      if (running.size() < beams) running.push_back(std::move(branch));
    } else if (i < beams) {  // only the best `beams` continuations may end an output
      keep_ended(std::move(branch));
    }
  }
  branches_ = is_over(running) ? std::vector<Branch>() : std::move(running);
}

Generated Search::result() const {
  Generated generated;
  for (const Ended& ended : ended_) {
    Output& output = &ended == &ended_.front() ? generated : generated.alternatives.emplace_back();
    output.tokens = ended.branch.tokens;
    output.score = static_cast<double>(ended.score);
    output.finished = !output.tokens.empty() && ends(output.tokens.back());
    if (output.finished) output.tokens.pop_back();
  }
  return generated;
}

std::vector<int32_t> banned_tokens(const std::vector<int32_t>& prompt,
                                   const std::vector<int32_t>& output,
                                   const GenerateOptions& options) {
  std::vector<int32_t> banned;
  if (options.no_repeat_ngram_size > 0) {
    std::vector<int32_t> text = prompt;
    text.insert(text.end(), output.begin(), output.end());
    ban_repeated(text, static_cast<size_t>(options.no_repeat_ngram_size), banned);
  }
  if (static_cast<int64_t>(prompt.size() + output.size()) < options.min_length)
    banned.insert(banned.end(), options.end_tokens.begin(), options.end_tokens.end());
  std::sort(banned.begin(), banned.end());
  return banned;
}

}  // namespace eida
