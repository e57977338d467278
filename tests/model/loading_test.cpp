#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/model/pretrained_model.h"
#include "model/golden.h"
#include "support/file_helpers.h"
#include "support/test_data.h"
#include "support/tiny_models.h"

namespace eida {
namespace {

using testing::Golden;
using testing::TempDir;

std::vector<NamedTensor> tensors_of(const std::filesystem::path& file) {
  const SafetensorsFile source(file);
  std::vector<NamedTensor> tensors;
  for (const auto& entry : source.entries())
    tensors.push_back({entry.name, source.tensor(entry).clone()});
  return tensors;
}

/// A copy of a golden folder whose tensors a test may change.
class Checkpoint : public ::testing::Test {
 protected:
  void SetUp() override { at::set_num_threads(1); }
  void copy(const std::string& golden) {
    golden_ = std::make_unique<Golden>(golden);
    std::filesystem::copy_file(golden_->dir / "config.json", dir_.path() / "config.json");
    tensors_ = tensors_of(golden_->dir / "model.safetensors");
  }
  void rename(const std::function<std::string(std::string)>& new_name) {
    for (auto& tensor : tensors_) tensor.name = new_name(tensor.name);
  }
  void erase(const std::string& part) {
    std::erase_if(tensors_, [&](const auto& t) { return t.name.find(part) != std::string::npos; });
  }
  at::Tensor tensor(const std::string& name) const {
    return std::ranges::find(tensors_, name, &NamedTensor::name)->tensor;
  }
  std::unique_ptr<PretrainedModel> load(const LoadOptions& options = {}) {
    write_safetensors(dir_.path() / "model.safetensors", tensors_);
    return load_pretrained(dir_.path(), golden_->task, options);
  }
  void expect_golden_logits(PretrainedModel& model, double bound = 2e-5) {
    EXPECT_LT(testing::largest_difference(model.logits(golden_->batch), golden_->scored_logits()),
              bound);
  }
  std::string refusal(const LoadOptions& options = {}) {
    try {
      load(options);
    } catch (const FormatError& error) {
      return error.what();
    }
    return "accepted";
  }

