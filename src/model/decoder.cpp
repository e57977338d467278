#include "decoder.h"

#include <utility>

#include "affine.h"
#include "checkpointing.h"
#include "cross_entropy.h"
#include "eida/tensor/device.h"

namespace eida {

Decoder::Decoder(const ModelConfig& config, std::vector<NamedTensor> parameters)
    : Transformer(config, std::move(parameters)) {
  const VocabularyHeadSpec& head = *declared_.vocabulary_head;
  head_table_ = head.tied_to.empty() ? make_table(source_of(parameters_), head.name) : word_table_;
}

at::Tensor Decoder::scored_hidden(const PackedBatch& batch) const {
  check(batch);
  BlockPass pass = new_pass();
  pass.mix = [layout = make_layout(batch.offsets, device())](const Projected& in,
                                                             const AttentionOptions& options) {
    return attention(in.q, in.k, in.v, layout, options);
  };
  at::Tensor x = embed(batch);
  // Only rows whose next token is scored meet the vocabulary, the largest matrix of the model, and
  // behind the last attention nobody but a sampler needs the others.
  const at::Tensor scored = to_device(batch.target_rows, x.device());
  const bool watched = blocks_.back()->tapped();
  for (const auto& block : blocks_) {
    if (block == blocks_.back() && !watched) pass.rows = scored;
    const auto run = [&block = *block, pass](const at::Tensor& in) {
      return block.forward(in, pass);
    };
    x = recomputes() ? checkpointed(run, x) : run(x);
  }
  return final_norm_(watched ? x.index_select(0, scored) : x);
}

at::Tensor Decoder::logits(const PackedBatch& batch) {
  const at::Tensor x = scored_hidden(batch);
  return affine(x, in_dtype(head_table_, x.scalar_type(), cast_head_table_)).to(at::kFloat);
}

at::Tensor Decoder::loss(const PackedBatch& batch, double label_smoothing) {
  const at::Tensor x = scored_hidden(batch);
  return linear_cross_entropy(x, head_table_, cast_head_table_,
                              {to_device(batch.targets, x.device()),
                               to_device(batch.target_weights, x.device()), label_smoothing});
}

}  // namespace eida
