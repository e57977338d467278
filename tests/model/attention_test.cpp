#include "eida/model/attention.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "eida/core/error.h"
#include "model/golden.h"
#include "support/test_data.h"
#include "support/tiny_models.h"

namespace eida {
namespace {

using testing::largest_difference;

std::vector<int64_t> offsets_of(const std::vector<int64_t>& lengths) {
  std::vector<int64_t> offsets{0};
  for (const int64_t length : lengths) offsets.push_back(offsets.back() + length);
  return offsets;
}

/// One sequence at a time, in float64. // [N, h * d_h]
at::Tensor plain_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           const std::vector<int64_t>& offsets, const AttentionOptions& options) {
  std::vector<at::Tensor> rows;
  for (size_t s = 0; s + 1 < offsets.size(); ++s) {
    const int64_t length = offsets[s + 1] - offsets[s];
    const auto split = [&](const at::Tensor& x, int64_t heads) {
      return x.narrow(0, offsets[s], length)
          .to(at::kDouble)
          .reshape({length, heads, -1})
          .transpose(0, 1)
          .repeat_interleave(options.heads / heads, 0);
    };
    const at::Tensor query = split(q, options.heads), key = split(k, options.key_heads()),
                     value = split(v, options.key_heads());
    at::Tensor scores = query.matmul(key.transpose(1, 2)) * options.scale;
    const at::Tensor place = at::arange(length);
    const at::Tensor away = place.unsqueeze(1) - place;  // query - key
    const auto hide = [&](const at::Tensor& mask) { scores = scores.masked_fill(mask, -INFINITY); };
    if (options.causal) hide(away < 0);
    if (options.window > 0 && options.causal) hide(away >= options.window);
    if (options.window > 0 && !options.causal) hide(away.abs() > options.window / 2);
    rows.push_back(scores.softmax(-1).matmul(value).transpose(0, 1).reshape({length, -1}));
  }
  return at::cat(rows);
}

struct Case {
  std::vector<int64_t> lengths;
  bool causal = false, upcast = false;
  int64_t kv_heads = 0, window = 0;
};

class Attention : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override { at::set_num_threads(1); }
};

TEST_P(Attention, EqualsOneSequenceAtATimeWithItsGradients) {
  const auto offsets = offsets_of(GetParam().lengths);
  AttentionOptions options{6, GetParam().causal, 0.3, GetParam().upcast, 0.0};
  options.kv_heads = GetParam().kv_heads;
  options.window = GetParam().window;
  at::manual_seed(1);
  // Views of one wider matrix, as GPT-2's c_attn gives them.
  const int64_t width = 4 * options.key_heads();
  at::Tensor packed = at::randn({offsets.back(), 24 + 2 * width}).set_requires_grad(true);
  const auto qkv = packed.split_with_sizes({24, width, width}, 1);
  const at::Tensor weight = at::randn({offsets.back(), 24});
  const LayoutPointer layout = make_layout(offsets, at::kCPU);
  const at::Tensor ours = attention(qkv[0], qkv[1], qkv[2], layout, layout, options);
  (ours * weight).sum().backward();
  const at::Tensor gradient = packed.grad().clone();
  packed.mutable_grad() = at::Tensor();
  const at::Tensor expected = plain_attention(qkv[0], qkv[1], qkv[2], offsets, options);
  (expected * weight).sum().backward();
  EXPECT_LT(largest_difference(ours, expected), 1e-6);  // float32 against float64
  EXPECT_LT(largest_difference(gradient, packed.grad()), 2e-6);
}

// Equal lengths; padding in the middle; several groups; one token; lengths where the fused kernel
// is chosen.
INSTANTIATE_TEST_SUITE_P(
    Lengths, Attention,
    ::testing::Values(Case{{4, 4, 4}}, Case{{5, 4, 5, 4}}, Case{{9, 2, 1, 8, 3, 30}}, Case{{1}},
                      Case{{7, 6}, true}, Case{{3, 12, 1, 5, 11}, true},
                      Case{{5, 6, 2}, true, true}, Case{{300, 280, 300, 3}},
                      Case{{300, 280, 3}, true}, Case{{600}, true},
                      // Shared key heads; windows, below and above all
                      // lengths, with queries at padding that see none.
                      Case{{5, 4, 9}, true, false, 2}, Case{{5, 4, 9}, false, false, 1},
                      Case{{300, 280, 3}, true, false, 3}, Case{{9, 7, 13}, true, false, 0, 4},
                      Case{{9, 7, 13}, true, true, 2, 1}, Case{{9, 7, 13, 12}, false, false, 3, 5},
                      Case{{9, 6, 6}, false, false, 0, 2}, Case{{5, 5}, false, false, 0, 40},
                      Case{{300, 201, 3}, true, false, 2, 50},
                      Case{{300, 201, 3}, false, false, 0, 50}));

