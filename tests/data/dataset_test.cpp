#include "eida/data/dataset.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "data/reader_fixture.h"
#include "eida/core/csv.h"
#include "eida/core/rng.h"

namespace eida {
namespace {

using Datasets = testing::ReaderTest;

TEST(MemoryDataset, HoldsWhatItWasGiven) {
  const auto data =
      make_dataset({{"a", "", 0}, {"b", "", 1}}, TaskKind::kClassification, {"no", "yes"});
  EXPECT_EQ(data->size(), 2);
  EXPECT_EQ(data->at(1).first, "b");
  EXPECT_TRUE(data->has_targets());
  EXPECT_FALSE(make_dataset({{"a", "", -1}}, TaskKind::kClassification)->has_targets());
}

TEST(MemoryDataset, RefusesNothingAndUnknownLabels) {
  EXPECT_THROW(make_dataset({}, TaskKind::kCompletion), DataError);
  EXPECT_THROW(make_dataset({{"a", "", 2}}, TaskKind::kClassification, {"no", "yes"}), DataError);
  EXPECT_THROW(make_dataset({{"a", "", 0}}, TaskKind::kClassification, {"no"})->at(1), DataError);
}

/// Whatever bytes a file has: a dataset whose every row reads or fails with DataError, or a
/// DataError.
TEST_F(Datasets, AnyBytesGiveRowsOrADataError) {
  const auto tasks = {TaskName::sst2, TaskName::e2e, TaskName::classification, TaskName::prompt};
  const bool held = rc::check([&] {
    const auto body = *rc::gen::container<std::string>(rc::gen::element(
        'a', '"', ',', '\t', '\n', '\r', '|', '{', '}', '1', ':', '\xC3', '\xA9', '\0'));
    const auto header = *rc::gen::element<std::string>(
        "sentence\tlabel\n", "mr,ref\n", "{\"prompt\":\"a\"}\n", "a||b\n", "text,label\n", "");
    const auto path = write("fuzz.csv", header + body);
    for (const TaskName task : tasks) {
      ReaderOptions options = testing::task_options(task);
      options.check_bytes = 16;
      try {
        const auto data = open_dataset(path, options);
        RC_ASSERT(data->size() > 0);
        for (int64_t i = 0; i < data->size(); ++i) {
          try {
            RC_ASSERT(!data->at(i).first.empty());
          } catch (const DataError&) {
          }
        }
      } catch (const DataError&) {
      }
    }
  });
  EXPECT_TRUE(held);
}

/// Rows of 0 to 4,000 bytes, so that marks of the index fall between many or few of them.
TEST_F(Datasets, EveryRowIsFoundByItsNumber) {
  Rng rng(1, "rows");
  std::string csv = "text,label\n", tsv = "text\tlabel\n";
  std::vector<std::string> texts;
  for (int i = 0; i < 3000; ++i) {
    std::string text = "row " + std::to_string(i) + " ";
    text.append(rng.below(10) == 0 ? rng.below(4000) : rng.below(60), 'x');
    tsv += text + "\t" + std::to_string(i % 2) + "\n";
    texts.push_back(i % 7 == 0 ? text + "\n\"quoted\", on" : text);
    csv += quote_csv_field(texts.back()) + "," + std::to_string(i % 2) + "\n";
  }
  const auto options = testing::task_options(TaskName::classification);
  const auto quoted = open("a.csv", csv, options), plain = open("a.tsv", tsv, options);
  ASSERT_EQ(quoted->size(), 3000);
  ASSERT_EQ(plain->size(), 3000);
  for (const int64_t i : rng.permutation(3000)) {
    const std::string& text = texts[static_cast<size_t>(i)];
    EXPECT_EQ(quoted->at(i).first, text);
    EXPECT_EQ(plain->at(i).first, text.substr(0, text.find('\n')));
    EXPECT_EQ(plain->at(i).label, i % 2);
  }
}

/// MiB of this process that are in memory now.
double resident_mib() {
  int64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

TEST_F(Datasets, ALargeFileStaysOnTheDisk) {
  const auto path = dir_.path() / "large.tsv";
  const std::string text(1000, 'x');
  constexpr int64_t kRows = 300000;
  {
    std::ofstream out(path, std::ios::binary);
    out << "sentence\tlabel\n";
    for (int64_t i = 0; i < kRows; ++i) out << i << ' ' << text << "\t" << i % 2 << "\n";
  }
  const double before = resident_mib();
  auto options = testing::task_options(TaskName::sst2);
  options.check_bytes = 0;
  const auto data = open_dataset(path, options);
  ASSERT_EQ(data->size(), kRows);
  EXPECT_LT(resident_mib() - before, 100);
  Rng rng(1, "rows");
  double most = 0;
  for (int round = 0; round < 20; ++round) {
    for (const int64_t i : rng.sample(kRows, 1000))
      ASSERT_EQ(data->at(i).first, std::to_string(i) + " " + text);
    most = std::max(most, resident_mib() - before);
  }
  EXPECT_LT(most, 100) << "of a file of 290 MiB";
}

}  // namespace
}  // namespace eida
