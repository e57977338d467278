/// What holds for every method, and for those that keep one adapter through all rounds.
#include <ATen/ops/linalg_svd.h>
#include <gtest/gtest.h>

#include "adapter/adapted_model.h"
#include "eida/training/flat_parameters.h"

namespace eida {
namespace {

using testing::disturb;
using testing::plain_logits;
using testing::random_bases;

class MethodsTest : public testing::AdaptedModel {
 protected:
  static constexpr const char* kContinued[] = {"lora", "lora_xs", "dora"};
};

TEST_P(MethodsTest, ParameterCountIsWhatTrains) {
  const auto model = open();
  const Places& places = model->places();
  PerPlace<int64_t> ranks(places.size());
  for (PlaceId id = 0; id < places.size(); ++id) ranks[id] = places[id].is_site() ? 3 : 4;
  for (const std::string& name : choice_names<MethodKind>()) {
    const auto method = make(*model, name);
    method->attach(*model, random_bases(*model, 4, 3), 1);
    int64_t entries = 0;
    for (const auto& [tensor_name, tensor] : method->trainable()) entries += tensor.numel();
    EXPECT_EQ(method->parameter_count(places, ranks), entries) << name;
    EXPECT_EQ(method->name(), name);
    for (const Place& site : places.sites()) site.linear->set_adapter(nullptr);
  }
}

TEST_P(MethodsTest, StartWithoutAChangeAndMergeWhatTheyAdd) {
  for (const char* name : kContinued) {
    const auto model = open();
    const at::Tensor base = plain_logits(*model, batch_);
    const auto method = make(*model, name);
    method->attach(*model, {}, 1);
    EXPECT_TRUE(plain_logits(*model, batch_).equal(base)) << name;
    disturb(*method);
    const at::Tensor adapted = plain_logits(*model, batch_);
    EXPECT_GT((adapted - base).abs().max().item<double>(), 1e-3) << name;
    method->merge(*model);
    const double largest = std::max(1.0, adapted.abs().max().item<double>());
    EXPECT_LT((plain_logits(*model, batch_) - adapted).abs().max().item<double>(), 1e-5 * largest)
        << name;
  }
}

TEST_P(MethodsTest, TheNextRoundGoesOnFromTheOriginalWeights) {
  for (const char* name : kContinued) {
    const auto model = open();
    const auto method = make(*model, name);
    method->attach(*model, {}, 1);
    disturb(*method);
    const at::Tensor adapted = plain_logits(*model, batch_);
    method->merge(*model);
    method->attach(*model, {}, 2);
    EXPECT_TRUE(plain_logits(*model, batch_).equal(adapted)) << name;
  }
}

TEST_P(MethodsTest, AllThatTrainsGetsGradients) {
  for (const char* name : kContinued) {
    const auto model = open();
    const auto method = make(*model, name);
    method->attach(*model, {}, 1);
    disturb(*method);
    model->loss(batch_).backward();
    for (const auto& [tensor_name, tensor] : method->trainable()) {
      ASSERT_TRUE(tensor.grad().defined()) << tensor_name;
      EXPECT_GT(tensor.grad().abs().max().item<double>(), 0.0) << tensor_name;
    }
    for (const auto& [tensor_name, tensor] : method->frozen())
      EXPECT_FALSE(tensor.requires_grad()) << tensor_name;
  }
}

TEST_P(MethodsTest, MagnitudesOfDoraDoNotDecay) {
  const auto model = open();
  const auto method = make(*model, "dora");
  method->attach(*model, {}, 1);
  int64_t magnitudes = 0;
  for (const TrainedTensor& trained : trained_tensors(*model, *method, {})) {
    const bool magnitude = trained.name.ends_with(".lora_magnitude_vector");
    magnitudes += magnitude ? 1 : 0;
    EXPECT_EQ(trained.decays, !magnitude) << trained.name;
  }
  std::set<const HookableLinear*> layers;  // c_attn is one
  for (const Place& site : model->places().sites()) layers.insert(site.linear);
  EXPECT_EQ(magnitudes, static_cast<int64_t>(layers.size()));
}

TEST_P(MethodsTest, LoraXsKeepsTheLargestDirectionsOfItsWeight) {
  const auto model = open();
  const auto method = make(*model, "lora_xs");
  method->attach(*model, {}, 1);
  const auto bases = method->frozen();  // A, C of each site
  const auto sites = model->places().sites();
  for (size_t i = 0; i < sites.size(); ++i) {
    const at::Tensor &A = bases[2 * i].tensor, &C = bases[2 * i + 1].tensor;
    const at::Tensor W =
        sites[i].linear->weight_out_in().narrow(0, sites[i].out_begin, sites[i].dim);
    const at::Tensor rest = W - C.t().matmul(A) / 2;  // alpha / rank
    const auto values = [](const at::Tensor& of) { return std::get<1>(at::linalg_svd(of)); };
    const at::Tensor S = values(W);
    EXPECT_NEAR(values(rest)[0].item<double>(), S[2].item<double>(), 1e-5 * S[0].item<double>());
  }
}

INSTANTIATE_TEST_SUITE_P(Families, MethodsTest, testing::kEveryTiny, testing::tiny_name);

}  // namespace
}  // namespace eida
