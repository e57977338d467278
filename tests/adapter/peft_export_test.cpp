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
  std::vector<std::filesystem::path> write_rounds(int rounds, int64_t k_in, int64_t k_out,
                                                  const std::string& name = "eida") {
    const auto model = open();
    const auto method = make(*model, name);
    std::vector<std::filesystem::path> files;
    for (int round = 1; round <= rounds; ++round) {
      method->attach(
          *model, method->needs_bases() ? testing::random_bases(*model, k_in, k_out) : PlaceBases{},
          round);
      disturb(*method);
      AdapterInfo info{round, "base", round == 1 ? "" : sha256_file(files.back())};
      method->merge(*model);
      files.push_back(dir_.path() / ("adapter" + std::to_string(round)));
      write_adapter_file(files.back(), *method, {}, info);
    }
    return files;
  }

  /// Rank of every module, from adapter_config.json.
  nlohmann::json export_rounds(int rounds, int64_t k_in, int64_t k_out, PeftReport& report,
                               const std::string& name = "eida") {
    const auto files = write_rounds(rounds, k_in, k_out, name);
    const auto model = open();
    const auto output = dir_.path() / "peft";
    std::filesystem::remove_all(output);
    std::filesystem::create_directories(output);
    report = export_peft(*model, files, "base", output);
    expect_merged_weights(files, output);
    return read_json(output / "adapter_config.json");
  }

  /// W + lora_B lora_A of every module, its rows as long as lora_magnitude_vector says where there
  /// is one, is the merged weight.
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
      at::Tensor found = linear.weight_out_in() + B.matmul(A);
      if (const auto* magnitude = peft.find(prefix + ".lora_magnitude_vector"))
        found = found * (peft.tensor(*magnitude) / found.norm(2, 1)).unsqueeze(1);
      EXPECT_LT((found - wanted).abs().max().item<double>(), 2e-5) << linear.name();
    }
  }
};

TEST_P(PeftExportTest, TheSmallerRankIsTaken) {
  PeftReport report;
  auto config = export_rounds(1, 2, 5, report);
  EXPECT_EQ(report.largest_rank, 2);
  config = export_rounds(1, 5, 2, report);
  // c_attn has three slices of 2 against the shared 5: 5 is smaller than 6.
  EXPECT_EQ(report.largest_rank, testing::has_slices(GetParam()) ? 5 : 2);
  EXPECT_LT(report.largest_error, 1e-5);
  EXPECT_EQ(config.at("rank_pattern"), config.at("alpha_pattern"));
  EXPECT_TRUE(config.at("task_type").is_null());
  EXPECT_EQ(config.at("fan_in_fan_out").get<bool>(), testing::has_slices(GetParam()));
  config = export_rounds(1, 10, 2, report);
  EXPECT_EQ(report.largest_rank, testing::has_slices(GetParam()) ? 6 : 2);
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

TEST_P(PeftExportTest, OtherMethodsAreWhatPeftCallsThem) {
  for (const std::string name : {"lora", "lora_xs", "dora"}) {
    PeftReport report;
    const auto config = export_rounds(1, 0, 0, report, name);
    EXPECT_EQ(config.at("use_dora"), name == "dora");
    EXPECT_LT(report.largest_error, 1e-5) << name;
    // lora and lora_xs have an A for each slice of c_attn.
    const bool slices = testing::has_slices(GetParam()) && name != "dora";
    EXPECT_EQ(report.largest_rank, slices ? 6 : 2) << name;
    const SafetensorsFile saved(dir_.path() / "peft/adapter_model.safetensors");
    int64_t magnitudes = 0;
    for (const auto& entry : saved.entries())
      magnitudes += entry.name.ends_with(".lora_magnitude_vector") ? 1 : 0;
    EXPECT_EQ(magnitudes, name == "dora" ? report.modules : 0);
  }
}

TEST_P(PeftExportTest, TrainedParametersAreSavedWhole) {
  const auto model = open();
  const auto method = make(*model);
  method->attach(*model, testing::random_bases(*model), 1);
  disturb(*method);
  method->merge(*model);
  const bool bert = GetParam() == testing::Tiny::kBert;
  const std::string head = bert ? "classifier" : "classifier.out_proj",
                    words = testing::word_table(GetParam()),
                    trained = (decoder() ? words : head) + ".weight";
  std::vector<NamedTensor> extra;
  for (const auto& parameter : model->parameters()) {
    if (parameter.name == trained) extra.push_back({trained, parameter.tensor + 1});
  }
  const auto file = dir_.path() / "adapter";
  write_adapter_file(file, *method, extra, {1, "base", ""});
  const auto base = open();
  const PeftReport report = export_peft(*base, {file}, "base", dir_.path());
  const auto config = read_json(dir_.path() / "adapter_config.json");
  const nlohmann::json wanted =
      decoder() ? nlohmann::json({"lm_head", words}) : nlohmann::json::array({head});
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
  write_adapter_file(file, *make_method(MethodKind::full), {model->parameters().front()},
                     {1, "base", ""});
  EXPECT_THROW(export_peft(*model, {file}, "base", dir_.path()), ConfigError);
}

INSTANTIATE_TEST_SUITE_P(Families, PeftExportTest, testing::kEveryTiny, testing::tiny_name);

}  // namespace
}  // namespace eida
