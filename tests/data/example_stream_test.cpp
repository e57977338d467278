#include "eida/data/example_stream.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>

#include "eida/core/error.h"
#include "support/byte_tokenizer.h"
#include "support/file_helpers.h"

namespace eida {
namespace {

using testing::byte_tokenizer;
using testing::holds;

/// Counts reads; row `broken` cannot be read.
class Rows : public Dataset {
 public:
  explicit Rows(int64_t size, int64_t broken = -1) : size_(size), broken_(broken) {}
  int64_t size() const override { return size_; }
  TextExample at(int64_t index) const override {
    if (index == broken_) throw DataError("row {} is broken", index);
    ++reads;
    return {"row " + std::to_string(index), "", index % 2};
  }
  TaskKind kind() const override { return TaskKind::kClassification; }
  bool has_targets() const override { return true; }
  const std::vector<std::string>& class_names() const override { return names_; }
  std::string name() const override { return "<rows>"; }

  mutable std::atomic<int64_t> reads{0};

 private:
  int64_t size_, broken_;
  std::vector<std::string> names_ = {"0", "1"};
};

EpochOrder order_of(int64_t size) {
  Rng rng(1, "shuffle");
  return {size, rng};
}

std::vector<std::vector<int32_t>> ids_of(ExampleStream& stream) {
  std::vector<std::vector<int32_t>> ids;
  for (auto chunk = stream.next(); !chunk.empty(); chunk = stream.next())
    for (const auto& example : chunk) ids.push_back(example.ids);
  return ids;
}

TEST(ExampleStream, HandsOutTheOrderForAnyNumberOfWorkers) {
  const auto rows = std::make_shared<Rows>(1037);
  const auto tokenizer = byte_tokenizer(TaskKind::kClassification);
  const auto all = tokenizer.tokenize_all(*rows, order_of(1037).part(0, 1037));
  for (const int workers : {1, 3}) {
    ExampleStream stream(rows, tokenizer, order_of(1037), {100, 0, workers});
    const auto ids = ids_of(stream);
    ASSERT_EQ(ids.size(), 1037u);
    for (size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(ids[i], all.examples[i].ids) << i;
    EXPECT_TRUE(stream.next().empty());
    ExampleStream late(rows, tokenizer, order_of(1037), {100, 7, workers});
    EXPECT_EQ(late.next().front().ids, all.examples[700].ids);
    ExampleStream behind(rows, tokenizer, order_of(1037), {100, 11, workers});
    EXPECT_TRUE(behind.next().empty());
  }
}

TEST(ExampleStream, WorkersWaitForTheReader) {
  const auto rows = std::make_shared<Rows>(100000);
  ExampleStream stream(rows, byte_tokenizer(TaskKind::kClassification), order_of(100000),
                       {100, 0, 2});
  for (int64_t taken = 1; taken <= 5; ++taken) {
    stream.next();
    const int64_t most = 100 * (taken + 3);  // two workers: three chunks ahead
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (rows->reads < most && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(rows->reads, most);
  }
}

TEST(ExampleStream, ABrokenRowIsToldWithItsChunkAndNotBefore) {
  const int64_t broken = order_of(1000).at(250);
  ExampleStream stream(std::make_shared<Rows>(1000, broken),
                       byte_tokenizer(TaskKind::kClassification), order_of(1000), {100, 0, 3});
  EXPECT_EQ(stream.next().size(), 100u);
  EXPECT_EQ(stream.next().size(), 100u);
  EXPECT_THROW(stream.next(), DataError);
  EXPECT_EQ(stream.next().size(), 100u);
}

TEST(ExampleStream, EndsWhileWorkersAreBusyOrWaiting) {
  for (int i = 0; i < 50; ++i) {
    ExampleStream stream(std::make_shared<Rows>(100000), byte_tokenizer(TaskKind::kClassification),
                         order_of(100000), {50, 0, 3});
    if (i % 2 == 0) stream.next();
  }
}

TEST(ExampleStream, ExamplesWithoutALabelledTokenLeaveTheirPlaceToOthers) {
  std::vector<TextExample> examples;
  for (int i = 0; i < 60; ++i)
    examples.push_back({i % 3 == 0 ? "a context that is too long" : "a", std::to_string(i), -1});
  const auto data = make_dataset(examples, TaskKind::kCompletion);
  ExampleStream stream(data, byte_tokenizer(TaskKind::kCompletion, 8), order_of(60), {30, 0, 1});
  std::set<std::vector<int32_t>> distinct;
  for (const auto& ids : ids_of(stream)) {
    EXPECT_EQ(ids.front(), 'a');
    EXPECT_LE(ids.size(), 8u);
    distinct.insert(ids);
  }
  EXPECT_EQ(distinct.size(), 40u);
  EXPECT_EQ(stream.replaced(), 20);
  ExampleStream none(data, byte_tokenizer(TaskKind::kCompletion, 2), order_of(60), {30, 0, 1});
  try {
    none.next();
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_TRUE(holds(error.what(), "none of 30 examples has a labelled token"));
  }
}

TEST(ExampleStream, AShortLastChunkWithoutALabelledTokenTakesExamplesOfItsNeighbour) {
  std::vector<TextExample> examples;
  for (int i = 0; i < 31; ++i) examples.push_back({"a", std::to_string(i), -1});
  examples[static_cast<size_t>(order_of(31).part(30, 31).front())].first =
      "a context that is too long";
  const auto data = make_dataset(examples, TaskKind::kCompletion);
  ExampleStream stream(data, byte_tokenizer(TaskKind::kCompletion, 8), order_of(31), {30, 0, 1});
  const auto ids = ids_of(stream);
  ASSERT_EQ(ids.size(), 31u);
  EXPECT_EQ(ids.back(), ids.front());
  EXPECT_EQ(stream.replaced(), 1);
}

TEST(ExampleStream, RefusesNoWorkersAndNoChunk) {
  const auto rows = std::make_shared<Rows>(10);
  const auto tokenizer = byte_tokenizer(TaskKind::kClassification);
  EXPECT_THROW(ExampleStream(rows, tokenizer, order_of(10), {0, 0, 1}), ConfigError);
  EXPECT_THROW(ExampleStream(rows, tokenizer, order_of(10), {10, 0, 0}), ConfigError);
}

}  // namespace
}  // namespace eida
