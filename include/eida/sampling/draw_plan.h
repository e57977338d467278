/// Which tokens are sampled: decided by seed and example alone, never by how examples are put into
/// passes.
#pragma once

#include <cstdint>
#include <vector>

#include "eida/core/choices.h"
#include "eida/data/example.h"

namespace eida {

struct DrawOptions {
  TaskKind task = TaskKind::kClassification;
  int64_t batch_size = 16;         ///< examples of one logical batch
  int64_t tokens_per_example = 2;  ///< classification: distinct tokens of each example
  double token_rate = 0.0075;      ///< completion: p
  TokenWeighting weighting = TokenWeighting::kPrefixCount;
  bool head_first_token =
      false;  ///< classifier_tokens: first -> one vector an example at the head's place
  uint64_t seed = 0;
  uint64_t repeat = 0;
};

/// Token `token` of example `example` (its number in the list, see draw_tokens()).
struct TokenDraw {
  int64_t example;
  int64_t token;
};

/// Draws of one input space, ordered by example.
using SpaceDraws = std::vector<TokenDraw>;

/// Draws at every input space, independently; the head's place, if any, is the last one
/// (`has_head`). An example's draws depend on seed, repeat, its number in the list and
/// (kPrefixCountBatch) its logical batch only: never on how examples are put into passes or spread
/// over processes. \param first number of the first example where `examples` are a part of the
/// list; whole logical batches. \throws DataError when an example has fewer tokens than
/// tokens_per_example.
std::vector<SpaceDraws> draw_tokens(const std::vector<const TokenExample*>& examples,
                                    int64_t input_spaces, bool has_head, const DrawOptions& options,
                                    int64_t first = 0);

/// How many draws draw_tokens() gives each input space, without holding them.
std::vector<int64_t> count_draws(const std::vector<const TokenExample*>& examples,
                                 int64_t input_spaces, bool has_head, const DrawOptions& options,
                                 int64_t first = 0);

/// m_j for every token of one sequence of `length` tokens whose labelled positions are
/// context_length .. length-1: the number of labelled positions i > j.
std::vector<int64_t> prefix_counts(int64_t length, int64_t context_length);

}  // namespace eida
