/// Folders that tests need; a test skips, and says so, where one was not given.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <system_error>

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

/// In memory where the system has a file system there, else in the build tree: programs flush
/// what they write, and on a disk that is a third of a short run's time.
inline std::filesystem::path temp_root() {
  const std::filesystem::path build(EIDA_BINARY_DIR), memory("/dev/shm");
  std::error_code fault;
  const auto space = std::filesystem::space(memory, fault);
  if (fault || space.available < uintmax_t{4} << 30 || ::access(memory.c_str(), W_OK) != 0)
    return build / "test-tmp";
  return memory / ("eida-tests-" + std::to_string(std::hash<std::string>()(build.string())));
}

/// A fresh folder, removed at the end of the scope.
class TempDir {
 public:
  TempDir() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = temp_root() / (std::string(info->test_suite_name()) + "." + info->name());
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
