#include <gtest/gtest.h>

#include "../../src/generation/slot_pool.h"
#include "../../src/model/cached_attention.h"
#include "../../src/model/transformer.h"
#include "eida/core/error.h"
#include "support/file_helpers.h"
#include "support/random_tensors.h"
#include "support/test_data.h"
#include "support/tiny_models.h"

namespace eida {
namespace {

using testing::random_tensor;
using testing::relative_difference;

TEST(SlotPool, SlotIsFreeWhenItsLastUserIsGone) {
  SlotPool pool(2);
  const std::vector<int32_t> first = {pool.take()}, second = {pool.take()};
  pool.retain(first);
  pool.release(first);
  EXPECT_EQ(pool.used(), 2);
  pool.release(first);
  EXPECT_EQ(pool.used(), 1);
  EXPECT_EQ(pool.take(), first[0]);
  EXPECT_EQ(pool.peak(), 2);
  testing::message_of<Error>([&] { pool.take(); });
  pool.release(second);
  EXPECT_EQ(pool.used(), 1);
}

/// Rows that see different numbers of scattered slots, among them more and fewer than a vector has.
CachedRows scattered_rows(int64_t rows, int64_t slots) {
  CachedRows result;
  Rng rng(3, "rows");
  for (int64_t n = 0; n < rows; ++n) {
    const auto seen = rng.sample(slots, 1 + static_cast<int64_t>(rng.below(40)));
    const auto begin = static_cast<int64_t>(result.visible.size());
    result.visible.insert(result.visible.end(), seen.begin(), seen.end());
    result.add(0, 0, begin, static_cast<int64_t>(seen.size()));
  }
  return result;
}

TEST(CachedAttention, KernelAndOperatorsAgree) {
  for (const int64_t head_dim : {3, 16, 20, 64}) {
    AttentionOptions options{.heads = 4, .causal = true, .scale = 0.3};
    options.kv_heads = head_dim == 3 ? 4 : 2;
    options.window = head_dim > 16 ? 7 : 0;
    const CachedRows rows = scattered_rows(11, 50);
    const at::Tensor q = random_tensor({11, 4 * head_dim}, 1),
                     cache = random_tensor({50, 2 * options.kv_heads * head_dim}, 2);
    const at::Tensor kernel = attend_on_cpu(q, rows, cache, options);
    // Small chunks: rows of several lengths padded together, and a chunk of one row.
    const auto chunks = make_chunks(rows, at::kCPU, 60);
    EXPECT_GT(chunks.size(), 2U);
    EXPECT_LT(chunks.size(), 11U);
    EXPECT_LT(relative_difference(kernel, attend_with_operators(q, chunks, cache, options)),
              2e-6);  // float32 sums of up to 64 terms
  }
}

TEST(CachedAttention, BFloat16IsReadAndWritten) {
  const AttentionOptions options{.heads = 2, .causal = true, .scale = 0.3};
  const CachedRows rows = scattered_rows(11, 50);
  const at::Tensor q = random_tensor({11, 40}, 1).to(at::kBFloat16);
  const at::Tensor cache = random_tensor({50, 80}, 2).to(at::kBFloat16);
  const at::Tensor wanted = attend_on_cpu(q.to(at::kFloat), rows, cache.to(at::kFloat), options);
  const at::Tensor got = attend_on_cpu(q, rows, cache, options);
  EXPECT_EQ(got.scalar_type(), at::kBFloat16);
  EXPECT_LT(relative_difference(got, wanted), 4e-3);  // rounded once to eight bits
}

TEST(DecoderStep, TokenByTokenGivesTheLogitsOfTheWholeText) {
  const testing::TempDir dir;
  const auto model = testing::tiny_model(dir.path(), TaskKind::kCompletion);
  auto& decoder = dynamic_cast<Decoder&>(*model);
  const auto examples = testing::tiny_examples(1, TaskKind::kCompletion);
  const auto& ids = examples[0].ids;
  auto batch = pack(testing::pointers(examples), TaskKind::kCompletion);
  batch.target_rows = at::empty({1}, at::TensorOptions(at::kLong)).fill_(batch.tokens() - 1);

  const KvCache cache = make_kv_cache(model->config(), 40, at::TensorOptions(at::kFloat));
  CachedRows prompt;  // all but three tokens at once, in slots that go down
  const auto known = static_cast<int64_t>(ids.size()) - 3;
  for (int64_t t = 0; t < known; ++t) {
    prompt.visible.push_back(static_cast<int32_t>(39 - t));
    prompt.add(ids[static_cast<size_t>(t)], t, 0, t + 1);
  }
  prompt.scored = {known - 1};
  at::Tensor hidden = decoder.step(prompt, cache);
  for (int64_t t = known; t < known + 3; ++t) {
    CachedRows row;
    row.visible = prompt.visible;
    row.visible.push_back(static_cast<int32_t>(39 - t));
    prompt.visible = row.visible;
    row.add(ids[static_cast<size_t>(t)], t, 0, t + 1);
    row.scored = {0};
    hidden = decoder.step(row, cache);
  }
  const at::Tensor logits = hidden.matmul(decoder.vocabulary_table().t());
  model->set_training(false);
  EXPECT_LT(relative_difference(logits, model->logits(batch)), 1e-5);  // float32, two layers
}

}  // namespace
}  // namespace eida
