/// Tiny randomly initialised models and examples, made on the spot.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "eida/core/rng.h"
#include "eida/model/pretrained_model.h"

namespace eida::testing {

inline constexpr const char* kTinyRoberta =
    R"({"model_type": "roberta", "architectures": ["RobertaForSequenceClassification"],
  "vocab_size": 60, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 40,
  "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "max_position_embeddings": 70,
  "type_vocab_size": 1, "initializer_range": 0.2, "layer_norm_eps": 1e-05, "pad_token_id": 1, "bos_token_id": 0,
  "eos_token_id": 2})";

inline constexpr const char* kTinyBert =
    R"({"model_type": "bert", "architectures": ["BertForSequenceClassification"],
  "vocab_size": 60, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 40,
  "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "max_position_embeddings": 70,
  "type_vocab_size": 2, "initializer_range": 0.2, "layer_norm_eps": 1e-12, "pad_token_id": 0})";

inline constexpr const char* kTinyGpt2 =
    R"({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": 60,
  "n_embd": 24, "n_layer": 2, "n_head": 3, "n_positions": 64, "n_ctx": 64, "activation_function": "gelu_new",
  "resid_pdrop": 0.1, "embd_pdrop": 0.1, "attn_pdrop": 0.1, "layer_norm_epsilon": 1e-05, "initializer_range": 0.2,
  "bos_token_id": 59, "eos_token_id": 59})";

/// All parts that GPT-2 does not have: shared key heads, norms of q and k, a window in one of the
/// layers, a gated MLP, norms behind attention and MLP, scaled embeddings.
inline constexpr const char* kTinyGemma =
    R"({"model_type": "gemma3_text", "architectures": ["Gemma3ForCausalLM"], "vocab_size": 60,
  "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 10,
  "intermediate_size": 40, "max_position_embeddings": 64, "sliding_window": 6, "sliding_window_pattern": 2,
  "query_pre_attn_scalar": 10, "attention_dropout": 0.1, "initializer_range": 0.2, "pad_token_id": 0, "bos_token_id": 59,
  "eos_token_id": 59})";

/// The families, for tests of what holds in each.
enum class Tiny { kRoberta, kBert, kGpt2, kGemma };

inline const auto kEveryTiny =
    ::testing::Values(Tiny::kRoberta, Tiny::kBert, Tiny::kGpt2, Tiny::kGemma);

inline TaskKind task_of(Tiny tiny) {
  return tiny == Tiny::kGpt2 || tiny == Tiny::kGemma ? TaskKind::kCompletion
                                                     : TaskKind::kClassification;
}

/// Whether q, k and v are slices of one weight, which is stored [in, out].
inline bool has_slices(Tiny tiny) { return tiny == Tiny::kGpt2; }
/// The words of a decoder.
inline std::string word_table(Tiny tiny) {
  return tiny == Tiny::kGemma ? "model.embed_tokens" : "transformer.wte";
}

inline std::string tiny_name(const ::testing::TestParamInfo<Tiny>& instance) {
  constexpr std::array kNames = {"roberta", "bert", "gpt2", "gemma"};
  return kNames.at(static_cast<size_t>(instance.param));
}

/// Random weights from the seed; `dir` receives the config.json.
inline std::unique_ptr<PretrainedModel> tiny_model(const std::filesystem::path& dir, Tiny tiny,
                                                   at::Device device = at::kCPU,
                                                   at::ScalarType weights = at::kFloat) {
  constexpr std::array kConfigs = {kTinyRoberta, kTinyBert, kTinyGpt2, kTinyGemma};
  std::ofstream(dir / "config.json") << kConfigs.at(static_cast<size_t>(tiny));
  const TaskKind task = task_of(tiny);
  LoadOptions options;
  options.random_init = true;
  options.num_labels = task == TaskKind::kClassification ? 2 : 0;
  options.seed = 11;
  options.device = device;
  options.weights = weights;
  return load_pretrained(dir, task, options);
}

/// RoBERTa, or GPT-2.
inline std::unique_ptr<PretrainedModel> tiny_model(const std::filesystem::path& dir, TaskKind task,
                                                   at::Device device = at::kCPU,
                                                   at::ScalarType weights = at::kFloat) {
  return tiny_model(dir, task == TaskKind::kCompletion ? Tiny::kGpt2 : Tiny::kRoberta, device,
                    weights);
}

/// Sequences of 5 to 17 random tokens (completion tasks: context of 3 to 6).
inline std::vector<TokenExample> tiny_examples(size_t count, TaskKind task, uint64_t seed = 0) {
  Rng rng(seed, "tiny");
  std::vector<TokenExample> examples(count);
  for (auto& example : examples) {
    const size_t length = 9 + rng.below(9);
    for (size_t t = 0; t < length; ++t)
      example.ids.push_back(static_cast<int32_t>(3 + rng.below(50)));
    example.type_ids.assign(length, 0);
    example.label = task == TaskKind::kClassification ? static_cast<int64_t>(rng.below(2)) : -1;
    example.context_length =
        task == TaskKind::kCompletion ? static_cast<int64_t>(3 + rng.below(4)) : 0;
  }
  return examples;
}

/// The same; BERT's second half has the other type.
inline std::vector<TokenExample> tiny_examples(size_t count, Tiny tiny, uint64_t seed = 0) {
  auto examples = tiny_examples(count, task_of(tiny), seed);
  for (TokenExample& example : examples) {
    const auto half = static_cast<std::ptrdiff_t>(example.ids.size() / 2);
    if (tiny == Tiny::kBert) std::fill(example.type_ids.begin() + half, example.type_ids.end(), 1);
  }
  return examples;
}

inline std::vector<const TokenExample*> pointers(const std::vector<TokenExample>& examples) {
  std::vector<const TokenExample*> out;
  for (const auto& example : examples) out.push_back(&example);
  return out;
}

/// max |a - b| / max |b|
inline double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor wanted = b.to(at::kDouble);
  const double largest = wanted.abs().max().item<double>();
  return a.to(at::kDouble).sub(wanted).abs().max().item<double>() / std::max(1e-30, largest);
}

}  // namespace eida::testing
