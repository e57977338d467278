#include "transformer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/segment_reduce.h>

#include <algorithm>
#include <utility>

#include "cross_entropy.h"
#include "eida/tensor/device.h"

namespace eida {
namespace {

/// The table of blocks that turn alike; nullptr: `attention` has no rotary positions.
std::shared_ptr<RotaryTable> table_for(const AttentionSpec& attention, at::Device device,
                                       std::vector<std::shared_ptr<RotaryTable>>& tables) {
  if (attention.positions != PositionEncoding::kRotary) return nullptr;
  for (const auto& table : tables) {
    if (table->spec() == attention.rotary && table->head_dim() == attention.head_dim) return table;
  }
  return tables.emplace_back(
      std::make_shared<RotaryTable>(attention.rotary, attention.head_dim, device));
}

/// Row of each token in the position table. Where the table has a row for padding, tokens that are
/// the padding token take it and are not counted. Source: transformers,
/// create_position_ids_from_input_ids.
std::vector<int64_t> positions(const PackedBatch& batch, const Architecture& declared) {  // [N]
  const int64_t padding = declared.positions.padding_row;
  std::vector<int64_t> values(static_cast<size_t>(batch.tokens()));
  const at::Tensor ids = batch.ids.cpu().contiguous();
  const auto* id = ids.const_data_ptr<int64_t>();
  for (size_t s = 0; s + 1 < batch.offsets.size(); ++s) {
    int64_t next = declared.first_position;
    for (int64_t t = batch.offsets[s]; t < batch.offsets[s + 1]; ++t) {
      const bool is_padding = padding >= 0 && id[t] == declared.words.padding_row;
      values[static_cast<size_t>(t)] = is_padding ? padding : next++;
    }
  }
  return values;
}

/// The mean of each sequence's own tokens, summed in float32. // [N, d] -> [S, d]
at::Tensor sequence_means(const at::Tensor& x, const std::vector<int64_t>& offsets) {
  const at::Tensor lengths = long_tensor(offsets).diff();
  return at::segment_reduce(x.to(at::kFloat), "mean", to_device(lengths, x.device()))
      .to(x.scalar_type());
}

}  // namespace

Transformer::Transformer(const ModelConfig& config, std::vector<NamedTensor> parameters)
    : PretrainedModel(config, std::move(parameters)), declared_(*config_.architecture) {
  const ParameterSource source = source_of(parameters_);
  word_table_ = make_table(source, declared_.words.name);
  position_table_ = make_table(source, declared_.positions.name);
  // Source: transformers, Gemma3TextScaledWordEmbedding.
  embedding_scale_ =
      at::scalar_tensor(declared_.embedding_scale, word_table_.scalar_type()).item<double>();
  type_table_ = make_table(source, declared_.types.name);
  relative_table_ = make_table(source, declared_.relative_bias.name);
  embedding_norm_ = {source, declared_.embedding_norm};
  final_norm_ = {source, declared_.final_norm};
  std::vector<std::shared_ptr<RotaryTable>> rotary;
  for (const BlockSpec& spec : declared_.blocks) {
    blocks_.push_back(std::make_unique<Block>(
        source, spec, declared_, table_for(spec.attention, word_table_.device(), rotary)));
    blocks_.back()->add_places(places_, static_cast<int64_t>(blocks_.size()) - 1);
  }
}

void Transformer::check(const PackedBatch& batch) const {
  check_lengths(batch.offsets, config_.max_length());
  check_ids(batch.ids, config_.vocab_size, "token id");
  if (type_table_.defined()) check_ids(batch.type_ids, declared_.types.rows, "token type");
}

at::Tensor Transformer::embed(const at::Tensor& ids, const at::Tensor& positions,
                              const at::Tensor& types) const {
  at::Tensor x = look_up(word_table_, ids, declared_.words.padding_row);
  if (declared_.embedding_scale != 1.0) x = x * embedding_scale_;
  if (type_table_.defined()) x = x + look_up(type_table_, types);
  if (position_table_.defined())
    x = x + look_up(position_table_, positions, declared_.positions.padding_row);
  return drop(embedding_norm_(x), config_.embedding_dropout, training_)
      .to(compute_dtype_);  // [N, d]
}

BlockPass Transformer::new_pass(const std::vector<int64_t>& positions) const {
  BlockPass pass;
  pass.positions = long_tensor(positions, device());
  pass.longest = *std::max_element(positions.begin(), positions.end()) + 1;
  if (training_) {
    pass.attention_dropout = config_.attention_dropout;
    pass.hidden_dropout = config_.hidden_dropout;
  }
  return pass;
}

at::Tensor Transformer::hidden(const PackedBatch& batch, const at::Tensor& rows,
                               bool watched) const {
  check(batch);
  const bool recomputes = checkpointing_ && training_;  // blocks keep their input only
  const LayoutPointer layout = make_layout(batch.offsets, device());
  at::Tensor buckets;
  if (relative_table_.defined())
    buckets = to_device(relative_buckets(layout->groups.front().width, declared_.relative_bias),
                        device());
  const auto score_bias = [this, buckets] {  // [h, T, T]
    return buckets.defined() ? at::embedding(relative_table_, buckets).permute({2, 0, 1})
                             : at::Tensor();
  };
  BlockPass pass = new_pass(positions(batch, declared_));
  // A block that is computed again needs a graph of its own.
  if (!recomputes) pass.bias = score_bias();
  at::Tensor x = embed(to_device(batch.ids, device()), pass.positions,
                       type_table_.defined() ? to_device(batch.type_ids, device()) : at::Tensor());
  for (const auto& block : blocks_) {
    const bool last = block == blocks_.back() && !watched;
    if (last) pass.rows = rows;
    pass.rows_ask = last && block->separate() && !declared_.causal;
    const LayoutPointer queries =
        pass.rows_ask ? first_token_layout(*layout, batch.offsets, device()) : layout;
    pass.mix = [queries, layout](const Projected& in, const AttentionOptions& options) {
      return attention(in.q, in.k, in.v, queries, layout, options);
    };
    const auto run = [&block = *block, pass, recomputes, score_bias](const at::Tensor& in) {
      BlockPass own = pass;
      if (recomputes) own.bias = score_bias();
      return block.forward(in, own);
    };
    // The few rows of an encoder's last block are cheaper to keep.
    x = recomputes && (!last || declared_.causal) ? checkpointed(run, x) : run(x);
  }
  return x;
}

Classifier::Classifier(const ModelConfig& config, std::vector<NamedTensor> parameters)
    : Transformer(config, std::move(parameters)), head_(*declared_.class_head) {
  const ParameterSource source = source_of(parameters_);
  head_dense_ = make_linear(source, head_.dense, declared_.layout);
  head_norm_ = {source, head_.norm};
  head_output_ = make_linear(source, head_.output, WeightLayout::kOutIn);
  if (head_.dense.name.empty()) return;
  places_.add_input(head_dense_.name() + ":in", head_.role, config.num_layers,
                    head_dense_.in_features(), /*in_head=*/true);
  places_.add_site(head_dense_.name(), head_.role, head_dense_.out_features(), &head_dense_);
}

std::vector<int64_t> Classifier::pooled_rows(const PackedBatch& batch) const {
  if (head_.pooling != Pooling::kLast) return {batch.offsets.begin(), batch.offsets.end() - 1};
  // The last token that is not the padding token, as in transformers; the first if all are.
  const at::Tensor ids = batch.ids.cpu().contiguous();
  const auto* id = ids.const_data_ptr<int64_t>();
  std::vector<int64_t> rows;
  for (size_t s = 0; s + 1 < batch.offsets.size(); ++s) {
    const int64_t begin = batch.offsets[s];
    int64_t row = batch.offsets[s + 1] - 1;
    if (config_.pad_token_id >= 0) {
      while (row > begin && id[row] == config_.pad_token_id) --row;
    }
    rows.push_back(row);
  }
  return rows;
}

at::Tensor Classifier::logits(const PackedBatch& batch) {
  const at::Tensor pooled = long_tensor(pooled_rows(batch), device());
  // A sampler, and a mean, see every token of the last layer; anyone else needs pooled ones alone.
  const bool mean = head_.pooling == Pooling::kMean;
  const bool watched = mean || head_dense_.tap() != nullptr || blocks_.back()->tapped();
  at::Tensor x = final_norm_(hidden(batch, pooled, watched));
  if (head_dense_.tap() != nullptr) head_dense_.tap()->on_sequence_output(x.detach());
  if (watched) x = mean ? sequence_means(x, batch.offsets) : x.index_select(0, pooled);  // [S, d]
  if (head_dense_.weight().defined()) {
    if (head_.dropout_first) x = drop(x, config_.classifier_dropout, training_);
    x = head_norm_(activate(head_dense_.forward(x), head_.activation));
    x = drop(x, config_.classifier_dropout, training_);
  }
  x = head_output_.forward(x).to(at::kFloat);  // [S, C]
  return x.index_select(0, to_device(batch.target_rows, x.device()));
}

at::Tensor Classifier::loss(const PackedBatch& batch, double label_smoothing) {
  return weighted_cross_entropy(logits(batch), batch, label_smoothing);
}

Decoder::Decoder(const ModelConfig& config, std::vector<NamedTensor> parameters)
    : Transformer(config, std::move(parameters)) {
  const VocabularyHeadSpec& head = *declared_.vocabulary_head;
  head_table_ = head.tied_to.empty() ? make_table(source_of(parameters_), head.name) : word_table_;
}

at::Tensor Decoder::scored_hidden(const PackedBatch& batch) const {
  // Only rows whose next token is scored meet the vocabulary, the largest matrix of the model, and
  // behind the last attention nobody but a sampler needs the others.
  const at::Tensor scored = to_device(batch.target_rows, device());
  const bool watched = blocks_.back()->tapped();
  const at::Tensor x = hidden(batch, scored, watched);
  return final_norm_(watched ? x.index_select(0, scored) : x);
}

at::Tensor Decoder::logits(const PackedBatch& batch) {
  const at::Tensor x = scored_hidden(batch);
  return affine(x, in_dtype(head_table_, x.scalar_type(), cast_head_table_)).to(at::kFloat);
}

at::Tensor Decoder::loss(const PackedBatch& batch, double label_smoothing) {
  const at::Tensor x = scored_hidden(batch);
  return linear_cross_entropy(x, head_table_, cast_head_table_,
                              scored_targets(batch, x.device(), label_smoothing));
}

at::Tensor Decoder::step(const CachedRows& rows, const KvCache& cache) {
  const auto chunks = device().is_cpu() ? std::vector<CachedChunk>() : make_chunks(rows, device());
  BlockPass pass = new_pass(rows.positions);
  at::Tensor x = embed(long_tensor(rows.ids, device()), pass.positions, {});  // [N, d]
  for (size_t l = 0; l < blocks_.size(); ++l) {
    const at::Tensor& layer = cache[l];
    pass.mix = [&](const Projected& in, const AttentionOptions& options) {
      store_rows(in.k, in.v, rows, layer);
      return device().is_cpu() ? attend_on_cpu(in.q, rows, layer, options)
                               : attend_with_operators(in.q, chunks, layer, options);
    };
    x = blocks_[l]->forward(x, pass);
  }
  if (rows.scored.size() < rows.ids.size())
    x = x.index_select(0, long_tensor(rows.scored, device()));
  return final_norm_(x);  // [M, d]
}

}  // namespace eida
