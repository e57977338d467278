#include <gtest/gtest.h>

#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

using eida::Config;
using eida::KeySet;
using eida::testing::message_of;
using eida::testing::write_text;

namespace {

Config read(std::string_view text, KeySet* given = nullptr) {
  Config config;
  KeySet keys;
  eida::read_config_text(text, "configs/x.yaml", "configs", config, keys);
  if (given != nullptr) *given = keys;
  return config;
}

std::string fault(std::string_view text) {
  return message_of<eida::ConfigError>([&] { read(text); });
}

}  // namespace

TEST(ConfigFile, SetsWhatItNamesAndNothingElse) {
  KeySet given;
  const Config config = read(
      "model: {path: m, weights: bf16}\n"
      "rounds: 3\n"
      "sites:\n"
      "  include: [q, v]\n"
      "  layers: [0, 11]\n"
      "subspace:\n"
      "  dims: [2, 4]\n"
      "train:\n"
      "  lr: 1e-3\n"
      "  head_lr: 2\n"
      "  dropout: null\n"
      "  carry_moments: true\n",
      &given);
  EXPECT_EQ(config.model.path, "configs/m");
  EXPECT_EQ(config.model.weights, eida::WeightsType::kBf16);
  EXPECT_EQ(config.rounds, 3);
  EXPECT_EQ(config.sites.include, (std::vector{eida::SiteRole::kQ, eida::SiteRole::kV}));
  EXPECT_FALSE(config.sites.layers.all);
  EXPECT_EQ(config.sites.layers.listed, (std::vector<int64_t>{0, 11}));
  EXPECT_EQ(config.subspace.dims, (std::vector<int64_t>{2, 4}));
  EXPECT_DOUBLE_EQ(config.train.lr, 1e-3);
  EXPECT_EQ(config.train.head_lr, 2.0);
  EXPECT_TRUE(config.train.carry_moments);
  EXPECT_EQ(config.sampling.examples, 256);
  EXPECT_EQ(given, (KeySet{"model.path", "model.weights", "rounds", "sites.include", "sites.layers",
                           "subspace.dims", "train.carry_moments", "train.dropout", "train.head_lr",
                           "train.lr"}));
}

TEST(ConfigFile, SchemaOfTheContractIsAccepted) {
  const Config config = read(
      "model: {path: models/roberta-base, weights: fp32, init: pretrained}\n"
      "data: {task: sst2, train: train.tsv, dev: dev.tsv, test: dev.tsv, max_length: 72, batching: "
      "length_grouped}\n"
      "rounds: 4\nmethod: eida\n"
      "sites: {include: [q, k, v, o, fc1, fc2, classifier], layers: all}\n"
      "sampling: {examples: 256, tokens_per_example: 2, token_rate: 0.0075, token_weighting: "
      "prefix_count, "
      "classifier_tokens: random, batch_size: 16}\n"
      "subspace: {estimator: mean_first, dims: [4, 8, 16, 32, 64]}\n"
      "ranks: {rule: threshold, wide: 64, narrow: 32, margin: 0.03, heldout: 64, plan: null, "
      "budget: null}\n"
      "lora: {rank: 8, alpha: 16}\n"
      "train: {lr: 2.0e-4, head_lr: null, weight_decay: 0.1, batch_size: 16, accumulation: 1, "
      "warmup_ratio: 0.1, "
      "schedule: per_round, clip_norm: 1.0, loss_norm: mean_of_means, label_smoothing: 0.0, "
      "dropout: null, "
      "max_steps: null, trainable_extra: [head], eval_every: null, save_every: 200, best_metric: "
      "null, "
      "early_stopping: null, carry_moments: false, gradient_checkpointing: false, tensorboard: "
      "false}\n"
      "generation: {beams: 10, max_length: 144, max_new_tokens: null, min_length: 0, "
      "early_stopping: true, "
      "length_penalty: 1.0, no_repeat_ngram_size: 0, sample: false, temperature: 1.0, top_k: 0, "
      "top_p: 1.0, "
      "max_batch_tokens: null}\n"
      "probe: {heldout: 1024, repeats: 5}\n"
      "run: {output: runs/x, seed: 0, device: auto, precision: auto, threads: 0, memory_limit: "
      "null}\n");
  // The contract shows the defaults of SST-2, and the report's classifier_tokens: reading them
  // changes nothing but the paths and the task.
  Config defaults;
  defaults.data.max_length = 72;
  defaults.sampling.classifier_tokens = eida::ClassifierTokens::kRandom;
  defaults.model.path = "configs/models/roberta-base";
  defaults.data.task = eida::TaskName::sst2;
  defaults.data.train = "configs/train.tsv";
  defaults.data.dev = defaults.data.test = "configs/dev.tsv";
  defaults.run.output = "configs/runs/x";
  EXPECT_EQ(eida::dump_yaml(config, eida::Program::kTrain),
            eida::dump_yaml(defaults, eida::Program::kTrain));
  EXPECT_EQ(eida::dump_yaml(config, eida::Program::kProbe),
            eida::dump_yaml(defaults, eida::Program::kProbe));
  EXPECT_EQ(eida::dump_yaml(config, eida::Program::kEval),
            eida::dump_yaml(defaults, eida::Program::kEval));
}

