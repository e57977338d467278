#include <algorithm>
#include <array>
#include <utility>

#include "transformer.h"

namespace eida {
namespace {

/// A place for what enters one layer, and one for what leaves it.
void add_layer(Places& places, HookableLinear& linear, const char* role, int64_t layer) {
  places.add_input(linear.name() + ":in", role, layer, linear.in_features());
  places.add_site(linear.name(), role, linear.out_features(), &linear);
}

/// Every head by itself. \param x [N, h d_h]
at::Tensor norm_heads(const Norm& norm, const at::Tensor& x, int64_t head_dim) {
  return norm.declared() ? norm(x.reshape({-1, head_dim})).view(x.sizes()) : x;
}

}  // namespace

Block::Block(const ParameterSource& source, const BlockSpec& spec, const Architecture& model,
             std::shared_ptr<RotaryTable> rotary)
    : spec_(spec),
      causal_(model.causal),
      rotary_(std::move(rotary)),
      fused_(make_linear(source, spec.attention.fused, model.layout)),
      query_(make_linear(source, spec.attention.query, model.layout)),
      key_(make_linear(source, spec.attention.key, model.layout)),
      value_(make_linear(source, spec.attention.value, model.layout)),
      output_(make_linear(source, spec.attention.output, model.layout)),
      gate_(make_linear(source, spec.mlp.gate, model.layout)),
      fused_mlp_(make_linear(source, spec.mlp.fused, model.layout)),
      up_(make_linear(source, spec.mlp.up, model.layout)),
      down_(make_linear(source, spec.mlp.down, model.layout)),
      query_norm_(source, spec.attention.query_norm),
      key_norm_(source, spec.attention.key_norm),
      before_attention_(source, spec.attention_norms.before),
      attention_branch_(source, spec.attention_norms.branch),
      after_attention_(source, spec.attention_norms.after),
      before_mlp_(source, spec.mlp_norms.before),
      mlp_branch_(source, spec.mlp_norms.branch),
      after_mlp_(source, spec.mlp_norms.after) {}

at::Tensor Block::mix(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                      const BlockPass& pass) const {
  const AttentionSpec& spec = spec_.attention;
  AttentionOptions options{spec.heads, causal_, spec.scale, spec.upcast, pass.attention_dropout};
  options.kv_heads = spec.kv_heads;
  options.window = spec.window;
  if (spec.positions == PositionEncoding::kRelativeBias) options.bias = pass.bias;
  at::Tensor query = norm_heads(query_norm_, q, spec.head_dim);
  at::Tensor key = norm_heads(key_norm_, k, spec.head_dim);
  if (rotary_ != nullptr) {
    const at::Tensor& table = rotary_->rows(pass.longest);
    query = rotate(query, table,
                   pass.rows_ask ? pass.positions.index_select(0, pass.rows) : pass.positions);
    key = rotate(key, table, pass.positions);
  }
  return pass.mix({query, key, v}, options);
}

at::Tensor Block::attend(const at::Tensor& x, const BlockPass& pass,
                         const at::Tensor& chosen) const {
  const AttentionSpec& spec = spec_.attention;
  const at::Tensor in = before_attention_(x);
  const auto choose = [&](const at::Tensor& all) {
    return pass.rows.defined() ? all.index_select(0, pass.rows) : all;
  };
  if (!separate()) {
    const at::Tensor fused = fused_.forward(in);
    const auto parts =
        fused.split_with_sizes({spec.query_width(), spec.kv_width(), spec.kv_width()}, 1);
    return choose(mix(parts[0], parts[1], parts[2], pass));
  }
  at::Tensor asking = in;
  if (pass.rows_ask) asking = before_attention_.declared() ? choose(in) : chosen;
  // The order decides in which the gradients at `in` are summed.
  const at::Tensor v = value_.forward(in), k = key_.forward(in), q = query_.forward(asking);
  const at::Tensor context = mix(q, k, v, pass);
  return pass.rows_ask ? context : choose(context);
}

at::Tensor Block::mlp(const at::Tensor& in) const {
  const std::string& activation = spec_.mlp.activation;
  if (fused_mlp_.weight().defined()) {
    const auto halves = fused_mlp_.forward(in).chunk(2, 1);
    return gated(halves[0], halves[1], activation);
  }
  const at::Tensor up = up_.forward(in);
  return gate_.weight().defined() ? gated(gate_.forward(in), up, activation)
                                  : activate(up, activation);
}

at::Tensor Block::forward(const at::Tensor& x, const BlockPass& pass) const {
  const at::Tensor residual = pass.rows.defined() ? x.index_select(0, pass.rows) : x;
  const auto add = [&](const at::Tensor& branch, const at::Tensor& to) {
    return drop_add(branch, to, pass.hidden_dropout, /*training=*/pass.hidden_dropout > 0.0);
  };
  const at::Tensor context = attend(x, pass, residual);
  const at::Tensor mixed =
      after_attention_(add(attention_branch_(output_.forward(context)), residual));
  const at::Tensor inner = mlp(before_mlp_(mixed));
  return after_mlp_(add(mlp_branch_(down_.forward(inner)), mixed));
}

bool Block::tapped() const {
  const std::array all = {&fused_, &query_, &key_,       &value_, &output_,
                          &gate_,  &up_,    &fused_mlp_, &down_};
  return std::any_of(all.begin(), all.end(), [](const auto* l) { return l->tap() != nullptr; });
}

void Block::add_places(Places& places, int64_t layer) {
  if (!separate()) {
    const int64_t q = spec_.attention.query_width(), kv = spec_.attention.kv_width();
    places.add_input(fused_.name() + ":in", "q,k,v", layer, fused_.in_features());
    places.add_site(fused_.name() + ":q", "q", q, &fused_, 0);
    places.add_site(fused_.name() + ":k", "k", kv, &fused_, q);
    places.add_site(fused_.name() + ":v", "v", kv, &fused_, q + kv);
  } else {
    places.add_input(spec_.attention.input + ":in", "q,k,v", layer, query_.in_features());
    places.add_site(query_.name(), "q", query_.out_features(), &query_);
    places.add_site(key_.name(), "k", key_.out_features(), &key_);
    places.add_site(value_.name(), "v", value_.out_features(), &value_);
  }
  add_layer(places, output_, "o", layer);
  if (fused_mlp_.weight().defined()) {
    const int64_t inner = fused_mlp_.out_features() / 2;
    places.add_input(fused_mlp_.name() + ":in", "gate,up", layer, fused_mlp_.in_features());
    places.add_site(fused_mlp_.name() + ":gate", "gate", inner, &fused_mlp_, 0);
    places.add_site(fused_mlp_.name() + ":up", "up", inner, &fused_mlp_, inner);
  } else if (gate_.weight().defined()) {
    places.add_input(spec_.mlp.input + ":in", "gate,up", layer, gate_.in_features());
    places.add_site(gate_.name(), "gate", gate_.out_features(), &gate_);
    places.add_site(up_.name(), "up", up_.out_features(), &up_);
  } else {
    add_layer(places, up_, "fc1", layer);
    add_layer(places, down_, "fc2", layer);
    return;
  }
  add_layer(places, down_, "down", layer);
}

}  // namespace eida
