/// A family that no library has, in this one file: RoBERTa with RMSNorm, one relative bias for all
/// layers and no token types. Held against plain PyTorch (scripts/make_golden.py) and run through
/// the programs.
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "../../src/model/architectures/bert_like.h"
#include "eida/config/command_line.h"
#include "eida/core/error.h"
#include "eida/programs/programs.h"
#include "model/golden.h"
#include "programs/train_fixture.h"

namespace eida {
namespace {

Architecture declare(const ConfigReader& reader, ModelConfig& config) {
  Architecture model = declare_bert_like(reader, config, {"made_up.", 1, 0, 2});
  count_from_padding(model, config);
  model.types = {};
  model.relative_bias = {"made_up.encoder.relative_attention_bias",
                         reader.integer("relative_buckets", 4, 1024),
                         reader.integer("relative_distance", 2, 1024)};
  const double eps = reader.number_or("rms_norm_eps", 1e-6, 0.0, 1.0);
  const auto to_rms = [&](NormSpec& norm) { norm = {norm.name, NormKind::kRmsNorm, eps}; };
  to_rms(model.embedding_norm);
  for (BlockSpec& block : model.blocks) {
    to_rms(block.attention_norms.after);
    to_rms(block.mlp_norms.after);
    block.attention.positions = PositionEncoding::kRelativeBias;
  }
  model.class_head = roberta_head(config);
  return model;
}

/// Everything that can be declared and that nothing computes.
Architecture declare_too_much(const ConfigReader& reader, ModelConfig& config) {
  Architecture model = declare(reader, config);
  AttentionSpec& attention = model.blocks.back().attention;
  attention.positions = PositionEncoding::kRotary;
  attention.kv_heads = 2;
  attention.head_dim = 7;
  model.class_head->pooling = Pooling::kLast;
  return model;
}

const bool kRegistered = [] {
  const std::vector<ServedTask> tasks = {{TaskKind::kClassification, "ForSequenceClassification"}};
  register_family({"Made-up", {{"made-up", "MadeUp"}}, tasks, declare});
  register_family({"Too much", {{"too-much", "TooMuch"}}, tasks, declare_too_much});
  return true;
}();

using testing::Golden;
using testing::largest_difference;

class MadeUpFamily : public testing::TrainProgram {
 protected:
  void SetUp() override {
    ASSERT_TRUE(kRegistered);
    at::set_num_threads(1);
    TrainProgram::SetUp();
  }
  std::unique_ptr<PretrainedModel> open() const {
    return load_pretrained(golden_.dir, golden_.task);
  }

  /// Random weights of the family over the byte tokenizer, in the folder of the encoder.
  void write_model(const std::string& type = "made-up") const {
    nlohmann::json config = read_json(golden_.dir / "config.json");
    config.merge_patch({{"model_type", type},
                        {"vocab_size", 300},
                        {"hidden_size", 24},
                        {"intermediate_size", 40},
                        {"max_position_embeddings", 260},
                        {"num_labels", 2}});
    write_file_atomic(encoder_ / "config.json", config.dump());
    std::filesystem::remove(encoder_ / "model.safetensors");
    const auto model = load_pretrained(encoder_, TaskKind::kClassification, {.random_init = true});
    save_pretrained(*model, encoder_);
  }
  /// In this process, which knows the family.
  static int run_here(Program program, const std::vector<std::string>& arguments) {
    std::vector<const char*> argv;
    for (const auto& argument : arguments) argv.push_back(argument.c_str());
    const auto command = parse_command_line(program, static_cast<int>(argv.size()), argv.data());
    return program == Program::kProbe ? run_probe(command) : run_train(command);
  }

