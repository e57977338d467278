// eida-eval with adapter files that eida-train wrote.
#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

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

TEST_F(EvalAdapters, AHeadOfOtherClassesTakesThePlaceOfTheBases) {
  const SafetensorsFile base(encoder_ / "model.safetensors");
  const std::string layer = "roberta.encoder.layer.0.attention.self.query";
  const int64_t d = base.find(layer + ".weight")->shape.front();
  const auto write = [&](int64_t classes) {
    std::vector<NamedTensor> tensors = {
        {layer + ".lora_A.weight", at::ones({2, d})},
        {layer + ".lora_B.weight", at::zeros({d, 2})},
        {"classifier.out_proj.weight", at::zeros({classes, d})},
        {"classifier.out_proj.bias", at::arange(classes, at::kFloat)}};
    for (const char* name : {"classifier.dense.weight", "classifier.dense.bias"})
      tensors.push_back({name, base.tensor(*base.find(name))});
    write_safetensors(b_ / "adapter_model.safetensors", tensors);
    write_file_atomic(b_ / "adapter_config.json",
                      R"({"peft_type": "LORA", "task_type": "SEQ_CLS", "r": 2})");
  };
  std::filesystem::create_directories(b_);
  write(3);
  const ProgramResult result = evaluate(encoder_, {"--adapter", b_.string()});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto three = logits();
  ASSERT_EQ(three.size(), 60U);  // 20 sentences, 3 classes
  for (size_t i = 0; i < three.size(); ++i) EXPECT_EQ(three[i], static_cast<double>(i % 3));
  write(1);
  const ProgramResult one = evaluate(encoder_, {"--adapter", b_.string()});
  EXPECT_EQ(one.code, 4);
  EXPECT_NE(one.err.find("regression"), std::string::npos) << one.err;
}

}  // namespace
}  // namespace eida::testing
