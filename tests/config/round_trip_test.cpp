#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "config/declaration.h"
#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "support/test_data.h"

using eida::Config;
using eida::KeySet;
using eida::Program;
using eida::config::Declaration;
using eida::config::Type;
using nlohmann::json;

namespace {

/// Text of any code points but zero, which no option takes.
rc::Gen<std::string> some_text() {
  const auto piece = rc::gen::element<std::string>(
      "a", "Z", "0", " ", "/", "\"", "'", "\\", ":", "#", "\n", "\t", "\x01", "é", "…", "😀", "-",
      "null", "true", "1e3", "~", "{", "]", "*", "&", "!", "%", "@", "`", ",", "\x7f", "\u0085",
      "\u2028", "\ufeff");
  return rc::gen::map(rc::gen::nonEmpty<std::vector<std::string>>(
                          rc::gen::container<std::vector<std::string>>(piece)),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const auto& part : pieces) text += part;
                        return text;
                      });
}

/// A value that the option takes.
struct Arbitrary {
  const Declaration& option;

  double low() const { return std::max(option.range.min, -1e9) + (option.range.open ? 1e-9 : 0); }
  double high() const { return std::min(option.range.max, 1e9); }
  int64_t whole() const {
    return *rc::gen::inRange(static_cast<int64_t>(std::max(low(), -1e6)),
                             static_cast<int64_t>(high()));
  }
  double real() const {
    const double share =
        *rc::gen::map(rc::gen::arbitrary<uint32_t>(), [](uint32_t v) { return v / 4294967296.0; });
    return low() + share * (high() - low());
  }
  std::string text() const {
    return option.pattern != nullptr
               ? *rc::gen::element<std::string>("auto", "cpu", "cuda", "cuda:3")
               : *some_text();
  }

  json wholes() const {
    json list = json::array();
    for (size_t i = 0; i < std::max<size_t>(option.min_items, 1); ++i) list.push_back(whole());
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
    while (list.size() < option.min_items) list.push_back(list.back().get<int64_t>() + 1);
    return list;
  }
  std::string choice() const { return (*rc::gen::elementOf(option.field.choices)).name; }

  json value() const {
    // A path is null only where it is empty, which is left out: a dump makes paths absolute.
    const bool may_be_null = option.field.may_be_null && option.field.type != Type::kPath;
    if (may_be_null && *rc::gen::arbitrary<bool>()) return nullptr;
    switch (option.field.type) {
      case Type::kFlag:
        return *rc::gen::arbitrary<bool>();
      case Type::kWhole:
        return whole();
      case Type::kReal:
        return real();
      case Type::kChoice:
        return choice();
      case Type::kLayers:
        return *rc::gen::arbitrary<bool>() ? json("all") : json({0, whole() + 1});
      case Type::kWholes:
        return wholes();
      case Type::kPaths:
        return {text(), text()};
      case Type::kChoices:
        return json::array({choice()});
      default:
        return text();
    }
  }
};

Config arbitrary_config() {
  Config config;
  for (const Declaration& option : eida::config::declare(config)) {
    eida::config::assign(option, Arbitrary{option}.value(), {option.key, {}});
  }
  return config;
}

KeySet all_keys() {
  Config config;
  KeySet keys;
  for (const Declaration& option : eida::config::declare(config)) keys.insert(option.key);
  return keys;
}

json values_of(Config config) {
  json values;
  for (const Declaration& option : eida::config::declare(config))
    values[option.key] = eida::config::value_of(option);
  return values;
}

Config read(const std::string& text) {
  Config config;
  KeySet given;
  eida::read_config_text(text, "dump.yaml", "somewhere", config, given);
  return config;
}

}  // namespace

TEST(RoundTrip, DumpReadDumpIsTheSameForAnyConfig) {
  const KeySet everything = all_keys();
  EXPECT_TRUE(rc::check([&] {
    const std::string dumped = eida::dump_yaml(arbitrary_config(), Program::kProbe, everything);
    RC_ASSERT(eida::dump_yaml(read(dumped), Program::kProbe, everything) == dumped);
  }));
}

TEST(RoundTrip, ValuesSurviveExactly) {
  const KeySet everything = all_keys();
  EXPECT_TRUE(rc::check([&] {
    const Config config = arbitrary_config();
    json expected = values_of(config);
    json found = values_of(read(eida::dump_yaml(config, Program::kEval, everything)));
    for (const char* path : {"model.path", "model.adapters", "data.train", "data.dev", "data.test",
                             "ranks.plan", "probe.published", "run.output"}) {
      expected.erase(path);  // a dump makes them absolute
      found.erase(path);
    }
    RC_ASSERT(found == expected);
  }));
}

TEST(RoundTrip, EveryProgramReadsWhatAnotherDumps) {
  for (const Program from : {Program::kProbe, Program::kTrain, Program::kEval}) {
    EXPECT_NO_THROW(read(eida::dump_yaml(Config(), from))) << eida::program_name(from);
  }
}

TEST(RoundTrip, DumpHoldsTheProgramsKeysAndThoseGiven) {
  const std::string probe = eida::dump_yaml(Config(), Program::kProbe);
  EXPECT_EQ(probe.find("train:\n"), std::string::npos);
  EXPECT_NE(probe.find("probe:\n  heldout: 1024\n"), std::string::npos);
  const std::string more = eida::dump_yaml(Config(), Program::kProbe, {"train.lr", "rounds"});
  EXPECT_NE(more.find("train:\n  lr: 0.0002\n"), std::string::npos);
  EXPECT_NE(more.find("\nrounds: 4\n"), std::string::npos);
}

TEST(ReadConfigText, AnyBytesEndInAConfigOrAConfigError) {
  EXPECT_TRUE(rc::check([](const std::vector<std::string>& noise) {
    std::string text;
    for (const std::string& line : noise)
      text += *rc::gen::element<std::string>("train:", "  lr: ", "- ", "{", "\n", "? ") + line;
    try {
      read(text);
    } catch (const eida::ConfigError& error) {
      RC_ASSERT(std::string(error.what()).starts_with("dump.yaml:"));
    }
  }));
}
