#include "eida/subspace/rank_plan.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "support/test_data.h"

namespace eida {
namespace {

constexpr const char* kPlan = R"({"rule": "fixed",
  "inputs": {"0": 8, "1": 4},
  "delta_outputs": {"0": 2, "1": 3, "2": 5}})";

const PlaceShape kShape{{10, 20}, {10, 10, 30}, {0, 0, 1}};

std::string error_of(const std::string& text) {
  try {
    parse_rank_plan(text, "plan.json");
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(RankPlan, ReadsWhatItWrites) {
  RankPlan plan = parse_rank_plan(kPlan, "plan.json");
  EXPECT_EQ(plan.rule, "fixed");
  EXPECT_EQ(plan.inputs.at(1), 4);
  EXPECT_EQ(plan.delta_outputs.at(2), 5);
  plan.input_reasons[1] = "because";
  const RankPlan again = parse_rank_plan(plan.to_json(), "plan.json");
  EXPECT_EQ(again.inputs, plan.inputs);
  EXPECT_EQ(again.delta_outputs, plan.delta_outputs);
  EXPECT_EQ(again.input_reasons, plan.input_reasons);
  EXPECT_EQ(again.to_json(), plan.to_json());
}

TEST(RankPlan, CountsTheParametersOfAllSites) {
  EXPECT_EQ(adapter_parameters(parse_rank_plan(kPlan, "plan.json"), kShape), 8 * 2 + 8 * 3 + 4 * 5);
}

TEST(RankPlan, FaultsAreNamedWithTheirLine) {
  EXPECT_NE(error_of("{\"rule\": \"x\",\n \"inputs\": {\"0\": 1.5}, \"delta_outputs\": {}}")
                .find("plan.json:2: inputs/0"),
            std::string::npos);
  EXPECT_NE(error_of("{\"rule\": \"x\",\n \"inputs\": {\"0\": 0}, \"delta_outputs\": {}}")
                .find("at least 1"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"rule": "x", "inputs": {"00": 4}, "delta_outputs": {}})").find("no index"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"rule": "x", "inputs": {"-1": 4}, "delta_outputs": {}})").find("no index"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"rule": "x", "inputs": {}, "delta_outputs": {}, "ranks": 3})")
                .find("ranks: unknown key"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"rule": "x", "inputs": {}})").find("delta_outputs: is missing"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"inputs": {}, "delta_outputs": {}})").find("rule"), std::string::npos);
  EXPECT_NE(error_of(R"({"rule": "x", "inputs": [], "delta_outputs": {}})").find("no JSON object"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"rule": "x", "inputs": {"0": 18446744073709551615}, "delta_outputs": {}})")
                .find("whole number"),
            std::string::npos);
  for (
      const char* broken :
      {"", "{", "[]", "3", R"({"rule": "x", "inputs": {"0": 1, "0": 2}, "delta_outputs": {}})",
       R"({"rule": "x", "inputs": {}, "delta_outputs": {}, "reasons": {"inputs": {"0": 3}, "delta_outputs": {}}})",
       R"({"rule": "x", "inputs": {}, "delta_outputs": {}, "reasons": 1})"}) {
    EXPECT_NE(error_of(broken), "no error") << broken;
  }
}

TEST(RankPlan, MissingFileIsADataError) {
  EXPECT_THROW(read_rank_plan("no/such/plan.json"), DataError);
}

TEST(RankPlan, MustFitTheModel) {
  RankPlan plan = parse_rank_plan(kPlan, "plan.json");
  EXPECT_NO_THROW(check_rank_plan(plan, kShape, "plan.json"));
  plan.inputs[0] = 11;  // more than the place's dimension
  EXPECT_THROW(check_rank_plan(plan, kShape, "plan.json"), DataError);
  plan.inputs = {{0, 4}};  // one place without a rank
  EXPECT_THROW(check_rank_plan(plan, kShape, "plan.json"), DataError);
  plan.inputs = {{0, 4}, {1, 4}, {2, 4}};  // one place too many
  EXPECT_THROW(check_rank_plan(plan, kShape, "plan.json"), DataError);
}

/// Shape of 12 layers, as method.md section 2 orders their places.
PlaceShape twelve_layers(bool with_head) {
  PlaceShape shape;
  for (int64_t layer = 0; layer < 12; ++layer) {
    for (const int64_t d : {768, 768, 768, 3072}) shape.inputs.push_back(d);
    for (const int64_t d : {768, 768, 768, 768, 3072, 768}) shape.delta_outputs.push_back(d);
    for (const int64_t input : {0, 0, 0, 1, 2, 3}) shape.site_inputs.push_back(4 * layer + input);
  }
  if (with_head) {
    shape.inputs.push_back(768);
    shape.delta_outputs.push_back(768);
    shape.site_inputs.push_back(48);
  }
  return shape;
}

TEST(PublishedRankPlans, GiveThePublishedParameterCounts) {
  const auto folder = std::filesystem::path(EIDA_SOURCE_DIR) / "configs" / "rank_plans";
  const auto wide = [](const std::map<int64_t, int64_t>& ranks) {
    return std::count_if(ranks.begin(), ranks.end(),
                         [](const auto& entry) { return entry.second == 64; });
  };
  const RankPlan roberta = read_rank_plan(folder / "roberta-base-sst2.json");
  EXPECT_NO_THROW(check_rank_plan(roberta, twelve_layers(true), "roberta"));
  EXPECT_EQ(adapter_parameters(roberta, twelve_layers(true)), 148480);
  EXPECT_EQ(wide(roberta.inputs), 10);
  EXPECT_EQ(wide(roberta.delta_outputs), 51);

  const RankPlan gpt2 = read_rank_plan(folder / "gpt2-e2e.json");
  EXPECT_NO_THROW(check_rank_plan(gpt2, twelve_layers(false), "gpt2"));
  EXPECT_EQ(adapter_parameters(gpt2, twelve_layers(false)), 167936);
  EXPECT_EQ(wide(gpt2.inputs), 35);
  EXPECT_EQ(wide(gpt2.delta_outputs), 25);
}

}  // namespace
}  // namespace eida
