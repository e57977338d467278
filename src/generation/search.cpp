#include "search.h"

#include <cmath>

namespace eida {

Branch extend(const std::vector<Branch>& branches, size_t parent, const Proposal& proposal) {
  Branch longer = branches[parent];
  longer.tokens.push_back(proposal.token);
  longer.score += proposal.log_probability;
  longer.parent = parent;
  return longer;
}

float Search::penalised(float score, int64_t tokens) const {
  return score / static_cast<float>(std::pow(static_cast<double>(tokens), limits_.length_penalty));
}

bool Search::ends(const Branch& branch) const {
  const auto length = limits_.prompt_length + static_cast<int64_t>(branch.tokens.size());
  return branch.tokens.back() == limits_.end_token || length >= limits_.length;
}

Output Search::to_output(const Branch& branch, float score) const {
  Output output{branch.tokens, static_cast<double>(score), false};
  if (!branch.tokens.empty() && branch.tokens.back() == limits_.end_token) {
    output.tokens.pop_back();
    output.finished = true;
  }
  return output;
}

void SingleSearch::advance(const std::vector<Proposal>* proposals) {
  if (proposals->empty()) {  // everything is banned
    last_ = branches_.front();
    branches_.clear();
    return;
  }
  last_ = extend(branches_, 0, proposals->front());
  score_ = penalised(last_.score, static_cast<int64_t>(last_.tokens.size()));
  branches_.clear();
  if (!ends(last_)) branches_.push_back(last_);
}

std::unique_ptr<Search> make_search(const SearchLimits& limits) {
  if (limits.beams > 1) return std::make_unique<BeamSearch>(limits);
  return std::make_unique<SingleSearch>(limits);
}

}  // namespace eida
