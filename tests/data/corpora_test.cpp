#include <gtest/gtest.h>

#include <utility>

#include "data/reader_fixture.h"
#include "eida/core/files.h"
#include "eida/data/tokenize.h"

namespace eida {
namespace {

struct Corpus {
  const char* file;
  TaskName task;
  int64_t size;
  const char* sha256;  ///< of "first\x1Fsecond\x1Flabel\n" for every row
};

/// Sizes and digests come from Python: csv.reader, and the recipe's line.strip().split('||').
constexpr Corpus kCorpora[] = {
    {"sst2/train.tsv", TaskName::sst2, 67349,
     "2de90f1542f034ac1a845497fcb43a4b250997465c3969275d7b7b1da7011483"},
    {"sst2/dev.tsv", TaskName::sst2, 872,
     "61ff718091cdd850df8db811446ab9419c39f15b2623be56b5bda6a6e39d586b"},
    {"sst2/test.tsv", TaskName::sst2, 1821,
     "d9f3ddaf6fbda91ac81cd8c3148bbcb4deda7a05113adcb7226c58960c4a2728"},
    {"e2e/trainset.csv", TaskName::e2e, 42061,
     "3f118a532a734be141ff0e50027fa36da26f35b4c3d83100808efe16a980cb7e"},
    {"e2e/devset.csv", TaskName::e2e, 4672,
     "23b8434acd928f941bafa7b4c02228674e3e3fedfd606b0091181d64b03a0ec7"},
    {"e2e/testset.csv", TaskName::e2e, 630,
     "d02856d6555d6d79830d536661b210a44e6e062b1a52ecbcbcc12bd52690df7e"},
    {"e2e/testset_w_refs.csv", TaskName::e2e, 4693,
     "d392a3e573b29faab36e7cc61569b485801ae1ce0e14da79f2eebd2db352db27"},
    {"e2e-lora/train.txt", TaskName::e2e, 42061,
     "7dbadc50afbd47f9fde8b26ddd6650fc1581cd7d97869f76f359c143c1941545"},
    {"e2e-lora/valid.txt", TaskName::e2e, 4672,
     "f64f9b43408941bf93e6554c211be941bb6fdec205d51baccf1e62269375baea"},
    {"e2e-lora/test.txt", TaskName::e2e, 4693,
     "71908e888c434272e4a323f649cedacef476c1b18f5f01d4b6ccf71571aeae2b"},
};

TEST(Corpora, EveryRowIsAsPythonReadsIt) {
  EIDA_NEED_DATA(testing::data_dir());
  for (const Corpus& corpus : kCorpora) {
    const auto path = testing::data_dir() / corpus.file;
    if (!std::filesystem::exists(path)) continue;
    const auto data = open_dataset(path, testing::task_options(corpus.task));
    EXPECT_EQ(data->size(), corpus.size) << corpus.file;
    std::string rows;
    for (int64_t i = 0; i < data->size(); ++i) {
      const TextExample example = data->at(i);
      rows += fmt::format("{}\x1F{}\x1F{}\n", example.first, example.second, example.label);
    }
    EXPECT_EQ(sha256(rows), corpus.sha256) << corpus.file;
  }
}

/// Tokens of a whole file: all of them, and those with a label.
std::pair<int64_t, int64_t> count_tokens(const std::string& model, const std::string& file,
                                         TaskName task) {
  const auto data = open_dataset(testing::data_dir() / file, testing::task_options(task));
  TokenizeOptions options;
  options.max_length = task == TaskName::sst2 ? 72 : 144;
  options.threads = 2;
  const ExampleTokenizer tokenizer(load_tokenizer(testing::data_dir() / model), data->kind(),
                                   options);
  const TokenizedSet set = tokenizer.tokenize_all(*data);
  EXPECT_EQ(set.truncated, 0) << file;
  EXPECT_EQ(set.skipped, 0) << file;
  std::pair<int64_t, int64_t> counts;
  for (const auto& example : set.examples) {
    counts.first += static_cast<int64_t>(example.ids.size());
    counts.second += static_cast<int64_t>(example.ids.size()) - example.context_length;
  }
  return counts;
}

/// Counts come from Python's tokenizers library and the E2E recipe; no example of either set is
/// cut.
TEST(Corpora, TokenCountsAreThoseOfPython) {
  EIDA_NEED_DATA(testing::data_dir() / "roberta-base" / "tokenizer.json");
  EIDA_NEED_DATA(testing::data_dir() / "gpt2" / "tokenizer.json");
  EIDA_NEED_DATA(testing::data_dir() / "sst2" / "train.tsv");
  EIDA_NEED_DATA(testing::data_dir() / "e2e-lora" / "train.txt");
  EXPECT_EQ(count_tokens("roberta-base", "sst2/train.tsv", TaskName::sst2).first, 967105);
  const auto e2e = count_tokens("gpt2", "e2e-lora/train.txt", TaskName::e2e);
  EXPECT_EQ(e2e.first, 2243025);
  EXPECT_EQ(e2e.second, 1044674);  // reference and its end token
}

}  // namespace
}  // namespace eida
