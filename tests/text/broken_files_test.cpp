#include <functional>

#include "eida/core/error.h"
#include "eida/core/rng.h"
#include "support/file_helpers.h"
#include "text/golden_tokenizers.h"

namespace eida {
namespace {

using nlohmann::json;
using testing::TempDir;

/// The message of the FormatError that loading gives.
std::string complaint(const std::filesystem::path& folder, const std::string& text) {
  try {
    testing::load_text(folder, text);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "no error";
}

struct BrokenCase {
  const char* golden;
  std::function<void(json&)> damage;
  const char* wanted;  ///< part of the message
};

TEST(TokenizerJson, ErrorsNameFileAndComponent) {
  const TempDir dir;
  const std::vector<BrokenCase> cases = {
      {"gpt2",
       [](json& d) {
         d["normalizer"] = {{"type", "Nmt"}};
       },
       "normalizer: component 'Nmt' is not supported"},
      {"gpt2",
       [](json& d) {
         d["pre_tokenizer"] = {{"type", "CharDelimiterSplit"}};
       },
       "pre_tokenizer: component 'CharDelimiterSplit'"},
      {"gpt2",
       [](json& d) {
         d["pre_tokenizer"] = {
             {"type", "Split"}, {"behavior", "Isolated"}, {"pattern", {{"Regex", "a\\b"}}}};
       },
       "pre_tokenizer.pattern: the regular expression 'a\\b' is not supported: '\\b' at byte 3"},
      {"gpt2",
       [](json& d) {
         d["pre_tokenizer"] = {
             {"type", "Split"}, {"behavior", "Cut"}, {"pattern", {{"String", "a"}}}};
       },
       "pre_tokenizer: key 'behavior' is none of"},
      {"gpt2", [](json& d) { d["model"]["type"] = "WordLevel"; }, "component 'WordLevel'"},
      {"gpt2", [](json& d) { d["model"]["dropout"] = 0.1; },
       "model: key 'dropout' is not supported"},
      {"gpt2", [](json& d) { d["model"]["end_of_word_suffix"] = "</w>"; },
       "'end_of_word_suffix' is not supported"},
      {"gpt2", [](json& d) { d["model"]["merges"][3] = "one"; },
       "merges[3]: 'one' is not two tokens"},
      {"gpt2",
       [](json& d) {
         d["model"]["merges"][3] = {"q", "\u2603"};
       },
       "merges[3]: token"},
      {"gpt2", [](json& d) { d["model"]["vocab"]["a"] = -1; }, "is -1, wanted an id"},
      {"gpt2", [](json& d) { d["model"]["vocab"]["a"] = 2000000000; },
       "the largest id is 2000000000"},
      {"gpt2", [](json& d) { d["model"]["vocab"]["a"] = d["model"]["vocab"]["b"]; },
       "both have id"},
      {"gpt2",
       [](json& d) {
         d["decoder"] = {{"type", "CTC"}};
       },
       "decoder: component 'CTC'"},
      {"gpt2", [](json& d) { d["added_tokens"][0]["content"] = 3; },
       "added_tokens[0]: key 'content' is number"},
      {"gpt2", [](json& d) { d.erase("model"); }, "document: key 'model' is missing"},
      {"gpt2",
       [](json& d) {
         d["pre_tokenizer"] = {
             {"type", "Sequence"},
             {"pretokenizers", {{{"type", "ByteLevel"}}, {{"type", "Metaspace"}}}}};
       },
       "pre_tokenizer.pretokenizers[1]: a step after ByteLevel"},
      {"roberta", [](json& d) { d["post_processor"]["sep"] = "</s>"; },
       "post_processor: key 'sep'"},
      {"bert", [](json& d) { d["post_processor"]["single"][0]["SpecialToken"]["id"] = "[X]"; },
       "'[X]' is not among special_tokens"},
      {"bert", [](json& d) { d["post_processor"]["pair"].erase(3); }, "must have A and B"},
      {"bert", [](json& d) { d["model"]["unk_token"] = "[NONE]"; },
       "token '[NONE]' is not in the vocabulary"},
      {"camembert",
       [](json& d) { d["normalizer"]["normalizers"][0]["pattern"]["Regex"] = "(?m:a)"; },
       "normalizer.normalizers[0].pattern: the regular expression '(?m:a)'"},
      {"camembert",
       [](json& d) { d["normalizer"]["normalizers"][0]["content"] = std::string(2000, 'x'); },
       "normalizer.normalizers[0]: key 'content' has 2000 bytes, the limit is 1024"},
      {"bert",
       [](json& d) {
         d["post_processor"]["special_tokens"]["[CLS]"]["ids"] = std::vector<int>(1025, 1);
       },
       "post_processor: key 'single' adds more than 1024 special tokens"},
      {"camembert", [](json& d) { d["model"]["unk_id"] = nullptr; }, "key 'unk_id'"},
      {"camembert",
       [](json& d) {
         d["model"]["vocab"][2] = {"a", "b"};
       },
       "vocab[2] is not a token and its score"},
      {"camembert",
       [](json& d) {
         d["normalizer"] = {{"type", "Precompiled"}, {"precompiled_charsmap", "AAAA"}};
       },
       "'precompiled_charsmap' is not a character map"},
      {"camembert", [](json& d) { d["pre_tokenizer"]["prepend_scheme"] = "often"; },
       "'prepend_scheme' is none of"},
  };
  for (const BrokenCase& one : cases) {
    json document = testing::golden_tokenizer(one.golden)["tokenizer"];
    one.damage(document);
    const std::string message = complaint(dir.path(), document.dump());
    EXPECT_NE(message.find(one.wanted), std::string::npos) << one.wanted << "\n  got: " << message;
    EXPECT_NE(message.find("tokenizer.json"), std::string::npos) << message;
  }
}

/// One random change somewhere in the document.
void damage(json& value, Rng& rng) {
  if (value.is_structured() && !value.empty() && rng.below(8) != 0) {
    auto child = value.begin();
    std::advance(child, static_cast<std::ptrdiff_t>(rng.below(std::min<size_t>(value.size(), 40))));
    if (rng.below(12) == 0) {
      value.erase(child);
    } else {
      damage(*child, rng);
    }
    return;
  }
  const json replacements[] = {nullptr,
                               true,
                               -1,
                               7,
                               1e300,
                               "",
                               "\u2581",
                               "Sequence",
                               json::array(),
                               json::object(),
                               json::array({1, "a"})};
  value = replacements[rng.below(std::size(replacements))];
}

TEST(TokenizerJson, DamagedFilesLoadOrThrowFormatError) {
  const TempDir dir;
  Rng rng(0, "damage");
  int failed = 0;
  for (const std::string& name : testing::kGoldenTokenizers) {
    const json good = testing::golden_tokenizer(name)["tokenizer"];
    for (int i = 0; i < 150; ++i) {
      json document = good;
      damage(document, rng);
      try {
        const auto tokenizer = testing::load_text(dir.path(), document.dump());
        tokenizer->decode(
            tokenizer->encode_pair("It's a test, naïve 字 <mask> [MASK]", "\x80 zz").ids);
      } catch (const FormatError&) {
        ++failed;
      }
    }
  }
  EXPECT_GT(failed, 50);
}

TEST(TokenizerJson, CutOffFilesThrowFormatError) {
  const TempDir dir;
  const std::string text = testing::golden_tokenizer("camembert")["tokenizer"].dump();
  for (size_t size = 0; size < text.size(); size += 1 + text.size() / 60)
    EXPECT_NE(complaint(dir.path(), text.substr(0, size)), "no error") << size;
}

TEST(SentencePieceFile, GarbageIsAFormatError) {
  const TempDir dir;
  for (const std::string& bytes :
       {std::string(), std::string("not a model"), std::string(1000, '\xFF')}) {
    write_file_atomic(dir.path() / "x.model", bytes);
    EXPECT_THROW(load_tokenizer(dir.path()), FormatError);
  }
  write_file_atomic(dir.path() / "y.model", "");
  EXPECT_THROW(load_tokenizer(dir.path()), FormatError);  // which of the two?
}

TEST(TokenizerJson, StepsThatMultiplyATextAreRefused) {
  const TempDir dir;
  json document = testing::golden_tokenizer("gpt2")["tokenizer"];
  json steps = json::array();
  for (int i = 0; i < 12; ++i) {
    const json one = {
        {"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(10, 'a')}};
    steps.push_back({{"type", "Sequence"}, {"normalizers", {one}}});
  }
  document["normalizer"] = {{"type", "Sequence"}, {"normalizers", steps}};
  const auto tokenizer = testing::load_text(dir.path(), document.dump());
  const auto encode = [&] { tokenizer->encode("a"); };
  EXPECT_TRUE(testing::holds(testing::message_of<DataError>(encode),
                             "a text of 1 bytes has more than 100000 after the tokenizer's"));
}

TEST(SentencePieceFile, CharacterMapWithLookUpsThatLeaveItIsAFormatError) {
  const TempDir dir;
  for (const char* broken : {"\4\0\0\0\0\0\0\0a", "\4\0\0\0\0\xFF\0\0a", "\xFF\0\0\0\0\0\0\0a"}) {
    const std::string map(broken, 10), field = "\x12\x0A" + map;  // a trie of one unit, a target
    for (const char* normalizer : {"\x1A\x0C", "\x2A\x0C"}) {
      write_file_atomic(dir.path() / "x.model", normalizer + field);
      const std::string message =
          testing::message_of<FormatError>([&] { load_tokenizer(dir.path()); });
      EXPECT_NE(message.find("precompiled_charsmap is damaged"), std::string::npos) << message;
    }
  }
}

}  // namespace
}  // namespace eida
