#include "eida/core/json.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "eida/core/system_info.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

using eida::testing::message_of;
using nlohmann::json;

namespace {

std::string fault(std::string_view text, eida::JsonOptions options = {}) {
  return message_of<eida::DataError>([&] { eida::parse_json(text, "a.json", options); });
}

rc::Gen<json> value_of_depth(int depth) {
  auto scalar =
      rc::gen::oneOf(rc::gen::map(rc::gen::arbitrary<int64_t>(), [](int64_t v) { return json(v); }),
                     rc::gen::map(rc::gen::arbitrary<bool>(), [](bool v) { return json(v); }),
                     rc::gen::map(rc::gen::string<std::string>(), [](const std::string& v) {
                       return json(v.substr(0, v.find_first_of("\x80\xff")));
                     }));
  if (depth == 0) return scalar;
  return rc::gen::oneOf(
      scalar, rc::gen::map(rc::gen::container<std::vector<json>>(value_of_depth(depth - 1)),
                           [](const std::vector<json>& v) { return json(v); }));
}

}  // namespace

TEST(ParseJson, ReadsEveryKindOfValue) {
  const json value =
      eida::parse_json(R"({"a": [1, -2, 2.5, true, null, "é\n"], "b": {}})", "a.json");
  EXPECT_EQ(value, json({{"a", {1, -2, 2.5, true, nullptr, "é\n"}}, {"b", json::object()}}));
}

TEST(ParseJson, AgreesWithTheLibraryOnWhatItWrites) {
  EXPECT_TRUE(rc::check([] {
    const json value = *value_of_depth(2);
    const std::string text = value.dump(1, ' ', false, json::error_handler_t::replace);
    RC_ASSERT(eida::parse_json(text, "a.json") == json::parse(text));
  }));
}

TEST(ParseJson, DuplicateKeyNamesTheLine) {
  EXPECT_EQ(fault("{\"a\": 1,\n \"b\": 2,\n \"a\": 3}"), "a.json:3: key 'a' is there twice");
}

TEST(ParseJson, SyntaxErrorNamesTheLine) {
  const std::string message = fault("{\n\"a\": 1,\n\"b\" 2}");
  EXPECT_EQ(message.substr(0, 32), "a.json:3: is not valid JSON: syn");
}

TEST(ParseJson, RefusesTrailingText) {
  EXPECT_EQ(fault("{} {}").substr(0, 28), "a.json:1: is not valid JSON:");
}

TEST(ParseJson, RefusesEmptyTextAndBadUtf8) {
  EXPECT_NE(fault(""), "");
  EXPECT_NE(fault("\"\xff\""), "");
  EXPECT_NE(fault("1e999"), "");
}

TEST(ParseJson, DepthIsLimited) {
  EXPECT_EQ(fault(std::string(6, '[') + std::string(6, ']'), {.max_depth = 5}),
            "a.json:1: is nested deeper than 5");
  EXPECT_NO_THROW(eida::parse_json("[[[[[]]]]]", "a.json", {.max_depth = 5}));
  EXPECT_EQ(fault(std::string(1'000'000, '[')), "a.json:1: is nested deeper than 100");
}

TEST(ParseJson, SizeIsLimited) {
  EXPECT_EQ(fault("[1, 2]", {.max_bytes = 5}), "a.json: has 6 bytes, more than the limit of 5");
}

TEST(ParseJson, LineMapHoldsTheLineOfKeysAndItems) {
  eida::LineMap lines;
  eida::parse_json("{\n\"a\":\n 1,\n\"b/c\": [\n 2,\n {\"d\": 3}\n]\n}", "a.json",
                   {.lines = &lines});
  const std::map<std::string, int> expected = {{"", 1},        {"/a", 2},      {"/b~1c", 4},
                                               {"/b~1c/0", 5}, {"/b~1c/1", 6}, {"/b~1c/1/d", 6},
                                               {"/x", 0},      {"/a/x", 0}};
  for (const auto& [pointer, line] : expected) EXPECT_EQ(lines.at(pointer), line) << pointer;
}

TEST(ParseJson, FaultHasTheClassAskedFor) {
  EXPECT_THROW(eida::parse_json("{", "a", {.code = eida::ExitCode::kFormat}), eida::FormatError);
  EXPECT_THROW(eida::parse_json("{", "a", {.code = eida::ExitCode::kConfig}), eida::ConfigError);
}

TEST(ReadJson, NamesTheFile) {
  const eida::testing::TempDir dir;
  const auto file = eida::testing::write_text(dir.path() / "x.json", "{\n");
  const auto message = message_of<eida::DataError>([&] { eida::read_json(file); });
  EXPECT_EQ(message.find(file.string() + ":2: is not valid JSON"), 0U) << message;
  EXPECT_THROW(eida::read_json(dir.path() / "none.json"), eida::DataError);
}

TEST(JsonNumbers, NullStandsForWhatIsNotFinite) {
  EXPECT_EQ(eida::number_or_null(0.5), 0.5);
  EXPECT_TRUE(eida::number_or_null(NAN).is_null());
  EXPECT_TRUE(eida::number_or_null(INFINITY).is_null());
  EXPECT_EQ(eida::number_or_nan(nlohmann::json(0.5)), 0.5);
  EXPECT_TRUE(std::isnan(eida::number_or_nan(nlohmann::json(nullptr))));
  EXPECT_THROW(eida::number_or_nan(nlohmann::json("x")), nlohmann::json::exception);
}

TEST(ParseJson, LinesTakeMemoryInProportion) {
  std::string text = "{\"" + std::string(100'000, 'k') + "\": {\"0\": 0";
  for (int i = 1; i < 20'000; ++i) text += fmt::format(", \"{}\": 0", i);
  const double before = eida::peak_memory_mib();
  eida::LineMap lines;
  eida::parse_json(text + "}}", "a.json", {.lines = &lines});
  EXPECT_LT(eida::peak_memory_mib() - before, 100.0);
}
