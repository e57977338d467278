/// Text from a decoder: beam search, greedy choice and sampling, as transformers' `generate`.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "eida/model/pretrained_model.h"
#include "eida/parallel/communicator.h"

namespace eida {

/// Names, meanings and defaults are transformers' where both have them. Lengths count tokens of
/// each prompt on its own: nothing depends on the prompts beside it.
struct GenerateOptions {
  int64_t beams = 1;                 ///< width of beam search; 1: the likeliest token each time
  int64_t max_length = 144;          ///< prompt and output, >= 1
  int64_t max_new_tokens = 0;        ///< output, end token included; 0: max_length says
  int64_t min_length = 0;            ///< prompt and output; the end token does not come before
  bool early_stopping = true;        ///< stop when `beams` outputs have ended
  double length_penalty = 1.0;       ///< score = log-probability / (tokens, end included)^penalty
  int64_t no_repeat_ngram_size = 0;  ///< no n-gram of prompt and output twice; 0: off
  bool sample = false;               ///< draw tokens; with beams = 1 only
  double temperature = 1.0;          ///< sampling: divides the logits; > 0
  int64_t top_k = 0;                 ///< sampling: the k likeliest tokens only; 0: all
  double top_p = 1.0;                ///< sampling: the likeliest that make up p; in (0, 1]
  uint64_t seed = 0;                 ///< sampling: stream "generate", index = number of the prompt
  std::vector<int32_t> end_tokens = {};  ///< end an output; empty: the model's eos_token_id, if any
  int64_t max_batch_tokens = 0;          ///< tokens kept in memory at once; 0: kDefaultBatchTokens
  /// Called after every pass with what was finished since the last call. \param prompts
  /// \param tokens of their best outputs
  std::function<void(int64_t prompts, int64_t tokens)> progress = {};
  /// Each process continues its part of the prompts; every one gets all results.
  const Communicator* processes = &Communicator::single();
};

inline constexpr int64_t kDefaultBatchTokens = 32'768;

/// One output of a prompt.
struct Output {
  std::vector<int32_t> tokens;  ///< new ones; the end token is not among them
  double score = 0.0;           ///< transformers' sequences_scores, whatever the method
  bool finished = false;        ///< ended with the end token, not at the length limit
};

/// What became of a prompt: the best output, and the others of the beam search, best first.
struct Generated : Output {
  std::vector<Output> alternatives;
};

/// Memory and work of a generation.
struct GenerateStatistics {
  int64_t peak_tokens = 0;       ///< most tokens kept at once; <= max_batch_tokens
  int64_t passes = 0;            ///< of the model
  int64_t generated_tokens = 0;  ///< rows of those passes that made a token
};

/// Continues every prompt. Evaluation mode and no autograd within; prompts of like length go
/// together, results come in the order given. SIGINT and SIGTERM end it.
/// \param statistics of this process's part, filled when not null.
/// \throws ConfigError an encoder, options that contradict each other, or max_batch_tokens below
/// what one prompt needs. \throws DataError an empty prompt, one that leaves no room for a token
/// within max_length or the model's positions, or an id outside the vocabulary.
std::vector<Generated> generate(PretrainedModel& model,
                                const std::vector<std::vector<int32_t>>& prompts,
                                const GenerateOptions& options,
                                GenerateStatistics* statistics = nullptr);

}  // namespace eida
