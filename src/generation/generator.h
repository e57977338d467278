// The loop: which prompts are in memory, and what each pass of the model computes.
#pragma once

#include <cstdint>
#include <vector>

#include "../model/transformer.h"
#include "eida/core/rng.h"
#include "eida/generation/generate.h"
#include "search.h"
#include "slot_pool.h"

namespace eida {

/// A prompt with its limits and the slots it may need at most.
struct Job {
  size_t index = 0;  ///< in the order given
  const std::vector<int32_t>* prompt = nullptr;
  SearchLimits limits;
  int64_t most_slots = 0;
};

/// Continues jobs, several at a time: as soon as one is done, its memory goes to the next.
class Generator {
 public:
  /// \param options with end_tokens and max_batch_tokens resolved. \param slots of the cache: what
  /// the jobs in memory may need together.
  Generator(Decoder& decoder, const GenerateOptions& options, int64_t slots);

  /// \param jobs in the order in which they start. \param results [index of the job], filled
  void run(const std::vector<Job>& jobs, std::vector<Generated>& results);
  const GenerateStatistics& statistics() const { return statistics_; }

 private:
  /// A job in memory.
  struct Active {
    const Job* job;
    Search search;
    Rng stream;
    std::vector<int32_t> prompt_slots;
    std::vector<std::vector<int32_t>> branch_slots;  ///< of the new tokens of each branch
  };

  void admit(const std::vector<Job>& jobs, size_t& next);
  CachedRows next_rows();
  void add_prompt(Active& active, CachedRows& rows);
  void add_branches(Active& active, CachedRows& rows);
  Proposals propose(const at::Tensor& hidden);
  BannedTokens banned_of_branches() const;
  void advance(const Proposals& proposals);
  void follow_branches(Active& active);
  void retire(std::vector<Generated>& results);

  Decoder& decoder_;
  const GenerateOptions& options_;
  KvCache cache_;
  SlotPool pool_;
  int64_t slots_, reserved_ = 0, rows_ = 0;
  std::vector<Active> active_;
  GenerateStatistics statistics_;
};

}  // namespace eida
