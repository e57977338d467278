#include "eida/core/error.h"
#include "support/file_helpers.h"
#include "text/golden_tokenizers.h"

namespace eida {
namespace {

using nlohmann::json;
using testing::TempDir;

std::vector<std::string> sample_texts() {
  std::vector<std::string> texts;
  const json golden = testing::golden_tokenizer("roberta");
  for (const json& request : golden["encode"]) texts.push_back(request["text"]);
  return texts;
}

void expect_equal(const Tokenizer& a, const Tokenizer& b) {
  EXPECT_EQ(a.vocab_size(), b.vocab_size());
  for (const std::string& text : sample_texts()) {
    EXPECT_EQ(a.encode(text).ids, b.encode(text).ids) << text;
    const Encoding pair = a.encode_pair(text, "a second <mask>"),
                   other = b.encode_pair(text, "a second <mask>");
    EXPECT_EQ(pair.ids, other.ids) << text;
    EXPECT_EQ(pair.type_ids, other.type_ids) << text;
    EXPECT_EQ(a.decode(pair.ids), b.decode(pair.ids)) << text;
  }
}

/// vocab.json and merges.txt of a golden tokenizer.
void write_vocab_json(const std::filesystem::path& folder, const json& model) {
  write_file_atomic(folder / "vocab.json", model["vocab"].dump());
  std::string merges = "#version: 0.2\n";
  for (const json& merge : model["merges"])
    merges += merge[0].get<std::string>() + " " + merge[1].get<std::string>() + "\n";
  write_file_atomic(folder / "merges.txt", merges);
}

TEST(LegacyFiles, VocabJsonWithoutRobertasTokensIsGpt2) {
  const TempDir dir;
  const auto wanted = testing::load_golden(dir.path(), "gpt2");
  std::filesystem::remove(dir.path() / "tokenizer.json");
  write_vocab_json(dir.path(), testing::golden_tokenizer("gpt2")["tokenizer"]["model"]);
  expect_equal(*load_tokenizer(dir.path()), *wanted);
}

TEST(LegacyFiles, VocabJsonWithRobertasTokensIsRoberta) {
  const TempDir dir;
  json document = testing::golden_tokenizer("roberta")["tokenizer"];
  document["model"]["vocab"]["<mask>"] = document["added_tokens"].back()["id"];
  const auto wanted = testing::load_text(dir.path(), document.dump());
  std::filesystem::remove(dir.path() / "tokenizer.json");
  write_vocab_json(dir.path(), document["model"]);
  write_file_atomic(dir.path() / "tokenizer_config.json", R"({"add_prefix_space": true})");
  expect_equal(*load_tokenizer(dir.path()), *wanted);
}

TEST(LegacyFiles, VocabTxtIsBert) {
  const TempDir dir;
  const json document = testing::golden_tokenizer("bert")["tokenizer"];
  const auto wanted = testing::load_text(dir.path(), document.dump());
  std::filesystem::remove(dir.path() / "tokenizer.json");
  std::vector<std::string> tokens(document["model"]["vocab"].size());
  for (const auto& [token, id] : document["model"]["vocab"].items())
    tokens[id.get<size_t>()] = token;
  std::string text;
  for (const std::string& token : tokens) text += token + "\n";
  write_file_atomic(dir.path() / "vocab.txt", text);
  expect_equal(*load_tokenizer(dir.path()), *wanted);

  write_file_atomic(dir.path() / "tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_NE(load_tokenizer(dir.path())->encode("The Table").ids, wanted->encode("The Table").ids);
  write_file_atomic(dir.path() / "vocab.txt", text + "\xFF\n");
  EXPECT_THROW(load_tokenizer(dir.path()), FormatError);
  write_file_atomic(dir.path() / "vocab.txt", "[PAD]\n[CLS]\n[SEP]\n");
  EXPECT_THROW(load_tokenizer(dir.path()), FormatError);  // no [UNK]
}

TEST(LegacyFiles, OutsideFilesAgreeWithTheirTokenizerJson) {
  EIDA_NEED_DATA(testing::data_dir());
  for (const char* model : {"gpt2", "roberta-base"}) {
    const TempDir dir;
    const auto source = testing::data_dir() / model;
    for (const char* file : {"vocab.json", "merges.txt", "config.json"})
      std::filesystem::copy_file(source / file, dir.path() / file);
    expect_equal(*load_tokenizer(dir.path()), *load_tokenizer(source));
  }
}

TEST(LegacyFiles, MiniLmsVocabTxtAgreesWithItsTokenizerJson) {
  EIDA_NEED_DATA(testing::minilm_dir());
  const TempDir dir;
  for (const char* file : {"vocab.txt", "tokenizer_config.json"})
    std::filesystem::copy_file(testing::minilm_dir() / file, dir.path() / file);
  expect_equal(*load_tokenizer(dir.path()), *load_tokenizer(testing::minilm_dir()));
}

TEST(LegacyFiles, AFaultOfMergesTxtIsToldOfItsLine) {
  const TempDir dir;
  write_vocab_json(dir.path(), testing::golden_tokenizer("gpt2")["tokenizer"]["model"]);
  const auto merges = dir.path() / "merges.txt";
  const std::string text = read_file(merges), first = text.substr(0, text.find('\n', 14) + 1);
  const auto complaint = [&](const std::string& broken) {
    write_file_atomic(merges, broken);
    return testing::message_of<FormatError>([&] { load_tokenizer(dir.path()); });
  };
  EXPECT_TRUE(
      testing::holds(complaint(first + "\none\n"), "merges.txt:4: 'one' is not two tokens"));
  EXPECT_TRUE(testing::holds(complaint("\u2603 q\n"), "merges.txt:1: token '"));
}

}  // namespace
}  // namespace eida
