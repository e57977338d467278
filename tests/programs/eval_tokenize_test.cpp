// eida-eval tokenize, from the command line.
#include <sys/stat.h>

#include "eida/text/tokenizer.h"
#include "eval_fixture.h"

namespace eida::testing {
namespace {

class EvalTokenize : public EvalProgram {
 protected:
  ProgramResult tokenize(const std::string& text, std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--model", encoder_.string(), "--input",
                             file("lines.txt", text).string(), "--threads", "2"});
    return sub("tokenize", more);
  }
};

TEST_F(EvalTokenize, EveryLineBecomesTheArrayOfItsIds) {
  std::string text =
      "a fine film \n\n";  // the space belongs to the text, an empty line to the file
  for (int i = 0; i < 5000; ++i) text += "line " + std::to_string(i) + "\n";
  const ProgramResult result = tokenize(text);
  ASSERT_EQ(result.code, 0) << result.err;
  const auto tokenizer = load_tokenizer(encoder_);
  std::istringstream in(text), out(result.out);
  std::string line, ids;
  while (std::getline(in, line)) {
    ASSERT_TRUE(std::getline(out, ids)) << line;
    EXPECT_EQ(nlohmann::json::parse(ids).get<std::vector<int32_t>>(), tokenizer->encode(line).ids);
  }
  EXPECT_FALSE(std::getline(out, ids));
}

TEST_F(EvalTokenize, DecodeIsTheOtherWay) {
  const std::string text = "a fine film\ncaf\xc3\xa9, \xe2\x82\xac 5\n";
  const ProgramResult ids = tokenize(text);
  ASSERT_EQ(ids.code, 0) << ids.err;
  EXPECT_EQ(tokenize(ids.out, {"--decode"}).out, text);
}

TEST_F(EvalTokenize, PairsHaveATabBetweenTheTexts) {
  const ProgramResult result = tokenize("one\ttwo\n", {"--pairs"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out).get<std::vector<int32_t>>(),
            load_tokenizer(encoder_)->encode_pair("one", "two").ids);
}

TEST_F(EvalTokenize, FaultsNameTheirLine) {
  const auto fault = [&](const std::string& text, const std::vector<std::string>& more) {
    const ProgramResult result = tokenize(text, more);
    EXPECT_EQ(result.code, 3) << result.err;
    return result.err;
  };
  EXPECT_NE(fault("a\tb\nno tab\n", {"--pairs"}).find("lines.txt:2: is no pair"),
            std::string::npos);
  EXPECT_NE(fault("[5]\n[5, 9999]\n", {"--decode"}).find("lines.txt:2: 9999 is no id"),
            std::string::npos);
  EXPECT_NE(fault("[5\n", {"--decode"}).find("lines.txt:1"), std::string::npos);
  EXPECT_NE(fault("{}\n", {"--decode"}).find("is no JSON array"), std::string::npos);
  EXPECT_NE(fault("fine\nb\xff\n", {}).find("lines.txt:2: is not UTF-8"), std::string::npos);
  EXPECT_EQ(tokenize("a\n", {"--decode", "--pairs"}).code, 2);
}

TEST_F(EvalTokenize, AModelWithoutATokenizerIsAFormatError) {
  std::filesystem::create_directories(dir_.path() / "bare");
  const ProgramResult result = sub("tokenize", {"--model", (dir_.path() / "bare").string(),
                                                "--input", file("lines.txt", "a\n").string()});
  EXPECT_NE(result.code, 0);
  EXPECT_NE(result.err.find("bare"), std::string::npos) << result.err;
}

TEST_F(EvalTokenize, APipeThatNobodyWritesIntoIsRefused) {
  const auto pipe = dir_.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_eval_error(sub("tokenize", {"--model", encoder_.string(), "--input", pipe.string()}), 3,
                    "is a pipe, not a regular file");
  const ProgramResult open = run({"/bin/bash", "-c", "exec \"$@\" --input <(echo a)", "bash",
                                  EIDA_EVAL, "tokenize", "--model", encoder_.string()});
  EXPECT_EQ(open.code, 0) << open.err;
  EXPECT_NE(open.out, "");
}

}  // namespace
}  // namespace eida::testing
