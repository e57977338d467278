// What is done with the model's proposals: the state of one prompt's output.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "eida/generation/generate.h"
#include "proposal.h"

namespace eida {

/// One prompt's limits, resolved from the options.
struct SearchLimits {
  int64_t prompt_length = 0;
  int64_t length = 0;  ///< prompt and output at most
  int64_t beams = 1;
  int32_t end_token = -1;
  double length_penalty = 1.0;
  bool early_stopping = true;
};

/// A partial output, continued by the next pass.
struct Branch {
  std::vector<int32_t> tokens;  ///< new ones
  float score = 0.0F;           ///< sum of log-probabilities
  size_t parent = 0;            ///< index among the branches before the last advance()
};

class Search {
 public:
  explicit Search(const SearchLimits& limits) : limits_(limits), branches_(1) {}
  virtual ~Search() = default;
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  /// One branch, the prompt, before the first advance(); none when the search is over.
  const std::vector<Branch>& branches() const { return branches_; }
  /// \param proposals for each branch, in their order.
  virtual void advance(const std::vector<Proposal>* proposals) = 0;
  /// Once the search is over.
  virtual Generated result() const = 0;
  /// Tokens that a branch wants to hear about.
  virtual int64_t proposals_wanted() const = 0;

 protected:
  /// log-probability / tokens^penalty. \param tokens the end token included
  float penalised(float score, int64_t tokens) const;
  bool ends(const Branch& branch) const;
  Output to_output(const Branch& branch, float score) const;

  SearchLimits limits_;
  std::vector<Branch> branches_;
};

/// The branch followed by a proposal.
Branch extend(const std::vector<Branch>& branches, size_t parent, const Proposal& proposal);

/// Takes the first proposal each time: greedy choice, or sampling when the proposals are drawn.
class SingleSearch : public Search {
 public:
  using Search::Search;
  void advance(const std::vector<Proposal>* proposals) override;
  Generated result() const override { return {to_output(last_, score_), {}}; }
  int64_t proposals_wanted() const override { return 1; }

 private:
  Branch last_;
  float score_ = 0.0F;
};

/// Beam search as transformers 5.23 does it, for one prompt on its own.
/// Source: transformers/generation/utils.py, _beam_search.
// Differs from the reference: where fewer than 2 * beams continuations are left, because nearly the
// whole vocabulary is banned, it goes on with impossible ones of score -1e9; here they are dropped.
class BeamSearch : public Search {
 public:
  using Search::Search;
  void advance(const std::vector<Proposal>* proposals) override;
  Generated result() const override;
  /// So many that `beams` are left when the end token is the best of every branch.
  int64_t proposals_wanted() const override { return 2 * limits_.beams; }

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
  void keep_ended(Branch branch);
  bool is_over(const std::vector<Branch>& running) const;

  std::vector<Ended> ended_;  ///< at most `beams`, the best first
  int64_t generated_ = 0;     ///< tokens of every branch
};

std::unique_ptr<Search> make_search(const SearchLimits& limits);

}  // namespace eida
