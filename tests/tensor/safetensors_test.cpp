#include "eida/tensor/safetensors.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "eida/core/error.h"
#include "eida/core/rng.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace eida {
namespace {

using testing::TempDir;

/// A file with this header and this many bytes of data.
std::string file_of(const std::string& header, size_t data_bytes) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i));
  return bytes + header + std::string(data_bytes, '\1');
}

TEST(SafetensorsHeader, GivesEntriesInBytesOfTheFile) {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[],"data_offsets":[24,26]},)"
      R"("a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})";
  const auto parsed = parse_safetensors_header(file_of(header, 26), "x");
  ASSERT_EQ(parsed.tensors.size(), 2U);
  EXPECT_EQ(parsed.tensors[0].name, "a");
  EXPECT_EQ(parsed.tensors[0].shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(parsed.tensors[1].begin, 8 + header.size() + 24);
  EXPECT_EQ(parsed.metadata.at("format"), "pt");
}

TEST(SafetensorsHeader, AnythingOutOfOrderIsAnErrorThatNamesTheFile) {
  const auto tensor = [](const char* dtype, const char* shape, const char* offsets) {
    return std::string(R"({"a":{"dtype":")") + dtype + R"(","shape":)" + shape +
           R"(,"data_offsets":)" + offsets + "}}";
  };
  const std::vector<std::pair<std::string, size_t>> broken = {
      {tensor("F32", "[2]", "[0,7]"), 7},    // size
      {tensor("F32", "[2]", "[0,8]"), 7},    // truncated
      {tensor("F32", "[2]", "[0,8]"), 9},    // bytes behind the last one
      {tensor("F32", "[2]", "[4,12]"), 12},  // gap
      {tensor("F32", "[2]", "[8,0]"), 8},    // backwards
      {tensor("F32", "[-2]", "[0,8]"), 8},   // negative
      {tensor("F32", "[2]", "[-0,8]"), 8},   // a fraction, to the upstream reader
      {tensor("F32", "[2.0]", "[0,8]"), 8},  // no whole number
      {tensor("F32", "[4294967296,4294967296,4]", "[0,0]"), 0},  // overflow to 0
      {tensor("F32", "[9223372036854775808]", "[0,0]"), 0},      // beyond int64
      {tensor("F32", "[0,4294967296,4294967296]", "[0,0]"), 0},  // a stride that overflows
      {tensor("F32", "[2]", "[18446744073709551608,18446744073709551616]"), 8},
      {tensor("F32", "[1]", "[18446744073709551612,18446744073709551615]"), 8},
      {tensor("F32", "[2]", "[0,8,8]"), 8},
      {tensor("F32", "3", "[0,8]"), 8},
      {tensor("Q4", "[2]", "[0,8]"), 8},
      {tensor("F4", "[3]", "[0,2]"), 2},  // ends within a byte
      {tensor("F4", "[3]", "[0,1]"), 1},
      {tensor("U8", "[4]", "[0,4]") + std::string(3, '\0'), 4},
      {"\xEF\xBB\xBF" + tensor("U8", "[4]", "[0,4]"), 4},
      {R"({"__metadata__":{"x":null}})", 0},
      {R"({"__metadata__":[]})", 0},
      {R"({"a":{"dtype":"F32","shape":[1]}})", 4},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
       6},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
       2},
      {R"({"__metadata__":{"x":3}})", 0},
      {"[]", 0},
      {"{", 0},
      {"", 0}};
  for (const auto& [header, bytes] : broken) {
    try {
      parse_safetensors_header(file_of(header, bytes), "model.safetensors");
      ADD_FAILURE() << "accepted: " << header;
    } catch (const FormatError& error) {
      EXPECT_NE(std::string(error.what()).find("model.safetensors"), std::string::npos)
          << error.what();
    }
  }
  EXPECT_THROW(parse_safetensors_header("", "x"), FormatError);
  EXPECT_THROW(parse_safetensors_header("1234567", "x"), FormatError);
  EXPECT_THROW(parse_safetensors_header("\xff\xff\xff\xff\xff\xff\xff\xff{}", "x"), FormatError);
}

