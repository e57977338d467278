#include "eida/data/dataset.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "data/reader_fixture.h"

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

TEST(DataTask, NamesAreThoseOfTheCommandLine) {
  EXPECT_EQ(parse_data_task("e2e"), DataTask::kE2e);
  EXPECT_EQ(task_kind(DataTask::kE2e), TaskKind::kCompletion);
  EXPECT_EQ(task_kind(DataTask::kSst2), TaskKind::kClassification);
  EXPECT_THROW(parse_data_task("sst-2"), ConfigError);
}

/// Whatever bytes a file has: a dataset whose every row reads or fails with DataError, or a
/// DataError.
TEST_F(Datasets, AnyBytesGiveRowsOrADataError) {
  const auto tasks = {DataTask::kSst2, DataTask::kE2e, DataTask::kClassification,
                      DataTask::kPrompt};
  const bool held = rc::check([&] {
    const auto body = *rc::gen::container<std::string>(rc::gen::element(
        'a', '"', ',', '\t', '\n', '\r', '|', '{', '}', '1', ':', '\xC3', '\xA9', '\0'));
    const auto header = *rc::gen::element<std::string>(
        "sentence\tlabel\n", "mr,ref\n", "{\"prompt\":\"a\"}\n", "a||b\n", "text,label\n", "");
    const auto path = write("fuzz.csv", header + body);
    for (const DataTask task : tasks) {
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

}  // namespace
}  // namespace eida
