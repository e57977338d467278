#include "eida/core/installation.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "support/file_helpers.h"
#include "support/test_data.h"

namespace eida {
namespace {

namespace fs = std::filesystem;

/// A folder with lib/, and the variables of active environments unset while a test runs.
class InstallationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX"}) ::unsetenv(name);
    fs::create_directories(library());
  }
  void TearDown() override { ::unsetenv("VIRTUAL_ENV"); }
  fs::path library() const { return prefix() / "lib"; }
  fs::path prefix() const { return fs::canonical(dir_.path()) / "prefix"; }
  /// An environment that has the package's file.
  fs::path environment(const std::string& name) const {
    const fs::path site =
        fs::canonical(dir_.path()) / name / "lib" / "python3.12" / "site-packages";
    put(site / "package" / "file");
    return site;
  }
  static void put(const fs::path& file) {
    fs::create_directories(file.parent_path());
    testing::write_text(file, "x");
  }
  fs::path find(const fs::path& library) const {
    return find_installed("file", "package/file", library);
  }
  fs::path find() const { return find(library()); }

  testing::TempDir dir_;
};

TEST_F(InstallationTest, ShareComesBeforeTheEnvironment) {
  const fs::path site = environment("env");
  fs::create_directories(site / "torch");
  fs::create_directory_symlink(site / "torch", prefix() / "libtorch");
  EXPECT_EQ(find(), site / "package" / "file");
  put(prefix() / "share" / "eida" / "file");
  EXPECT_EQ(find(), prefix() / "share" / "eida" / "file");
}

TEST_F(InstallationTest, DeeperLibraryFolderHasTheSameShare) {
  put(prefix() / "share" / "eida" / "file");
  EXPECT_EQ(find(library() / "x86_64-linux-gnu"), prefix() / "share" / "eida" / "file");
}

TEST_F(InstallationTest, LinkInShareIsFollowed) {
  const fs::path file = environment("env") / "package" / "file";
  fs::create_directories(prefix() / "share" / "eida");
  fs::create_symlink(file, prefix() / "share" / "eida" / "file");
  EXPECT_EQ(find(), file);
}

TEST_F(InstallationTest, EnvironmentOfTheLibraryItself) {
  const fs::path site = environment("env");
  EXPECT_EQ(find(site / "eida" / "lib"), site / "package" / "file");
}

TEST_F(InstallationTest, ActiveEnvironmentIsTheLast) {
  EXPECT_EQ(find(), fs::path());
  const fs::path active = environment("active");
  ::setenv("VIRTUAL_ENV", active.parent_path().parent_path().parent_path().c_str(), 1);
  EXPECT_EQ(find(), active / "package" / "file");
  const fs::path own = environment("own");
  EXPECT_EQ(find(own / "eida"), own / "package" / "file");
}

TEST_F(InstallationTest, FolderOfThisLibraryHoldsIt) {
  EXPECT_TRUE(fs::exists(library_folder() / "libeida_base.so")) << library_folder();
}

}  // namespace
}  // namespace eida
