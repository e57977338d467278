#include "generator.h"

#include <algorithm>
#include <utility>

#include "eida/core/signals.h"

namespace eida {
namespace {

/// Branches that go together at most. Measured on 2 cores at GPT-2's size: from 320 rows on the
/// matrix products are as fast as they get.
constexpr int64_t kMostRows = 320;
/// Prompt tokens of one pass, unless a single prompt has more: bounds the activations.
constexpr int64_t kMostPromptTokens = 4096;

}  // namespace

Generator::Generator(Decoder& decoder, const GenerateOptions& options, int64_t slots)
    : decoder_(decoder),
      options_(options),
      cache_(make_kv_cache(decoder.config(), slots, decoder.vocabulary_table().options())),
      pool_(slots),
      slots_(slots) {}

void Generator::admit(const std::vector<Job>& jobs, size_t& next) {
  int64_t prompt_tokens = 0;
  for (; next < jobs.size(); ++next) {
    const Job& job = jobs[next];
    prompt_tokens += job.limits.prompt_length;
    const bool fits = reserved_ + job.most_slots <= slots_ && rows_ + options_.beams <= kMostRows &&
                      prompt_tokens <= kMostPromptTokens;
    if (!fits && !active_.empty()) return;
    reserved_ += job.most_slots;
    rows_ += options_.beams;
    active_.push_back(
        {&job, Search(job.limits), Rng(options_.seed, "generate", job.index), {}, {}});
  }
}

void Generator::add_prompt(Active& active, CachedRows& rows) {
  const auto& prompt = *active.job->prompt;
  const auto begin = static_cast<int64_t>(rows.visible.size());
  for (size_t t = 0; t < prompt.size(); ++t) {
    active.prompt_slots.push_back(pool_.take());
    rows.visible.push_back(active.prompt_slots.back());
    const auto position = static_cast<int64_t>(t);
    rows.add(prompt[t], position, begin, position + 1);
  }
  active.branch_slots.resize(1);
  rows.scored.push_back(rows.size() - 1);
}

void Generator::add_branches(Active& active, CachedRows& rows) {
  const auto& branches = active.search.branches();
  const auto& prompt_slots = active.prompt_slots;
  for (size_t b = 0; b < branches.size(); ++b) {
    auto& slots = active.branch_slots[b];
    slots.push_back(pool_.take());
    const auto begin = static_cast<int64_t>(rows.visible.size());
    rows.visible.insert(rows.visible.end(), prompt_slots.begin(), prompt_slots.end());
    rows.visible.insert(rows.visible.end(), slots.begin(), slots.end());
    const auto length = static_cast<int64_t>(prompt_slots.size() + slots.size());
    rows.add(branches[b].tokens.back(), length - 1, begin, length);
    rows.scored.push_back(rows.size() - 1);
  }
}

CachedRows Generator::next_rows() {
  CachedRows rows;
  for (Active& active : active_) {
    if (active.prompt_slots.empty()) {
      add_prompt(active, rows);
    } else {
      add_branches(active, rows);
    }
  }
  return rows;
}

BannedTokens Generator::banned_of_branches() const {
  BannedTokens banned;
  if (options_.no_repeat_ngram_size == 0 && options_.min_length == 0) return banned;
  for (const Active& active : active_) {
    for (const Branch& branch : active.search.branches())
      banned.push_back(banned_tokens(*active.job->prompt, branch.tokens, options_));
  }
  return banned;
}

Proposals Generator::propose(const at::Tensor& hidden) {
  const HeadInput input{hidden, decoder_.vocabulary_table()};
  if (!options_.sample) {
    const int64_t wanted = active_.front().search.proposals_wanted();
    return top_tokens(input, std::min(wanted, input.table.size(0)), banned_of_branches());
  }
  std::vector<Rng*> streams;
  for (Active& active : active_) streams.push_back(&active.stream);
  return draw_tokens(input, options_, banned_of_branches(), streams);
}

/// Branches that go on keep the slots of their past; those of the others become free.
void Generator::follow_branches(Active& active) {
  std::vector<std::vector<int32_t>> next;
  for (const Branch& branch : active.search.branches()) {
    next.push_back(active.branch_slots[branch.parent]);
    pool_.retain(next.back());
  }
  for (const auto& slots : active.branch_slots) pool_.release(slots);
  active.branch_slots = std::move(next);
}

void Generator::advance(const Proposals& proposals) {
  const std::vector<Proposal>* row = proposals.data();
  for (Active& active : active_) {
    const size_t branches = active.search.branches().size();
    active.search.advance(row);
    row += branches;
    follow_branches(active);
  }
}

void Generator::retire(std::vector<Generated>& results) {
  int64_t prompts = 0, tokens = 0;
  for (Active& active : active_) {
    if (!active.search.branches().empty()) continue;
    Generated& result = results[active.job->index] = active.search.result();
    ++prompts;
    tokens += static_cast<int64_t>(result.tokens.size());
    pool_.release(active.prompt_slots);
    reserved_ -= active.job->most_slots;
    rows_ -= options_.beams;
  }
  std::erase_if(active_, [](const Active& a) { return a.search.branches().empty(); });
  if (options_.progress) options_.progress(prompts, tokens);
}

void Generator::run(const std::vector<Job>& jobs, std::vector<Generated>& results) {
  size_t next = 0;
  while (next < jobs.size() || !active_.empty()) {
    check_interrupted();
    admit(jobs, next);
    const CachedRows rows = next_rows();
    advance(propose(decoder_.step(rows, cache_)));
    ++statistics_.passes;
    statistics_.generated_tokens += static_cast<int64_t>(rows.scored.size());
    statistics_.peak_tokens = pool_.peak();
    retire(results);
  }
}

}  // namespace eida
