/// A batch without padding: the tokens of all sequences, one after another.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "eida/data/example.h"

namespace eida {

// Shape legend, used everywhere: S sequences, N tokens of all of them, T tokens of one, d width, h
// heads, M labelled predictions, C classes, V vocabulary.

/// Sequence s is tokens offsets[s] .. offsets[s+1]-1. Linear layers run over [N, d] and never see a
/// padding token; only attention pads, inside itself.
struct PackedBatch {
  at::Tensor ids;                // [N] int64
  at::Tensor type_ids;           // [N] int64
  std::vector<int64_t> offsets;  // [S + 1]

  /// Where a prediction is scored. Classification: one per sequence, rows are sequence numbers
  /// 0..S-1. Completion: rows n in 0..N-1 such that the token after n (same sequence) is labelled.
  at::Tensor target_rows;  // [M] int64
  at::Tensor targets;      // [M] int64, class or next token id
  /// Weight of each prediction in the loss: 1 / (predictions in its logical batch), so that a
  /// physical batch may hold several logical ones: loss = sum of their mean losses.
  at::Tensor target_weights;  // [M] float32

  int64_t sequences() const { return static_cast<int64_t>(offsets.size()) - 1; }
  int64_t tokens() const { return offsets.back(); }
};

/// Predictions of an example that the loss scores: one class, or the labelled tokens (the first of
/// a sequence never is).
int64_t scored_predictions(const TokenExample& example, TaskKind task);

/// Packs examples in the given order. `logical_batch[i]` is the number of example i's logical batch
/// (contiguous from 0); empty: all belong to one.
PackedBatch pack(const std::vector<const TokenExample*>& examples, TaskKind task,
                 const std::vector<int64_t>& logical_batch = {});

}  // namespace eida
