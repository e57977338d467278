#include <algorithm>
#include <utility>

#include "search.h"

namespace eida {

std::vector<BeamSearch::Candidate> BeamSearch::best_candidates(
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

void BeamSearch::keep_ended(Branch branch) {
  const float score = penalised(branch.score, generated_);
  const auto place = std::upper_bound(ended_.begin(), ended_.end(), score,
                                      [](float s, const Ended& e) { return s > e.score; });
  ended_.insert(place, {std::move(branch), score});
  if (static_cast<int64_t>(ended_.size()) > limits_.beams) ended_.pop_back();
}

bool BeamSearch::is_over(const std::vector<Branch>& running) const {
  if (running.empty()) return true;
  if (static_cast<int64_t>(ended_.size()) < limits_.beams) return false;
  // Without early stopping: over when the best branch, were it to end now, would not be kept.
  return limits_.early_stopping ||
         !(penalised(running.front().score, generated_) > ended_.back().score);
}

void BeamSearch::advance(const std::vector<Proposal>* proposals) {
  const auto candidates = best_candidates(proposals);
  const auto beams = static_cast<size_t>(limits_.beams);
  ++generated_;
  std::vector<Branch> running;
  for (size_t i = 0; i < candidates.size(); ++i) {
    Branch branch = extend(branches_, candidates[i].branch, candidates[i].proposal);
    if (!ends(branch)) {
      if (running.size() < beams) running.push_back(std::move(branch));
    } else if (i < beams) {  // only the best `beams` continuations may end an output
      keep_ended(std::move(branch));
    }
  }
  // A dead end: what there is stands for outputs at the length limit.
  if (candidates.empty() && ended_.empty()) {
    --generated_;
    for (const Branch& branch : branches_) keep_ended(branch);
  }
  branches_ = is_over(running) ? std::vector<Branch>() : std::move(running);
}

Generated BeamSearch::result() const {
  Generated generated;
  for (const Ended& ended : ended_) {
    Output output = to_output(ended.branch, ended.score);
    if (&ended == &ended_.front()) {
      static_cast<Output&>(generated) = std::move(output);
    } else {
      generated.alternatives.push_back(std::move(output));
    }
  }
  return generated;
}

}  // namespace eida
