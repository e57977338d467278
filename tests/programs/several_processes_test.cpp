/// Several processes do what one does, and end together.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <sstream>

#include "eida/tensor/safetensors.h"
#include "programs/train_fixture.h"
#include "support/file_helpers.h"
#include "support/mpi.h"
#include "support/tiny_models.h"

namespace eida {
namespace {

using testing::mpirun;
using testing::read_text;
using testing::RunningProgram;

/// Sums are taken in another order, in float32: what follows from them agrees to this.
constexpr double kRounding = 2e-4;
/// What training adds to a weight is small beside it, and rounded as the weight is.
constexpr double kChange = 0.02;

std::vector<nlohmann::json> json_lines(const std::filesystem::path& file) {
  std::vector<nlohmann::json> all;
  std::istringstream lines(read_text(file));
  for (std::string line; std::getline(lines, line);) all.push_back(nlohmann::json::parse(line));
  return all;
}

class SeveralProcesses : public testing::TrainProgram {
 protected:
  void SetUp() override {
    TrainProgram::SetUp();
    EIDA_NEED_MPI();
  }

  std::vector<std::string> quick_train(const std::filesystem::path& output, bool encoder,
                                       const std::vector<std::string>& more = {}) const {
    return with(train(output, encoder, {"--precision", "fp32", "--set", "train.dropout=0"}), more);
  }

  /// A run of few steps.
  std::vector<std::string> short_train(const std::filesystem::path& output, bool encoder,
                                       const std::vector<std::string>& more = {}) const {
    return with(quick_train(output, encoder, {"--set", "train.max_steps=5"}), more);
  }