TEST(SafetensorsHeader, WhatTheUpstreamReaderTakesIsTaken) {
  const auto of = [](const std::string& header, size_t bytes) {
    return parse_safetensors_header(file_of(header, bytes), "x");
  };
  EXPECT_TRUE(of(R"({"__metadata__":null})", 0).metadata.empty());
  EXPECT_TRUE(of("{}", 0).tensors.empty());
  EXPECT_TRUE(of("\n {} \t\r\n", 0).tensors.empty());
  struct {
    const char* dtype;
    int elements, bytes;
  } constexpr kTypes[] = {{"F4", 2, 1},      {"F6_E2M3", 4, 3},     {"F6_E3M2", 4, 3},
                          {"F8_E8M0", 3, 3}, {"F8_E4M3FNUZ", 1, 1}, {"F8_E5M2FNUZ", 1, 1},
                          {"C64", 1, 8},     {"F4", 0, 0}};
  for (const auto& [dtype, elements, bytes] : kTypes) {
    const std::string header = fmt::format(
        R"({{"a":{{"dtype":"{}","shape":[{}],"data_offsets":[0,{}]}}}})", dtype, elements, bytes);
    EXPECT_EQ(of(header, static_cast<size_t>(bytes)).tensors.at(0).dtype, dtype);
  }
}

std::string small_file() {
  return file_of(
      R"({"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"I64","shape":[1],"data_offsets":[24,32]}})",
      32);
}

TEST(SafetensorsHeader, EveryTruncationIsAnError) {
  const std::string whole = small_file();
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THROW(parse_safetensors_header(whole.substr(0, length), "x"), FormatError) << length;
  }
}

TEST(SafetensorsHeader, AnyChangedByteGivesAnErrorOrEntriesInsideTheFile) {
  const std::string whole = small_file();
  Rng rng(1, "mutation");
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = whole;
    for (uint64_t change = 0; change <= rng.below(3); ++change) {
      bytes[rng.below(bytes.size())] = static_cast<char>(rng.next());
    }
    try {
      for (const auto& entry : parse_safetensors_header(bytes, "x").tensors) {
        ASSERT_LE(entry.begin, entry.end);
        ASSERT_LE(entry.end, bytes.size());
        uint64_t elements = 1;
        for (const int64_t size : entry.shape) elements *= static_cast<uint64_t>(size);
        ASSERT_EQ(elements * safetensors_dtype_bits(entry.dtype), 8 * (entry.end - entry.begin));
      }
    } catch (const FormatError&) {
    }
  }
}

class SafetensorsFolder : public ::testing::Test {
 protected:
  std::filesystem::path path_of(const char* name) const { return dir_.path() / name; }
  TempDir dir_;
};

TEST_F(SafetensorsFolder, WhatIsWrittenIsReadBack) {
  std::vector<NamedTensor> tensors;
  for (const auto type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt,
                          at::kShort, at::kByte}) {
    tensors.push_back({std::string("t.") + at::toString(type),
                       at::arange(6, at::TensorOptions(type)).view({2, 3})});
  }
  tensors.push_back({"odd", at::full({3}, 1, at::TensorOptions(at::kBool))});
  tensors.push_back({"none", at::empty({0, 4}, at::TensorOptions(at::kFloat))});
  tensors.push_back({"transposed", at::arange(6, at::TensorOptions(at::kFloat)).view({2, 3}).t()});
  write_safetensors(path_of("x.safetensors"), tensors, {{"format", "pt"}});
  const SafetensorsFile file(path_of("x.safetensors"));
  EXPECT_EQ(file.entries().size(), tensors.size());
  EXPECT_EQ(file.metadata().at("format"), "pt");
  for (const auto& [name, tensor] : tensors) {
    const auto* entry = file.find(name);
    ASSERT_NE(entry, nullptr) << name;
    EXPECT_TRUE(file.tensor(*entry).equal(tensor)) << name;
  }
  EXPECT_EQ(file.find("absent"), nullptr);
}

TEST_F(SafetensorsFolder, EqualTensorsInAnyOrderGiveEqualBytes) {
  const NamedTensor a{"a", at::arange(5)}, b{"b", at::arange(3, at::TensorOptions(at::kFloat))};
  write_safetensors(path_of("1"), {a, b});
  write_safetensors(path_of("2"), {b, a});
  EXPECT_EQ(sha256_file(path_of("1")), sha256_file(path_of("2")));
}

