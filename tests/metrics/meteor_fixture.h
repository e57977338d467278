/// Small source files of METEOR's data, made here, and the index of them.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eida/metrics/meteor.h"
#include "support/test_data.h"

namespace eida::testing {

inline void put(std::string& bytes, uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
}

/// A zip archive with stored entries.
inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string bytes, directory;
  for (const auto& [name, content] : entries) {
    const auto size = static_cast<uint32_t>(content.size());
    const auto sum = static_cast<uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(size)));
    const auto offset = static_cast<uint32_t>(bytes.size());
    std::string common;  // version, flags, method, time, date, checksum, sizes, lengths
    for (const int field : {20, 0, 0, 0, 0}) put(common, static_cast<uint32_t>(field), 2);
    for (const uint32_t field : {sum, size, size}) put(common, field, 4);
    put(common, static_cast<uint32_t>(name.size()), 2);
    put(common, 0, 2);
    put(bytes, 0x04034b50, 4);
    bytes += common + name + content;
    put(directory, 0x02014b50, 4);
    put(directory, 20, 2);
    directory += common;
    directory += std::string(10, '\0');
    put(directory, offset, 4);
    directory += name;
  }
  const auto start = static_cast<uint32_t>(bytes.size());
  bytes += directory;
  put(bytes, 0x06054b50, 4);
  bytes += std::string(4, '\0');
  for (int i = 0; i < 2; ++i) put(bytes, static_cast<uint32_t>(entries.size()), 2);
  put(bytes, static_cast<uint32_t>(directory.size()), 4);
  put(bytes, start, 4);
  put(bytes, 0, 2);
  return bytes;
}

class MeteorTest : public ::testing::Test {
 protected:
  std::filesystem::path folder() const { return dir_.path(); }
  static void write(const std::filesystem::path& path, const std::string& bytes) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }
  void write_jar() {
    write(folder() / "meteor-1.5.jar",
          zip_of({{"function/english.words", "the\na\n,\n"},
                  {"synonym/english.synsets", "big\n1 2\nlarge\n2\ngo\n3\nwalk\n3\n"},
                  {"synonym/english.exceptions", "go\nwent gone\n"}}));
  }
  void write_table(const std::string& lines) {
    const auto path = folder() / "data" / "paraphrase-en.gz";
    std::filesystem::create_directories(path.parent_path());
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, lines.data(), static_cast<unsigned>(lines.size()));
    gzclose(file);
  }
  /// The data of a small table: "near" ~ "close to", "pub" ~ "bar".
  std::shared_ptr<const MeteorData> data() {
    write_jar();
    write_table("0.5\nnear\nclose to\n0.4\nnear\nby\n0.3\npub\nbar\n");
    return open_meteor_data(folder());
  }

  TempDir dir_;
};

}  // namespace eida::testing
