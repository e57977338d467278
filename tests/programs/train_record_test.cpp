#include <gtest/gtest.h>

#include <fstream>

#include "../../src/programs/train/record.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "support/test_data.h"
#include "support/tiny_models.h"

namespace eida {
namespace {

TEST(MetricsLog, CutsOffWhatNoStateKnows) {
  const testing::TempDir dir;
  const auto file = dir.path() / "metrics.jsonl";
  int64_t kept = 0;
  {
    MetricsLog log(file, 0);
    log.write({{"step", 1}});
    kept = log.bytes();
    log.write({{"step", 2}});
  }
  std::ofstream(file, std::ios::app) << "{\"half a li";
  MetricsLog log(file, kept);
  log.write({{"step", 3}});
  EXPECT_EQ(read_file(file), "{\"step\":1}\n{\"step\":3}\n");
  EXPECT_EQ(log.sha256(), sha256_file(file));
  EXPECT_THROW(MetricsLog(file, 1000), DataError);
}

TEST(SaveModelFolder, ReplacesAWholeFolder) {
  const testing::TempDir dir;
  const auto model = testing::tiny_model(dir.path(), TaskKind::kClassification);
  const auto folder = dir.path() / "model";
  std::filesystem::create_directories(folder);
  write_file_atomic(folder / "old", "x");
  const auto others = {dir.path() / "model.old", dir.path() / "model.partial"};
  for (const auto& other : others) std::filesystem::create_directories(other);
  save_model_folder(*model, {}, folder);
  EXPECT_FALSE(std::filesystem::exists(folder / "old"));
  for (const auto& other : others) EXPECT_TRUE(std::filesystem::exists(other)) << "not ours";
  for (const auto& entry : std::filesystem::directory_iterator(dir.path()))
    EXPECT_FALSE(entry.path().filename().string().starts_with('.')) << entry.path();
  link_folder(folder, dir.path() / "best");
  EXPECT_EQ(sha256_file(dir.path() / "best/model.safetensors"),
            sha256_file(folder / "model.safetensors"));
}

}  // namespace
}  // namespace eida
