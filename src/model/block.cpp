#include <algorithm>
#include <array>

#include "transformer.h"

namespace eida {
namespace {

/// A place for what enters one layer, and one for what leaves it.
void add_layer(Places& places, HookableLinear& linear, const char* role, int64_t layer) {
  places.add_input(linear.name() + ":in", role, layer, linear.in_features());
  places.add_site(linear.name(), role, linear.out_features(), &linear);
}

}  // namespace

Block::Block(const ParameterSource& source, const BlockSpec& spec, const Architecture& model)
    : spec_(spec),
      causal_(model.causal),
      fused_(make_linear(source, spec.attention.fused, model.layout)),
      query_(make_linear(source, spec.attention.query, model.layout)),
      key_(make_linear(source, spec.attention.key, model.layout)),
      value_(make_linear(source, spec.attention.value, model.layout)),
      output_(make_linear(source, spec.attention.output, model.layout)),
      up_(make_linear(source, spec.mlp.up, model.layout)),
      down_(make_linear(source, spec.mlp.down, model.layout)),
      before_attention_(source, spec.attention_norms.before),
      after_attention_(source, spec.attention_norms.after),
      before_mlp_(source, spec.mlp_norms.before),
      after_mlp_(source, spec.mlp_norms.after) {}

at::Tensor Block::attend(const at::Tensor& x, const BlockPass& pass,
                         const at::Tensor& chosen) const {
  const AttentionSpec& spec = spec_.attention;
  AttentionOptions options{spec.heads, causal_, spec.scale, spec.upcast, pass.attention_dropout};
  if (spec.positions == PositionEncoding::kRelativeBias) options.bias = pass.bias;
  const at::Tensor in = before_attention_(x);
  const auto choose = [&](const at::Tensor& all) {
    return pass.rows.defined() ? all.index_select(0, pass.rows) : all;
  };
  if (!separate()) {
    const at::Tensor fused = fused_.forward(in);
    const auto parts =
        fused.split_with_sizes({spec.query_width(), spec.kv_width(), spec.kv_width()}, 1);
    return choose(pass.mix({parts[0], parts[1], parts[2], fused}, options));
  }
  at::Tensor asking = in;
  if (pass.rows_ask) asking = before_attention_.declared() ? choose(in) : chosen;
  // The order decides in which the gradients at `in` are summed.
  const at::Tensor v = value_.forward(in), k = key_.forward(in), q = query_.forward(asking);
  const at::Tensor context = pass.mix({q, k, v, {}}, options);
  return pass.rows_ask ? context : choose(context);
}

at::Tensor Block::forward(const at::Tensor& x, const BlockPass& pass) const {
  const at::Tensor residual = pass.rows.defined() ? x.index_select(0, pass.rows) : x;
  const auto add = [&](const at::Tensor& branch, const at::Tensor& to) {
    return drop_add(branch, to, pass.hidden_dropout, /*training=*/pass.hidden_dropout > 0.0);
  };
  const at::Tensor context = attend(x, pass, residual);
  const at::Tensor mixed = after_attention_(add(output_.forward(context), residual));
  const at::Tensor inner = activate(up_.forward(before_mlp_(mixed)), spec_.mlp.activation);
  return after_mlp_(add(down_.forward(inner), mixed));
}

bool Block::tapped() const {
  const std::array all = {&fused_, &query_, &key_, &value_, &output_, &up_, &down_};
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
  add_layer(places, up_, "fc1", layer);
  add_layer(places, down_, "fc2", layer);
}

}  // namespace eida
