/// Adapters for llama.cpp, read back byte by byte.
#include "eida/adapter/gguf_export.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <variant>

#include "adapter/adapted_model.h"
#include "eida/adapter/adapter_file.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "support/file_helpers.h"

namespace eida {
namespace {

/// A file of GGUF, by its specification.
class Gguf {
 public:
  explicit Gguf(const std::filesystem::path& file) : bytes_(read_file(file)) {
    EXPECT_EQ(take(4), "GGUF");
    EXPECT_EQ(number<uint32_t>(), 3u);
    const auto tensors = number<uint64_t>(), keys = number<uint64_t>();
    for (uint64_t i = 0; i < keys; ++i) {
      const std::string key = text();
      const auto type = number<uint32_t>();
      if (type == 8) {
        metadata[key] = text();
      } else {
        EXPECT_EQ(type, 6u) << key;
        metadata[key] = number<float>();
      }
    }
    struct Entry {
      std::string name;
      int64_t inner, outer;
      uint64_t offset;
    };
    std::vector<Entry> entries;
    for (uint64_t i = 0; i < tensors; ++i) {
      Entry entry{.name = text(), .inner = 0, .outer = 0, .offset = 0};
      EXPECT_EQ(number<uint32_t>(), 2u);
      entry.inner = static_cast<int64_t>(number<uint64_t>());
      entry.outer = static_cast<int64_t>(number<uint64_t>());
      EXPECT_EQ(number<uint32_t>(), 0u);  // float32
      entry.offset = number<uint64_t>();
      entries.push_back(entry);
    }
    const size_t data = (at_ + 31) / 32 * 32;
    size_t end = data;
    for (const Entry& entry : entries) {
      EXPECT_EQ(data + entry.offset, end) << entry.name;
      at::Tensor tensor = at::empty({entry.outer, entry.inner});
      EXPECT_LE(end + tensor.nbytes(), bytes_.size());
      std::memcpy(tensor.data_ptr(), bytes_.data() + end, tensor.nbytes());
      values[entry.name] = tensor;
      end = (end + tensor.nbytes() + 31) / 32 * 32;
    }
    EXPECT_EQ(end, bytes_.size());
  }

  std::map<std::string, std::variant<std::string, float>> metadata;
  std::map<std::string, at::Tensor> values;

