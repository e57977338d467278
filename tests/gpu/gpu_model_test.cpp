// What a GPU computes is what the CPU computes, in float32 up to rounding.
#include "gpu_model.h"

#include <gtest/gtest.h>

#include "eida/generation/generate.h"
#include "eida/sampling/sampler.h"

namespace eida {
namespace {

using testing::pointers;
using testing::relative_difference;

class GpuModelTest : public testing::GpuModel {};

TEST_P(GpuModelTest, LogitsAreTheCpus) {
  const at::Tensor wanted = testing::plain_logits(*cpu_, batch_);
  const at::Tensor found = testing::plain_logits(*gpu_, batch_);
  EXPECT_TRUE(found.is_cuda());
  EXPECT_LT(relative_difference(found.cpu(), wanted), 1e-5);
}

TEST_P(GpuModelTest, HalfPrecisionIsNear) {
  const at::Tensor wanted = testing::plain_logits(*cpu_, batch_);
  for (const at::ScalarType precision : {at::kHalf, at::kBFloat16}) {
    gpu_->set_compute_dtype(precision);
    const at::Tensor found = testing::plain_logits(*gpu_, batch_).cpu();
    EXPECT_LT(relative_difference(found, wanted), precision == at::kHalf ? 1e-2 : 5e-2);
    EXPECT_GT(relative_difference(found, wanted), 0.0);
  }
}

TEST_P(GpuModelTest, SamplesAreTheCpus) {
  SamplerOptions options;
  options.draw.task = task();
  options.draw.batch_size = 2;
  options.pass_tokens = 40;
  const auto examples = pointers(examples_);
  const auto wanted = collect_samples(*cpu_, examples, options),
             found = collect_samples(*gpu_, examples, options);
  ASSERT_EQ(found.size(), wanted.size());
  for (const Place& place : cpu_->places()) {
    const PlaceId id = cpu_->places().id_of(place);
    EXPECT_LT(relative_difference(found[id], wanted[id]), place.is_site() ? 1e-3 : 1e-4)
        << place.name;
  }
}

TEST_P(GpuModelTest, OutputsAreTheCpus) {
  if (!decoder()) GTEST_SKIP() << "an encoder generates nothing";
  std::vector<std::vector<int32_t>> prompts;
  for (const TokenExample& example : testing::tiny_examples(20, GetParam()))
    prompts.emplace_back(example.ids.begin(), example.ids.begin() + example.context_length);
  for (const int64_t beams : {1, 4}) {
    GenerateOptions options;
    options.beams = beams;
    options.max_new_tokens = 20;
    const auto wanted = generate(*cpu_, prompts, options),
               found = generate(*gpu_, prompts, options);
    for (size_t i = 0; i < prompts.size(); ++i) {
      EXPECT_EQ(found[i].tokens, wanted[i].tokens) << "prompt " << i << ", beams " << beams;
      EXPECT_NEAR(found[i].score, wanted[i].score, 1e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, GpuModelTest, testing::kEveryTiny, testing::tiny_name);

}  // namespace
}  // namespace eida