  void expect_success(const std::vector<std::string>& arguments) const {
    const auto result = run(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
  }

  /// The merged models, what training changed of `start`, and losses and scores of every line of
  /// metrics.jsonl.
  static void expect_like(const std::filesystem::path& start, const std::filesystem::path& one,
                          const std::filesystem::path& several) {
    const auto wanted = json_lines(one / "metrics.jsonl"),
               got = json_lines(several / "metrics.jsonl");
    ASSERT_EQ(wanted.size(), got.size());
    for (size_t i = 0; i < wanted.size(); ++i) {
      for (const char* key : {"loss", "train_loss", "lr", "grad_norm"}) {
        if (!wanted[i].contains(key)) continue;
        const auto value = wanted[i][key].get<double>();
        EXPECT_NEAR(got[i][key].get<double>(), value, kRounding * std::abs(value)) << key << i;
      }
      if (wanted[i].contains("eval")) {
        EXPECT_EQ(got[i]["eval"]["accuracy"], wanted[i]["eval"]["accuracy"]);
        EXPECT_NEAR(got[i]["eval"]["loss"], wanted[i]["eval"]["loss"].get<double>(), 1e-4);
      }
    }
    const SafetensorsFile before(start / "model.safetensors"),
        model(one / "model/model.safetensors"), other(several / "model/model.safetensors");
    ASSERT_EQ(model.entries().size(), other.entries().size());
    int changed = 0;
    for (const SafetensorsEntry& entry : model.entries()) {
      const at::Tensor was = before.tensor(*before.find(entry.name)), wanted = model.tensor(entry),
                       got = other.tensor(*other.find(entry.name));
      EXPECT_LT(testing::relative_difference(got, wanted), kRounding) << entry.name;
      if (wanted.equal(was)) continue;
      ++changed;
      EXPECT_LT(testing::relative_difference(got - was, wanted - was), kChange) << entry.name;
    }
    EXPECT_GT(changed, 0);
  }

  /// Process numbers of the ranks, which `arguments` then runs as.
  std::vector<std::string> telling_pids(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all = {
        "sh", "-c",
        "rank=${OMPI_COMM_WORLD_RANK:-$PMI_RANK}; echo $$ > \"$0.$rank.part\"; "
        "mv \"$0.$rank.part\" \"$0.$rank\"; exec \"$@\"",
        (dir_.path() / "pid").string()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  pid_t pid_of(int rank) const {
    const auto file = dir_.path() / ("pid." + std::to_string(rank));
    EXPECT_TRUE(testing::wait_for(file));
    return std::stoi(read_text(file));
  }
  /// The run has taken steps.
  void wait_for_steps(const std::filesystem::path& output) const {
    ASSERT_TRUE(testing::wait_for(output / "metrics.jsonl"));
    for (int i = 0; i < 6000 && std::filesystem::file_size(output / "metrics.jsonl") == 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  /// Small steps, many of them, each in the log.
  static std::vector<std::string> long_run() {
    return {"--set", "train.log_every=1", "--set", "train.batch_size=1", "--rounds", "1"};
  }
  std::vector<std::string> quick_long_train(const std::filesystem::path& output) const {
    auto arguments = quick_train(output, true);
    const auto rounds = std::find(arguments.begin(), arguments.end(), "--rounds");
    arguments.erase(rounds, rounds + 2);
    const auto batch = std::find(arguments.begin(), arguments.end(), "--batch-size");
    arguments.erase(batch, batch + 2);
    return with(arguments, long_run());
  }
};

TEST_F(SeveralProcesses, TwoAndFourTrainAnEncoderLikeOne) {
  // Ranks out of held-out fidelity: sampling, estimation and measuring are all shared.
  const std::vector<std::string> options = {
      "--set", "ranks.rule=threshold",  "--dims", "2,4,8",          "--set", "ranks.heldout=24",
      "--set", "sampling.batch_size=4", "--set",  "ranks.narrow=4", "--set", "ranks.wide=8"};
  expect_success(short_train(a_, true, options));
  for (const int processes : {2, 4}) {
    std::filesystem::remove_all(b_);
    expect_success(mpirun(processes, short_train(b_, true, options)));
    expect_like(encoder_, a_, b_);
    EXPECT_EQ(sha256_file(a_ / "rounds/02/rank_plan.json"),
              sha256_file(b_ / "rounds/02/rank_plan.json"));
    const auto manifest = nlohmann::json::parse(read_text(b_ / "manifest.json"));
    EXPECT_EQ(manifest["processes"], processes);
  }
}

TEST_F(SeveralProcesses, TwoTrainADecoderLikeOneWhateverTheLossIsDividedBy) {
  for (const std::string norm : {"global", "mean_of_means"}) {
    const std::vector<std::string> options = {"--set", "train.accumulation=3", "--set",
                                              "train.loss_norm=" + norm, "--overwrite"};
    expect_success(short_train(a_, false, options));
    expect_success(mpirun(2, short_train(b_, false, options)));
    expect_like(decoder_, a_, b_);
  }
}

TEST_F(SeveralProcesses, TwoTrainOtherMethodsLikeOne) {
  for (const char* method : {"lora_xs", "dora"}) {
    for (const auto& folder : {a_, b_}) std::filesystem::remove_all(folder);
    const auto options = std::vector<std::string>{"--method", method};
    expect_success(short_train(a_, true, options));
    expect_success(mpirun(2, short_train(b_, true, options)));
    expect_like(encoder_, a_, b_);
  }
}

TEST_F(SeveralProcesses, TheSameNumberGivesTheSameBits) {
  // With dropout: each process has masks of its own.
  for (const auto& output : {a_, b_})
    expect_success(mpirun(3, train(output, true, {"--set", "train.max_steps=5"})));
  testing::expect_same_results(a_, b_, 2);
}

TEST_F(SeveralProcesses, TwoHostsTrainLikeOneProcess) {
  auto result = run(testing::on_two_hosts(2, short_train(b_, true)));
  if (result.code == testing::kNotPermitted)
    result = run(testing::over_loopback(2, short_train(b_, true)));
  EXPECT_EQ(result.code, 0) << result.err;
  expect_success(short_train(a_, true));
  expect_like(encoder_, a_, b_);
}

TEST_F(SeveralProcesses, OnlyTheFirstSpeaks) {
  const auto result = run(mpirun(2, short_train(b_, true)));
  EXPECT_EQ(testing::count(result.out, "train loss"), 1U) << result.out;
  EXPECT_EQ(testing::count(result.out, "\x1b"), 0U) << result.out;
  EXPECT_EQ(testing::count(result.err, "models, adapters and metrics"), 1U) << result.err;
  const std::string log = read_text(b_ / "log.jsonl");
  EXPECT_EQ(testing::count(log, "models, adapters and metrics"), 1U);
}

TEST_F(SeveralProcesses, AProbeMeasuresLikeOne) {
  const auto arguments = [&](const std::filesystem::path& output) {
    auto all = quick_reviews({"--set", "sampling.batch_size=12"});
    *(std::find(all.begin(), all.end(), "--output") + 1) = output.string();
    return all;
  };
  expect_success(arguments(a_));
  expect_success(mpirun(2, arguments(b_)));
  const auto wanted = nlohmann::json::parse(read_text(a_ / "probe.json")).flatten();
  const auto got = nlohmann::json::parse(read_text(b_ / "probe.json")).flatten();
  ASSERT_EQ(wanted.size(), got.size());
  for (const auto& [path, value] : wanted.items()) {
    if (!value.is_number_float() || path.starts_with("/seconds/")) continue;
    EXPECT_NEAR(got.at(path).get<double>(), value.get<double>(), 1e-3) << path;
  }
  EXPECT_EQ(read_text(a_ / "rank_plan.json"), read_text(b_ / "rank_plan.json"));
  // One logical batch for three processes: two of them have nothing to sample.
  std::filesystem::remove_all(b_);
  expect_success(mpirun(
      3, with(arguments(b_), {"--set", "sampling.examples=10", "--set", "probe.heldout=10"})));
}

TEST_F(SeveralProcesses, EvaluationsComeInTheOrderOfTheFile) {
  const auto evaluate = [&](const std::filesystem::path& output, bool encoder,
                            const std::vector<std::string>& more) {
    return with(
        {EIDA_EVAL, "--model", (encoder ? encoder_ : decoder_).string(), "--task",
         encoder ? "classification" : "e2e", "--data", (encoder ? reviews_ : pairs_).string(),
         "--precision", "fp32", "--output", output.string(), "--overwrite"},
        more);
  };
  const auto expect_same_lines = [&](const char* value) {
    const auto wanted = json_lines(a_ / "predictions.jsonl"),
               got = json_lines(b_ / "predictions.jsonl");
    ASSERT_EQ(wanted.size(), got.size());
    for (size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(got[i]["id"], wanted[i]["id"]);
      if (wanted[i][value].is_number_float()) {
        EXPECT_NEAR(got[i][value], wanted[i][value].get<double>(), 1e-3);
      } else {
        EXPECT_EQ(got[i][value], wanted[i][value]) << i;
      }
    }
  };
  expect_success(evaluate(a_, true, {}));
  expect_success(mpirun(2, evaluate(b_, true, {})));
  expect_same_lines("prediction");
  const auto threads = nlohmann::json::parse(read_text(b_ / "manifest.json"))["threads"];
  EXPECT_EQ(threads, std::max(1U, std::thread::hardware_concurrency() / 2));
  expect_success(evaluate(a_, false, {"--metrics", "loss"}));
  expect_success(mpirun(2, evaluate(b_, false, {"--metrics", "loss"})));
  expect_same_lines("nll");
  const std::vector<std::string> texts = {"--metrics", "bleu",  "--beams",
                                          "2",         "--set", "generation.max_new_tokens=8"};
  expect_success(evaluate(a_, false, texts));
  expect_success(mpirun(3, evaluate(b_, false, texts)));
  expect_same_lines("prediction");
  EXPECT_EQ(read_text(a_ / "predictions.txt"), read_text(b_ / "predictions.txt"));
  EXPECT_EQ(nlohmann::json::parse(read_text(a_ / "scores.json"))["BLEU"],
            nlohmann::json::parse(read_text(b_ / "scores.json"))["BLEU"]);
}

TEST_F(SeveralProcesses, AKilledProcessEndsAllAndAnotherNumberGoesOn) {
  expect_success(quick_long_train(a_));
  const auto arguments = with(quick_long_train(b_), {"--set", "train.save_every=1"});
  const RunningProgram program(dir_.path(), mpirun(3, telling_pids(arguments)));
  wait_for_steps(b_);
  const auto start = std::chrono::steady_clock::now();
  ::kill(pid_of(1), SIGKILL);
  const auto killed = program.wait();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_NE(killed.code, 0);
  EXPECT_LT(seconds.count(), 10.0);
  if (testing::is_open_mpi()) {  // MPICH names its PID
    EXPECT_TRUE(testing::holds(killed.err, "rank 1"));
  }
  EXPECT_FALSE(std::filesystem::exists(b_ / "manifest.json"));
  const auto resumed = run(mpirun(2, with(arguments, {"--resume"})));
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_TRUE(testing::holds(resumed.err, "going on at round 1, step"));
  expect_like(encoder_, a_, b_);
}

TEST_F(SeveralProcesses, ASignalToOneStopsAllAfterTheStepWithTheStateSaved) {
  const auto arguments = with(quick_long_train(b_), {"--set", "train.save_every=0"});
  const RunningProgram program(dir_.path(), mpirun(2, telling_pids(arguments)));
  wait_for_steps(b_);
  ::kill(pid_of(1), SIGTERM);
  const auto stopped = program.wait();
  EXPECT_EQ(stopped.code, 143) << stopped.err;
  EXPECT_EQ(testing::count(stopped.err, "interrupted"), 1U) << stopped.err;
  const auto resumed = run(with(arguments, {"--resume"}));  // one process
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_TRUE(testing::holds(resumed.err, "going on at round 1, step"));
  EXPECT_FALSE(testing::holds(resumed.err, "going on at round 1, step 0 of"));
}

TEST_F(SeveralProcesses, WhatIsRefusedIsSaidOnce) {
  std::filesystem::create_directories(b_);
  testing::write_text(b_ / "mine.txt", "kept");
  const auto result = run(mpirun(2, quick_train(b_, true)));
  EXPECT_EQ(result.code, 2) << result.err;
  EXPECT_EQ(testing::count(result.err, "eida-train: "), 1U) << result.err;
  EXPECT_TRUE(testing::holds(result.err, "eida-train: rank 0 of 2: " + b_.string()));
  const auto subcommand = run(mpirun(
      2, {EIDA_TRAIN, "export", "--run", a_.string(), "--to", "peft", "--output", b_.string()}));
  EXPECT_EQ(subcommand.code, 2) << subcommand.err;
  EXPECT_TRUE(testing::holds(subcommand.err, "export: takes one process"));
}

}  // namespace
}  // namespace eida
