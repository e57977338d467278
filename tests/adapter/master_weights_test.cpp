// Merges into bfloat16 weights lose nothing against float32 ones.
#include <gtest/gtest.h>

#include <limits>

#include "adapter/adapted_model.h"
#include "eida/core/error.h"
#include "eida/model/pretrained_model.h"

namespace eida {
namespace {

class MasterWeightsTest : public testing::AdaptedModel {
 protected:
  std::unique_ptr<PretrainedModel> open_narrow() const {
    return testing::tiny_model(dir_.path(), GetParam(), at::kCPU, at::kBFloat16);
  }
  /// Rounds of `name` whose trained factors are the same small draws in every call.
  void merge_rounds(PretrainedModel& model, const std::string& name, int rounds) const {
    const auto method = make(model, name);
    for (int round = 1; round <= rounds; ++round) {
      method->attach(model, testing::random_bases(model), round);
      testing::disturb(*method, 1e-3);  // random_bases() seeds its draws
      method->merge(model);
    }
  }
};

/// Matrices that are bfloat16 in `narrow` are those of `wide`, rounded once.
void expect_rounded_once(const PretrainedModel& narrow, const PretrainedModel& wide) {
  int64_t rounded = 0;
  for (size_t i = 0; i < wide.parameters().size(); ++i) {
    const auto& [name, tensor] = narrow.parameters()[i];
    const at::Tensor wanted = wide.parameters()[i].tensor;
    if (tensor.scalar_type() == at::kBFloat16) {
      ++rounded;
      EXPECT_TRUE(tensor.equal(wanted.to(at::kBFloat16))) << name;
      EXPECT_TRUE(narrow.masters()->values(name).equal(wanted)) << name;
    } else {
      EXPECT_TRUE(tensor.equal(wanted)) << name;
    }
  }
  EXPECT_GT(rounded, 8);
}

TEST_P(MasterWeightsTest, SixteenRoundsEndWithTheBitsOfFloat32Weights) {
  for (const char* name : {"eida", "lora"}) {
    const auto wide = open(), narrow = open_narrow();
    merge_rounds(*wide, name, 16);
    merge_rounds(*narrow, name, 16);
    expect_rounded_once(*narrow, *wide);
  }
}

TEST_P(MasterWeightsTest, RoundingAtEveryMergeWouldLoseThem) {
  const auto wide = open(), narrow = open_narrow();
  const std::string name = wide->places().sites().front().linear->name() + ".weight";
  at::Tensor lossy = narrow->masters()->values(name).to(at::kBFloat16);
  const at::Tensor before = narrow->masters()->values(name);
  merge_rounds(*wide, "eida", 16);
  const at::Tensor step = (wide->places().sites().front().linear->weight() - before) / 16;
  for (int round = 0; round < 16; ++round) lossy = (lossy.to(at::kFloat) + step).to(at::kBFloat16);
  EXPECT_FALSE(lossy.equal(wide->places().sites().front().linear->weight().to(at::kBFloat16)));
}

TEST_P(MasterWeightsTest, SavedModelsAreTheFloat32Sums) {
  const auto wide = open(), narrow = open_narrow();
  merge_rounds(*wide, "eida", 3);
  merge_rounds(*narrow, "eida", 3);
  save_pretrained(*wide, dir_.path() / "wide");
  save_pretrained(*narrow, dir_.path() / "narrow");
  EXPECT_EQ(sha256_file(dir_.path() / "wide/model.safetensors"),
            sha256_file(dir_.path() / "narrow/model.safetensors"));
  // The same out of a checkpoint instead of the seed.
  LoadOptions options;
  options.weights = at::kBFloat16;
  const auto opened = load_pretrained(dir_.path() / "wide", task(), options);
  for (const auto& [name, tensor] : wide->parameters())
    EXPECT_TRUE(opened->masters()->values(name).equal(tensor)) << name;
}

TEST_P(MasterWeightsTest, AMergeThatIsNotFiniteChangesNothing) {
  const auto narrow = open_narrow();
  const auto method = make(*narrow);
  method->attach(*narrow, testing::random_bases(*narrow), 1);
  testing::disturb(*method, std::numeric_limits<double>::infinity());
  const std::string name = narrow->places().sites().front().linear->name() + ".weight";
  const at::Tensor before = narrow->masters()->values(name);
  EXPECT_THROW(method->merge(*narrow), NumericError);
  EXPECT_TRUE(narrow->masters()->values(name).equal(before));
  EXPECT_TRUE(narrow->places().sites().front().linear->weight().equal(before.to(at::kBFloat16)));
}

INSTANTIATE_TEST_SUITE_P(Families, MasterWeightsTest, testing::kEveryTiny, testing::tiny_name);

}  // namespace
}  // namespace eida
