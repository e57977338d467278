#include <algorithm>
#include <sstream>

#include "text/golden_tokenizers.h"

namespace eida {
namespace {

using testing::TempDir;

std::filesystem::path model_file(const char* name) {
  return testing::data_dir() / "sentencepiece" / name;
}

/// A model folder with that file and model_type.
std::shared_ptr<const Tokenizer> load_as(const TempDir& dir, const char* name,
                                         const std::string& model_type) {
  std::filesystem::copy_file(model_file(name), dir.path() / "sentencepiece.bpe.model");
  write_file_atomic(dir.path() / "config.json", R"({"model_type": ")" + model_type + "\"}");
  return load_tokenizer(dir.path());
}

TEST(SentencePieceFile, GivesItsOwnIds) {
  EIDA_NEED_DATA(testing::data_dir());
  // From the Python library, sp.encode(…).
  const auto unigram = load_tokenizer(model_file("test_model.model"));
  EXPECT_EQ(unigram->encode("Hello world, this is a test.").ids,
            (std::vector<int32_t>{151, 88, 21, 887, 5, 65, 47, 11, 4, 15, 400, 6}));
  const auto bpe = load_tokenizer(model_file("hf_test_sentencepiece_bpe.model"));
  EXPECT_EQ(bpe->encode("Hello world, this is a test.").ids,
            (std::vector<int32_t>{285, 35, 934, 178, 54, 953, 119, 97, 5, 3, 263, 951}));
  EXPECT_EQ(unigram->vocab_size(), 1000);
  EXPECT_EQ(unigram->token_to_id("</s>"), 2);
}

TEST(SentencePieceFile, DecodingGivesTheTextBack) {
  EIDA_NEED_DATA(testing::data_dir());
  const auto tokenizer = load_tokenizer(model_file("test_model.model"));
  std::istringstream lines(read_file(testing::data_dir() / "sentencepiece" / "botchan.txt"));
  int same = 0, total = 0;
  for (std::string line; std::getline(lines, line); ++total) {
    const auto ids = tokenizer->encode(line).ids;
    same += tokenizer->decode(ids) == line;
  }
  EXPECT_GT(total, 4000);
  EXPECT_GT(same, total * 9 / 10);  // the rest has double spaces or characters without a piece
}

TEST(SentencePieceFile, XlmRobertaAddsFairseqsOffset) {
  EIDA_NEED_DATA(testing::data_dir());
  const TempDir dir;
  const auto own = load_tokenizer(model_file("hf_test_sentencepiece.model"));
  const auto tokenizer = load_as(dir, "hf_test_sentencepiece.model", "xlm-roberta");
  const std::string text = "This is a test of 字 pieces";
  std::vector<int32_t> wanted = {0};
  for (const int32_t id : own->encode(text).ids) wanted.push_back(id == 0 ? 3 : id + 1);
  wanted.push_back(2);
  EXPECT_EQ(tokenizer->encode(text).ids, wanted);
  EXPECT_NE(std::find(wanted.begin(), wanted.end(), 3), wanted.end())
      << "no unknown piece in the text";
  EXPECT_EQ(tokenizer->token_to_id("<mask>"), own->vocab_size() + 1);
  EXPECT_EQ(tokenizer->encode("a <mask>").ids[2], own->vocab_size() + 1);
  const auto pair = tokenizer->encode_pair("a", "b").ids;
  EXPECT_EQ(std::count(pair.begin(), pair.end(), 2), 3);
}

TEST(SentencePieceFile, CamembertHasFourTokensOfItsOwn) {
  EIDA_NEED_DATA(testing::data_dir());
  const TempDir dir;
  const auto own = load_tokenizer(model_file("hf_test_sentencepiece_bpe.model"));
  const auto tokenizer = load_as(dir, "hf_test_sentencepiece_bpe.model", "camembert");
  std::vector<int32_t> wanted = {5};
  for (const int32_t id : own->encode("This is a test").ids) wanted.push_back(id + 4);
  wanted.push_back(6);
  EXPECT_EQ(tokenizer->encode("This is a test").ids, wanted);
  EXPECT_EQ(tokenizer->token_to_id("<pad>"), 1);
  EXPECT_EQ(tokenizer->token_to_id("<unk>"), 3);
  EXPECT_EQ(tokenizer->token_to_id("<mask>"), own->vocab_size() + 4);
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("This is a test").ids), "This is a test");
}

}  // namespace
}  // namespace eida
