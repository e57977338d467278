#include "eida/report/tensorboard.h"

#include <gtest/gtest.h>

#include <cstring>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace eida {
namespace {

/// Data of every record; a failure where lengths or checksums do not fit.
std::vector<std::string> records_of(const std::string& bytes) {
  std::vector<std::string> records;
  for (size_t at = 0; at + 16 <= bytes.size();) {
    uint64_t length = 0;
    std::memcpy(&length, bytes.data() + at, sizeof(length));
    const std::string data = bytes.substr(at + 12, length);
    EXPECT_EQ(bytes.substr(at, 16 + length), tf_record(data));
    records.push_back(data);
    at += 16 + length;
  }
  return records;
}

TEST(Crc32c, HasTheValuesOfRfc3720) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(TfRecord, IsLengthChecksumDataChecksum) {
  const std::string record = tf_record("abc");
  ASSERT_EQ(record.size(), 8U + 4U + 3U + 4U);
  EXPECT_EQ(record.substr(0, 8), std::string("\3\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(record.substr(12, 3), "abc");
  // rotr(crc32c("abc"), 15) + 0xa282ead8, the lowest byte first.
  const uint32_t crc = crc32c("abc"), masked = (crc >> 15U | crc << 17U) + 0xa282ead8U;
  uint32_t stored = 0;
  std::memcpy(&stored, record.data() + 15, sizeof(stored));
  EXPECT_EQ(stored, masked);
}

TEST(EventFile, HoldsVersionThenScalars) {
  const testing::TempDir dir;
  EventFile file(dir.path() / "tensorboard", 1);
  file.write(300, {{"train/loss", 0.5}, {"train/lr", 1.0}});
  const auto records = records_of(read_file(file.path()));  // flushed: the file is still open
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].substr(9), std::string("\x10\0\x1a\x0d", 4) + "brain.Event:2");
  // step 300, then a summary of two values: tag, float.
  EXPECT_EQ(records[1].substr(9), std::string("\x10\xac\x02\x2a\x24", 5) +
                                      std::string("\x0a\x11\x0a\x0atrain/loss\x15\0\0\0\x3f", 19) +
                                      std::string("\x0a\x0f\x0a\x08train/lr\x15\0\0\x80\x3f", 17));
}

TEST(EventFile, AResumedRunStartsAnotherAndDropsWhatItMakesAgain) {
  const testing::TempDir dir;
  const EventFile first(dir.path(), 1);
  const EventFile second(dir.path(), 42);
  EXPECT_LT(first.path(), second.path());  // the order in which they are read
  EXPECT_EQ(records_of(read_file(first.path())).size(), 1U);
  const auto records = records_of(read_file(second.path()));
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].substr(9), std::string("\x10\x2a\x3a\x02\x08\x01", 6));
}

TEST(EventFile, SaysWhereItCannotWrite) {
  const testing::TempDir dir;
  const auto file = testing::write_text(dir.path() / "file", "x");
  const auto message = testing::message_of<DataError>([&] { EventFile(file / "below", 1); });
  EXPECT_NE(message.find(file.string()), std::string::npos) << message;
}

}  // namespace
}  // namespace eida