TEST(ConfigFile, EmptyFileAndEmptyGroupsSetNothing) {
  KeySet given;
  read("", &given);
  EXPECT_TRUE(given.empty());
  read("# nothing\ntrain:\n  # lr: 1\n", &given);
  EXPECT_TRUE(given.empty());
}

TEST(ConfigFile, WrongTypesNameLineKeyAndHint) {
  EXPECT_EQ(fault("train:\n  batch_size: 8\n  lr: fast\n"),
            "configs/x.yaml:3: train.lr: 'fast' is not a number (hint: for example 0.0002)");
  EXPECT_EQ(fault("train:\n  batch_size: 2.5\n"),
            "configs/x.yaml:2: train.batch_size: 2.5 is not a whole number (hint: for example 16)");
  EXPECT_EQ(fault("\ntrain: {carry_moments: yes}\n"),
            "configs/x.yaml:2: train.carry_moments: 'yes' is not true or false");
  EXPECT_EQ(fault("run:\n  output: 2024\n"),
            "configs/x.yaml:2: run.output: 2024 is not text (hint: in quotes: \"2024\")");
  EXPECT_EQ(fault("train:\n  lr:\n"),
            "configs/x.yaml:2: train.lr: null is not a value here (hint: for example 0.0002)");
  EXPECT_EQ(fault("train:\n  lr: [1]\n"),
            "configs/x.yaml:2: train.lr: [1] is not a number (hint: for example 0.0002)");
  EXPECT_EQ(fault("train: 3\n"), "configs/x.yaml:1: train: holds keys, not a single value");
  EXPECT_EQ(fault("- a\n- b\n"), "configs/x.yaml:1: is not a map of keys");
  EXPECT_EQ(fault("train:\n  lr: .inf\n"),
            "configs/x.yaml:2: train.lr: '.inf' is not a number (hint: for example 0.0002)");
}

TEST(ConfigFile, RangesAreChecked) {
  EXPECT_EQ(fault("train: {lr: 0}"), "configs/x.yaml:1: train.lr: 0 is too small (hint: above 0)");
  EXPECT_EQ(fault("train: {warmup_ratio: 1.5}"),
            "configs/x.yaml:1: train.warmup_ratio: 1.5 is too large (hint: at most 1)");
  EXPECT_EQ(fault("sampling: {examples: 0}"),
            "configs/x.yaml:1: sampling.examples: 0 is too small (hint: at least 1)");
  EXPECT_EQ(fault("run: {seed: 18446744073709551615}").find("configs/x.yaml:1: run.seed: "), 0U);
  EXPECT_EQ(
      fault("run: {device: \"cuda:x\"}"),
      "configs/x.yaml:1: run.device: 'cuda:x' is not a choice (hint: auto, cpu, cuda or cuda:N)");
  EXPECT_EQ(fault("method: edia"),
            "configs/x.yaml:1: method: 'edia' is not a choice (hint: did you mean eida? one of "
            "eida, lora, full, head, lora_xs, dora)");
}

TEST(ConfigFile, ListsAreChecked) {
  EXPECT_EQ(fault("subspace: {dims: 64}"),
            "configs/x.yaml:1: subspace.dims: 64 is not a list (hint: for example [4,8,16,32,64])");
  EXPECT_EQ(fault("subspace: {dims: []}"),
            "configs/x.yaml:1: subspace.dims: [] has 0 items, at least 1 are needed (hint: for "
            "example [4,8,16,32,64])");
  EXPECT_EQ(fault("subspace: {dims: [8, 4]}"),
            "configs/x.yaml:1: subspace.dims: [8,4] does not grow from item to item (hint: for "
            "example [4,8,16,32,64])");
  EXPECT_EQ(fault("subspace: {dims: [8, 8]}").substr(0, 53),
            "configs/x.yaml:1: subspace.dims: [8,8] does not grow ");
  EXPECT_EQ(fault("sites: {include: [q, q]}"),
            "configs/x.yaml:1: sites.include: 'q' is there twice");
  EXPECT_EQ(fault("sites: {layers: some}"),
            "configs/x.yaml:1: sites.layers: 'some' is not all and not a list of layers (hint: for "
            "example [0, 1, 11])");
  EXPECT_EQ(fault("sites: {layers: [1, 1]}"),
            "configs/x.yaml:1: sites.layers: [1,1] names a layer twice");
  EXPECT_EQ(fault("sites: {layers: [-1]}"),
            "configs/x.yaml:1: sites.layers: -1 is too small (hint: at least 0)");
}