  TempDir dir_;
  std::unique_ptr<Golden> golden_;
  std::vector<NamedTensor> tensors_;
};

std::string without(std::string name, const std::string& part) {
  const auto at = name.find(part);
  return at == std::string::npos ? name : name.erase(at, part.size());
}

TEST_F(Checkpoint, NamesOfBareModelsAndOldFilesAreKnown) {
  copy("bert");
  rename([](std::string name) {
    name = without(std::move(name), "bert.");
    if (name.ends_with("LayerNorm.weight")) return without(std::move(name), "weight") + "gamma";
    if (name.ends_with("LayerNorm.bias")) return without(std::move(name), "bias") + "beta";
    return name;
  });
  tensors_.push_back({"embeddings.position_ids", at::zeros({1, 24}, at::TensorOptions(at::kLong))});
  expect_golden_logits(*load());
}

TEST_F(Checkpoint, Gpt2FilesMayHoldMasksAndTheTiedHead) {
  copy("gpt2");
  rename([](std::string name) { return without(std::move(name), "transformer."); });
  tensors_.push_back({"h.0.attn.bias", at::zeros({1, 1, 20, 20})});
  tensors_.push_back({"h.0.attn.masked_bias", at::zeros({})});
  tensors_.push_back({"lm_head.weight", tensor("wte.weight").clone()});
  const auto model = load();
  expect_golden_logits(*model);
  EXPECT_EQ(model->parameters().size(), tensors_.size() - 3);
}

TEST_F(Checkpoint, AHeadAloneIsTheWordTable) {
  copy("gpt2");
  rename([](const std::string& name) {
    return name == "transformer.wte.weight" ? "lm_head.weight" : name;
  });
  expect_golden_logits(*load());
}

TEST_F(Checkpoint, AHeadThatDiffersFromTheWordTableIsKept) {
  copy("gpt2");
  tensors_.push_back(
      {"lm_head.weight", tensor("transformer.wte.weight") * 2.0});  // doubles the logits
  const auto saved = dir_.path() / "saved";
  const auto expect_doubled = [&](PretrainedModel& model) {
    const at::Tensor wanted = golden_->scored_logits() * 2.0;
    EXPECT_LT(testing::largest_difference(model.logits(golden_->batch), wanted), 2e-5);
    save_pretrained(model, saved);
  };
  expect_doubled(*load());
  EXPECT_EQ(nlohmann::json::parse(read_file(saved / "config.json"))["tie_word_embeddings"], false);
  const SafetensorsFile file(saved / "model.safetensors");
  EXPECT_TRUE(file.tensor(*file.find("lm_head.weight")).equal(tensor("lm_head.weight")));
  expect_doubled(*load_pretrained(saved, golden_->task));
  // A config that says so needs the head in the file.
  write_safetensors(saved / "model.safetensors", {tensors_.begin(), tensors_.end() - 1});
  EXPECT_THROW(load_pretrained(saved, golden_->task), FormatError);
}

TEST_F(Checkpoint, HalfPrecisionIsReadAsFloat32) {
  copy("roberta");
  for (auto& [name, tensor] : tensors_) tensor = tensor.to(at::kHalf);
  const auto model = load();
  for (const auto& parameter : model->parameters())
    EXPECT_EQ(parameter.tensor.scalar_type(), at::kFloat);
  expect_golden_logits(*model, 0.02);  // 11 bits a weight
}

TEST_F(Checkpoint, WeightsMayBeKeptInBFloat16) {
  copy("gpt2");
  LoadOptions options;
  options.weights = at::kBFloat16;
  const auto model = load(options);
  for (const auto& [name, tensor] : model->parameters()) {
    EXPECT_EQ(tensor.scalar_type(), tensor.dim() > 1 ? at::kBFloat16 : at::kFloat) << name;
  }
  expect_golden_logits(*model, 0.05);  // 8 bits a weight
}

TEST_F(Checkpoint, EveryMissingAndMisshapenTensorIsNamed) {
  copy("roberta");
  erase("layer.1.output.dense.bias");
  erase("word_embeddings");
  for (auto& [name, tensor] : tensors_) {
    if (name.ends_with("layer.0.intermediate.dense.weight")) tensor = tensor.t().contiguous();
  }
  const std::string what = refusal();
  for (const char* part :
       {"missing: ", "roberta.encoder.layer.1.output.dense.bias", "word_embeddings.weight",
        "misshapen: ", "layer.0.intermediate.dense.weight", "[12, 20]", "[20, 12]"}) {
    EXPECT_NE(what.find(part), std::string::npos) << what;
  }
}

TEST_F(Checkpoint, IntegerWeightsAreMisshapen) {
  copy("gpt2");
  for (auto& [name, tensor] : tensors_) {
    if (name.ends_with("wpe.weight")) tensor = tensor.to(at::kLong);
  }
  EXPECT_NE(refusal().find("I64"), std::string::npos);
}

TEST_F(Checkpoint, BaseModelGetsItsHeadFromTheSeed) {
  copy("roberta");
  erase("classifier.");
  const auto model = load({.seed = 4}), same = load({.seed = 4}), other = load({.seed = 5});
  const auto head = [](const PretrainedModel& m) {
    return m.parameters().at(m.parameters().size() - 2).tensor;
  };
  EXPECT_EQ(model->parameters().at(model->parameters().size() - 2).name,
            "classifier.out_proj.weight");
  EXPECT_TRUE(head(*model).equal(head(*same)));
  EXPECT_FALSE(head(*model).equal(head(*other)));
  EXPECT_EQ(model->parameters().back().tensor.abs().max().item<float>(), 0.0F);
}

TEST_F(Checkpoint, BareEncodersOfEveryFamilyGetTheirHead) {
  for (const std::string family : {"mpnet", "distilbert"}) {
    std::filesystem::remove(dir_.path() / "config.json");
    copy(family);
    erase("classifier.");
    rename([&](std::string name) { return without(std::move(name), family + "."); });
    const auto model = load();
    EXPECT_EQ(model->newly_initialised().size(), 4U) << family;
    EXPECT_EQ(model->parameters().size(), tensors_.size() + 4) << family;
    for (const std::string& name : model->newly_initialised())
      EXPECT_NE(name.find("classifier."), std::string::npos) << name;
  }
}

TEST_F(Checkpoint, HalfAHeadIsMissingTensors) {
  copy("roberta");
  erase("classifier.out_proj");
  EXPECT_NE(refusal().find("missing: classifier.out_proj.weight, classifier.out_proj.bias"),
            std::string::npos);
}

TEST_F(Checkpoint, HeadOfAnotherTaskIsAnError) {
  copy("roberta");
  const std::string what = refusal({.num_labels = 3});
  EXPECT_NE(what.find("classifier.out_proj.weight"), std::string::npos) << what;
  EXPECT_NE(what.find("3 classes"), std::string::npos) << what;
}

TEST_F(Checkpoint, ShardsAreReadThroughTheirIndex) {
  copy("bert");
  const auto half = static_cast<std::ptrdiff_t>(tensors_.size() / 2);
  nlohmann::json index;
  const auto write = [&](const std::string& name, std::vector<NamedTensor> part) {
    for (const auto& tensor : part) index["weight_map"][tensor.name] = name;
    write_safetensors(dir_.path() / name, std::move(part));
  };
  write("model-00001-of-00002.safetensors", {tensors_.begin(), tensors_.begin() + half});
  write("model-00002-of-00002.safetensors", {tensors_.begin() + half, tensors_.end()});
  const auto load_shards = [&] {
    write_file_atomic(dir_.path() / "model.safetensors.index.json", index.dump());
    return load_pretrained(dir_.path(), golden_->task);
  };
  expect_golden_logits(*load_shards());
  const nlohmann::json good = index;
  for (const std::string& name :
       std::vector<std::string>{"../model.safetensors", "none.safetensors", "",
                                "model-00001-of-00002.safetensors", std::string(300, 'x')}) {
    index = good;
    index["weight_map"][tensors_.back().name] = name;
    EXPECT_THROW(load_shards(), FormatError) << name;
  }
  index = {{"weight_map", 3}};
  EXPECT_THROW(load_shards(), FormatError);
}

TEST_F(Checkpoint, NoWeightsIsAnErrorThatKnowsPickledFiles) {
  copy("gpt2");
  std::ofstream(dir_.path() / "pytorch_model.bin") << "x";
  try {
    load_pretrained(dir_.path(), golden_->task);
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_NE(std::string(error.what()).find("pytorch_model.bin"), std::string::npos);
  }
}

TEST_F(Checkpoint, WritableParametersAreNoViewsOnTheFile) {
  copy("gpt2");
  const auto model = load({.writable = true});
  for (const auto& parameter : model->parameters()) at::Tensor(parameter.tensor).zero_();
  expect_golden_logits(*load());
}

TEST_F(Checkpoint, SavedFoldersOpenWithTheSameBits) {
  for (const char* name : {"camembert", "bert-odd", "gpt2-inverse-layer"}) {
    const Golden golden(name);
    const auto model = load_pretrained(golden.dir, golden.task);
    const auto tokenizer = dir_.path() / (std::string(name) + "-tokenizer");
    std::filesystem::create_directories(tokenizer);
    std::ofstream(tokenizer / "tokenizer.model") << "pieces";
    save_pretrained(*model, dir_.path() / name, tokenizer);
    EXPECT_TRUE(std::filesystem::exists(dir_.path() / name / "tokenizer.model"));
    const auto again = load_pretrained(dir_.path() / name, golden.task);
    EXPECT_TRUE(again->logits(golden.batch).equal(model->logits(golden.batch))) << name;
    EXPECT_EQ(again->config().num_labels, model->config().num_labels);
  }
}

TEST_F(Checkpoint, SavingAfterAChangeOfClassesRewritesTheLabels) {
  std::ofstream(dir_.path() / "config.json") << testing::kTinyRoberta;
  const auto model = load_pretrained(dir_.path(), TaskKind::kClassification,
                                     {.num_labels = 4, .random_init = true});
  save_pretrained(*model, dir_.path() / "saved");
  EXPECT_EQ(read_model_config(dir_.path() / "saved", TaskKind::kClassification).num_labels, 4);
}

TEST(Places, OrderAndNamesAreThoseOfTheMethod) {
  const Golden roberta("roberta"), bert("bert"), gpt2("gpt2");
  const auto encoder = load_pretrained(roberta.dir, roberta.task);
  EXPECT_EQ(encoder->places().inputs().size(), 9U);
  EXPECT_EQ(encoder->places().sites().size(), 13U);
  EXPECT_EQ(encoder->places().sites()[7].name, "roberta.encoder.layer.1.attention.self.key");
  EXPECT_EQ(encoder->places().sites()[7].input, 4);
  EXPECT_EQ(encoder->places().inputs()[7].role, "fc2");
  EXPECT_EQ(encoder->places().inputs()[7].dim, 20);
  EXPECT_EQ(encoder->places().sites().back().name, "classifier.dense");
  EXPECT_EQ(encoder->places().sites().back().layer, 2);
  EXPECT_EQ(load_pretrained(bert.dir, bert.task)->places().sites().back().name,
            "bert.pooler.dense");
  const auto decoder = load_pretrained(gpt2.dir, gpt2.task);
  EXPECT_EQ(decoder->places().inputs().size(), 8U);
  EXPECT_EQ(decoder->places().sites().size(), 12U);
  EXPECT_EQ(decoder->places().sites()[8].name, "transformer.h.1.attn.c_attn:v");
  EXPECT_EQ(decoder->places().sites()[8].out_begin, 24);
  EXPECT_EQ(decoder->places().sites()[8].linear, decoder->places().sites()[6].linear);
  for (const auto& model : {encoder.get(), decoder.get()}) {
    const Places& places = model->places();
    for (const Place& site : places.sites()) {
      const auto sites = places.sites_of(site.input);
      EXPECT_EQ(std::count(sites.begin(), sites.end(), places.id_of(site)), 1);
      EXPECT_EQ(places[site.input].dim, site.linear->in_features());
      EXPECT_EQ(site.in_head, site.layer == model->config().num_layers);
    }
  }
}

TEST(MiniLm, OpensAsAClassifierWithANewHead) {
  EIDA_NEED_DATA(testing::minilm_dir());
  const auto model =
      load_pretrained(testing::minilm_dir(), TaskKind::kClassification, {.num_labels = 2});
  EXPECT_EQ(model->places().sites().size(), 37U);
  TokenExample example{{101, 2023, 2003, 102}, {0, 0, 0, 0}, 1, 0};
  EXPECT_TRUE(
      model->logits(pack({&example}, TaskKind::kClassification)).isfinite().all().item<bool>());
}

TEST_F(Checkpoint, SizesThatNoMachineHasAreRefusedBeforeAnythingIsTaken) {
  auto config = nlohmann::json::parse(testing::kTinyRoberta);
  const auto refusal_of = [&](const char* key, int64_t value, const LoadOptions& options) {
    auto changed = config;
    changed[key] = value;
    write_file_atomic(dir_.path() / "config.json", changed.dump());
    return testing::message_of<ConfigError>(
        [&] { load_pretrained(dir_.path(), TaskKind::kClassification, options); });
  };
  EXPECT_TRUE(testing::holds(refusal_of("hidden_size", 12'000'000, {.random_init = true}),
                             "a model of the sizes in config.json takes "));
  const int64_t classes = int64_t{1} << 40;  // the head alone is new
  write_safetensors(dir_.path() / "model.safetensors", [&] {
    write_file_atomic(dir_.path() / "config.json", config.dump());
    auto body = load_pretrained(dir_.path(), TaskKind::kClassification, {.random_init = true})
                    ->parameters();
    std::erase_if(body, [](const auto& t) { return t.name.starts_with("classifier."); });
    return body;
  }());
  EXPECT_TRUE(testing::holds(refusal_of("vocab_size", 60, {.num_labels = classes}), "MiB, "));
}

TEST_F(Checkpoint, WhatIsNoTokenizerFileIsNotCopied) {
  const Golden golden("bert-odd");
  const auto model = load_pretrained(golden.dir, golden.task);
  const auto source = dir_.path() / "source", saved = dir_.path() / "saved";
  std::filesystem::create_directories(source / "old.model");
  std::filesystem::create_symlink("nowhere", source / "gone.model");
  write_file_atomic(source / "large.model", "x");
  std::filesystem::resize_file(source / "large.model", uintmax_t{3} << 30);
  write_file_atomic(source / "vocab.txt", "a\n");
  save_pretrained(*model, saved, source);
  EXPECT_TRUE(std::filesystem::exists(saved / "vocab.txt"));
  for (const char* name : {"old.model", "gone.model", "large.model"})
    EXPECT_FALSE(std::filesystem::exists(saved / name)) << name;
}

}  // namespace
}  // namespace eida
