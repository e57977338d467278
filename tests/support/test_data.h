/// Folders that tests need; a test skips, and says so, where one was not given.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

namespace eida::testing {

/// Outside data (CMake option EIDA_DATA): sst2/, e2e-lora/, gpt2/, roberta-base/, …; empty when not
/// given.
inline std::filesystem::path data_dir() { return EIDA_DATA_DIR; }
/// all-MiniLM-L6-v2 (CMake option EIDA_MINILM); empty when not given.
inline std::filesystem::path minilm_dir() { return EIDA_MINILM_DIR; }
/// The repository's own golden files.
inline std::filesystem::path golden_dir() {
  return std::filesystem::path(EIDA_SOURCE_DIR) / "tests" / "golden";
}

/// A fresh folder under the build tree, removed at the end of the scope.
class TempDir {
 public:
  TempDir() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(EIDA_BINARY_DIR) / "test-tmp" /
            (std::string(info->test_suite_name()) + "." + info->name());
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace eida::testing

#define EIDA_NEED_DATA(dir) \
  if ((dir).empty() || !std::filesystem::exists(dir)) GTEST_SKIP() << "needs outside data: " #dir
