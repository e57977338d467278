#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <limits>

#include "eida/evaluation/evaluate.h"
#include "support/test_data.h"
#include "support/tiny_models.h"

namespace eida {
namespace {

TEST(MergeParity, HoldsUpToItsToleranceAndNotBeyond) {
  const auto examples = testing::tiny_examples(3, TaskKind::kClassification);
  const PackedBatch batch = pack(testing::pointers(examples), TaskKind::kClassification);
  const at::Tensor before = at::full({3, 2}, 50.0);
  EXPECT_TRUE(compare_logits(before, before + 4e-4, batch).holds());
  const MergeParity missed = compare_logits(before, before + 6e-4, batch);
  EXPECT_FALSE(missed.holds());
  EXPECT_NEAR(missed.tolerance, 5e-4, 1e-9);
  EXPECT_FALSE(
      compare_logits(before, before * std::numeric_limits<float>::quiet_NaN(), batch).holds());
}

TEST(MergeParity, LogitsAreThoseOfFloat32WhateverTheModelsPrecision) {
  const testing::TempDir dir;
  const auto model = testing::tiny_model(dir.path(), TaskKind::kClassification);
  const auto examples = testing::tiny_examples(3, TaskKind::kClassification);
  const PackedBatch batch = pack(testing::pointers(examples), TaskKind::kClassification);
  const at::Tensor wanted = reference_logits(*model, batch);
  model->set_compute_dtype(at::kBFloat16);
  EXPECT_TRUE(reference_logits(*model, batch).equal(wanted));
  EXPECT_EQ(model->compute_dtype(), at::kBFloat16);
}

}  // namespace
}  // namespace eida
