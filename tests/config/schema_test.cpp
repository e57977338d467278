#include "eida/config/schema.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "config/declaration.h"
#include "config/nearest.h"
#include "eida/core/choices.h"
#include "eida/data/task.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

using eida::Config;
using eida::config::Declaration;

TEST(Declarations, KeysFlagsAndHelpAreInOrder) {
  Config config;
  std::set<std::string> keys;
  std::map<std::string, std::vector<unsigned>> flags;
  for (const Declaration& option : eida::config::declare(config)) {
    EXPECT_TRUE(keys.insert(option.key).second) << option.key << " is declared twice";
    EXPECT_FALSE(option.help.empty()) << option.key;
    EXPECT_NE(option.programs, 0U) << option.key;
    EXPECT_EQ(option.required & ~option.programs, 0U) << option.key;
    if (option.required != 0) {
      EXPECT_FALSE(option.flag.empty()) << option.key;
    }
    if (!option.flag.empty()) flags[option.flag].push_back(option.programs);
  }
  for (const auto& [flag, programs] : flags)
    EXPECT_EQ(programs.size(), 1U) << flag << " names several keys";
}

TEST(Declarations, EveryFieldOfConfigIsDeclared) {
  // Declared fields cover the struct but for padding: a field that is forgotten shows as a gap of
  // its size.
  Config config;
  std::map<const char*, size_t> fields;
  for (const Declaration& option : eida::config::declare(config)) {
    fields[static_cast<const char*>(option.field.at)] = option.field.bytes;
  }
  const char* position = reinterpret_cast<const char*>(&config);
  const char* const end = position + sizeof(Config);
  for (const auto& [field, size] : fields) {
    EXPECT_LT(field - position, 8)
        << "gap before the field at offset " << field - reinterpret_cast<const char*>(&config);
    position = field + size;
  }
  EXPECT_LT(end - position, 8);
}

TEST(Declarations, DefaultsAreValid) {
  Config config;
  for (const Declaration& option : eida::config::declare(config)) {
    eida::config::assign(option, eida::config::value_of(option), {option.key, {}});
    for (const auto& [tasks, value] : eida::config::task_defaults(option)) {
      eida::config::assign(option, value, {option.key, {}});
      EXPECT_EQ(eida::config::value_of(option), value) << option.key;
    }
  }
}

TEST(Declarations, TasksHaveDefaultsOfKeysThereAre) {
  Config config;
  const auto all = eida::config::declare(config);
  for (const auto& task : eida::Choices<eida::TaskName>::kAll) {
    std::set<std::string> keys;
    for (const auto& [key, value] : eida::task_of(task.value).defaults) {
      EXPECT_NE(eida::config::find(all, key), nullptr) << task.name << ": " << key;
      EXPECT_TRUE(keys.insert(key).second) << task.name << ": " << key << " is there twice";
    }
  }
}

TEST(JsonSchema, DescribesTypesRangesAndChoices) {
  const auto schema = eida::json_schema();
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["additionalProperties"], false);
  const auto& train = schema["properties"]["train"]["properties"];
  EXPECT_EQ(train["lr"]["type"], "number");
  EXPECT_EQ(train["lr"]["exclusiveMinimum"], 0);
  EXPECT_EQ(train["lr"]["default"], 2e-4);
  EXPECT_EQ(train["head_lr"]["anyOf"][1]["type"], "null");
  EXPECT_EQ(schema["properties"]["method"]["enum"], eida::choice_names<eida::MethodKind>());
  EXPECT_EQ(schema["properties"]["subspace"]["properties"]["dims"]["items"]["type"], "integer");
  EXPECT_EQ(schema["properties"]["sites"]["properties"]["layers"]["anyOf"][0]["const"], "all");
}

TEST(JsonSchema, FileInConfigsIsUpToDate) {
  const auto file = std::filesystem::path(EIDA_SOURCE_DIR) / "configs" / "schema.json";
  EXPECT_EQ(eida::testing::read_text(file), eida::list_text("schema"))
      << "eida-probe --list schema > configs/schema.json";
}

TEST(Nearest, CountsEdits) {
  using eida::config::edit_distance;
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("exampels", "examples"), 1U);
  EXPECT_EQ(edit_distance("same", "same"), 0U);
}

TEST(Nearest, FindsNothingFarAway) {
  EXPECT_EQ(eida::config::nearest("warmup_rato", {"lr", "warmup_ratio"}), "warmup_ratio");
  EXPECT_EQ(eida::config::nearest("something_else", {"lr", "warmup_ratio"}), "");
  EXPECT_EQ(eida::config::nearest(std::string(1000, 'a'), {"lr"}), "");
}
