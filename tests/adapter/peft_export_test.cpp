#include "eida/adapter/peft_export.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "adapter/adapted_model.h"
#include "eida/adapter/adapter_file.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"

namespace eida {
namespace {

using testing::disturb;

class PeftExportTest : public testing::AdaptedModel {
 protected:
  std::vector<std::filesystem::path> write_rounds(int rounds, int64_t k_in, int64_t k_out) {
    const auto model = open();
    const auto method = make(*model);
    std::vector<std::filesystem::path> files;
    for (int round = 1; round <= rounds; ++round) {
      method->attach(*model, testing::random_bases(*model, k_in, k_out), round);
      disturb(*method);
      AdapterInfo info{"eida", round, 1.0, "base", round == 1 ? "" : sha256_file(files.back())};
      method->merge(*model);
      files.push_back(dir_.path() / ("adapter" + std::to_string(round)));
      write_adapter_file(files.back(), *method, {}, info);
    }
    return files;
  }

  /// Rank of every module, from adapter_config.json.
  nlohmann::json export_rounds(int rounds, int64_t k_in, int64_t k_out, PeftReport& report) {
    const auto files = write_rounds(rounds, k_in, k_out);
    const auto model = open();
    const auto output = dir_.path() / "peft";
    std::filesystem::create_directories(output);
    report = export_peft(*model, files, "base", output);
    expect_merged_weights(files, output);
    return read_json(output / "adapter_config.json");
  }

  /// W + lora_B lora_A of every module is the merged weight.
  void expect_merged_weights(const std::vector<std::filesystem::path>& files,
                             const std::filesystem::path& output) {
    const auto base = open(), merged = open();
    merge_adapter_files(*merged, files);
    const SafetensorsFile peft(output / "adapter_model.safetensors");
    for (size_t i = 0; i < base->places().sites().size(); ++i) {
      const HookableLinear& linear = *base->places().sites()[i].linear;
      const std::string prefix = "base_model.model." + linear.name();
      const at::Tensor A = peft.tensor(*peft.find(prefix + ".lora_A.weight")),
                       B = peft.tensor(*peft.find(prefix + ".lora_B.weight"));
      const at::Tensor wanted = merged->places().sites()[i].linear->weight_out_in();
      EXPECT_LT((linear.weight_out_in() + B.matmul(A) - wanted).abs().max().item<double>(), 2e-5)
          << linear.name();
    }
  }
};

TEST_P(PeftExportTest, TheSmallerRankIsTaken) {
  PeftReport report;
  auto config = export_rounds(1, 2, 5, report);
  EXPECT_EQ(report.largest_rank, 2);
  config = export_rounds(1, 5, 2, report);
  // c_attn has three slices of 2 against the shared 5: 5 is smaller than 6.
  EXPECT_EQ(report.largest_rank, decoder() ? 5 : 2);
  EXPECT_LT(report.largest_error, 1e-5);
  EXPECT_EQ(config.at("rank_pattern"), config.at("alpha_pattern"));
  EXPECT_TRUE(config.at("task_type").is_null());
  EXPECT_EQ(config.at("fan_in_fan_out").get<bool>(), decoder());
  config = export_rounds(1, 10, 2, report);
  EXPECT_EQ(report.largest_rank, decoder() ? 6 : 2);
}

TEST_P(PeftExportTest, RoundsAreStackedUpToFullRank) {
  PeftReport report;
  export_rounds(3, 4, 4, report);
  EXPECT_EQ(report.compressed, 0);
  EXPECT_EQ(report.largest_rank, 12);
  export_rounds(8, 4, 4, report);  // 32 dimensions of 24
  EXPECT_GT(report.compressed, 0);
  EXPECT_LE(report.largest_rank, 32);  // c_attn and wider weights reach it
  EXPECT_LT(report.largest_error, 1e-5);
}

TEST_P(PeftExportTest, TrainedParametersAreSavedWhole) {
  const auto model = open();
  const auto method = make(*model);
  method->attach(*model, testing::random_bases(*model), 1);
  disturb(*method);
  method->merge(*model);
  const bool bert = GetParam() == testing::Tiny::kBert;
  const std::string head = bert ? "classifier" : "classifier.out_proj",
                    trained = decoder() ? "transformer.wte.weight" : head + ".weight";
  std::vector<NamedTensor> extra;
  for (const auto& parameter : model->parameters()) {
    if (parameter.name == trained) extra.push_back({trained, parameter.tensor + 1});
  }
  const auto file = dir_.path() / "adapter";
  write_adapter_file(file, *method, extra, {"eida", 1, 1.0, "base", ""});
  const auto base = open();
  const PeftReport report = export_peft(*base, {file}, "base", dir_.path());
  const auto config = read_json(dir_.path() / "adapter_config.json");
  const nlohmann::json wanted =
      decoder() ? nlohmann::json({"lm_head", "transformer.wte"}) : nlohmann::json::array({head});
  EXPECT_EQ(config.at("modules_to_save"), wanted);
  EXPECT_EQ(report.saved_whole, static_cast<int64_t>(wanted.size()));
  const SafetensorsFile saved(dir_.path() / "adapter_model.safetensors");
  const auto* entry = saved.find("base_model.model." + trained);
  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(saved.tensor(*entry).equal(extra.front().tensor));
}

TEST_P(PeftExportTest, AMethodWithoutAnAdapterIsAnError) {
  const auto model = open();
  const auto file = dir_.path() / "adapter";
  write_adapter_file(file, *make_method("full", {}), {model->parameters().front()},
                     {"full", 1, 1.0, "base", ""});
  EXPECT_THROW(export_peft(*model, {file}, "base", dir_.path()), ConfigError);
}

INSTANTIATE_TEST_SUITE_P(Families, PeftExportTest, testing::kEveryTiny, testing::tiny_name);

}  // namespace
}  // namespace eida
