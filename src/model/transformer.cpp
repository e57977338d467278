#include "transformer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <utility>

#include "dropout.h"
#include "eida/tensor/device.h"

namespace eida {
namespace {

/// Row of each token in the position table. Where the table has a row for padding, tokens that are
/// the padding token take it and are not counted. Source: transformers,
/// create_position_ids_from_input_ids.
at::Tensor positions(const PackedBatch& batch, const Architecture& declared) {  // [N]
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
  return at::tensor(values, at::TensorOptions(at::kLong));
}

}  // namespace

Transformer::Transformer(const ModelConfig& config, std::vector<NamedTensor> parameters)
    : PretrainedModel(config, std::move(parameters)), declared_(*config_.architecture) {
  const ParameterSource source = source_of(parameters_);
  word_table_ = make_table(source, declared_.words.name);
  position_table_ = make_table(source, declared_.positions.name);
  type_table_ = make_table(source, declared_.types.name);
  relative_table_ = make_table(source, declared_.relative_bias.name);
  embedding_norm_ = {source, declared_.embedding_norm};
  final_norm_ = {source, declared_.final_norm};
  for (const BlockSpec& spec : declared_.blocks) {
    blocks_.push_back(std::make_unique<Block>(source, spec, declared_));
    blocks_.back()->add_places(places_, static_cast<int64_t>(blocks_.size()) - 1);
  }
}

void Transformer::check(const PackedBatch& batch) const {
  check_lengths(batch.offsets, config_.max_length());
  check_ids(batch.ids, config_.vocab_size, "token id");
  if (type_table_.defined()) check_ids(batch.type_ids, declared_.types.rows, "token type");
}

at::Tensor Transformer::embed(const PackedBatch& batch) const {
  return embed(to_device(batch.ids, device()), to_device(positions(batch, declared_), device()),
               type_table_.defined() ? to_device(batch.type_ids, device()) : at::Tensor());
}

at::Tensor Transformer::embed(const at::Tensor& ids, const at::Tensor& positions,
                              const at::Tensor& types) const {
  at::Tensor x = look_up(word_table_, ids, declared_.words.padding_row);
  if (type_table_.defined()) x = x + look_up(type_table_, types);
  if (position_table_.defined())
    x = x + look_up(position_table_, positions, declared_.positions.padding_row);
  return drop(embedding_norm_(x), config_.embedding_dropout, training_)
      .to(compute_dtype_);  // [N, d]
}

BlockPass Transformer::new_pass() const {
  BlockPass pass;
  if (training_) {
    pass.attention_dropout = config_.attention_dropout;
    pass.hidden_dropout = config_.hidden_dropout;
  }
  return pass;
}

}  // namespace eida
