/// Writes small data files and opens them.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "eida/core/error.h"
#include "eida/data/dataset.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace eida::testing {

class ReaderTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& content) {
    auto path = dir_.path() / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  std::shared_ptr<const Dataset> open(const std::string& name, const std::string& content,
                                      const ReaderOptions& options) {
    return open_dataset(write(name, content), options);
  }
  /// Message of the DataError that opening throws; empty when it throws none.
  std::string open_error(const std::string& name, const std::string& content,
                         const ReaderOptions& options) {
    try {
      open(name, content, options);
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }

  TempDir dir_;
};

inline ReaderOptions task_options(TaskName task) {
  ReaderOptions options;
  options.task = &task_of(task);
  return options;
}

}  // namespace eida::testing
