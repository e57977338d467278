#include "eida/core/hub_cache.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "support/file_helpers.h"
#include "support/test_data.h"

namespace eida {
namespace {

namespace fs = std::filesystem;

class HubCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : kVariables) ::unsetenv(name);
    ::setenv("HF_HOME", dir_.path().c_str(), 1);
  }
  void TearDown() override {
    for (const char* name : kVariables) ::unsetenv(name);
  }
  /// Puts a snapshot of `model` (models--…) into the cache. \return its folder
  fs::path add(const std::string& model, const std::string& revision, const std::string& main) {
    const fs::path folder = dir_.path() / "hub" / model;
    fs::create_directories(folder / "snapshots" / revision);
    fs::create_directories(folder / "refs");
    testing::write_text(folder / "refs" / "main", main);
    return folder / "snapshots" / revision;
  }

  static constexpr const char* kVariables[] = {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME",
                                               "XDG_CACHE_HOME"};
  testing::TempDir dir_;
};

TEST_F(HubCacheTest, NameIsTheSnapshotThatMainNames) {
  add("models--org--name", "111", "222");
  const fs::path main = add("models--org--name", "222", "222");
  EXPECT_EQ(local_model_folder("org/name"), main);
  EXPECT_EQ(local_model_folder("org/other"), "org/other");
  const fs::path old = add("models--gpt2", "333", "333\n");
  EXPECT_EQ(local_model_folder("gpt2"), old);
}

TEST_F(HubCacheTest, ARevisionIsABranchOrASnapshotItself) {
  add("models--org--name", "222", "222");
  const fs::path other = add("models--org--name", "111", "222");
  testing::write_text(dir_.path() / "hub" / "models--org--name" / "refs" / "v1", "111");
  EXPECT_EQ(local_model_folder("org/name@v1"), other);
  EXPECT_EQ(local_model_folder("org/name@111"), other);
  for (const char* absent : {"org/name@v2", "org/name@", "org/name@../refs", "org/name@."})
    EXPECT_EQ(local_model_folder(absent), absent);
  EXPECT_EQ(download_command("org/name"), "hf download org/name");
  EXPECT_EQ(download_command("org/name@v2"), "hf download org/name --revision v2");
}

TEST_F(HubCacheTest, WithoutMainOrItsSnapshotTheNameStays) {
  add("models--org--name", "111", "222");
  EXPECT_EQ(local_model_folder("org/name"), "org/name");
  add("models--org--name", "111", "../111");
  EXPECT_EQ(local_model_folder("org/name"), "org/name");
  fs::remove(dir_.path() / "hub" / "models--org--name" / "refs" / "main");
  EXPECT_EQ(local_model_folder("org/name"), "org/name");
}

TEST_F(HubCacheTest, FolderComesBeforeTheCache) {
  add("models--org--name", "111", "111");
  const fs::path before = fs::current_path();
  fs::create_directories(dir_.path() / "org" / "name");
  fs::current_path(dir_.path());
  const fs::path found = local_model_folder("org/name");
  fs::current_path(before);
  EXPECT_EQ(found, "org/name");
}

TEST_F(HubCacheTest, CacheIsWhereTheEnvironmentSaysFirst) {
  EXPECT_EQ(hub_cache(), dir_.path() / "hub");
  ::setenv("HF_HUB_CACHE", "/elsewhere", 1);
  EXPECT_EQ(hub_cache(), "/elsewhere");
  ::unsetenv("HF_HUB_CACHE");
  ::unsetenv("HF_HOME");
  ::setenv("XDG_CACHE_HOME", "/cache", 1);
  EXPECT_EQ(hub_cache(), "/cache/huggingface/hub");
  ::unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(hub_cache(), fs::path(std::getenv("HOME")) / ".cache/huggingface/hub");
}

TEST(HubName, IsOneOrTwoPartsOfPlainCharacters) {
  for (const char* name : {"gpt2", "org/name", "Foo-BAR_foo.bar123", "a/b.c"})
    EXPECT_TRUE(is_hub_name(name)) << name;
  for (const char* name : {"", ".", "..", "./m", "../m", "/m", "a/b/c", "m/", "a--b", "a..b",
                           ".hidden", "org/-x", "org/x.git", "a b", "é"})
    EXPECT_FALSE(is_hub_name(name)) << name;
}

}  // namespace
}  // namespace eida
