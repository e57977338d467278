// Chooses among the model's proposals: the state of one prompt's output.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "eida/generation/generate.h"
#include "proposals.h"

namespace eida {

/// One prompt's limits, resolved from the options.
struct SearchLimits {
  int64_t prompt_length = 0;
  int64_t length = 0;  ///< prompt and output at most
  int64_t beams = 1;
  std::vector<int32_t> end_tokens = {};
  double length_penalty = 1.0;
  bool early_stopping = true;
};

/// A partial output, continued by the next pass.
struct Branch {
  std::vector<int32_t> tokens;  ///< new ones
  float score = 0.0F;           ///< sum of log-probabilities
  size_t parent = 0;            ///< index among the branches before the last advance()
};

/// Beam search as transformers 5.23 does it, for one prompt on its own. With one beam it takes the
/// first proposal each time: greedy choice, or sampling when the proposals are drawn.
/// Source: transformers/generation/utils.py, _beam_search.
// Differs from the reference: where fewer than 2 * beams continuations are left, because nearly the
// whole vocabulary is banned, it goes on with impossible ones of score -1e9; here they are dropped.
class Search {
 public:
  explicit Search(const SearchLimits& limits) : limits_(limits), branches_(1) {}

  /// One branch, the prompt, before the first advance(); none when the search is over.
  const std::vector<Branch>& branches() const { return branches_; }
  /// \param proposals for each branch, in their order.
  void advance(const std::vector<Proposal>* proposals);
  /// Once the search is over.
  Generated result() const;
  /// Proposals that each branch needs: so many that `beams` are left when the end tokens are the
  /// best of every branch.
  int64_t proposals_wanted() const {
    const auto ends = std::max<int64_t>(1, std::ssize(limits_.end_tokens));
    return limits_.beams > 1 ? (1 + ends) * limits_.beams : 1;
  }

 private:
  struct Ended {
    Branch branch;
    float score;  ///< penalised
  };
  struct Candidate {
    size_t branch;
    Proposal proposal;
    float score;
  };
  std::vector<Candidate> best_candidates(const std::vector<Proposal>* proposals) const;
  float penalised(float score) const;
  bool ends(const Branch& branch) const;
  bool ends(int32_t token) const { return std::ranges::count(limits_.end_tokens, token) > 0; }
  void keep_ended(Branch branch);
  bool is_over(const std::vector<Branch>& running) const;

  SearchLimits limits_;
  std::vector<Branch> branches_;
  std::vector<Ended> ended_;  ///< at most `beams`, the best first
  int64_t generated_ = 0;     ///< tokens of every branch, the end token included
};

/// Tokens that must not come next: the end token while the text is shorter than min_length, and
/// what would repeat an n-gram. \param output so far. \return ascending
std::vector<int32_t> banned_tokens(const std::vector<int32_t>& prompt,
                                   const std::vector<int32_t>& output,
                                   const GenerateOptions& options);

}  // namespace eida