 private:
  std::string take(size_t count) {
    EXPECT_LE(at_ + count, bytes_.size());
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string text() { return take(number<uint64_t>()); }

  std::string bytes_;
  size_t at_ = 0;
};

struct Named {
  const char *golden, *architecture, *query, *module;  ///< the first layer's q, or c_attn
  int64_t turned_heads;                                ///< 0: rows as they are
};

class GgufExport : public ::testing::TestWithParam<Named> {
 protected:
  std::unique_ptr<PretrainedModel> open() const {
    return load_pretrained(testing::golden_dir() / GetParam().golden, TaskKind::kCompletion);
  }
  std::filesystem::path trained(const std::string& name) const {
    const auto model = open();
    MethodOptions options;
    options.sites = choose_sites(*model, {});
    options.lora_rank = 2;
    options.lora_alpha = 4;
    const auto method = make_method(name, options);
    method->attach(*model,
                   method->needs_bases() ? testing::random_bases(*model, 2, 3) : PlaceBases{}, 1);
    testing::disturb(*method);
    write_adapter_file(dir_.path() / name, *method, {}, {1, "base", ""});
    return dir_.path() / name;
  }
  testing::TempDir dir_;
};

TEST_P(GgufExport, HoldsWhatPeftsFolderHolds) {
  for (const char* method : {"eida", "lora"}) {
    const auto adapter = trained(method);
    const auto model = open();
    const PeftReport report = export_gguf(*model, {adapter}, dir_.path() / "adapter.gguf");
    const PeftReport peft_report = export_peft(*model, {adapter}, "base", dir_.path());
    const SafetensorsFile peft(dir_.path() / "adapter_model.safetensors");
    const Gguf file(dir_.path() / "adapter.gguf");
    EXPECT_EQ(std::get<std::string>(file.metadata.at("general.architecture")),
              GetParam().architecture);
    EXPECT_EQ(std::get<std::string>(file.metadata.at("general.type")), "adapter");
    EXPECT_EQ(std::get<std::string>(file.metadata.at("adapter.type")), "lora");
    const bool one_rank = std::ranges::all_of(file.values, [&](const auto& value) {
      const int64_t side = value.first.ends_with("lora_a") ? 0 : 1;
      return value.second.size(side) == report.largest_rank;
    });
    EXPECT_EQ(std::get<float>(file.metadata.at("adapter.lora.alpha")),
              one_rank ? static_cast<float>(report.largest_rank) : 0.0F);
    EXPECT_EQ(report.modules, peft_report.modules);
    EXPECT_LT(report.largest_error, 1e-5);
    EXPECT_EQ(std::ssize(file.values), 2 * report.modules);
    const std::string name = fmt::format("blk.0.{}.weight", GetParam().query),
                      prefix = fmt::format("base_model.model.{}", GetParam().module);
    const auto tensor = [&](const char* end) { return peft.tensor(*peft.find(prefix + end)); };
    EXPECT_TRUE(file.values.at(name + ".lora_a").equal(tensor(".lora_A.weight")));
    at::Tensor B = tensor(".lora_B.weight");
    if (const int64_t heads = GetParam().turned_heads; heads > 0) {
      const at::Tensor turned = at::empty_like(B);
      const int64_t width = B.size(0) / heads, half = width / 2;
      for (int64_t row = 0; row < B.size(0); ++row) {
        const int64_t within = row % width;  // the two halves of a head, one after another
        turned[row / width * width + within % half * 2 + within / half].copy_(B[row]);
      }
      B = turned;
    }
    EXPECT_TRUE(file.values.at(name + ".lora_b").equal(B));
  }
}

TEST_P(GgufExport, WhatLlamaCppDoesNotHaveIsRefused) {
  const auto model = open();
  const auto target = dir_.path() / "adapter.gguf";
  const auto refusal = [&](const std::filesystem::path& adapter) {
    return testing::message_of<ConfigError>([&] { export_gguf(*model, {adapter}, target); });
  };
  EXPECT_NE(refusal(trained("dora")).find("has no DoRA"), std::string::npos);
  MethodOptions options;
  write_adapter_file(dir_.path() / "full", *make_method("full", options),
                     {model->parameters().front()}, {1, "base", ""});
  EXPECT_NE(refusal(dir_.path() / "full").find("no adapter that llama.cpp"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(target));
}

INSTANTIATE_TEST_SUITE_P(
    Families, GgufExport,
    ::testing::Values(Named{"gpt2", "gpt2", "attn_qkv", "transformer.h.0.attn.c_attn", 0},
                      Named{"llama", "llama", "attn_q", "model.layers.0.self_attn.q_proj", 3},
                      Named{"mistral", "llama", "attn_q", "model.layers.0.self_attn.q_proj", 3},
                      Named{"qwen2", "qwen2", "attn_k", "model.layers.0.self_attn.k_proj", 0},
                      Named{"qwen3", "qwen3", "ffn_gate", "model.layers.0.mlp.gate_proj", 0},
                      Named{"gemma3", "gemma3", "ffn_down", "model.layers.0.mlp.down_proj", 0}),
    [](const auto& info) { return std::string(info.param.golden); });

TEST(GgufExportOfEncoders, IsRefused) {
  const testing::TempDir dir;
  const auto model = load_pretrained(testing::golden_dir() / "bert", TaskKind::kClassification);
  EXPECT_THROW(export_gguf(*model, {}, dir.path() / "adapter.gguf"), ConfigError);
}

}  // namespace
}  // namespace eida
