/// A killed run ends with the same bits as one that was left alone.
#include <gtest/gtest.h>

#include <fstream>

#include "eida/core/rng.h"
#include "eida/tensor/safetensors.h"
#include "programs/train_fixture.h"
#include "support/file_helpers.h"

namespace eida {
namespace {

using testing::expect_same_results;
using testing::RunningProgram;

class TrainResume : public testing::TrainProgram {
 protected:
  std::chrono::milliseconds time_of(const std::vector<std::string>& arguments) const {
    const auto start = std::chrono::steady_clock::now();
    const auto result = run(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 start);
  }

  /// Options of a run that does not end before the test has done something to it.
  std::vector<std::string> long_life(std::vector<std::string> more = {}) const {
    return with({"--set", "rounds=50", "--set", "train.batch_size=1"}, std::move(more));
  }

  /// Puts other lines into metrics.jsonl of a_, as long as before, and their SHA-256 into its
  /// state.
  void replace_metrics(const std::string& lines) const {
    const auto path = a_ / "state/state.safetensors", metrics = a_ / "metrics.jsonl";
    std::vector<NamedTensor> tensors;
    std::string state;
    {
      const SafetensorsFile file(path);
      for (const auto& entry : file.entries())
        tensors.push_back({entry.name, file.tensor(entry).clone()});
      state = file.metadata().at("state");
    }
    const auto known = nlohmann::json::parse(state).at("metrics_bytes").get<uint64_t>();
    const std::string hash = sha256_file(metrics, known);
    write_file_atomic(metrics, lines);
    state.replace(state.find(hash), hash.size(), sha256_file(metrics, known));
    write_safetensors(path, tensors, {{"state", state}, {kSelfHash, ""}});
  }

