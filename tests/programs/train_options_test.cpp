/// Options of eida-train whose effect shows in a whole run only.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "eida/tensor/safetensors.h"
#include "programs/train_fixture.h"

namespace eida {
namespace {

class TrainOptions : public testing::TrainProgram {
 protected:
  nlohmann::json train_and_read(const std::filesystem::path& output,
                                const std::vector<std::string>& options, bool encoder = true) {
    const auto result = run(train(output, encoder, options));
    EXPECT_EQ(result.code, 0) << result.err;
    said_ = result.err;
    return read_json(output / "summary.json");
  }
  /// A file of reviews with one label, but for the first sentence.
  static void relabel(const std::filesystem::path& file, char first, char others) {
    const std::string text = read_file(file);
    std::string changed;
    int row = 0;
    for (const std::string_view line : lines_of(text)) {
      changed += line;
      if (row > 0) changed.back() = row == 1 ? first : others;
      changed += '\n';
      ++row;
    }
    write_file_atomic(file, changed);
  }
  /// Options of a run that learns, more with every round, to answer 1 whatever it reads.
  std::vector<std::string> learn_to_say_one() const {
    relabel(reviews_, '0', '1');  // both classes are there
    return {"--lr", "1e-2", "--precision", "fp32", "--set", "train.dropout=0", "--set", "rounds=3"};
  }
  std::string adapter(int round) const {
    return (a_ / ("rounds/0" + std::to_string(round)) / "adapter.safetensors").string();
  }
  /// SHA-256 of the base with the adapters of rounds 1 … `rounds`.
  std::string merged(int rounds) const {
    const auto output = dir_.path() / ("merged" + std::to_string(rounds));
    std::vector<std::string> all = {EIDA_TRAIN,        "merge",    "--model",
                                    encoder_.string(), "--output", output.string()};
    for (int round = 1; round <= rounds; ++round)
      all.insert(all.end(), {"--adapter", adapter(round)});
    EXPECT_EQ(run(all).code, 0);
    return sha256_file(output / "model.safetensors");
  }
  static at::Tensor tensor(const std::filesystem::path& file, const std::string& name) {
    const SafetensorsFile opened(file);
    return opened.tensor(*opened.find(name)).clone();
  }
  /// Largest |entry| of a difference.
  static double largest(const at::Tensor& x) { return x.abs().max().item<double>(); }

