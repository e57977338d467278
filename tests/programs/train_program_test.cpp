/// eida-train as a user runs it.
#include <gtest/gtest.h>

#include "eida/adapter/adapter_file.h"
#include "eida/tensor/safetensors.h"
#include "programs/train_fixture.h"

namespace eida {
namespace {

class TrainProgramTest : public testing::TrainProgram {
 protected:
  nlohmann::json train_and_read(const std::vector<std::string>& arguments) {
    const auto result = run(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    return read_json(a_ / "summary.json");
  }
  void expect_refused(const std::vector<std::string>& arguments, int code,
                      const std::string& part) {
    const auto result = run(arguments);
    EXPECT_EQ(result.code, code) << result.err;
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
    EXPECT_FALSE(std::filesystem::exists(a_ / "manifest.json"));
  }
};

TEST_F(TrainProgramTest, WritesWhatTheContractNames) {
  const auto summary = train_and_read(train(a_, true, {"--set", "train.eval_every=4"}));
  for (const char* file :
       {"config.yaml", "manifest.json", "log.jsonl", "metrics.jsonl", "audit.json",
        "rounds/01/adapter.safetensors", "rounds/02/rank_plan.json", "rounds/02/subspaces.json",
        "report.html", "model/model.safetensors", "best/config.json", "merge_report.json",
        "state/state.safetensors", "summary.json"})
    EXPECT_TRUE(std::filesystem::exists(a_ / file)) << file;
  EXPECT_FALSE(std::filesystem::exists(a_ / "INCOMPLETE"));
  EXPECT_EQ(summary.at("rounds").size(), 2U);
  EXPECT_EQ(summary.at("trainable_parameters"), 13 * 16 + 24 * 2 + 2);  // B of 13 sites, head
  const auto merges = read_json(a_ / "merge_report.json").at("rounds");
  for (const auto& merge : merges) EXPECT_TRUE(merge.at("holds").get<bool>());
  const auto audit = read_json(a_ / "audit.json");
  EXPECT_EQ(audit.at("trainable_parameters_without_head"), 13 * 16);
  EXPECT_NE(read_file(a_ / "metrics.jsonl").find("\"event\":\"eval\""), std::string::npos);
}

TEST_F(TrainProgramTest, EveryMethodLearnsWithWhatItTrainsAndMovesNothingElse) {
  const SafetensorsFile before(encoder_ / "model.safetensors");
  for (const std::string& method : choice_names<MethodKind>()) {
    // Adapters alone have to bring the loss down: the head stays as it is.
    const bool adapter = method != "full" && method != "head";
    const auto summary = train_and_read(
        train(a_, true,
              {"--method", method, "--lr", "1e-2", "--overwrite", "--set", "train.dropout=0",
               "--set", std::string("train.trainable_extra=") + (adapter ? "[]" : "[head]")}));
    const auto& rounds = summary.at("rounds");
    EXPECT_LT(rounds[1].at("train_loss").get<double>(), rounds[0].at("train_loss").get<double>())
        << method;
    EXPECT_EQ(rounds[1].contains("merge"), adapter) << method;
    EXPECT_EQ(read_json(a_ / "merge_report.json").at("rounds").size(), adapter ? 2U : 0U) << method;
    if (adapter) {
      EXPECT_LE(rounds[1].at("merge_parity").get<double>(), 1e-5) << method;
    }
    const SafetensorsFile after(a_ / "model/model.safetensors");
    for (const auto& entry : before.entries()) {
      const bool head = entry.name.starts_with("classifier.out_proj."),
                 matrix = entry.name.find(".encoder.layer.") != std::string::npos &&
                          entry.shape.size() == 2;
      const bool trained =
          method == "full" || (adapter ? matrix || entry.name == "classifier.dense.weight" : head);
      EXPECT_NE(before.tensor(entry).equal(after.tensor(*after.find(entry.name))), trained)
          << method << " " << entry.name;
    }
  }
}

TEST_F(TrainProgramTest, ALanguageModelLearnsFromRandomWeights) {
  const auto summary = train_and_read(
      train(a_, false, {"--method", "full", "--lr", "1e-2", "--set", "model.init=random"}));
  const auto& rounds = summary.at("rounds");
  EXPECT_LT(rounds[1].at("train_loss").get<double>(),
            0.9 * rounds[0].at("train_loss").get<double>());
}

TEST_F(TrainProgramTest, NarrowWeightsTrainAndTheirMergesAreThoseOfFloat32) {
  const auto summary = train_and_read(train(a_, true, {"--weights", "bf16", "--lr", "1e-2"}));
  const auto& rounds = summary.at("rounds");
  EXPECT_LT(rounds[1].at("train_loss").get<double>(), rounds[0].at("train_loss").get<double>());
  // The adapters on the float32 base give the saved model to the bit.
  const auto adapter = [&](int round) {
    return (a_ / ("rounds/0" + std::to_string(round)) / "adapter.safetensors").string();
  };
  const auto merged = dir_.path() / "merged";
  const auto result = run({EIDA_TRAIN, "merge", "--model", encoder_.string(), "--adapter",
                           adapter(1), "--adapter", adapter(2), "--output", merged.string()});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(sha256_file(merged / "model.safetensors"), sha256_file(a_ / "model/model.safetensors"));
  std::filesystem::remove_all(a_);
  expect_refused(train(a_, true, {"--weights", "bf16", "--method", "full"}), 2, "model.weights");
}

TEST_F(TrainProgramTest, AdapterFilesAndMergedModelsAgree) {
  train_and_read(train(a_, true, {"--set", "train.trainable_extra=[head,layer_norm,bias]"}));
  const auto merged = dir_.path() / "merged", exported = dir_.path() / "exported",
             peft = dir_.path() / "peft";
  const auto adapter = [&](int round) {
    return (a_ / ("rounds/0" + std::to_string(round)) / "adapter.safetensors").string();
  };
  auto result = run({EIDA_TRAIN, "merge", "--model", encoder_.string(), "--adapter", adapter(1),
                     "--adapter", adapter(2), "--output", merged.string()});
  EXPECT_EQ(result.code, 0) << result.err;
  result = run({EIDA_TRAIN, "export", "--run", a_.string(), "--to", "huggingface", "--output",
                exported.string()});
  EXPECT_EQ(result.code, 0) << result.err;
  const std::string wanted = sha256_file(a_ / "model/model.safetensors");
  EXPECT_EQ(sha256_file(merged / "model.safetensors"), wanted);
  EXPECT_EQ(sha256_file(exported / "model.safetensors"), wanted);
  result =
      run({EIDA_TRAIN, "export", "--run", a_.string(), "--to", "peft", "--output", peft.string()});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(read_json(peft / "adapter_config.json").at("bias"), "all");
  result = run({EIDA_TRAIN, "merge", "--model", encoder_.string(), "--adapter", adapter(2),
                "--output", (dir_.path() / "other").string()});
  EXPECT_EQ(result.code, 4);
  EXPECT_NE(result.err.find("the round before it"), std::string::npos) << result.err;
}

TEST_F(TrainProgramTest, BehindRound99ComesRound100) {
  train_and_read(train(a_, true, {"--method", "lora"}));
  const auto export_to = [&](const std::filesystem::path& peft) {
    const auto result = run(
        {EIDA_TRAIN, "export", "--run", a_.string(), "--to", "peft", "--output", peft.string()});
    EXPECT_EQ(result.code, 0) << result.err;
    return sha256_file(peft / "adapter_model.safetensors");
  };
  const std::string wanted = export_to(dir_.path() / "second");
  std::filesystem::rename(a_ / "rounds/01", a_ / "rounds/99");
  std::filesystem::rename(a_ / "rounds/02", a_ / "rounds/100");
  EXPECT_EQ(export_to(dir_.path() / "hundredth"), wanted);
}

TEST_F(TrainProgramTest, TheThresholdRuleMeasuresOnHeldOutExamples) {
  const auto first_round = [&](const std::string& rule, const std::string& margin,
                               const std::string& heldout) {
    train_and_read(train(a_, true,
                         {"--dims", "2,4,8", "--set", "ranks.narrow=4", "--set", "ranks.wide=8",
                          "--set", "ranks.fixed=8", "--set", "ranks.rule=" + rule, "--set",
                          "ranks.margin=" + margin, "--set", "ranks.heldout=" + heldout, "--set",
                          "rounds=1", "--set", "train.max_steps=1", "--overwrite"}));
    nlohmann::json json = read_json(a_ / "rounds/01/subspaces.json");
    json["plan"] = read_json(a_ / "rounds/01/rank_plan.json");
    return json;
  };
  const auto expect_ranks = [](const nlohmann::json& round, int wanted) {
    for (const auto& place : round.at("places")) EXPECT_EQ(place.at("rank"), wanted) << place;
    for (const auto& [place, rank] : round.at("plan").at("inputs").items())
      EXPECT_EQ(rank, wanted) << place;
  };
  expect_ranks(first_round("threshold", "1", "12"), 4);  // no gain is that large
  const auto wide = first_round("threshold", "0", "12");
  expect_ranks(wide, 8);  // every gain is
  EXPECT_EQ(wide.at("fidelity_of"), "held-out vectors");
  // Other examples give other numbers; those that the subspaces are made of, larger ones.
  const auto more = first_round("threshold", "0", "24"), own = first_round("fixed", "0", "12");
  expect_ranks(own, 8);
  double of_heldout = 0, of_samples = 0;
  for (size_t i = 0; i < wide.at("places").size(); ++i) {
    EXPECT_NE(wide["places"][i].at("fidelity"), more["places"][i].at("fidelity")) << i;
    of_heldout += wide["places"][i].at("fidelity").get<double>();
    of_samples += own["places"][i].at("fidelity").get<double>();
  }
  EXPECT_LT(of_heldout, of_samples);
}

TEST_F(TrainProgramTest, AFixedRankIsCutToAPlacesDimension) {
  for (const char* estimator : {"mean_first", "random"}) {
    train_and_read(train(a_, true,
                         {"--set", "ranks.fixed=1000", "--overwrite", "--set",
                          std::string("subspace.estimator=") + estimator}));
    const auto plan = read_json(a_ / "rounds/01/rank_plan.json");
    for (const auto& [place, rank] : plan.at("inputs").items())
      EXPECT_TRUE(rank == 24 || rank == 40) << place << " " << rank;
  }
}

TEST_F(TrainProgramTest, LabelsInWordsAreThoseOfTheConfig) {
  // Of the apes every second line only: whatever is predicted, swapped classes score differently.
  const auto in_words = [](const std::filesystem::path& file) {
    const std::string text = read_file(file);
    std::string changed;
    int apes = 0;
    for (const std::string_view line : lines_of(text)) {
      const bool header = changed.empty();
      if (!header && line.ends_with('1') && apes++ % 2 == 1) continue;
      changed += header ? line : line.substr(0, line.size() - 1);
      if (!header) changed += line.ends_with('0') ? "zebra" : "ape";
      changed += '\n';
    }
    write_file_atomic(file, changed);
  };
  in_words(reviews_);
  in_words(dev_);
  const auto name_classes = [&](const char* first, const char* second) {
    auto config = read_json(encoder_ / "config.json");
    config["id2label"] = {{"0", first}, {"1", second}};
    write_file_atomic(encoder_ / "config.json", config.dump());
  };
  name_classes("zebra", "ape");
  const auto summary = train_and_read(train(a_, true, {"--method", "full", "--lr", "1e-2"}));
  const double accuracy = summary.at("rounds").back().at("eval").at("accuracy");
  EXPECT_NE(accuracy, 0.5);
  const auto result =
      run({EIDA_EVAL, "--model", (a_ / "model").string(), "--task", "classification", "--data",
           dev_.string(), "--format", "json", "--no-progress"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out).at("accuracy").get<double>(), accuracy);
  name_classes("bad", "good");
  std::filesystem::remove_all(a_);
  expect_refused(train(a_), 3, "the classes 'ape', 'zebra' are not those of the model");
}

TEST_F(TrainProgramTest, DryRunCountsAndWritesNothing) {
  const auto result = run(train(a_, true, {"--dry-run"}));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.out.find("258 parameters"), std::string::npos) << result.out;
  EXPECT_FALSE(std::filesystem::exists(a_));
}

TEST_F(TrainProgramTest, MistakesAreOneClearLine) {
  expect_refused(train(a_, true, {"--precision", "fp16"}), 2, "bf16");
  expect_refused(train(a_, false, {"--method", "head"}), 2, "method full");
  expect_refused(train(a_, true, {"--set", "train.best_metric=acc"}), 2,
                 "train.best_metric: 'acc' is not one of accuracy, f1, matthews, loss");
  // A decoder's quick run has nothing to score on.
  for (const char* option : {"early_stopping=2", "eval_every=1", "best_metric=perplexity"}) {
    expect_refused(train(a_, false, {"--set", std::string("train.") + option}), 2,
                   "nothing to score on (hint: --dev FILE)");
  }
}

TEST_F(TrainProgramTest, OneClassIsNothingToLearnFrom) {
  write_file_atomic(reviews_, "sentence\tlabel\na\t1\nb\t1\nc\t1\n");
  expect_refused(train(a_), 3, "every label is '1'");
  EXPECT_FALSE(std::filesystem::exists(a_));
}

TEST_F(TrainProgramTest, WhatItsFirstRoundWouldRefuseMakesNoFolder) {
  for (const char* last : {"--no-progress", "--dry-run"}) {
    auto arguments = train(a_, true, {last});
    *std::find(arguments.begin(), arguments.end(), "16") = "5000";  // --examples
    expect_refused(arguments, 3, "sampling.examples = 5000");
    arguments = train(a_, true, {last, "--rank-plan", (dir_.path() / "plan.json").string()});
    std::replace(arguments.begin(), arguments.end(), std::string("ranks.rule=fixed"),
                 std::string("ranks.rule=plan"));
    expect_refused(arguments, 3, "plan.json");
    arguments = train(a_, true, {last, "--dims", "4,64"});
    std::replace(arguments.begin(), arguments.end(), std::string("ranks.rule=fixed"),
                 std::string("ranks.rule=energy"));
    expect_refused(arguments, 2, "subspace.dims: 64");
    EXPECT_FALSE(std::filesystem::exists(a_));
  }
}

TEST_F(TrainProgramTest, TheManifestListsTheRankPlan) {
  train_and_read(train(a_));
  auto arguments = train(b_, true, {"--rank-plan", (a_ / "rounds/01/rank_plan.json").string()});
  std::replace(arguments.begin(), arguments.end(), std::string("ranks.rule=fixed"),
               std::string("ranks.rule=plan"));
  const auto result = run(arguments);
  ASSERT_EQ(result.code, 0) << result.err;
  const auto inputs = manifest_inputs(b_);
  for (const char* name : {"rank_plan.json", "reviews.tsv", "dev.tsv", "model.safetensors"})
    EXPECT_EQ(std::count(inputs.begin(), inputs.end(), name), 1) << name;
  EXPECT_EQ(read_json(b_ / "manifest.json").at("precision"), "bf16");
}

TEST_F(TrainProgramTest, OnlyProgramsThatUseARandomHeadWarnOfIt) {
  const auto weights = encoder_ / "model.safetensors";
  std::vector<NamedTensor> body;
  const SafetensorsFile file(weights);
  for (const auto& entry : file.entries()) {
    if (!entry.name.starts_with("classifier."))
      body.push_back({entry.name, file.tensor(entry).clone()});
  }
  write_safetensors(weights, std::move(body), file.metadata());
  const std::string warning = "has no classifier: it starts at random values";
  const auto trained = run(train(a_));
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_NE(trained.err.find(warning), std::string::npos) << trained.err;
  const auto exported = run({EIDA_TRAIN, "export", "--run", a_.string(), "--to", "huggingface",
                             "--output", (dir_.path() / "exported").string()});
  ASSERT_EQ(exported.code, 0) << exported.err;
  EXPECT_EQ(exported.err.find(warning), std::string::npos) << exported.err;
  const auto evaluated = run({EIDA_EVAL, "--model", encoder_.string(), "--adapter",
                              (a_ / "rounds/01/adapter.safetensors").string(), "--task",
                              "classification", "--data", dev_.string(), "--threads", "1"});
  ASSERT_EQ(evaluated.code, 0) << evaluated.err;
  EXPECT_EQ(evaluated.err.find(warning), std::string::npos) << evaluated.err;
}

}  // namespace
}  // namespace eida
