#include "eida/adapter/adapter_file.h"

#include <gtest/gtest.h>

#include "adapter/adapted_model.h"
#include "eida/adapter/peft_export.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "support/file_helpers.h"

namespace eida {
namespace {

using testing::disturb;
using testing::plain_logits;

class AdapterFileTest : public testing::AdaptedModel {
 protected:
  /// Trains `rounds` rounds by chance, writes their files, and gives the last merged logits.
  at::Tensor write_rounds(const std::string& name, int rounds) {
    const auto model = open();
    const auto method = make(*model, name);
    for (int round = 1; round <= rounds; ++round) {
      method->attach(*model, method->needs_bases() ? testing::random_bases(*model) : PlaceBases{},
                     round);
      disturb(*method);
      AdapterInfo info{round, "base", ""};
      if (round > 1 && !method->continues()) info.parent = sha256_file(files_.back());
      method->merge(*model);
      files_.push_back(dir_.path() / ("adapter" + std::to_string(round)));
      write_adapter_file(files_.back(), *method, {}, info);
    }
    return plain_logits(*model, batch_);
  }

  void expect_format_error(const std::vector<std::filesystem::path>& files, const std::string& part,
                           const std::string& base = "base") {
    const auto model = open();
    try {
      merge_adapter_files(*model, files, base);
      FAIL() << part;
    } catch (const FormatError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }

  std::vector<std::filesystem::path> files_;
};

TEST_P(AdapterFileTest, FilesOfAllRoundsGiveTheMergedModelToTheBit) {
  const at::Tensor merged = write_rounds("eida", 3);
  const auto model = open();
  merge_adapter_files(*model, files_, "base");
  EXPECT_TRUE(plain_logits(*model, batch_).equal(merged));
}

TEST_P(AdapterFileTest, AFileOfAContinuedMethodStandsAlone) {
  for (const char* name : {"lora", "lora_xs", "dora"}) {
    files_.clear();
    const at::Tensor merged = write_rounds(name, 2);
    const auto model = open();
    merge_adapter_files(*model, {files_.back()}, "base");
    EXPECT_TRUE(plain_logits(*model, batch_).equal(merged)) << name;
    expect_format_error(files_, "stands alone");
  }
}

TEST_P(AdapterFileTest, AnotherBaseOrOrderIsAnError) {
  write_rounds("eida", 2);
  expect_format_error({files_[1]}, "the round before it");
  expect_format_error({files_[1], files_[0]}, "in order");
  expect_format_error({files_[0]}, "another base model", "other");
}

TEST_P(AdapterFileTest, BrokenFilesAreErrors) {
  write_rounds("eida", 1);
  const std::string bytes = read_file(files_[0]);
  const auto broken = dir_.path() / "broken";
  write_file_atomic(broken, bytes.substr(0, bytes.size() / 2));
  expect_format_error({broken}, "broken");
  write_safetensors(broken, {{"x", at::randn({2})}});
  expect_format_error({broken}, "metadata");
  const AdapterFile good(files_[0]);
  std::vector<NamedTensor> tensors;
  for (const auto& [name, tensor] : good.tensors) tensors.push_back({name, tensor});
  const std::map<std::string, std::string> metadata = {{"format", "eida-adapter"},
                                                       {"version", "1"},
                                                       {"method", "eida"},
                                                       {"round", "1"},
                                                       {"scale", "1"},
                                                       {"base", "base"},
                                                       {"parent", ""}};
  auto changed = tensors;
  changed[0].tensor = at::randn({3, 99});
  write_safetensors(broken, changed, metadata);
  expect_format_error({broken}, "has factors of shapes");
  changed = tensors;
  changed[0].tensor = changed[0].tensor * std::numeric_limits<float>::infinity();
  write_safetensors(broken, changed, metadata);
  expect_format_error({broken}, "not finite");
  changed = tensors;
  changed.push_back({"stranger", at::randn({2})});
  write_safetensors(broken, changed, metadata);
  expect_format_error({broken}, "fits nothing");
  for (const char* factor : {".B", ".C"}) {
    changed = tensors;
    std::erase_if(changed,
                  [&](const NamedTensor& tensor) { return tensor.name.ends_with(factor); });
    write_safetensors(broken, changed, metadata);
    expect_format_error({broken}, "lacks a factor");
  }
  changed = tensors;
  for (NamedTensor& tensor : changed) {
    if (tensor.name.ends_with(".C")) tensor.tensor = tensor.tensor.unsqueeze(0);
  }
  write_safetensors(broken, changed, metadata);
  expect_format_error({broken}, "has a factor of shape");
  auto other = metadata;
  other["method"] = "lora";
  write_safetensors(broken, tensors, other);
  const std::string said = "the file says method lora, whose tensors end in lora_A, lora_B";
  expect_format_error({broken}, said);
  const auto model = open();
  EXPECT_TRUE(testing::holds(
      testing::message_of<FormatError>([&] { export_peft(*model, {broken}, "base", dir_.path()); }),
      said));
}

TEST_P(AdapterFileTest, EveryFlippedByteIsAnError) {
  write_rounds("eida", 1);
  const std::string bytes = read_file(files_[0]);
  const auto broken = dir_.path() / "broken";
  for (size_t i = 0; i < bytes.size(); i += i < 400 ? 1 : 97) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << i % 8));
    testing::write_text(broken, flipped);
    EXPECT_THROW(AdapterFile{broken}, FormatError) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, AdapterFileTest, testing::kEveryTiny, testing::tiny_name);

}  // namespace
}  // namespace eida
