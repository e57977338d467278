#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "adapter/adapted_model.h"
#include "eida/core/error.h"

namespace eida {
namespace {

using testing::disturb;
using testing::plain_logits;
using testing::random_bases;

class EidaMethodTest : public testing::AdaptedModel {};

TEST_P(EidaMethodTest, ZeroBLeavesEveryLogitUnchangedToTheBit) {
  const auto model = open();
  const at::Tensor before = plain_logits(*model, batch_);
  const auto method = make(*model);
  method->attach(*model, random_bases(*model), 1);
  EXPECT_TRUE(plain_logits(*model, batch_).equal(before));
}

TEST_P(EidaMethodTest, MergedLogitsAreTheAdaptedOnes) {
  const auto model = open();
  const at::Tensor base = plain_logits(*model, batch_);
  const auto method = make(*model);
  method->attach(*model, random_bases(*model), 1);
  disturb(*method);
  const at::Tensor adapted = plain_logits(*model, batch_);
  EXPECT_GT((adapted - base).abs().max().item<double>(), 1e-3);  // the adapters do something
  method->merge(*model);
  const double largest = std::max(1.0, adapted.abs().max().item<double>());
  EXPECT_LT((plain_logits(*model, batch_) - adapted).abs().max().item<double>(), 1e-5 * largest);
}

TEST_P(EidaMethodTest, RowsOfAnyScaleMergeExactly) {
  const auto model = open();
  const Places& places = model->places();
  const PlaceBases rows = random_bases(*model, 4, 4);
  PerPlace<Subspace> subspaces(places.size());
  for (PlaceId id = 0; id < places.size(); ++id) {
    subspaces[id].basis = rows[id];
    subspaces[id].energy = at::ones({4}, at::kDouble);
    subspaces[id].scale = at::tensor({2.0, 1.0, 0.5, 1.5}, at::kDouble);
  }
  const PlaceBases bases =
      make_bases(places, subspaces, PerPlace<int64_t>(places.size(), 3), choose_sites(*model, {}));
  const at::Tensor factors = at::tensor({2.0, 1.0, 0.5}, at::kFloat).unsqueeze(1);
  for (PlaceId id = 0; id < places.size(); ++id)
    ASSERT_TRUE(bases[id].equal(factors * rows[id].narrow(0, 0, 3)));
  const auto method = make(*model);
  method->attach(*model, bases, 1);
  disturb(*method);
  const at::Tensor adapted = plain_logits(*model, batch_);
  method->merge(*model);
  const double largest = std::max(1.0, adapted.abs().max().item<double>());
  EXPECT_LT((plain_logits(*model, batch_) - adapted).abs().max().item<double>(), 1e-5 * largest);
}

TEST_P(EidaMethodTest, OnlyBTrains) {
  const auto model = open();
  const auto method = make(*model);
  method->attach(*model, random_bases(*model), 1);
  model->loss(batch_).backward();
  for (const auto& [name, tensor] : method->trainable()) {
    EXPECT_TRUE(name.ends_with(".B"));
    ASSERT_TRUE(tensor.grad().defined()) << name;
    EXPECT_GT(tensor.grad().abs().max().item<double>(), 0.0) << name;
  }
  for (const auto& [name, tensor] : method->frozen()) EXPECT_FALSE(tensor.requires_grad()) << name;
  for (const auto& [name, tensor] : model->parameters())
    EXPECT_FALSE(tensor.requires_grad()) << name;
}

TEST_P(EidaMethodTest, CheckpointedGradientsAreEqual) {
  const auto model = open();
  const auto method = make(*model);
  method->attach(*model, random_bases(*model), 1);
  disturb(*method);
  const auto gradients = [&](bool checkpointing) {
    model->set_gradient_checkpointing(checkpointing);
    model->set_training(true);
    at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
    generator.set_current_seed(3);  // dropout is on
    model->loss(batch_).backward();
    std::vector<at::Tensor> all;
    for (const auto& [name, tensor] : method->trainable()) {
      all.push_back(tensor.grad().clone());
      at::Tensor(tensor).mutable_grad() = at::Tensor();
    }
    return all;
  };
  const auto plain = gradients(false), checkpointed = gradients(true);
  for (size_t i = 0; i < plain.size(); ++i) {
    EXPECT_LT(testing::relative_difference(checkpointed[i], plain[i]), 1e-5)
        << method->trainable()[i].name;
  }
}

/// Rows that span the same space, or a part of it, in other directions.
at::Tensor turned(const at::Tensor& basis, int64_t rows) {
  return testing::random_rows(rows, basis.size(0)).matmul(basis);
}

TEST_P(EidaMethodTest, MomentsRotateWithTheBases) {
  const auto model = open();
  const auto method = make(*model);
  const PlaceBases first = random_bases(*model);
  method->attach(*model, first, 1);
  std::map<std::string, at::Tensor> moments = {{"head.weight", at::randn({2, 3})}};
  for (const auto& [name, tensor] : method->trainable()) moments[name] = at::rand(tensor.sizes());
  method->merge(*model);
  PlaceBases second = first;
  for (const Place& place : model->places()) {
    at::Tensor& basis = second[model->places().id_of(place)];
    basis = turned(basis, place.is_site() ? 2 : 4);  // ranks may change too
  }
  method->attach(*model, second, 2);
  const auto carried = method->carry_moments(moments, false),
             squared = method->carry_moments(moments, true);
  EXPECT_TRUE(carried.at("head.weight").equal(moments.at("head.weight")));
  for (const Place& site : model->places().sites()) {
    const std::string name = site.name + ".B";
    const PlaceId id = model->places().id_of(site);
    const at::Tensor A = first[site.input], C = first[id], next_A = second[site.input],
                     next_C = second[id];
    // A gradient of B is C G A^T. One at the weight, seen from either round's bases:
    const at::Tensor at_weight = C.t().matmul(moments.at(name)).matmul(A);
    EXPECT_LT(
        testing::relative_difference(carried.at(name), next_C.matmul(at_weight).matmul(next_A.t())),
        1e-5);
    // Squares add up by the squares of the rotations: never below zero.
    const at::Tensor left = next_C.matmul(C.t()).square(), right = A.matmul(next_A.t()).square();
    EXPECT_LT(
        testing::relative_difference(squared.at(name), left.matmul(moments.at(name)).matmul(right)),
        1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, EidaMethodTest, testing::kEveryTiny, testing::tiny_name);

TEST(ChooseSites, TakesWeightsAndLayers) {
  testing::TempDir dir;
  const auto model = testing::tiny_model(dir.path(), TaskKind::kClassification);
  EXPECT_EQ(choose_sites(*model, {}).size(), 13U);
  EXPECT_EQ(choose_sites(*model, {{"q", "v"}, true, {}}).size(), 4U);
  EXPECT_EQ(choose_sites(*model, {{"q", "v"}, false, {1}}), (std::vector<PlaceId>{9 + 6, 9 + 8}));
  EXPECT_EQ(choose_sites(*model, {{"classifier"}, false, {0}}), (std::vector<PlaceId>{9 + 12}));
  EXPECT_THROW(choose_sites(*model, {{"q"}, false, {2}}), ConfigError);
  EXPECT_THROW(choose_sites(*model, {{"q"}, false, {}}), ConfigError);
}

}  // namespace
}  // namespace eida