  std::string said_;
};

/// One value of a metric in every finished round.
std::vector<double> values(const nlohmann::json& summary, const char* metric) {
  std::vector<double> all;
  for (const auto& round : summary.at("rounds")) all.push_back(round.at("eval").at(metric));
  return all;
}

/// The round, from 1, whose loss is the smallest.
int64_t best_by_loss(const nlohmann::json& summary) {
  const auto losses = values(summary, "loss");
  return std::min_element(losses.begin(), losses.end()) - losses.begin() + 1;
}

TEST_F(TrainOptions, EarlyStoppingEndsTheRunAfterRoundsWithoutABetterScore) {
  // Steps of nothing: the first round's accuracy stays the best.
  const std::vector<std::string> options = {"--set", "rounds=6", "--set", "train.early_stopping=2",
                                            "--lr",  "1e-9"};
  const auto summary = train_and_read(a_, options);
  EXPECT_EQ(summary.at("rounds_done"), 3);
  EXPECT_EQ(summary.at("best_round"), 1);
  EXPECT_FALSE(std::filesystem::exists(a_ / "rounds/04"));
  EXPECT_TRUE(std::filesystem::exists(a_ / "manifest.json"));
  EXPECT_NE(said_.find("no better accuracy for 2 rounds: the run ends"), std::string::npos);
  const auto resumed = run(testing::TrainProgram::with(train(a_, true, options), {"--resume"}));
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_FALSE(std::filesystem::exists(a_ / "rounds/04"));
}

TEST_F(TrainOptions, ARunThatGetsBetterIsNotStopped) {
  relabel(dev_, '1', '1');
  const auto summary = train_and_read(
      a_, with(learn_to_say_one(),
               {"--set", "train.early_stopping=1", "--set", "train.best_metric=loss"}));
  EXPECT_EQ(summary.at("rounds_done"), 3);
  EXPECT_GT(summary.at("best_round"), 1);
  EXPECT_EQ(summary.at("best_round"), best_by_loss(summary));
}

TEST_F(TrainOptions, BestIsTheRoundOfTheBestScoreAndNotTheLast) {
  relabel(dev_, '0', '0');  // what is learned is wrong there: every round makes it worse
  const auto summary =
      train_and_read(a_, with(learn_to_say_one(), {"--set", "train.best_metric=loss"}));
  const auto losses = values(summary, "loss");
  ASSERT_EQ(losses.size(), 3U);
  EXPECT_LT(losses[0], losses[2]);
  EXPECT_EQ(summary.at("best_round"), 1);
  EXPECT_EQ(summary.at("metric"), "loss");
  EXPECT_EQ(summary.at("best_score"), losses[0]);
  EXPECT_EQ(summary.at("last_score"), losses[2]);
  EXPECT_EQ(sha256_file(a_ / "best/model.safetensors"), merged(1));
  EXPECT_EQ(sha256_file(a_ / "model/model.safetensors"), merged(3));
}

TEST_F(TrainOptions, TheMetricDecidesWhichRoundIsBest) {
  relabel(dev_, '1', '1');  // all right after the first round; the loss goes on falling
  const auto by_accuracy = train_and_read(a_, learn_to_say_one());
  EXPECT_EQ(values(by_accuracy, "accuracy"), std::vector<double>(3, 1.0));
  EXPECT_EQ(by_accuracy.at("metric"), "accuracy");
  EXPECT_EQ(by_accuracy.at("best_round"), 1);
  const auto by_loss =
      train_and_read(b_, with(learn_to_say_one(), {"--set", "train.best_metric=loss"}));
  EXPECT_GT(by_loss.at("best_round"), 1);
  EXPECT_EQ(by_loss.at("best_round"), best_by_loss(by_loss));
  EXPECT_NE(sha256_file(a_ / "best/model.safetensors"), sha256_file(b_ / "best/model.safetensors"));
}

TEST_F(TrainOptions, TheHeadHasALearningRateOfItsOwn) {
  const auto moved = [&](const std::string& lr, const std::string& head_lr) {
    train_and_read(
        a_, {"--lr", lr, "--set", "train.head_lr=" + head_lr, "--set", "rounds=1", "--overwrite"});
    const std::string head = "classifier.out_proj.weight";
    const SafetensorsFile adapters(adapter(1));
    double cores = 0;
    for (const auto& entry : adapters.entries()) {
      if (entry.name.ends_with(".B")) cores = std::max(cores, largest(adapters.tensor(entry)));
    }
    return std::pair(cores, largest(tensor(encoder_ / "model.safetensors", head) -
                                    tensor(a_ / "model/model.safetensors", head)));
  };
  const auto [cores, still] = moved("1e-2", "1e-8");
  EXPECT_GT(cores, 1e-3);
  EXPECT_LT(still, 1e-6);
  const auto [still_cores, head] = moved("1e-8", "1e-2");
  EXPECT_LT(still_cores, 1e-6);
  EXPECT_GT(head, 1e-3);
}

TEST_F(TrainOptions, GradientCheckpointingSavesMemoryAndChangesNothing) {
  write_encoder_config(96, 8, 384);
  const std::vector<char> own(size_t{1} << 30, 1);  // of the test, and not of the runs it starts
  const auto peak = [&](const std::filesystem::path& output, const char* checkpointing) {
    train_and_read(
        output, {"--set", "model.init=random", "--set", "train.batch_size=120", "--set", "rounds=1",
                 "--set", "train.max_steps=1", "--set", "train.warmup_ratio=0", "--precision",
                 "fp32", "--set", std::string("train.gradient_checkpointing=") + checkpointing});
    return read_json(output / "manifest.json").at("peak_memory_mib").get<double>();
  };
  const double plain = peak(a_, "false"), checkpointed = peak(b_, "true");
  EXPECT_LT(plain, 1024);  // some 840 where LibTorch is a CUDA build
  EXPECT_LT(checkpointed, plain - 100);
  testing::expect_same_results(a_, b_, 1);  // dropout masks among them
}

TEST_F(TrainOptions, CarriedMomentsBelongToTheTensorsTheyWereTakenFrom) {
  // All examples in every step, and a learning rate of 0 in the warm-up: both rounds see the same
  // gradient g. Bases of full rank lose nothing. From zero, a step's moments are 0.1 g and
  // 0.001 g^2; from those of the first round, 1.9 and 1.999 times as much (squares of the cores:
  // in their sum). Tensors that decay stand beside such that do not.
  const auto moments = [&](const std::filesystem::path& output, const std::string& carried) {
    train_and_read(
        output, {"--set", "train.batch_size=120", "--set", "train.max_steps=1", "--set",
                 "train.dropout=0", "--set", "ranks.fixed=1000", "--set",
                 "subspace.estimator=random", "--precision", "fp32", "--set", "train.clip_norm=0",
                 "--set", "train.trainable_extra=[embeddings,layer_norm,bias,head]", "--set",
                 "train.carry_moments=" + carried});
    const auto state = output / "state/state.safetensors";
    return std::pair(tensor(state, "first_moments"), tensor(state, "second_moments"));
  };
  const auto [first, second] = moments(a_, "false");
  const auto [first_carried, second_carried] = moments(b_, "true");
  const at::Tensor difference = (first_carried - first * 1.9).abs();
  EXPECT_LT((difference - first.abs() * 1e-3).max().item<double>(), 1e-5 * largest(first));
  EXPECT_NEAR(second_carried.sum().item<double>(), 1.999 * second.sum().item<double>(),
              1e-3 * second.sum().item<double>());
}

TEST_F(TrainOptions, DryRunCountsWhatIsTrained) {
  const std::vector<std::vector<std::string>> ways = {
      {"--method", "eida", "--set", "train.trainable_extra=[layer_norm,bias]"},
      {"--method", "eida", "--set", "sites.include=[q,fc1]", "--set", "sites.layers=[1]"},
      {"--method", "lora", "--set", "lora.rank=3"},
      {"--method", "head"}};
  for (const auto& way : ways) {
    const bool encoder = way[1] != "lora";
    const auto options =
        with(way, {"--set", "rounds=1", "--set", "train.max_steps=1", "--overwrite"});
    const auto dry = run(train(a_, encoder, with(options, {"--dry-run"})));
    ASSERT_EQ(dry.code, 0) << dry.err;
    EXPECT_EQ(testing::number_after(dry.out, "\ntrainable"),
              train_and_read(a_, options, encoder).at("trainable_parameters"))
        << fmt::format("{}", fmt::join(way, " ")) << "\n"
        << dry.out;
  }
}

TEST_F(TrainOptions, DryRunSaysWhatTheRunTakes) {
  write_encoder_config(192, 3, 768, 0.02);
  const std::vector<std::string> options = {"--set",       "model.init=random",
                                            "--set",       "sampling.examples=64",
                                            "--set",       "train.batch_size=16",
                                            "--set",       "rounds=1",
                                            "--set",       "ranks.fixed=8",
                                            "--precision", "fp32",
                                            "--lr",        "1e-6",
                                            "--overwrite"};
  // Sentences of one length, and a batch of long ones among many short ones.
  for (const auto& [longer, shorter] : {std::pair(140, 0), std::pair(16, 144)}) {
    write_longer_reviews(longer, shorter);
    const auto dry = run(train(a_, true, with(options, {"--dry-run"})));
    ASSERT_EQ(dry.code, 0) << dry.err;
    train_and_read(a_, options);
    expect_as_announced(dry.out, a_);
  }
}

TEST_F(TrainOptions, ARankThatNoMachineHoldsIsRefusedBeforeTheFolder) {
  for (const bool dry : {false, true}) {
    auto arguments = train(a_, true,
                           {"--method", "lora", "--set", "lora.rank=1000000", "--set",
                            "sites.include=[q, k, v, o, fc1, fc2]"});
    if (dry) arguments.emplace_back("--dry-run");
    // The 9.5 GiB of its factors, gradients and moments may be there.
    std::vector<std::string> limited = {"/bin/sh", "-c", "ulimit -v 8000000; exec \"$@\"", "sh"};
    limited.insert(limited.end(), arguments.begin(), arguments.end());
    expect_error(run(limited), 2, "lower lora.rank", "eida-train");
    EXPECT_FALSE(std::filesystem::exists(a_));
  }
}

}  // namespace
}  // namespace eida
