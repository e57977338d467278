// eida-eval with adapter files that eida-train wrote.
#include <cmath>

#include "train_fixture.h"

namespace eida::testing {
namespace {

class EvalAdapters : public TrainProgram {
 protected:
  void SetUp() override {
    TrainProgram::SetUp();
    const ProgramResult trained =
        run(train(a_, true, {"--precision", "fp32", "--lr", "1e-2", "--max-steps", "4"}));
    ASSERT_EQ(trained.code, 0) << trained.err;
  }
  std::string adapter(const std::string& round) const {
    return (a_ / "rounds" / round / "adapter.safetensors").string();
  }
  ProgramResult evaluate(const std::filesystem::path& model,
                         const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {
        EIDA_EVAL, "--model",     model.string(), "--task",     "classification",
        "--data",  dev_.string(), "--precision",  "fp32",       "--threads",
        "1",       "--output",    run_.string(),  "--overwrite"};
    all.insert(all.end(), more.begin(), more.end());
    return run(all);
  }
  std::vector<double> logits() const {
    std::vector<double> all;
    std::istringstream lines(read_file(run_ / "predictions.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      const auto item = nlohmann::json::parse(line);
      for (const double value : item["logits"]) all.push_back(value);
    }
    return all;
  }
};

TEST_F(EvalAdapters, RoundsInOrderGiveTheMergedModel) {
  ASSERT_EQ(evaluate(a_ / "model").code, 0);
  const auto merged = logits();
  const ProgramResult result =
      evaluate(encoder_, {"--adapter", adapter("01"), "--adapter", adapter("02")});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto adapted = logits();
  ASSERT_EQ(merged.size(), 40U);  // 20 sentences, 2 classes
  ASSERT_EQ(adapted.size(), merged.size());
  double largest = 1.0;
  for (const double value : merged) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < merged.size(); ++i)
    EXPECT_NEAR(adapted[i], merged[i], 1e-5 * largest) << i;  // float32, sums in another order
  const auto manifest = nlohmann::json::parse(read_file(run_ / "manifest.json"));
  int adapters = 0;
  for (const auto& input : manifest["inputs"]) {
    if (input["path"].get<std::string>().ends_with("adapter.safetensors")) ++adapters;
  }
  EXPECT_EQ(adapters, 2);
  ASSERT_EQ(evaluate(encoder_).code, 0);
  EXPECT_NE(logits(), adapted);
}

TEST_F(EvalAdapters, RoundsOutOfOrderAreAFormatError) {
  for (const auto& files : {std::vector<std::string>{adapter("02")},
                            std::vector<std::string>{adapter("02"), adapter("01")}}) {
    std::vector<std::string> more;
    for (const std::string& file : files) more.insert(more.end(), {"--adapter", file});
    const ProgramResult result = evaluate(encoder_, more);
    EXPECT_EQ(result.code, 4) << result.err;
    EXPECT_NE(result.err.find("adapter.safetensors"), std::string::npos) << result.err;
  }
}

}  // namespace
}  // namespace eida::testing