TEST_F(SafetensorsFolder, AFileWithItsOwnHashKnowsEveryFlippedBit) {
  const std::vector<NamedTensor> tensors = {{"a", at::arange(5)},
                                            {"b", at::arange(3).to(at::kByte)}};
  const std::map<std::string, std::string> metadata = {{"about", R"("sha256":"0)"},
                                                       {kSelfHash, ""}};
  write_safetensors(path_of("x"), tensors, metadata);
  const SafetensorsFile whole(path_of("x"));
  whole.check_self_hash();
  EXPECT_EQ(whole.metadata().at("about"), metadata.at("about"));
  EXPECT_TRUE(whole.tensor(*whole.find("a")).equal(tensors[0].tensor));
  const std::string bytes = read_file(path_of("x"));
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    testing::write_text(path_of("y"), flipped);
    try {
      const SafetensorsFile file(path_of("y"));
      // A key of another name: who writes it asks for it.
      if (!file.metadata().contains(kSelfHash)) continue;
      file.check_self_hash();
      ADD_FAILURE() << "bit " << bit;
    } catch (const FormatError&) {
      continue;
    }
  }
  const std::string key =
      "\"sha256\":\"";  // not in this header, which has a space, but in the data
  testing::write_text(path_of("y"),
                      file_of(R"({"__metadata__":{"sha256": ")" + std::string(64, 'a') +
                                  R"("},"a":{"dtype":"U8","shape":[10],"data_offsets":[0,10]}})",
                              0) +
                          key);
  EXPECT_THROW(SafetensorsFile(path_of("y")).check_self_hash(), FormatError);
  write_safetensors(path_of("z"), tensors, {{"format", "pt"}});
  SafetensorsFile(path_of("z")).check_self_hash();  // has none
}

TEST_F(SafetensorsFolder, PromisedTensorsAreAskedForOneByOne) {
  const at::Tensor a = at::arange(6, at::TensorOptions(at::kFloat)), b = at::arange(4);
  const auto promise = [](const at::Tensor& of) {
    return at::empty(of.sizes(), of.options().device(at::kMeta));
  };
  std::vector<std::string> asked;
  write_safetensors(path_of("1"), {{"a", promise(a)}, {"b", b}, {"c", promise(a)}}, {},
                    [&](const std::string& name) {
                      asked.push_back(name);
                      return at::Tensor(a);
                    });
  write_safetensors(path_of("2"), {{"a", a}, {"b", b}, {"c", a}});
  EXPECT_EQ(sha256_file(path_of("1")), sha256_file(path_of("2")));
  EXPECT_EQ(asked, (std::vector<std::string>{"a", "c"}));
  EXPECT_THROW(write_safetensors(path_of("3"), {{"a", promise(a)}}, {},
                                 [&](const std::string&) { return at::Tensor(b); }),
               Error);
  EXPECT_FALSE(std::filesystem::exists(path_of("3")));
}

TEST_F(SafetensorsFolder, TensorsOutliveTheFileObject) {
  write_safetensors(path_of("x"), {{"a", at::arange(1000)}});
  at::Tensor tensor;
  {
    const SafetensorsFile file(path_of("x"));
    tensor = file.tensor(file.entries().front());
  }
  EXPECT_TRUE(tensor.equal(at::arange(1000)));
}

TEST_F(SafetensorsFolder, DataThatIsNotAlignedIsCopied) {
  std::string header =
      R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}})";
  write_file_atomic(path_of("x"), file_of(header, 9));
  const SafetensorsFile file(path_of("x"));
  const at::Tensor b = file.tensor(*file.find("b"));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(b.const_data_ptr()) % 4, 0U);
  EXPECT_TRUE(b.equal(at::full({2}, 2.3694278e-38F)));  // bytes 01 01 01 01
}

TEST_F(SafetensorsFolder, DtypesLibTorchLacksAreErrorsOnUse) {
  write_file_atomic(path_of("x"),
                    file_of(R"({"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}})", 2));
  const SafetensorsFile file(path_of("x"));
  EXPECT_THROW(file.tensor(file.entries().front()), FormatError);
}

TEST_F(SafetensorsFolder, TwoTensorsOfOneNameAreNotWritten) {
  EXPECT_THROW(write_safetensors(path_of("x"), {{"a", at::arange(1)}, {"a", at::arange(2)}}),
               FormatError);
  EXPECT_FALSE(std::filesystem::exists(path_of("x")));
  EXPECT_THROW(SafetensorsFile(path_of("x")), DataError);
}

}  // namespace
}  // namespace eida
