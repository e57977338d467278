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

Places three_sites() {
  Places places;
  places.add_input("first", "q,k", 0, 10);
  places.add_site("q", "q", 10);
  places.add_site("k", "k", 10);
  places.add_input("second", "o", 0, 20);
  places.add_site("o", "o", 30);
  return places;
}

const Places kPlaces = three_sites();

RankPlan parse(const std::string& text) { return parse_rank_plan(text, "plan.json", kPlaces); }

std::string error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(RankPlan, ReadsWhatItWrites) {
  RankPlan plan = parse(kPlan);
  EXPECT_EQ(plan.rule, "fixed");
  EXPECT_EQ(std::vector<int64_t>(plan.ranks.begin(), plan.ranks.end()),
            (std::vector<int64_t>{8, 4, 2, 3, 5}));
  plan.reasons = PerPlace<std::string>(kPlaces.size());
  plan.reasons[1] = "because";
  const RankPlan again = parse(plan.to_json(kPlaces));
  EXPECT_EQ(again.ranks, plan.ranks);
  EXPECT_EQ(again.reasons, plan.reasons);
  EXPECT_EQ(again.to_json(kPlaces), plan.to_json(kPlaces));
}

TEST(RankPlan, CountsTheParametersOfAllSites) {
  EXPECT_EQ(adapter_parameters(parse(kPlan).ranks, kPlaces), 8 * 2 + 8 * 3 + 4 * 5);
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
  EXPECT_THROW(read_rank_plan("no/such/plan.json", kPlaces), DataError);
}

TEST(RankPlan, MustFitTheModel) {
  const auto fault = [](const char* inputs) {
    return error_of(std::string(R"({"rule": "x", "inputs": )") + inputs +
                    R"(, "delta_outputs": {"0": 2, "1": 3, "2": 5}})");
  };
  EXPECT_EQ(fault(R"({"0": 10, "1": 4})"), "no error");
  EXPECT_NE(fault(R"({"0": 11, "1": 4})").find("rank 11, wanted 1 to 10"), std::string::npos);
  EXPECT_NE(fault(R"({"0": 4})").find("place 1 has no rank"), std::string::npos);
  EXPECT_NE(fault(R"({"0": 4, "1": 4, "2": 4})").find("place 2 does not exist"), std::string::npos);
}

/// 12 layers, as docs/method.md, "Places", orders them.
Places twelve_layers(bool with_head) {
  Places places;
  for (int64_t layer = 0; layer < 12; ++layer) {
    places.add_input("qkv", "q,k,v", layer, 768);
    for (const char* role : {"q", "k", "v"}) places.add_site(role, role, 768);
    places.add_input("o", "o", layer, 768);
    places.add_site("o", "o", 768);
    places.add_input("fc1", "fc1", layer, 768);
    places.add_site("fc1", "fc1", 3072);
    places.add_input("fc2", "fc2", layer, 3072);
    places.add_site("fc2", "fc2", 768);
  }
  if (with_head) {
    places.add_input("classifier", "classifier.dense", 12, 768, /*in_head=*/true);
    places.add_site("classifier", "classifier.dense", 768);
  }
  return places;
}

TEST(PublishedRankPlans, GiveThePublishedParameterCounts) {
  const auto folder = std::filesystem::path(EIDA_SOURCE_DIR) / "configs" / "rank_plans";
  const auto wide = [](std::span<const Place> some, const Places& places, const RankPlan& plan) {
    return std::count_if(some.begin(), some.end(),
                         [&](const Place& place) { return plan.ranks[places.id_of(place)] == 64; });
  };
  const Places encoder = twelve_layers(true), decoder = twelve_layers(false);
  const RankPlan roberta = read_rank_plan(folder / "roberta-base-sst2.json", encoder);
  EXPECT_EQ(adapter_parameters(roberta.ranks, encoder), 148480);
  EXPECT_EQ(wide(encoder.inputs(), encoder, roberta), 10);
  EXPECT_EQ(wide(encoder.sites(), encoder, roberta), 51);

  const RankPlan gpt2 = read_rank_plan(folder / "gpt2-e2e.json", decoder);
  EXPECT_EQ(adapter_parameters(gpt2.ranks, decoder), 167936);
  EXPECT_EQ(wide(decoder.inputs(), decoder, gpt2), 35);
  EXPECT_EQ(wide(decoder.sites(), decoder, gpt2), 25);
}

}  // namespace
}  // namespace eida