TEST(ConfigFile, UnknownKeysHaveANearestOne) {
  EXPECT_EQ(
      fault("train:\n  lr: 1e-3\n  warmup_rato: 0.1\n"),
      "configs/x.yaml:3: train.warmup_rato: is not a key (hint: did you mean train.warmup_ratio?)");
  EXPECT_EQ(fault("train:\n  dims: [4]\n"),
            "configs/x.yaml:2: train.dims: is not a key (hint: did you mean subspace.dims?)");
  EXPECT_EQ(
      fault("lora: {learning_rate_of_it: 1}"),
      "configs/x.yaml:1: lora.learning_rate_of_it: is not a key (hint: lora has rank, alpha)");
  EXPECT_EQ(fault("trian: {lr: 1}"),
            "configs/x.yaml:1: trian: is not a key (hint: did you mean train?)");
  EXPECT_EQ(fault("train.lr: 1").substr(0, 42), "configs/x.yaml:1: train.lr: is nested: wri");
}

TEST(ConfigFile, YamlThatHidesThingsIsRefused) {
  EXPECT_EQ(fault("rounds: 1\nrounds: 2\n"), "configs/x.yaml:2: key 'rounds' is there twice");
  EXPECT_EQ(fault("train:\n  <<: {lr: 1}\n"),
            "configs/x.yaml:2: merge keys (<<) are not supported (hint: write the keys again)");
  EXPECT_EQ(fault("rounds: &a 1\nrun: {seed: *a}\n"),
            "configs/x.yaml:2: aliases (*name) are not supported (hint: write the value again)");
  EXPECT_EQ(fault("train: &a\n  lr: *a\n").substr(0, 26), "configs/x.yaml:2: aliases ");
  EXPECT_EQ(fault("rounds: 1\n---\nrounds: 2\n"),
            "configs/x.yaml:2: a second document begins here, one is allowed");
  EXPECT_EQ(fault("rounds: !!int 1\n"), "configs/x.yaml:1: tags (!name) are not supported");
  EXPECT_EQ(fault("[a, b]: 1\n"), "configs/x.yaml:1: a key has to be text");
  EXPECT_EQ(fault("rounds: \xff\n"), "configs/x.yaml:1: is not UTF-8");
}

TEST(ConfigFile, BrokenYamlNamesTheLine) {
  EXPECT_EQ(fault("rounds: 1\ntrain: {lr: 1\n").substr(0, 37),
            "configs/x.yaml:3: is not valid YAML: ");
  EXPECT_EQ(fault("rounds: 1\n\tmethod: eida\n").substr(0, 37),
            "configs/x.yaml:2: is not valid YAML: ");
}

TEST(ConfigFile, SizeAndDepthAreLimited) {
  EXPECT_EQ(fault(std::string(30, '[') + std::string(30, ']'))
                .find("configs/x.yaml:1: is nested deeper than 20"),
            0U);
  EXPECT_EQ(fault(std::string(2 << 20, ' ')),
            "configs/x.yaml: has 2097152 bytes, a configuration has at most 1048576");
}

TEST(ConfigFile, JsonIsReadByContent) {
  KeySet given;
  const Config config = read("{\n \"rounds\": 2,\n \"data\": {\"train\": \"t.tsv\"}\n}", &given);
  EXPECT_EQ(config.rounds, 2);
  EXPECT_EQ(config.data.train, "configs/t.tsv");
  EXPECT_EQ(fault("{\n \"train\": {\n  \"lr\": \"fast\"}}"),
            "configs/x.yaml:3: train.lr: 'fast' is not a number (hint: for example 0.0002)");
  EXPECT_EQ(fault("{\"rounds\": 1,\n\"rounds\": 2}"),
            "configs/x.yaml:2: key 'rounds' is there twice");
}

TEST(ConfigFile, FileEndingInJsonIsJson) {
  Config config;
  KeySet given;
  const auto message = message_of<eida::ConfigError>(
      [&] { eida::read_config_text("{rounds: 2}", "x.json", "", config, given); });
  EXPECT_EQ(message.find("x.json:1: is not valid JSON: "), 0U) << message;
}

TEST(ConfigFile, PathsAreRelativeToTheFile) {
  const eida::testing::TempDir dir;
  const auto file = write_text(dir.path() / "c.yaml", "data: {train: ../t.tsv, dev: /abs/d.tsv}\n");
  Config config;
  KeySet given;
  eida::read_config_file(file, config, given);
  EXPECT_EQ(config.data.train, dir.path().parent_path() / "t.tsv");
  EXPECT_EQ(config.data.dev, "/abs/d.tsv");
  EXPECT_THROW(eida::read_config_file(dir.path() / "none.yaml", config, given), eida::DataError);
}
