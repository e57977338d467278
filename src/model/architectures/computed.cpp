// What can be declared and is not computed yet.
#include <fmt/ranges.h>

#include <set>

#include "eida/core/error.h"
#include "families.h"

namespace eida {
namespace {

bool is_there(const NormSpec& norm) { return !norm.name.empty(); }
bool is_there(const LinearSpec& linear) { return !linear.name.empty(); }

}  // namespace

void check_computed(const Architecture& model, const std::string& file) {
  std::set<std::string> missing;
  const auto refuse = [&](bool declared, const char* what) {
    if (declared) missing.insert(what);
  };
  for (const BlockSpec& block : model.blocks) {
    const AttentionSpec& attention = block.attention;
    refuse(attention.positions == PositionEncoding::kRotary, "rotary positions");
    refuse(attention.positions == PositionEncoding::kRelativeBias && model.causal,
           "a relative bias in a decoder");
    refuse(attention.kv_heads != attention.heads, "fewer key heads than query heads");
    refuse(attention.window > 0, "attention within a window");
    refuse(is_there(attention.query_norm) || is_there(attention.key_norm), "norms of q and k");
    refuse(is_there(block.mlp.gate) || is_there(block.mlp.fused), "a gated MLP");
    refuse(is_there(block.attention_norms.branch) || is_there(block.mlp_norms.branch),
           "a norm inside a branch");
  }
  refuse(model.embedding_scale != 1.0, "scaled embeddings");
  if (model.class_head) {
    refuse(model.causal, "classification by a decoder");
    refuse(model.class_head->pooling != Pooling::kFirst, "pooling of other rows than the first");
    refuse(is_there(model.class_head->norm), "a norm in the head");
    refuse(!is_there(model.class_head->dense), "a head of one layer");
  } else if (model.vocabulary_head) {
    refuse(!model.causal, "completion by an encoder");
    const std::string& tied_to = model.vocabulary_head->tied_to;
    refuse(!tied_to.empty() && tied_to != model.words.name, "a head tied to another table");
  }
  if (!missing.empty())
    throw FormatError("{}: the model needs what is not supported: {}", file,
                      fmt::join(missing, ", "));
}

}  // namespace eida
