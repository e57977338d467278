#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "eida/core/rng.h"
#include "load_parameters.h"

namespace eida {
namespace {

using Group = ParameterGroup;

/// Collects specs with transformers' initial values: normal(0, initializer_range), zero biases.
/// Parts without a name are left out.
class SpecList {
 public:
  explicit SpecList(const ModelConfig& config)
      : std_(config.initializer_range), layout_(config.architecture->layout) {}

  void table(const TableSpec& table, int64_t width) {
    if (!table.name.empty())
      add(table.name + ".weight", {table.rows, width}, Group::kEmbedding, std_, table.padding_row);
  }
  void norm(const NormSpec& norm, int64_t width, const std::string& part = "") {
    if (norm.name.empty()) return;
    specs_.push_back(
        {norm.name + ".weight", {width}, Group::kNorm, 0.0, 1.0 - norm.offset, -1, part});
    if (norm.kind == NormKind::kLayerNorm && norm.bias)
      add(norm.name + ".bias", {width}, Group::kNorm, 0.0, -1, part);
  }
  /// \param group of the weight: kHead for the output layer, whose bias is then of it, too
  void linear(const LinearSpec& linear, Group group = Group::kWeight) {
    if (linear.name.empty()) return;
    const bool out_in = layout_ == WeightLayout::kOutIn || group == Group::kHead;
    add(linear.name + ".weight",
        out_in ? std::vector{linear.out, linear.in} : std::vector{linear.in, linear.out}, group,
        std_ * linear.std_factor, -1, linear.part);
    if (linear.bias)
      add(linear.name + ".bias", {linear.out}, group == Group::kHead ? group : Group::kBias, 0.0,
          -1, linear.part);
  }
  std::vector<ParameterSpec> take() { return std::move(specs_); }

 private:
  void add(std::string name, std::vector<int64_t> shape, Group group, double std = 0.0,
           int64_t zero_row = -1, std::string part = "") {
    specs_.push_back(
        {std::move(name), std::move(shape), group, std, 0.0, zero_row, std::move(part)});
  }
  double std_;
  WeightLayout layout_;
  std::vector<ParameterSpec> specs_;
};

void add_block(SpecList& list, const BlockSpec& block, int64_t d) {
  const AttentionSpec& attention = block.attention;
  list.norm(block.attention_norms.before, d);
  for (const LinearSpec* linear :
       {&attention.fused, &attention.query, &attention.key, &attention.value})
    list.linear(*linear);
  list.norm(attention.query_norm, attention.head_dim);
  list.norm(attention.key_norm, attention.head_dim);
  list.linear(attention.output);
  list.norm(block.attention_norms.branch, d);
  list.norm(block.attention_norms.after, d);
  list.norm(block.mlp_norms.before, d);
  for (const LinearSpec* linear :
       {&block.mlp.gate, &block.mlp.fused, &block.mlp.up, &block.mlp.down})
    list.linear(*linear);
  list.norm(block.mlp_norms.branch, d);
  list.norm(block.mlp_norms.after, d);
}

/// Values of one random sub-stream: the result does not depend on threads.
constexpr int64_t kStreamValues = 1 << 14;

void fill_normal(at::Tensor& values, const ParameterSpec& spec, uint64_t seed) {
  auto* data = values.mutable_data_ptr<float>();
  const int64_t total = values.numel();
  at::parallel_for(0, (total + kStreamValues - 1) / kStreamValues, 1,
                   [&](int64_t from, int64_t to) {
                     for (int64_t chunk = from; chunk < to; ++chunk) {
                       Rng rng(seed, "init:" + spec.name, static_cast<uint64_t>(chunk));
                       const int64_t end = std::min(total, (chunk + 1) * kStreamValues);
                       for (int64_t i = chunk * kStreamValues; i < end; ++i) {
                         data[i] = static_cast<float>(spec.mean + spec.std * rng.normal());
                       }
                     }
                   });
}

}  // namespace

std::vector<ParameterSpec> parameter_specs(const ModelConfig& config) {
  const Architecture& model = *config.architecture;
  const int64_t d = config.hidden_size;
  SpecList list(config);
  for (const TableSpec* table : {&model.words, &model.positions, &model.types})
    list.table(*table, d);
  list.norm(model.embedding_norm, d);
  list.table({model.relative_bias.name, model.relative_bias.buckets}, config.num_heads);
  for (const BlockSpec& block : model.blocks) add_block(list, block, d);
  list.norm(model.final_norm, d);
  if (model.class_head) {
    list.linear(model.class_head->dense);
    list.norm(model.class_head->norm, d, model.class_head->dense.part);
    LinearSpec output = model.class_head->output;
    output.out = config.num_labels;
    list.linear(output, Group::kHead);
  } else if (model.vocabulary_head && model.vocabulary_head->tied_to.empty()) {
    list.table({model.vocabulary_head->name, config.vocab_size}, d);
  }
  return list.take();
}

at::Tensor initial_value(const ParameterSpec& spec, uint64_t seed) {
  at::Tensor values = at::empty(spec.shape, at::TensorOptions(at::kFloat));
  if (spec.std == 0.0) return values.fill_(spec.mean);
  fill_normal(values, spec, seed);
  if (spec.zero_row >= 0 && spec.zero_row < spec.shape.front())
    values.select(0, spec.zero_row).zero_();
  return values;
}

}  // namespace eida