TEST(SequenceLayout, NoSequenceIsPaddedByMoreThanAThird) {
  std::vector<int64_t> lengths(60);
  std::iota(lengths.begin(), lengths.end(), int64_t{1});
  const auto layout = make_layout(offsets_of(lengths), at::kCPU);
  int64_t sequences = 0;
  for (const auto& group : layout->groups) {
    sequences += group.sequences();
    for (const int64_t length : group.length) EXPECT_GE(3 * length, 2 * group.width);
  }
  EXPECT_EQ(sequences, 60);
  EXPECT_EQ(layout->tokens, 60 * 61 / 2);
}

class BatchIndependence : public ::testing::TestWithParam<TaskKind> {};

// A sequence alone and among longer and shorter ones: the same logits, to 1e-5 of their scale.
TEST_P(BatchIndependence, OtherSequencesChangeNothing) {
  at::set_num_threads(1);
  testing::TempDir dir;
  const auto model = testing::tiny_model(dir.path(), GetParam());
  const auto examples = testing::tiny_examples(12, GetParam());
  const PackedBatch together = pack(testing::pointers(examples), GetParam());
  const at::Tensor all = model->logits(together);
  int64_t row = 0;
  for (const auto& example : examples) {
    const at::Tensor alone = model->logits(pack({&example}, GetParam()));
    EXPECT_LT(largest_difference(all.narrow(0, row, alone.size(0)), alone), 1e-5);
    row += alone.size(0);
  }
  EXPECT_EQ(row, all.size(0));
}

INSTANTIATE_TEST_SUITE_P(Tasks, BatchIndependence,
                         ::testing::Values(TaskKind::kClassification, TaskKind::kCompletion));

TEST(Model, SameBatchGivesTheSameBitsWithGradients) {
  testing::TempDir dir;
  const auto model = testing::tiny_model(dir.path(), TaskKind::kCompletion);
  const auto examples = testing::tiny_examples(9, TaskKind::kCompletion);
  const PackedBatch batch = pack(testing::pointers(examples), TaskKind::kCompletion);
  at::Tensor table = model->parameters().front().tensor;
  table.set_requires_grad(true);
  weighted_cross_entropy(model->logits(batch), batch).backward();
  const at::Tensor first = table.grad().clone();
  table.mutable_grad() = at::Tensor();
  weighted_cross_entropy(model->logits(batch), batch).backward();
  EXPECT_TRUE(first.equal(table.grad()));
}

TEST(Model, DropoutActsInTrainingModeOnly) {
  testing::TempDir dir;
  const auto model = testing::tiny_model(dir.path(), TaskKind::kClassification);
  const auto examples = testing::tiny_examples(5, TaskKind::kClassification);
  const PackedBatch batch = pack(testing::pointers(examples), TaskKind::kClassification);
  const at::Tensor plain = model->logits(batch);
  model->set_training(true);
  const at::Tensor dropped = model->logits(batch);
  EXPECT_FALSE(dropped.equal(plain));
  EXPECT_TRUE(dropped.isfinite().all().item<bool>());
  model->set_training(false);
  EXPECT_TRUE(model->logits(batch).equal(plain));
}

TEST(Model, RefusesWhatItsTablesDoNotHold) {
  testing::TempDir dir;
  const auto model = testing::tiny_model(dir.path(), TaskKind::kClassification);
  auto examples = testing::tiny_examples(1, TaskKind::kClassification);
  const auto run = [&] {
    model->logits(pack(testing::pointers(examples), TaskKind::kClassification));
  };
  examples[0].ids[3] = 60;
  EXPECT_THROW(run(), DataError);
  examples[0].ids[3] = -1;
  EXPECT_THROW(run(), DataError);
  examples[0].ids.assign(69, 7);  // 70 positions, of which RoBERTa uses 68
  examples[0].type_ids.assign(69, 0);
  EXPECT_THROW(run(), DataError);
  examples[0].ids.clear();
  EXPECT_THROW(run(), DataError);
}

}  // namespace
}  // namespace eida
