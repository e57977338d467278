#include "eida/core/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "eida/core/error.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace fs = std::filesystem;
using eida::testing::message_of;
using eida::testing::read_text;
using eida::testing::TempDir;
using eida::testing::write_text;

namespace {

/// Makes every write beyond `bytes` fail with EFBIG, for a scope.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

size_t entries(const fs::path& folder) {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// Pages of files that are in this process's memory.
int64_t resident_file_pages() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0, resident = 0, shared = -1;
  statm >> size >> resident >> shared;
  EXPECT_GE(shared, 0);
  return shared;
}

}  // namespace

TEST(AtomicFile, ReplacesTheWholeFile) {
  const TempDir dir;
  const fs::path file = write_text(dir.path() / "a.txt", "before, and longer");
  eida::write_file_atomic(file, "after");
  EXPECT_EQ(read_text(file), "after");
  EXPECT_EQ(entries(dir.path()), 1U);
}

TEST(AtomicFile, WithoutCommitLeavesTheOldFileAndNothingElse) {
  const TempDir dir;
  const fs::path file = write_text(dir.path() / "a.txt", "before");
  {
    eida::AtomicFile atomic(file);
    atomic.write("half of ");
    EXPECT_EQ(entries(dir.path()), 2U);
  }
  EXPECT_EQ(read_text(file), "before");
  EXPECT_EQ(entries(dir.path()), 1U);
}

TEST(AtomicFile, HonoursTheUmask) {
  const TempDir dir;
  const mode_t before = ::umask(027);
  eida::write_file_atomic(dir.path() / "a", "x");
  ::umask(before);
  EXPECT_EQ(fs::status(dir.path() / "a").permissions(), fs::perms(0640));
}

TEST(AtomicFile, FailedWriteNamesFileAndReasonAndLeavesNothing) {
  const TempDir dir;
  const fs::path file = dir.path() / "big.bin";
  const std::string bytes(100'000, 'x');
  std::string message;
  {
    const FileSizeLimit limit(4096);
    message = message_of<eida::DataError>([&] { eida::write_file_atomic(file, bytes); });
  }
  EXPECT_EQ(message, file.string() + ": cannot write: File too large");
  EXPECT_EQ(entries(dir.path()), 0U);
}

TEST(AtomicFile, MissingFolderIsAnError) {
  const TempDir dir;
  const fs::path file = dir.path() / "none" / "a";
  const auto message = message_of<eida::DataError>([&] { eida::AtomicFile atomic(file); });
  EXPECT_EQ(message, file.string() + ": cannot create: No such file or directory");
}

TEST(ReadFile, ReadsAllBytesAndKeepsTheLimit) {
  const TempDir dir;
  const std::string bytes("a\0b\n\xff", 5);
  const fs::path file = write_text(dir.path() / "a", bytes);
  EXPECT_EQ(eida::read_file(file), bytes);
  EXPECT_EQ(eida::read_file(file, 5), bytes);
  const auto message = message_of<eida::DataError>([&] { eida::read_file(file, 4); });
  EXPECT_EQ(message, file.string() + ": has 5 bytes, more than the limit of 4");
}

TEST(ReadFile, RefusesWhatIsNoFile) {
  const TempDir dir;
  const fs::path pipe = dir.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(message_of<eida::DataError>([&] { eida::read_file(pipe); }),
            pipe.string() + ": is not a regular file");
  EXPECT_EQ(message_of<eida::DataError>([&] { eida::read_file(dir.path()); }),
            dir.path().string() + ": is a folder, not a file");
  EXPECT_EQ(message_of<eida::DataError>([&] { eida::read_file(dir.path() / "none"); }),
            (dir.path() / "none").string() + ": cannot open: No such file or directory");
}

TEST(MappedFile, ShowsTheBytesAndMoves) {
  const TempDir dir;
  eida::MappedFile mapped(write_text(dir.path() / "a", "mapped bytes"));
  EXPECT_EQ(mapped.view(), "mapped bytes");
  eida::MappedFile moved(std::move(mapped));
  EXPECT_EQ(moved.view(), "mapped bytes");
  eida::MappedFile other(write_text(dir.path() / "b", "b"));
  other = std::move(moved);
  EXPECT_EQ(other.view(), "mapped bytes");
  EXPECT_EQ(other.path(), dir.path() / "a");
}

TEST(MappedFile, EmptyFileIsAnEmptyView) {
  const TempDir dir;
  EXPECT_EQ(eida::MappedFile(write_text(dir.path() / "a", "")).size(), 0U);
}

TEST(MappedFile, ReleasedPagesAreReadAgain) {
  const TempDir dir;
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const std::string text(64 * page + 17, 'x');
  eida::MappedFile mapped(write_text(dir.path() / "a", text));
  ASSERT_EQ(mapped.view(), text);
  const int64_t before = resident_file_pages();
  eida::release_mapped_pages(mapped.data(), mapped.size());
  EXPECT_LE(resident_file_pages(), before - 32);
  EXPECT_EQ(mapped.view(), text);
  const std::string own(2 * page, 'y');
  eida::release_mapped_pages(own.data(), own.size());  // not of a file: stays
  EXPECT_EQ(own, std::string(2 * page, 'y'));
}

TEST(MappedFile, MissingFileIsNamed) {
  const auto message = message_of<eida::DataError>([] { eida::MappedFile mapped("/none/a"); });
  EXPECT_EQ(message, "/none/a: cannot open: No such file or directory");
}

TEST(Sha256, AgreesWithPublishedVectors) {  // FIPS 180-4, examples
  EXPECT_EQ(eida::sha256("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(eida::sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(eida::sha256(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, FileInPiecesEqualsBytesInMemory) {
  const TempDir dir;
  const std::string bytes(3'000'001, 'q');
  EXPECT_EQ(eida::sha256_file(write_text(dir.path() / "a", bytes)), eida::sha256(bytes));
  EXPECT_EQ(eida::sha256_file(dir.path() / "a", 3), eida::sha256(bytes.substr(0, 3)));
  EXPECT_THROW(eida::sha256_file(dir.path() / "none"), eida::DataError);
  eida::Sha256 hash;
  hash.update(bytes.substr(0, 3));
  EXPECT_EQ(hash.hex(), eida::sha256(bytes.substr(0, 3)));
  hash.update(bytes.substr(3));
  EXPECT_EQ(hash.hex(), eida::sha256(bytes));
}
