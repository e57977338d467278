#include "eida/model/model_config.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "support/file_helpers.h"
#include "support/test_data.h"
#include "support/tiny_models.h"

namespace eida {
namespace {

using testing::TempDir;

/// The tiny configuration with some keys set to other values (null: as transformers, absent).
ModelConfig read_with(const char* base, TaskKind task, const nlohmann::json& changes) {
  const TempDir dir;
  nlohmann::json json = nlohmann::json::parse(base);
  json.merge_patch(changes);
  std::ofstream(dir.path() / "config.json") << json;
  return read_model_config(dir.path(), task);
}
ModelConfig read_roberta(const nlohmann::json& changes) {
  return read_with(testing::kTinyRoberta, TaskKind::kClassification, changes);
}
ModelConfig read_gpt2(const nlohmann::json& changes) {
  return read_with(testing::kTinyGpt2, TaskKind::kCompletion, changes);
}

/// The message names the file and each of `parts`.
void expect_refused(const char* base, TaskKind task, const nlohmann::json& changes,
                    const std::vector<std::string>& parts) {
  try {
    read_with(base, task, changes);
    FAIL() << "accepted: " << changes;
  } catch (const FormatError& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("config.json"), std::string::npos) << what;
    for (const auto& part : parts) EXPECT_NE(what.find(part), std::string::npos) << what;
  }
}

TEST(ModelConfig, UnsupportedValuesAreErrorsThatNameKeyAndValue) {
  const auto roberta = [](const nlohmann::json& changes, const std::vector<std::string>& parts) {
    expect_refused(testing::kTinyRoberta, TaskKind::kClassification, changes, parts);
  };
  roberta({{"is_decoder", true}}, {"is_decoder", "true"});
  roberta({{"model_type", "mpnet"}, {"relative_attention_num_buckets", 16}},
          {"relative_attention_num_buckets", "16", "32"});
  roberta({{"add_cross_attention", true}}, {"add_cross_attention"});
  roberta({{"position_embedding_type", "relative_key"}},
          {"position_embedding_type", "relative_key"});
  roberta({{"hidden_act", "xielu"}}, {"hidden_act", "xielu"});
  roberta({{"quantization_config", {{"bits", 4}}}}, {"quantization_config"});
  roberta({{"pruned_heads", {{"0", {1}}}}}, {"pruned_heads"});
  roberta({{"per_layer_config", {{"0", {{"hidden_act", "relu"}}}}}}, {"per_layer_config"});
  roberta({{"transformers_weights", "other.safetensors"}}, {"transformers_weights", "other"});
  roberta({{"problem_type", "regression"}}, {"problem_type", "regression"});
  roberta({{"model_type", "t5"}}, {"model_type", "t5"});
  roberta({{"hidden_size", 25}}, {"25", "3 heads"});
  roberta({{"hidden_size", -24}}, {"hidden_size", "-24"});
  roberta({{"hidden_size", 24.5}}, {"hidden_size", "24.5"});
  roberta({{"hidden_size", 1e30}}, {"hidden_size"});
  roberta({{"vocab_size", nullptr}}, {"vocab_size", "missing"});
  roberta({{"vocab_size", 18446744073709551615U}}, {"vocab_size"});
  roberta({{"hidden_dropout_prob", "0.1"}}, {"hidden_dropout_prob"});
  roberta({{"max_position_embeddings", 2}}, {"position"});
  roberta({{"pad_token_id", 60}}, {"pad_token_id", "60"});
  const auto gpt2 = [](const nlohmann::json& changes, const std::vector<std::string>& parts) {
    expect_refused(testing::kTinyGpt2, TaskKind::kCompletion, changes, parts);
  };
  gpt2({{"tie_word_embeddings", "no"}}, {"tie_word_embeddings", "no"});
  gpt2({{"activation_function", "mish"}}, {"activation_function", "mish"});
  gpt2({{"scale_attn_weights", 1}}, {"scale_attn_weights", "1"});
  gpt2({{"add_cross_attention", true}}, {"add_cross_attention"});
}

TEST(ModelConfig, FamilyHasToFitTheTask) {
  expect_refused(testing::kTinyRoberta, TaskKind::kCompletion, nlohmann::json::object(),
                 {"roberta", "Gemma 3 complete"});
}

/// A small model of Llama's line with some keys set.
ModelConfig read_decoder(const char* type, const nlohmann::json& changes,
                         TaskKind task = TaskKind::kCompletion) {
  nlohmann::json keys = {{"model_type", type},      {"vocab_size", 60},
                         {"hidden_size", 24},       {"num_hidden_layers", 3},
                         {"intermediate_size", 40}, {"num_attention_heads", 4},
                         {"num_key_value_heads", 2}};
  if (!changes.is_null()) keys.merge_patch(changes);
  return read_with(keys.dump().c_str(), task, nlohmann::json::object());
}

const RotarySpec& rotary_in(const ModelConfig& config, size_t layer = 0) {
  return config.architecture->blocks[layer].attention.rotary;
}

TEST(ModelConfig, RotaryPositionsHaveOldAndNewKeys) {
  using enum RotarySpec::Scaling;
  const nlohmann::json llama3 = {{"rope_type", "llama3"},
                                 {"factor", 8.0},
                                 {"low_freq_factor", 1.0},
                                 {"high_freq_factor", 4.0},
                                 {"original_max_position_embeddings", 512}};
  nlohmann::json now = llama3;
  now["rope_theta"] = 5e5;
  const RotarySpec wanted{5e5, kLlama3, 8.0, 1.0, 4.0, 512};
  EXPECT_EQ(rotary_in(read_decoder("llama", {{"rope_parameters", now}})), wanted);
  EXPECT_EQ(rotary_in(read_decoder("llama", {{"rope_theta", 5e5}, {"rope_scaling", llama3}})),
            wanted);
  EXPECT_EQ(rotary_in(read_decoder("qwen2", {{"rope_theta", 1e6}})), RotarySpec{1e6});
  EXPECT_EQ(rotary_in(read_decoder("mistral", {})), RotarySpec{1e4});
  const nlohmann::json linear = {{"type", "linear"}, {"factor", 2.0}};
  EXPECT_EQ(rotary_in(read_decoder("llama", {{"rope_scaling", linear}})),
            (RotarySpec{1e4, kLinear, 2.0}));
  const ModelConfig gemma =
      read_decoder("gemma3_text", {{"sliding_window_pattern", 3},
                                   {"rope_theta", 1e5},
                                   {"rope_local_base_freq", 500.0},
                                   {"rope_scaling", {{"rope_type", "linear"}, {"factor", 8.0}}}});
  EXPECT_EQ(rotary_in(gemma, 1), RotarySpec{500.0});
  EXPECT_EQ(rotary_in(gemma, 2), (RotarySpec{1e5, kLinear, 8.0}));
}

TEST(ModelConfig, WhatLlamasLineDoesNotComputeIsNamed) {
  const auto refused = [](const char* type, const nlohmann::json& changes,
                          const std::vector<std::string>& parts) {
    const auto message = testing::message_of<FormatError>([&] { read_decoder(type, changes); });
    for (const auto& part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  for (const char* type : {"dynamic", "yarn", "longrope", "proportional"})
    refused("llama", {{"rope_scaling", {{"rope_type", type}, {"factor", 2.0}}}},
            {"rope_scaling", "rope_type", type, "linear, llama3"});
  refused("llama", {{"rope_parameters", {{"rope_type", "linear"}}}}, {"factor", "missing"});
  refused("qwen2", {{"partial_rotary_factor", 0.5}}, {"partial_rotary_factor", "0.5"});
  refused("llama", {{"num_key_value_heads", 3}}, {"num_key_value_heads", "3", "4 heads"});
  refused("llama", {{"head_dim", 5}}, {"rotary positions in heads of odd width"});
  refused("llama", {{"hidden_size", 25}, {"head_dim", 6}}, {"25", "4 heads"});
  refused("llama", {{"hidden_act", "mish"}}, {"hidden_act", "mish"});
  refused("mistral", {{"sliding_window", 0}}, {"sliding_window", "0"});
  refused("qwen3", {{"layer_types", {"full_attention"}}}, {"layer_types", "3 of full_attention"});
  refused("qwen3", {{"layer_types", {"full_attention", "chunked_attention", "full_attention"}}},
          {"layer_types", "chunked_attention"});
  refused("qwen3", {{"layer_types", {"full_attention", "sliding_attention", "full_attention"}}},
          {"layer_types", "no sliding_window"});
  refused("gemma3_text", {{"final_logit_softcapping", 30.0}}, {"final_logit_softcapping", "30"});
  refused("gemma3_text", {{"attn_logit_softcapping", 50.0}}, {"attn_logit_softcapping"});
  refused("gemma3_text", {{"use_bidirectional_attention", true}}, {"use_bidirectional_attention"});
}

TEST(ModelConfig, WindowsAreOfTheLayersThatHaveThem) {
  const auto windows = [](const char* type, const nlohmann::json& changes) {
    std::vector<int64_t> all;
    for (const BlockSpec& block : read_decoder(type, changes).architecture->blocks)
      all.push_back(block.attention.window);
    return all;
  };
  using Windows = std::vector<int64_t>;
  EXPECT_EQ(windows("llama", {{"sliding_window", 7}}), (Windows{0, 0, 0}));
  EXPECT_EQ(windows("mistral", {}), (Windows{4096, 4096, 4096}));
  EXPECT_EQ(windows("qwen2", {{"sliding_window", 7}, {"max_window_layers", 1}}),
            (Windows{0, 0, 0}));
  const nlohmann::json switched = {{"use_sliding_window", true}, {"sliding_window", 7}};
  EXPECT_EQ(windows("qwen2", switched), (Windows{0, 0, 0})) << "from layer 28 on";
  nlohmann::json upper = switched;
  upper["max_window_layers"] = 1;
  EXPECT_EQ(windows("qwen3", upper), (Windows{0, 7, 7}));
  upper["layer_types"] = {"sliding_attention", "full_attention", "full_attention"};
  EXPECT_EQ(windows("qwen3", upper), (Windows{7, 0, 0}));
  EXPECT_EQ(windows("gemma3_text", {{"sliding_window", 5}, {"sliding_window_pattern", 2}}),
            (Windows{5, 0, 5}));
}

TEST(ModelConfig, ADecoderClassifiesWithAHeadOfItsOwn) {
  const ModelConfig config =
      read_decoder("gemma3_text", {{"num_labels", 3}}, TaskKind::kClassification);
  EXPECT_EQ(config.architecture->class_name, "Gemma3TextForSequenceClassification");
  EXPECT_EQ(config.architecture->class_head->output.name, "score");
  EXPECT_FALSE(config.architecture->vocabulary_head.has_value());
  EXPECT_EQ(read_decoder("llama", {{"eos_token_id", {7, 8}}}).eos_token_id, 7);
}

TEST(ModelConfig, SizesOfGpt2HaveTwoNames) {
  const nlohmann::json common = {{"n_embd", nullptr},        {"hidden_size", 20},
                                 {"num_attention_heads", 5}, {"num_hidden_layers", 3},
                                 {"n_positions", nullptr},   {"max_position_embeddings", 11}};
  const ModelConfig config = read_gpt2(common);
  EXPECT_EQ(config.hidden_size, 20);
  EXPECT_EQ(config.num_heads, 5);
  EXPECT_EQ(config.num_layers, 3);
  EXPECT_EQ(config.max_positions, 11);
}

TEST(ModelConfig, NullsAreDefaults) {
  const ModelConfig config = read_gpt2({{"n_inner", nullptr}, {"scale_attn_weights", nullptr}});
  EXPECT_EQ(config.intermediate_size, 96);
  EXPECT_DOUBLE_EQ(config.architecture->blocks.front().attention.scale, 1.0 / std::sqrt(8.0));
  EXPECT_EQ(read_roberta({{"classifier_dropout", nullptr}}).classifier_dropout, 0.1);
}

TEST(ModelConfig, LabelsComeFromTheirNames) {
  EXPECT_EQ(read_roberta({{"id2label", {{"0", "a"}, {"1", "b"}, {"2", "c"}}}}).num_labels, 3);
  EXPECT_EQ(read_roberta({{"num_labels", 5}}).num_labels, 5);
  EXPECT_EQ(read_roberta({{"id2label", {{"0", "a"}, {"1", "b"}}}, {"num_labels", 3}}).num_labels,
            3);
  EXPECT_EQ(read_roberta(nlohmann::json::object()).num_labels, 2);
}

TEST(ModelConfig, PositionsOfRobertaStartBehindThePaddingId) {
  EXPECT_EQ(read_roberta({{"pad_token_id", 4}}).max_length(), 65);
  EXPECT_EQ(read_roberta({{"model_type", "bert"}}).max_length(), 70);
}

TEST(ModelConfig, FilesWithoutModelTypeNameTheirFamilyOtherwise) {
  const nlohmann::json bare = {{"model_type", nullptr}, {"architectures", nullptr}};
  EXPECT_EQ(read_roberta(bare).model_type, "roberta");
  EXPECT_EQ(read_gpt2(bare).model_type, "gpt2");
  nlohmann::json two_types = bare;
  two_types["type_vocab_size"] = 2;
  EXPECT_EQ(read_roberta(two_types).model_type, "bert");
  EXPECT_EQ(
      read_roberta({{"model_type", nullptr}, {"architectures", {"CamembertModel"}}}).model_type,
      "camembert");
}

TEST(ModelConfig, PublishedFilesAreRead) {
  EIDA_NEED_DATA(testing::data_dir());
  const auto read = [](const char* name, TaskKind task) {
    return read_model_config(testing::data_dir() / name, task);
  };
  const ModelConfig roberta = read("roberta-base", TaskKind::kClassification);
  EXPECT_EQ(roberta.model_type, "roberta");
  EXPECT_EQ(roberta.max_length(), 512);
  EXPECT_EQ(read("distilroberta-base", TaskKind::kClassification).num_layers, 6);
  EXPECT_EQ(read("camembert-base", TaskKind::kClassification).model_type, "camembert");
  EXPECT_EQ(read("gpt2", TaskKind::kCompletion).intermediate_size, 3072);
  EXPECT_EQ(read("gpt2-medium", TaskKind::kCompletion).num_heads, 16);
  EXPECT_EQ(read("distilgpt2", TaskKind::kCompletion).num_layers, 6);
}

TEST(ModelConfig, NoFolderAndNoFileAreErrors) {
  const TempDir dir;
  EXPECT_THROW(read_model_config(dir.path() / "none", TaskKind::kClassification), FormatError);
  EXPECT_THROW(read_model_config(dir.path(), TaskKind::kClassification), FormatError);
  const auto check = [&] { check_model_folder(dir.path() / "none", TaskKind::kClassification); };
  EXPECT_NE(testing::message_of<FormatError>(check).find("hf download"), std::string::npos);
  const auto named = [] { check_model_folder("no-such/model", TaskKind::kClassification); };
  EXPECT_TRUE(
      testing::message_of<FormatError>(named).ends_with("(hint: hf download no-such/model)"));
  std::ofstream(dir.path() / "config.json") << "[1, 2]";
  EXPECT_THROW(read_model_config(dir.path(), TaskKind::kClassification), FormatError);
  std::ofstream(dir.path() / "config.json") << "{\"vocab_size\": ";
  EXPECT_THROW(read_model_config(dir.path(), TaskKind::kClassification), FormatError);
}

}  // namespace
}  // namespace eida
