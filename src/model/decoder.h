// Causal attention and a head over the vocabulary, as they are declared.
#pragma once

#include <vector>

#include "kv_cache.h"
#include "transformer.h"

namespace eida {

class Decoder : public Transformer {
 public:
  Decoder(const ModelConfig& config, std::vector<NamedTensor> parameters);
  at::Tensor logits(const PackedBatch& batch) override;  // [M, V]
  at::Tensor loss(const PackedBatch& batch, double label_smoothing) override;

  /// Takes tokens whose predecessors are in the cache, or come before them in `rows`. Whole prompts
  /// and single new tokens may go together.
  /// \return what meets the vocabulary, after the last norm, in the compute dtype // [M, d]
  at::Tensor step(const CachedRows& rows, const KvCache& cache);
  /// The head: a row a token, in the compute dtype. // [V, d]
  at::Tensor vocabulary_table() { return in_dtype(head_table_, compute_dtype_, cast_head_table_); }

 private:
  /// What meets the vocabulary: rows whose next token is scored, after the last norm. // [M, d]
  at::Tensor scored_hidden(const PackedBatch& batch) const;

  at::Tensor head_table_;  // the word table where the head is tied
  CastCache cast_head_table_;
};

}  // namespace eida
