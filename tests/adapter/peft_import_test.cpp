/// LoRA folders of PEFT as adapters.
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "adapter/adapted_model.h"
#include "eida/adapter/adapter_file.h"
#include "eida/adapter/peft_export.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/model/model_config.h"
#include "eida/tensor/safetensors.h"
#include "model/golden.h"
#include "support/file_helpers.h"

namespace eida {
namespace {

class PeftImportTest : public testing::AdaptedModel {
 protected:
  /// A LoRA of rank 2 on every module of the tiny model, with scaling 1.
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    const auto model = open();
    for (const Place& site : model->places().sites()) {
      const std::string& module = site.linear->name();
      if (config_["target_modules"].is_array() && last() == module) continue;  // c_attn's slices
      config_["target_modules"].push_back(module);
      const std::string prefix = "base_model.model." + module;
      tensors_.push_back(
          {prefix + ".lora_A.weight", at::randn({2, site.linear->in_features()}).mul(0.1)});
      tensors_.push_back(
          {prefix + ".lora_B.weight", at::randn({site.linear->out_features(), 2}).mul(0.1)});
    }
    write_tensors();
    write_config();
  }

  std::string last() const { return config_["target_modules"].back().get<std::string>(); }

  void write_tensors() const {
    write_safetensors(folder_ / "adapter_model.safetensors", tensors_, {{"format", "pt"}});
  }
  void write_config() const {
    write_file_atomic(folder_ / "adapter_config.json", json_text(config_));
  }

  at::Tensor merged_logits() const {
    const auto model = open();
    merge_adapter_files(*model, {folder_}, "fingerprint of the base");
    return testing::plain_logits(*model, batch_);
  }

  /// W + scaling lora_B lora_A, module by module.
  at::Tensor expected_logits(const std::function<double(const std::string&)>& scaling) const {
    const auto model = open();
    const SafetensorsFile file(folder_ / "adapter_model.safetensors");
    HookableLinear* previous = nullptr;
    for (const Place& site : model->places().sites()) {
      if (site.linear == previous) continue;
      previous = site.linear;
      const std::string prefix = "base_model.model." + site.linear->name();
      const at::Tensor A = file.tensor(*file.find(prefix + ".lora_A.weight")),
                       B = file.tensor(*file.find(prefix + ".lora_B.weight"));
      const at::Tensor update = B.matmul(A).mul(scaling(site.linear->name()));
      const bool out_in = site.linear->layout() == WeightLayout::kOutIn;
      at::Tensor weight = site.linear->weight();
      weight.set_data(weight.detach() + (out_in ? update : update.t()));
    }
    return testing::plain_logits(*model, batch_);
  }

  void expect_refused(const std::string& key, const nlohmann::json& value) {
    const auto before = config_;
    config_[key] = value;
    write_config();
    config_ = before;
    const std::string message = testing::message_of<FormatError>([&] { merged_logits(); });
    EXPECT_NE(message.find(key), std::string::npos) << message;
  }

