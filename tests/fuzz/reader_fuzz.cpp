/// Any bytes as a data file: every row reads, or a DataError says why not.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "eida/core/error.h"
#include "eida/data/dataset.h"
#include "eida/report/curves.h"

namespace {

/// One file for the whole process, removed by exit.
const std::filesystem::path& input_file() {
  static const struct File {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("eida-reader-fuzz-" + std::to_string(::getpid()));
    File() { spdlog::set_level(spdlog::level::off); }
    ~File() { std::filesystem::remove(path); }
  } kFile;
  return kFile.path;
}

void read_rows(const eida::ReaderOptions& options) {
  const auto data = eida::open_dataset(input_file(), options);
  if (data->size() < 1) std::abort();
  for (int64_t i = 0; i < data->size(); ++i) {
    try {
      const eida::TextExample example = data->at(i);
      const auto classes = static_cast<int64_t>(data->class_names().size());
      if (example.first.empty() || example.label >= classes) std::abort();
      if (data->has_targets() && example.label < 0 && example.second.empty()) std::abort();
    } catch (const eida::DataError&) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size < 2) return 0;
  std::ofstream(input_file(), std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(bytes + 2), static_cast<std::streamsize>(size - 2));
  eida::ReaderOptions options;
  options.task = &eida::task_of(static_cast<eida::TaskName>(bytes[0] % 4));
  options.format = static_cast<eida::DataFormat>(bytes[0] / 4 % 5);
  options.check_bytes = bytes[1];
  options.max_row_bytes = 1 << (4 + bytes[1] % 8);
  try {
    if (bytes[0] >= 250) {
      eida::read_curves_csv(input_file());
    } else {
      read_rows(options);
    }
  } catch (const eida::DataError&) {
  } catch (const eida::ConfigError&) {
  }
  return 0;
}
