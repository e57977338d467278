#include "eida/adapter/audit.h"

#include <gtest/gtest.h>

#include "adapter/adapted_model.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/subspace/rank_plan.h"

namespace eida {
namespace {

/// Published index lists: docs/method.md, "Rank rules". The counts need ranks and the head's shape
/// only, so the models have the published width, a narrow inner layer and a vocabulary of a few
/// words.
const char* kRobertaBase =
    R"({"model_type": "roberta", "vocab_size": 8, "hidden_size": 768, "num_hidden_layers": 12,
  "num_attention_heads": 12, "intermediate_size": 64, "hidden_act": "gelu", "max_position_embeddings": 8,
  "type_vocab_size": 1, "initializer_range": 0.02, "layer_norm_eps": 1e-05, "pad_token_id": 1})";
const char* kGpt2 =
    R"({"model_type": "gpt2", "vocab_size": 8, "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 8, "n_inner": 64,
  "activation_function": "gelu_new", "layer_norm_epsilon": 1e-05, "initializer_range": 0.02})";

ParameterAudit published_audit(const char* config, TaskKind task, const std::string& plan_name,
                               const std::vector<std::string>& extra) {
  testing::TempDir dir;
  write_file_atomic(dir.path() / "config.json", config);
  LoadOptions load;
  load.random_init = true;
  load.num_labels = task == TaskKind::kClassification ? 2 : 0;
  const auto model = load_pretrained(dir.path(), task, load);
  const Places& places = model->places();
  const RankPlan plan = read_rank_plan(
      std::filesystem::path(EIDA_SOURCE_DIR) / "configs/rank_plans" / plan_name, places);
  const auto sites = choose_sites(*model, {});
  PlaceBases bases(places.size());
  for (PlaceId id = 0; id < places.size(); ++id)
    bases[id] = at::randn({plan.ranks[id], places[id].dim});
  MethodOptions options;
  options.sites = sites;
  const auto method = make_method(MethodKind::eida, options);
  method->attach(*model, bases, 1);
  for (const auto& [name, tensor] : model->parameters()) {
    if (std::count(extra.begin(), extra.end(), name) > 0)
      at::Tensor(tensor).set_requires_grad(true);
  }
  return audit_parameters(*model, method->trainable(), extra, method->frozen());
}

TEST(Audit, RobertaBaseHasThePublishedCount) {
  const ParameterAudit audit =
      published_audit(kRobertaBase, TaskKind::kClassification, "roberta-base-sst2.json",
                      {"classifier.out_proj.weight", "classifier.out_proj.bias"});
  EXPECT_EQ(audit.without_head(), 148480);
  EXPECT_EQ(audit.trained.at("head").parameters, 1538);
  EXPECT_EQ(audit.total(), 150018);
  EXPECT_EQ(audit.trained.at("adapter").names.size(), 73U);
}

TEST(Audit, Gpt2HasThePublishedCount) {
  const ParameterAudit audit = published_audit(kGpt2, TaskKind::kCompletion, "gpt2-e2e.json", {});
  EXPECT_EQ(audit.total(), 167936);
  EXPECT_EQ(audit.trained.at("adapter").names.size(), 72U);
}

class AuditTest : public testing::AdaptedModel {};

TEST_P(AuditTest, WhatWouldTrainUnaskedIsAnError) {
  const auto model = open();
  const auto method = make(*model);
  method->attach(*model, testing::random_bases(*model), 1);
  const auto audit = [&](const std::vector<std::string>& extra) {
    return audit_parameters(*model, method->trainable(), extra, method->frozen());
  };
  EXPECT_NO_THROW(audit({}));
  const NamedTensor& first = model->parameters().front();
  EXPECT_THROW(audit({first.name}), Error);  // asked for, but frozen
  at::Tensor(first.tensor).set_requires_grad(true);
  EXPECT_THROW(audit({}), Error);  // trains without being asked
  EXPECT_EQ(audit({first.name}).trained.at("embeddings").names, std::vector{first.name});
  at::Tensor basis = method->frozen().front().tensor;
  at::Tensor(first.tensor).set_requires_grad(false);
  basis.set_requires_grad(true);
  EXPECT_THROW(audit({}), Error);
}

INSTANTIATE_TEST_SUITE_P(Families, AuditTest, testing::kEveryTiny, testing::tiny_name);

}  // namespace
}  // namespace eida