  /// Kills the run at `kills` random moments of its life and lets it go on each time.
  void kill_and_resume(const std::vector<std::string>& arguments, int kills,
                       std::chrono::milliseconds life, uint64_t seed) const {
    Rng rng(seed, "kills");
    int killed = 0;
    for (int attempt = 0; killed < kills && attempt < 8 * kills; ++attempt) {
      const RunningProgram program(dir_.path(), with(arguments, {"--resume"}));
      const auto delay = static_cast<int64_t>(rng.uniform() * static_cast<double>(life.count()));
      std::this_thread::sleep_for(std::chrono::milliseconds(delay));
      program.send(SIGKILL);
      const int code = program.wait().code;
      ASSERT_TRUE(code == 0 || code == 128 + SIGKILL) << code;
      if (code == 128 + SIGKILL) ++killed;
      if (code == 0) std::filesystem::remove_all(b_);  // it had ended: start again
    }
    EXPECT_EQ(killed, kills);
    const auto last = run(with(arguments, {"--resume"}));
    EXPECT_EQ(last.code, 0) << last.err;
  }
};

TEST_F(TrainResume, SameSeedGivesTheSameBits) {
  time_of(train(a_));
  time_of(train(b_));
  expect_same_results(a_, b_, 2);
}

TEST_F(TrainResume, KilledAtTenMomentsTheEncoderEndsWithTheSameBits) {
  const auto options = std::vector<std::string>{"--set", "train.save_every=3"};
  const auto life = time_of(train(a_, true, options));
  kill_and_resume(train(b_, true, options), 10, life, 1);
  expect_same_results(a_, b_, 2);
}

TEST_F(TrainResume, KilledDecoderRunsWithCarriedMomentsEndWithTheSameBits) {
  const auto options =
      std::vector<std::string>{"--set", "train.save_every=2", "--set", "train.carry_moments=true"};
  const auto life = time_of(train(a_, false, options));
  kill_and_resume(train(b_, false, options), 2, life, 2);
  expect_same_results(a_, b_, 2);
}

TEST_F(TrainResume, KilledRunsOfContinuedMethodsEndWithTheSameBits) {
  for (const char* method : {"lora", "lora_xs", "dora"}) {
    std::filesystem::remove_all(a_);
    std::filesystem::remove_all(b_);
    const auto options =
        std::vector<std::string>{"--method", method, "--set", "train.save_every=2"};
    const auto life = time_of(train(a_, true, options));
    kill_and_resume(train(b_, true, options), 2, life, 3);
    expect_same_results(a_, b_, 2);
  }
}

TEST_F(TrainResume, AnInterruptSavesTheStateWithinTheStep) {
  const auto options = std::vector<std::string>{"--rounds",           "1",     "--set",
                                                "train.save_every=0", "--set", "train.log_every=1",
                                                "--batch-size",       "1"};
  auto arguments = train(b_);
  std::erase(arguments, "--rounds");
  std::erase(arguments, "--batch-size");
  std::erase_if(arguments, [](const std::string& word) { return word == "2" || word == "8"; });
  arguments = with(arguments, options);
  for (const int signal : {SIGINT, SIGTERM}) {
    const RunningProgram program(dir_.path(), with(arguments, {"--resume"}));
    ASSERT_TRUE(testing::wait_for(b_ / "metrics.jsonl"));
    while (std::filesystem::file_size(b_ / "metrics.jsonl") == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    program.send(signal);
    EXPECT_EQ(program.wait().code, 128 + signal);
    EXPECT_FALSE(std::filesystem::exists(b_ / "manifest.json"));
  }
  EXPECT_EQ(run(with(arguments, {"--resume"})).code, 0);
}

TEST_F(TrainResume, AFinishedRunIsLeftAlone) {
  time_of(train(a_));
  const auto before = testing::files_in(a_);
  const auto result = run(train(a_, true, {"--resume"}));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.err.find("is finished"), std::string::npos) << result.err;
  EXPECT_NE(result.out.find("train loss"), std::string::npos) << result.out;
  EXPECT_EQ(testing::files_in(a_), before);
}

TEST_F(TrainResume, AStateOfAnotherVersionIsRefusedAndChangesNothing) {
  time_of(train(a_));
  write_safetensors(a_ / "state/state.safetensors", {}, {{"state", R"({"format": "older"})"}});
  const auto before = testing::files_in(a_);
  auto arguments = train(a_, true, {"--resume"});
  *std::find(arguments.begin(), arguments.end(), "2") = "3";  // --rounds
  const auto refused = run(arguments);
  EXPECT_EQ(refused.code, 4) << refused.err;
  EXPECT_EQ(testing::files_in(a_), before);
}

// The hash fits, the bases do not.
TEST_F(TrainResume, AStateWithBasesOfAnotherShapeIsRefused) {
  time_of(train(a_));
  auto longer = train(a_, true, {"--resume"});
  *std::find(longer.begin(), longer.end(), "2") = "3";  // --rounds
  const auto state = a_ / "state/state.safetensors";
  const SafetensorsFile written(state);
  std::vector<NamedTensor> tensors;
  for (const SafetensorsEntry& entry : written.entries()) {
    const at::Tensor values = written.tensor(entry).clone();
    const bool basis = entry.name.starts_with("basis.");
    tensors.push_back({entry.name, basis ? values.slice(1, 1).contiguous() : values});
  }
  auto metadata = written.metadata();
  metadata[kSelfHash].clear();
  write_safetensors(state, tensors, metadata);
  const auto refused = run(longer);
  EXPECT_EQ(refused.code, 4) << refused.err;
  EXPECT_NE(refused.err.find("not a state of this run"), std::string::npos) << refused.err;
}

TEST_F(TrainResume, WhatTheRunWroteAndReadsAgainIsCheckedToTheByte) {
  time_of(train(a_));
  auto longer = train(a_, true, {"--resume"});
  *std::find(longer.begin(), longer.end(), "2") = "3";  // --rounds
  const std::string adapter = "rounds/01/adapter.safetensors";
  for (const auto& [name, code] : {std::pair<std::string, int>{"state/state.safetensors", 4},
                                   {adapter, 3},
                                   {"rounds/01/subspaces.json", 3},
                                   {"metrics.jsonl", 3}}) {
    const std::string before = read_file(a_ / name);
    std::string flipped = before;
    flipped[flipped.size() / 3] ^= 1;
    write_file_atomic(a_ / name, flipped);
    const auto files = testing::files_in(a_);
    const auto refused = run(longer);
    EXPECT_EQ(refused.code, code) << refused.err;
    EXPECT_NE(refused.err.find((a_ / name).string() + ": is not as "), std::string::npos)
        << refused.err;
    EXPECT_EQ(testing::files_in(a_), files) << name;
    if (name == adapter) {
      for (const char* form : {"huggingface", "peft"}) {
        const auto exported = run(
            {EIDA_TRAIN, "export", "--run", a_.string(), "--to", form, "--output", b_.string()});
        EXPECT_EQ(exported.code, 4) << exported.err;
        EXPECT_FALSE(std::filesystem::exists(b_));
      }
    }
    write_file_atomic(a_ / name, before);
  }
  const auto finished = train(a_, true, {"--resume"});
  const std::string summary = read_file(a_ / "summary.json");
  testing::write_text(a_ / "summary.json", summary + " ");
  EXPECT_EQ(run(finished).code, 3);
  testing::write_text(a_ / "summary.json", summary);
  EXPECT_EQ(run(finished).code, 0);
  EXPECT_EQ(run(longer).code, 0);
}

TEST_F(TrainResume, AnInputThatChangesWhileTheRunReadsItEndsTheRun) {
  for (const auto& file : {reviews_, encoder_ / "model.safetensors"}) {
    std::filesystem::remove_all(a_);
    const RunningProgram program(dir_.path(),
                                 train(a_, true, long_life({"--set", "train.log_every=1"})));
    ASSERT_TRUE(testing::wait_for(a_ / "state/state.safetensors"));
    const std::string before = read_file(file);
    std::string changed = before;
    changed[changed.size() - 4] ^= 1;
    // In its place and without a moment in which the file is shorter.
    std::fstream(file, std::ios::in | std::ios::out | std::ios::binary) << changed;
    const auto ended = program.wait();
    EXPECT_EQ(ended.code, 3) << ended.err;
    EXPECT_NE(ended.err.find(file.string() + ": changed while the run was reading it"),
              std::string::npos)
        << ended.err;
    EXPECT_FALSE(std::filesystem::exists(a_ / "manifest.json"));
    write_file_atomic(file, before);
  }
}

TEST_F(TrainResume, OneRunAtATimeWorksInAFolder) {
  const auto arguments = train(a_, true, long_life({"--resume"}));
  const RunningProgram program(dir_.path(), arguments);
  ASSERT_TRUE(testing::wait_for(a_ / "state/state.safetensors"));
  const auto other = dir_.path() / "other";
  std::filesystem::create_directories(other);
  const auto second = testing::run_program(other, arguments);
  EXPECT_EQ(second.code, 2) << second.err;
  EXPECT_NE(second.err.find("another process works in this run folder"), std::string::npos)
      << second.err;
  program.send(SIGKILL);  // and its lock is gone
  EXPECT_EQ(program.wait().code, 128 + SIGKILL);
}

TEST_F(TrainResume, ARunWhoseFolderIsRemovedEnds) {
  const RunningProgram program(dir_.path(), train(a_, true, long_life()));
  ASSERT_TRUE(testing::wait_for(a_ / "state/state.safetensors"));
  std::filesystem::rename(a_, b_);
  const auto ended = program.wait();
  EXPECT_EQ(ended.code, 3) << ended.err;
  EXPECT_NE(ended.err.find(a_.string()), std::string::npos) << ended.err;
  EXPECT_FALSE(std::filesystem::exists(b_ / "manifest.json"));
}

TEST_F(TrainResume, OtherDataOrAnotherModelAtTheSamePathIsRefused) {
  auto longer = train(a_, true, {"--resume"});
  time_of(train(a_));
  *std::find(longer.begin(), longer.end(), "2") = "3";  // --rounds
  for (const auto& file : {reviews_, encoder_ / "model.safetensors"}) {
    const std::string before = read_file(file);
    std::string changed = before;
    changed[changed.size() - 4] ^= 1;
    write_file_atomic(file, changed);
    const auto refused = run(longer);
    EXPECT_EQ(refused.code, 3) << refused.err;
    const auto named = file == reviews_ ? reviews_ : encoder_;
    EXPECT_NE(refused.err.find(named.string() + " is not what the stopped run read"),
              std::string::npos)
        << refused.err;
    write_file_atomic(file, before);
  }
  EXPECT_EQ(run(longer).code, 0);
}

TEST_F(TrainResume, ARunGoesOnWhereFolderModelAndDataHaveMoved) {
  time_of(train(b_));
  const RunningProgram program(dir_.path(), train(a_, true, {"--set", "train.save_every=1"}));
  ASSERT_TRUE(testing::wait_for(a_ / "rounds/01/adapter.safetensors"));
  program.send(SIGKILL);
  ASSERT_EQ(program.wait().code, 128 + SIGKILL);
  const auto moved = dir_.path() / "moved", other = dir_.path() / "other.tsv";
  std::filesystem::create_directories(moved);
  for (const auto* from : {&a_, &encoder_, &reviews_})
    std::filesystem::rename(*from, moved / (from->filename()));
  const auto elsewhere = [&](std::vector<std::string> arguments, const auto& data) {
    for (auto& argument : arguments) {
      for (const auto* from : {&a_, &encoder_})
        if (argument == from->string()) argument = (moved / from->filename()).string();
      if (argument == reviews_.string()) argument = data.string();
    }
    return arguments;
  };
  const auto arguments = train(a_, true, {"--set", "train.save_every=1", "--resume"});
  write_file_atomic(other, read_file(moved / reviews_.filename()) + "one more\t1\n");
  const auto refused = run(elsewhere(arguments, other));
  EXPECT_EQ(refused.code, 3) << refused.err;
  EXPECT_NE(refused.err.find(other.string() + " is not what"), std::string::npos) << refused.err;
  const auto result = run(elsewhere(arguments, moved / reviews_.filename()));
  EXPECT_EQ(result.code, 0) << result.err;
  expect_same_results(moved / a_.filename(), b_, 2);
}

TEST_F(TrainResume, AnotherProgramsRunIsRefused) {
  time_of(train(a_));
  const auto before = testing::files_in(a_);
  auto arguments = quick_reviews({"--resume"});
  *std::find(arguments.begin(), arguments.end(), run_.string()) = a_.string();
  const auto refused = run(arguments);
  EXPECT_EQ(refused.code, 2) << refused.err;
  EXPECT_NE(refused.err.find("a run of another program than eida-probe"), std::string::npos)
      << refused.err;
  EXPECT_EQ(testing::files_in(a_), before);
}

TEST_F(TrainResume, MoreRoundsAreRefusedWhereTheLearningRateFollowsFromThem) {
  time_of(train(a_, true, {"--set", "train.schedule=global"}));
  auto arguments = train(a_, true, {"--set", "train.schedule=global", "--resume"});
  *std::find(arguments.begin(), arguments.end(), "2") = "3";  // --rounds
  const auto refused = run(arguments);
  EXPECT_EQ(refused.code, 2) << refused.err;
  EXPECT_NE(refused.err.find("rounds was '2', is '3'"), std::string::npos) << refused.err;
}

TEST_F(TrainResume, NothingToResumeIsSaidAloud) {
  const auto result = run(train(a_, true, {"--resume"}));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.err.find("there is nothing to resume"), std::string::npos) << result.err;
}

TEST_F(TrainResume, AStepThatFloat16LeftOutIsReadAgain) {
  time_of(train(a_));
  // Its gradient norm is infinite, which JSON cannot say. The file keeps its length.
  std::string lines = read_file(a_ / "metrics.jsonl");
  const std::string key = "\"grad_norm\":";
  const size_t begin = lines.find(key) + key.size();
  const size_t end = lines.find(',', begin);
  lines.replace(begin, end - begin, "null" + std::string(end - begin - 4, ' '));
  replace_metrics(lines);
  auto arguments = train(a_, true, {"--resume"});
  *std::find(arguments.begin(), arguments.end(), "2") = "3";  // --rounds
  const auto result = run(arguments);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_TRUE(std::filesystem::exists(a_ / "rounds/03/adapter.safetensors"));
}

TEST_F(TrainResume, AnotherConfigurationIsRefusedAndMoreRoundsAreNot) {
  time_of(train(a_));
  const auto before = testing::files_in(a_);
  const auto refused = run(train(a_, true, {"--resume", "--set", "train.lr=0.5"}));
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("train.lr was "), std::string::npos) << refused.err;
  EXPECT_EQ(testing::files_in(a_), before);
  auto arguments = train(a_, true, {"--resume"});
  *std::find(arguments.begin(), arguments.end(), "2") = "1";  // --rounds
  const auto shorter = run(arguments);
  EXPECT_EQ(shorter.code, 2);
  EXPECT_NE(shorter.err.find("rounds was '2', is '1'"), std::string::npos) << shorter.err;
  EXPECT_EQ(testing::files_in(a_), before);
  arguments = train(a_, true, {"--resume"});
  *std::find(arguments.begin(), arguments.end(), "2") = "3";  // --rounds
  *std::find(arguments.begin(), arguments.end(), "1") = "2";  // --threads, which decide no result
  const auto longer = run(with(arguments, {"--memory-limit", "4000"}));
  EXPECT_EQ(longer.code, 0) << longer.err;
  EXPECT_TRUE(std::filesystem::exists(a_ / "rounds/03/adapter.safetensors"));
}

}  // namespace
}  // namespace eida
