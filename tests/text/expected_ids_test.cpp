/// Ids that other implementations publish: OpenAI's tiktoken (by way of jtokkit and SharpToken) and
/// llama.cpp's tests.
#include <iterator>
#include <sstream>

#include "eida/core/csv.h"
#include "text/golden_tokenizers.h"

namespace eida {
namespace {

using nlohmann::json;

std::vector<int32_t> plain_ids(const Tokenizer& tokenizer, std::string_view text) {
  EncodeOptions options;
  options.add_special_tokens = false;
  return tokenizer.encode(text, options).ids;
}

TEST(ExpectedIds, OfJtokkit) {
  EIDA_NEED_DATA(testing::data_dir());
  const auto tokenizer = load_tokenizer(testing::data_dir() / "gpt2");
  const std::string text =
      read_file(testing::data_dir() / "expected-jtokkit/r50k_base_encodings.csv");
  CsvFault fault;
  int rows = -1;  // the heading
  for (size_t begin = 0, end = 0; begin < text.size(); begin = end, ++rows) {
    end = find_csv_row_end(text, begin, text.size(), fault);
    std::string_view row(text.data() + begin, end - begin);
    while (row.ends_with('\n') || row.ends_with('\r')) row.remove_suffix(1);
    const auto fields = split_csv_row(row, fault);
    ASSERT_EQ(fault.what, nullptr);
    if (rows < 0) continue;
    EXPECT_EQ(plain_ids(*tokenizer, fields[0]), json::parse(fields[1]).get<std::vector<int32_t>>())
        << fields[0];
  }
  EXPECT_GT(rows, 400);
}

TEST(ExpectedIds, OfSharpToken) {
  EIDA_NEED_DATA(testing::data_dir());
  const auto tokenizer = load_tokenizer(testing::data_dir() / "gpt2");
  const std::string text = read_file(testing::data_dir() / "expected-sharptoken/TestPlans.txt");
  const std::string_view head = "EncodingName: r50k_base\nSample: ", middle = "\nEncoded: ";
  int found = 0;
  for (size_t at = text.find(head); at != std::string::npos;
       at = text.find(head, at + 1), ++found) {
    const size_t sample = at + head.size(), ids = text.find(middle, sample);
    ASSERT_NE(ids, std::string::npos);
    const size_t end = text.find('\n', ids + middle.size());
    const std::string list = text.substr(ids + middle.size(), end - ids - middle.size());
    EXPECT_EQ(plain_ids(*tokenizer, text.substr(sample, ids - sample)),
              json::parse(list).get<std::vector<int32_t>>());
  }
  EXPECT_EQ(found, 67);
}

class LlamaCpp : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(LlamaCpp, Ids) {
  EIDA_NEED_DATA(testing::data_dir());
  const auto [model, file] = GetParam();
  const auto tokenizer = load_tokenizer(testing::data_dir() / model);
  const auto folder = testing::data_dir() / "expected-llama.cpp";
  const std::string texts = read_file(folder / (std::string(file) + ".inp"));
  std::istringstream answers(read_file(folder / (std::string(file) + ".out")));
  const std::string_view separator = "\n__ggml_vocab_test__\n";
  int found = 0;
  for (size_t begin = 0; begin < texts.size(); ++found) {
    const size_t end = texts.find(separator, begin);
    if (end == std::string::npos) break;
    std::string line;
    ASSERT_TRUE(std::getline(answers, line));
    std::istringstream numbers(line);
    const std::vector<int32_t> wanted{std::istream_iterator<int32_t>(numbers), {}};
    EXPECT_EQ(plain_ids(*tokenizer, texts.substr(begin, end - begin)), wanted)
        << texts.substr(begin, end - begin);
    begin = end + separator.size();
  }
  EXPECT_GE(found, 45);
}

INSTANTIATE_TEST_SUITE_P(
    ExpectedIds, LlamaCpp,
    ::testing::Values(std::pair("gpt2", "ggml-vocab-gpt-2.gguf"),
                      std::pair("roberta-base", "ggml-vocab-roberta-bpe.gguf")),
    [](const auto& info) { return std::string(info.param.first).substr(0, 4); });

}  // namespace
}  // namespace eida
