#include "encoder.h"

#include <ATen/ops/embedding.h>
#include <ATen/ops/tensor.h>

#include <utility>

#include "checkpointing.h"
#include "dropout.h"
#include "eida/tensor/device.h"
#include "relative_bias.h"

namespace eida {
namespace {

at::Tensor first_rows(const PackedBatch& batch, at::Device device) {  // [S]
  const std::vector<int64_t> first(batch.offsets.begin(), batch.offsets.end() - 1);
  return to_device(at::tensor(first, at::TensorOptions(at::kLong)), device);
}

}  // namespace

Encoder::Encoder(const ModelConfig& config, std::vector<NamedTensor> parameters)
    : Transformer(config, std::move(parameters)), head_(*declared_.class_head) {
  const ParameterSource source = source_of(parameters_);
  head_dense_ = make_linear(source, head_.dense, declared_.layout);
  head_output_ = make_linear(source, head_.output, declared_.layout);
  places_.add_input(head_dense_.name() + ":in", head_.role, config.num_layers,
                    head_dense_.in_features(), /*in_head=*/true);
  places_.add_site(head_dense_.name(), head_.role, head_dense_.out_features(), &head_dense_);
}

at::Tensor Encoder::score_bias(const at::Tensor& buckets) const {
  if (!buckets.defined()) return {};
  return at::embedding(relative_table_, buckets).permute({2, 0, 1});
}

at::Tensor Encoder::classify(const at::Tensor& first_tokens) const {
  at::Tensor x = first_tokens;
  if (head_.dropout_first) x = drop(x, config_.classifier_dropout, training_);
  x = activate(head_dense_.forward(x), head_.activation);
  x = drop(x, config_.classifier_dropout, training_);
  return head_output_.forward(x).to(at::kFloat);
}

at::Tensor Encoder::logits(const PackedBatch& batch) {
  check(batch);
  const auto layout = make_layout(batch.offsets, device());
  at::Tensor buckets;
  if (relative_table_.defined())
    buckets = to_device(relative_buckets(layout->groups.front().width, declared_.relative_bias),
                        device());
  // A block that is computed again needs a graph of its own.
  const at::Tensor shared_bias = recomputes() ? at::Tensor() : score_bias(buckets);
  const at::Tensor first = first_rows(batch, device());
  at::Tensor x = embed(batch);
  // A sampler sees every token in every layer; anyone else needs first tokens behind the last one.
  const bool watched = head_dense_.tap() != nullptr || blocks_.back()->tapped();
  for (const auto& block : blocks_) {
    const bool last = block == blocks_.back() && !watched;
    BlockPass pass = new_pass();
    if (last) pass.rows = first;
    pass.rows_ask = last && block->separate();
    const auto queries =
        pass.rows_ask ? first_token_layout(*layout, batch.offsets, device()) : layout;
    pass.mix = [queries, layout](const Projected& in, const AttentionOptions& options) {
      return attention(in.q, in.k, in.v, queries, layout, options);
    };
    const auto run = [this, &block = *block, pass, shared_bias, buckets](const at::Tensor& in) {
      BlockPass with_bias = pass;
      with_bias.bias = recomputes() ? score_bias(buckets) : shared_bias;
      return block.forward(in, with_bias);
    };
    x = recomputes() && !last ? checkpointed(run, x) : run(x);
  }
  x = final_norm_(x);
  if (watched) {
    if (head_dense_.tap() != nullptr) head_dense_.tap()->on_sequence_output(x.detach());
    x = x.index_select(0, first);
  }
  return classify(x).index_select(0, to_device(batch.target_rows, x.device()));  // [M, C]
}

at::Tensor Encoder::loss(const PackedBatch& batch, double label_smoothing) {
  return weighted_cross_entropy(logits(batch), batch, label_smoothing);
}

}  // namespace eida