  const Golden golden_{"architectures/made-up"};
};

/// Gradients of the loss at all parameters.
std::vector<at::Tensor> gradients_of(PretrainedModel& model, const PackedBatch& batch) {
  for (const auto& parameter : model.parameters()) {
    parameter.tensor.set_requires_grad(true);
    parameter.tensor.mutable_grad() = at::Tensor();
  }
  model.loss(batch).backward();
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : model.parameters()) gradients.push_back(parameter.tensor.grad());
  return gradients;
}

TEST_F(MadeUpFamily, LogitsLossAndGradientsEqualPyTorch) {
  const auto model = open();
  EXPECT_LT(largest_difference(model->logits(golden_.batch), golden_["logits"]), 2e-5);
  EXPECT_LT(largest_difference(model->loss(golden_.batch), golden_["loss"]), 2e-5);
  const auto gradients = gradients_of(*model, golden_.batch);
  size_t expected = 0;
  for (const auto& entry : golden_.file.entries()) expected += entry.name.starts_with("grad.");
  ASSERT_EQ(gradients.size(), expected);
  for (size_t i = 0; i < gradients.size(); ++i) {
    const std::string& name = model->parameters()[i].name;
    ASSERT_TRUE(gradients[i].defined()) << name;
    // The key bias moves every score of a row alike: its gradient is zero but for rounding.
    if (name.ends_with("key.bias")) continue;
    EXPECT_LT(largest_difference(gradients[i], golden_["grad." + name]), 2e-5) << name;
  }
}

TEST_F(MadeUpFamily, BFloat16StaysWithinItsBound) {
  const auto model = open();
  model->set_compute_dtype(at::kBFloat16);
  EXPECT_LT(largest_difference(model->logits(golden_.batch), golden_["logits"]), 0.05);
}

TEST_F(MadeUpFamily, RecomputedLayersShareTheBiasTable) {
  const auto model = open();
  model->set_dropout(0.0);
  model->set_training(true);
  const auto kept = gradients_of(*model, golden_.batch);
  model->set_gradient_checkpointing(true);
  const auto recomputed = gradients_of(*model, golden_.batch);
  for (size_t i = 0; i < kept.size(); ++i)
    EXPECT_LT((kept[i] - recomputed[i]).abs().max().item<double>(), 1e-5)
        << model->parameters()[i].name;
}

TEST_F(MadeUpFamily, PlacesAndGroupsFollowFromTheDeclaration) {
  const auto model = open();
  EXPECT_EQ(model->places().sites().size(), 13U);
  EXPECT_EQ(model->places().sites()[6].name, "made_up.encoder.layer.1.attention.self.query");
  EXPECT_TRUE(model->places().sites().back().in_head);
  const auto group = [&](const char* name) {
    return std::string(group_name(model->parameter_info(name).group));
  };
  EXPECT_EQ(group("made_up.encoder.relative_attention_bias.weight"), "embeddings");
  EXPECT_EQ(group("made_up.embeddings.LayerNorm.weight"), "layer_norm");
  EXPECT_EQ(group("classifier.out_proj.bias"), "head");
}

TEST_F(MadeUpFamily, ProbesTrainsMergesAndSaves) {
  write_model();
  EXPECT_EQ(run_here(Program::kProbe, quick(encoder_, "classification", reviews_)), 0);
  EXPECT_EQ(read_json(run_ / "probe.json").at("model_type"), "made-up");
  for (const char* method : {"eida", "lora"}) {
    std::filesystem::remove_all(a_);
    EXPECT_EQ(run_here(Program::kTrain,
                       train(a_, true, {"--method", method, "--set", "rounds=1", "--lr", "1e-2"})),
              0);
    const auto saved = a_ / "model";
    EXPECT_EQ(read_json(saved / "config.json").at("architectures"),
              nlohmann::json::array({"MadeUpForSequenceClassification"}));
    EXPECT_NE(sha256_file(saved / "model.safetensors"),
              sha256_file(encoder_ / "model.safetensors"));
    const auto merged = dir_.path() / (std::string("merged-") + method);
    EXPECT_EQ(
        run_here(Program::kTrain,
                 {EIDA_TRAIN, "merge", "--model", encoder_.string(), "--adapter",
                  (a_ / "rounds/01/adapter.safetensors").string(), "--output", merged.string()}),
        0);
    EXPECT_EQ(sha256_file(merged / "model.safetensors"), sha256_file(saved / "model.safetensors"));
  }
}

TEST_F(MadeUpFamily, WhatNothingComputesIsRefusedByName) {
  write_model();
  nlohmann::json config = read_json(encoder_ / "config.json");
  config["model_type"] = "too-much";
  write_file_atomic(encoder_ / "config.json", config.dump());
  try {
    read_model_config(encoder_, TaskKind::kClassification);
    FAIL();
  } catch (const FormatError& error) {
    const std::string what = error.what();
    for (const char* part : {"rotary positions in heads of odd width", "key heads cannot share",
                             "pooling of the last token"})
      EXPECT_NE(what.find(part), std::string::npos) << what;
  }
}

TEST_F(MadeUpFamily, ATypeIsRegisteredOnce) {
  EXPECT_THROW(register_family({"Again", {{"bert", "Bert"}}, {}, declare}), Error);
}

}  // namespace
}  // namespace eida
