#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <set>

#include "../../src/model/layers.h"
#include "eida/core/error.h"
#include "eida/model/architecture.h"
#include "model/golden.h"

namespace eida {
namespace {

std::string group_in(const std::string& golden, const std::string& parameter) {
  const testing::Golden folder(golden);
  return group_name(load_pretrained(folder.dir, folder.task)->parameter_info(parameter).group);
}

TEST(Architecture, GroupsOfParametersAreDeclared) {
  EXPECT_EQ(group_in("roberta", "classifier.out_proj.bias"), "head");
  EXPECT_EQ(group_in("roberta", "classifier.dense.bias"), "bias");
  EXPECT_EQ(group_in("roberta", "classifier.dense.weight"), "weight");
  EXPECT_EQ(group_in("bert", "classifier.weight"), "head");
  EXPECT_EQ(group_in("bert", "bert.pooler.dense.weight"), "weight");
  EXPECT_EQ(group_in("bert", "bert.embeddings.LayerNorm.weight"), "layer_norm");
  EXPECT_EQ(group_in("bert", "bert.embeddings.position_embeddings.weight"), "embeddings");
  EXPECT_EQ(group_in("gpt2", "transformer.h.0.ln_1.bias"), "layer_norm");
  EXPECT_EQ(group_in("gpt2", "transformer.wte.weight"), "embeddings");
  EXPECT_EQ(group_in("gpt2", "transformer.h.0.mlp.c_fc.weight"), "weight");
  EXPECT_THROW(group_in("gpt2", "lm_head.weight"), Error);  // tied
}

TEST(Architecture, EveryFamilyServesATaskAndHasItsOwnTypes) {
  std::set<std::string> types;
  size_t count = 0;
  for (const ModelFamily& family : model_families()) {
    EXPECT_FALSE(family.tasks.empty()) << family.title;
    for (const ModelType& type : family.types) {
      types.insert(type.name);
      ++count;
    }
  }
  EXPECT_EQ(types.size(), count);
  EXPECT_TRUE(types.contains("xlm-roberta"));
}

// Source: transformers 5.23, MPNetEncoder.relative_position_bucket with 32 buckets to 128.
TEST(RelativeBias, BucketsAreExactThenLogarithmic) {
  const at::Tensor buckets = relative_buckets(300, {"", 32, 128});
  const auto at_distance = [&](int64_t query, int64_t key) {
    return buckets[query][key].item<int64_t>();
  };
  EXPECT_EQ(at_distance(5, 5), 0);
  EXPECT_EQ(at_distance(12, 5), 7);
  EXPECT_EQ(at_distance(5, 12), 23);
  EXPECT_EQ(at_distance(13, 5), 8);
  EXPECT_EQ(at_distance(16, 0), 10);
  EXPECT_EQ(at_distance(64, 0), 14);
  EXPECT_EQ(at_distance(127, 0), 15);
  EXPECT_EQ(at_distance(0, 299), 31);
}

}  // namespace
}  // namespace eida
