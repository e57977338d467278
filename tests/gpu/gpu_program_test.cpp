// The three programs with --device cuda.
#include <ATen/Context.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <sstream>

#include "programs/train_fixture.h"

namespace eida {
namespace {

class GpuProgramTest : public testing::TrainProgram {
 protected:
  void SetUp() override {
    if (!at::hasCUDA()) GTEST_SKIP() << "no GPU, or a LibTorch without CUDA";
    TrainProgram::SetUp();
  }
  nlohmann::json read_after(const std::vector<std::string>& arguments,
                            const std::filesystem::path& file) const {
    const auto result = run(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    return read_json(file);
  }
};

TEST_F(GpuProgramTest, TrainsInEveryPrecisionAsOnTheCpu) {
  for (const bool encoder : {true, false}) {
    std::filesystem::remove_all(a_);
    const auto summary_of = [&](const char* device, const char* precision) {
      std::filesystem::remove_all(b_);
      return read_after(train(b_, encoder,
                              {"--device", device, "--precision", precision, "--set",
                               "train.dropout=0", "--lr", "1e-2"}),
                        b_ / "summary.json");
    };
    const auto wanted = summary_of("cpu", "fp32").at("rounds");
    for (const char* precision : {"fp32", "bf16", "fp16"}) {
      const auto found = summary_of("cuda", precision).at("rounds");
      const double tolerance = std::string(precision) == "fp32" ? 1e-2 : 5e-2;
      for (size_t round = 0; round < wanted.size(); ++round) {
        const double loss = wanted[round].at("train_loss").get<double>();
        EXPECT_NEAR(found[round].at("train_loss").get<double>(), loss, tolerance * loss)
            << precision << " round " << round + 1;
        EXPECT_LE(found[round].at("merge_parity").get<double>(), 1e-5);
      }
    }
  }
}

TEST_F(GpuProgramTest, AKilledRunGoesOn) {
  const auto arguments =
      train(a_, true, {"--device", "cuda", "--set", "train.save_every=2", "--set", "rounds=4"});
  const testing::RunningProgram program(dir_.path(), arguments);
  ASSERT_TRUE(testing::wait_for(a_ / "rounds/02/rank_plan.json"));
  program.send(SIGKILL);
  EXPECT_EQ(program.wait().code, 128 + SIGKILL);
  const auto summary = read_after(with(arguments, {"--resume"}), a_ / "summary.json");
  EXPECT_EQ(summary.at("rounds").size(), 4U);
}

TEST_F(GpuProgramTest, MeasuresTheCpusFidelity) {
  const auto numbers_on = [&](const char* device) {
    std::filesystem::remove_all(run_);
    const auto result = run(quick_reviews({"--device", device}));
    EXPECT_EQ(result.code, 0) << result.err;
    std::vector<double> numbers;
    std::istringstream fields(read_file(run_ / "curves.csv"));
    for (std::string line; std::getline(fields, line);) {
      std::istringstream cells(line);
      for (std::string cell; std::getline(cells, cell, ',');) {
        char* end = nullptr;
        const double value = std::strtod(cell.c_str(), &end);
        if (!cell.empty() && *end == '\0') numbers.push_back(value);
      }
    }
    return numbers;
  };
  const auto wanted = numbers_on("cpu"), found = numbers_on("cuda");
  ASSERT_GT(wanted.size(), 100U);
  ASSERT_EQ(found.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i)
    EXPECT_NEAR(found[i], wanted[i], 2e-3 * (1 + std::abs(wanted[i]))) << i;
}

TEST_F(GpuProgramTest, EvaluatesAsTheCpu) {
  const auto accuracy_on = [&](const char* device) {
    std::filesystem::remove_all(a_);
    return read_after({EIDA_EVAL, "--model", encoder_.string(), "--task", "classification",
                       "--data", dev_.string(), "--device", device, "--precision", "fp32",
                       "--output", a_.string(), "--no-progress"},
                      a_ / "scores.json");
  };
  EXPECT_EQ(accuracy_on("cuda").at("accuracy"), accuracy_on("cpu").at("accuracy"));
}

}  // namespace
}  // namespace eida