  std::filesystem::path folder_ = dir_.path() / "peft";
  std::vector<NamedTensor> tensors_;
  nlohmann::ordered_json config_ = {
      {"peft_type", "LORA"}, {"r", 2}, {"lora_alpha", 2}, {"target_modules", nullptr}};
};

TEST_P(PeftImportTest, AddsTheProductOfTheFactors) {
  EXPECT_LT(testing::relative_difference(merged_logits(),
                                         expected_logits([](const std::string&) { return 1.0; })),
            1e-5);  // float32 sums in another order
}

TEST_P(PeftImportTest, ScalesByAlphaOverRankAndItsPattern) {
  const std::string module = config_["target_modules"].front().get<std::string>();
  config_["lora_alpha"] = 6;
  config_["alpha_pattern"] = {{module.substr(module.find('.') + 1), 1}};
  config_["rank_pattern"] = {{module, 2}};
  write_config();
  const auto scaling = [&](const std::string& name) { return name == module ? 0.5 : 3.0; };
  EXPECT_LT(testing::relative_difference(merged_logits(), expected_logits(scaling)), 1e-5);
  config_["use_rslora"] = true;
  write_config();
  const auto root = [&](const std::string& name) { return scaling(name) * std::sqrt(2.0); };
  EXPECT_LT(testing::relative_difference(merged_logits(), expected_logits(root)), 1e-5);
}

TEST_P(PeftImportTest, OwnExportComesBackAsTheMergedModel) {
  const auto trained = open();
  const auto method = make(*trained);
  method->attach(*trained, testing::random_bases(*trained), 1);
  testing::disturb(*method);
  const auto adapter = dir_.path() / "adapter";
  write_adapter_file(adapter, *method, {}, {1, "base", ""});
  method->merge(*trained);
  const auto base = open();
  export_peft(*base, {adapter}, "base", folder_);
  EXPECT_LT(testing::relative_difference(merged_logits(), testing::plain_logits(*trained, batch_)),
            1e-4);  // two factorisations of the same update in float32
}

TEST_P(PeftImportTest, BaseWeightsOfAnotherShapeAreRefused) {
  const std::string module = config_["target_modules"].front().get<std::string>();
  tensors_.push_back({"base_model.model." + module + ".base_layer.weight", at::zeros({1, 2, 3})});
  write_tensors();
  config_["init_lora_weights"] = "pissa";
  write_config();
  const std::string message = testing::message_of<FormatError>([&] { merged_logits(); });
  EXPECT_NE(message.find(module + ".weight' is [1, 2, 3]"), std::string::npos) << message;
}

/// Tried one way after the other, the expression would take longer than the universe has been
/// there.
TEST_P(PeftImportTest, ExpressionsTakeNoTimeThatGrowsWithTheirWays) {
  config_["rank_pattern"] = {{"(([a-z.]*)*)*!", 3}};
  write_config();
  EXPECT_LT(testing::relative_difference(merged_logits(),
                                         expected_logits([](const std::string&) { return 1.0; })),
            1e-5);
}

TEST_P(PeftImportTest, RefusesWhatItDoesNotCompute) {
  expect_refused("peft_type", "LOHA");
  expect_refused("task_type", "SEQ");
  expect_refused("bias", "some");
  expect_refused("use_dora", 1);
  for (const char* start : {"corda", "loftq", "pissa_niter_", "no such start"})
    expect_refused("init_lora_weights", start);
  expect_refused("trainable_token_indices", {1, 2});
  expect_refused("a_key_of_tomorrow", 1);
  expect_refused("r", 3);
  expect_refused("lora_alpha", "2");
  expect_refused("alpha_pattern", {{last(), "2"}});
  for (const char* pattern : {"(", "(?<=x)y", "\\q", "a{", "(a)\\1"})
    expect_refused("rank_pattern", {{pattern, 2}});
  expect_refused("target_modules", 3);
  expect_refused("target_modules", "nothing|of|it");
  expect_refused("layers_to_transform", "1");
  expect_refused("layers_pattern", "h");
  expect_refused("exclude_modules", {1});
  expect_refused("modules_to_save", {last()});
}

TEST_P(PeftImportTest, DoraNeedsItsMagnitudes) {
  config_["use_dora"] = true;
  write_config();
  const std::string message = testing::message_of<FormatError>([&] { merged_logits(); });
  EXPECT_NE(message.find("lora_magnitude_vector"), std::string::npos) << message;
}

TEST_P(PeftImportTest, RefusesTensorsThatFitNothing) {
  write_safetensors(folder_ / "adapter_model.safetensors",
                    {{"base_model.model.nowhere.lora_A.weight", at::randn({2, 3})},
                     {"base_model.model.nowhere.lora_B.weight", at::randn({3, 2})}});
  const auto merge = [&] { merged_logits(); };
  EXPECT_NE(testing::message_of<FormatError>(merge).find("nowhere.lora_A"), std::string::npos);
  write_safetensors(folder_ / "adapter_model.safetensors", {{"elsewhere", at::randn({2, 3})}});
  EXPECT_NE(testing::message_of<FormatError>(merge).find("target_modules"), std::string::npos);
  write_safetensors(folder_ / "adapter_model.safetensors",
                    {{"base_model.model." + last() + ".lora_A.weight", at::randn({2, 3})},
                     {last() + ".lora_A.default.weight", at::randn({2, 3})}});
  EXPECT_NE(testing::message_of<FormatError>(merge).find("two names"), std::string::npos);
}

TEST_P(PeftImportTest, ATiedHeadStaysTied) {
  if (!decoder()) return;
  const at::Tensor table = open()->parameters().front().tensor.detach().clone();
  const at::Tensor expected = merged_logits();
  const auto factors = tensors_;
  for (const std::string& module : {std::string("lm_head"), testing::word_table(GetParam())}) {
    config_["modules_to_save"] = nlohmann::ordered_json::array({module});
    write_config();
    tensors_ = factors;
    tensors_.push_back({"base_model.model." + module + ".weight", table});
    write_tensors();
    EXPECT_TRUE(merged_logits().equal(expected)) << module;
    tensors_.back().tensor = table + 1;
    write_tensors();
    const std::string message = testing::message_of<FormatError>([&] { merged_logits(); });
    EXPECT_NE(message.find("modules_to_save"), std::string::npos) << message;
  }
}

TEST_P(PeftImportTest, RankPlanBecomesARankPattern) {
  const auto model = open();
  const auto sites = model->places().sites();
  RankPlan plan{"fixed", PerPlace<int64_t>(model->places().size(), 8), {}};
  for (size_t i = 0; i < sites.size(); ++i) plan.ranks[model->places().site(i)] = 3;
  const auto config = peft_config(*model, plan, "base");
  // c_attn is one module: min(8, 3 + 3 + 3).
  const int64_t first = testing::has_slices(GetParam()) ? 8 : 3;
  EXPECT_EQ(config["rank_pattern"][sites[0].linear->name()], first);
  EXPECT_EQ(config["rank_pattern"][sites.back().linear->name()], 3);
  EXPECT_EQ(config["alpha_pattern"], config["rank_pattern"]);
  EXPECT_EQ(config["r"], config["lora_alpha"]);
}

INSTANTIATE_TEST_SUITE_P(Families, PeftImportTest, testing::kEveryTiny, testing::tiny_name);

/// tests/golden/peft/: what scripts/make_golden_peft.py had from peft 0.21.2.
class GoldenPeft : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenPeft, IsMergedAsPeftMergesIt) {
  const auto folder = testing::golden_dir() / "peft" / GetParam();
  const auto config = read_json(folder / "adapter_config.json");
  const testing::Golden golden(config["base_model_name_or_path"]);
  LoadOptions options;
  const AdapterFile adapter(folder);
  const ModelConfig base = read_model_config(golden.dir, golden.task);
  options.num_labels = adapter.head_classes(base);
  options.own_head = adapter.brings_head(base);
  const auto model = load_pretrained(golden.dir, golden.task, options);
  merge_adapter_files(*model, {folder});
  EXPECT_TRUE(model->newly_initialised().empty());
  const SafetensorsFile file(folder / "expected.safetensors");
  const at::Tensor expected = golden.scored(file.tensor(*file.find("logits")));
  EXPECT_LT(testing::largest_difference(testing::plain_logits(*model, golden.batch), expected),
            2e-5);  // float32 sums in another order
}

std::vector<std::string> golden_peft_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(testing::golden_dir() / "peft"))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Folders, GoldenPeft, ::testing::ValuesIn(golden_peft_names()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace eida
