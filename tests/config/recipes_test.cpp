// The shipped recipes: every one is valid, and the report's hold its numbers.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "eida/config/schema.h"

namespace {

using eida::Config;

std::filesystem::path configs_dir() { return std::filesystem::path(EIDA_SOURCE_DIR) / "configs"; }

/// A recipe with a model and a training file, as a user gives them.
Config open_recipe(const std::filesystem::path& file) {
  Config config;
  eida::KeySet given;
  eida::read_config_file(file, config, given);
  config.model.path = "model";
  config.data.train = "train";
  eida::resolve_defaults(config, given);
  return config;
}

TEST(Recipes, SuitTrainingAndProbe) {
  size_t recipes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(configs_dir())) {
    if (entry.path().extension() != ".yaml") continue;
    ++recipes;
    SCOPED_TRACE(entry.path().filename());
    const Config config = open_recipe(entry.path());
    EXPECT_NO_THROW(eida::check_config(config, eida::Program::kTrain));
    EXPECT_NO_THROW(eida::check_config(config, eida::Program::kProbe));
    EXPECT_TRUE(config.ranks.plan.empty() || std::filesystem::exists(config.ranks.plan));
  }
  EXPECT_EQ(recipes, 7U);
}

TEST(Recipes, RobertaHoldsThePublishedSetup) {
  const Config config = open_recipe(configs_dir() / "roberta-sst2.yaml");
  EXPECT_EQ(config.rounds, 4);
  EXPECT_EQ(config.train.lr, 2e-4);
  EXPECT_EQ(config.train.weight_decay, 0.1);
  EXPECT_EQ(config.train.warmup_ratio, 0.1);
  EXPECT_EQ(config.train.batch_size * config.train.accumulation, 16);
  EXPECT_EQ(config.sampling.examples, 256);
  EXPECT_EQ(config.sampling.tokens_per_example, 2);
  EXPECT_EQ(config.ranks.rule, eida::RankRule::kPlan);
  EXPECT_EQ(config.train.trainable_extra, std::vector{eida::TrainableExtra::kHead});
}

TEST(Recipes, Gpt2HoldsThePublishedSetup) {
  const Config config = open_recipe(configs_dir() / "gpt2-e2e.yaml");
  EXPECT_EQ(config.rounds, 16);
  EXPECT_EQ(config.train.lr, 5e-5);
  EXPECT_EQ(config.train.weight_decay, 0.01);
  EXPECT_EQ(config.train.warmup_ratio, 0.15);
  EXPECT_EQ(config.train.batch_size, 8);
  EXPECT_EQ(config.train.accumulation, 2);
  EXPECT_EQ(config.sampling.examples, 128);
  EXPECT_EQ(config.sampling.token_rate, 0.0075);
  EXPECT_EQ(config.ranks.rule, eida::RankRule::kPlan);
  EXPECT_TRUE(config.train.trainable_extra.empty());
  EXPECT_EQ(config.generation.beams, 10);
  EXPECT_EQ(config.generation.max_length, 144);
}

}  // namespace
