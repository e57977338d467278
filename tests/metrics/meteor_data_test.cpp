#include "../../src/metrics/meteor_data.h"

#include <cstdlib>
#include <fstream>

#include "eida/core/error.h"
#include "meteor_fixture.h"
#include "support/file_helpers.h"

namespace eida {
namespace {

using testing::MeteorTest;

class MeteorDataTest : public MeteorTest {
 protected:
  std::filesystem::path index() const { return folder() / "eida-meteor-en.idx"; }
  double paraphrase_words() {
    return meteor_statistics({{"pub"}}, {"bar"}, *open_meteor_data(folder()), true).row(0)[16];
  }
};

TEST_F(MeteorDataTest, IndexIsMadeOnceAndUsedWithoutItsSources) {
  data();
  ASSERT_TRUE(std::filesystem::exists(index()));
  const auto made = std::filesystem::last_write_time(index());
  EXPECT_EQ(paraphrase_words(), 1.0);
  EXPECT_EQ(std::filesystem::last_write_time(index()), made);
}

TEST_F(MeteorDataTest, OtherSourcesMakeANewIndex) {
  data();
  write_table("0.5\nx\ny\n");
  EXPECT_EQ(paraphrase_words(), 0.0);
}

TEST_F(MeteorDataTest, DamagedIndexIsMadeAnew) {
  data();
  std::fstream file(index(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-5, std::ios::end);
  file.put('!');
  file.close();
  EXPECT_EQ(paraphrase_words(), 1.0);
}

TEST_F(MeteorDataTest, FolderNamedByTheEnvironmentIsUsed) {
  data();
  ASSERT_EQ(setenv("EIDA_METEOR_DATA", folder().c_str(), 1), 0);
  const auto statistics = meteor_statistics({{"pub"}}, {"bar"}, *open_meteor_data(), true);
  unsetenv("EIDA_METEOR_DATA");
  EXPECT_EQ(statistics.row(0)[16], 1.0);
}

/// A folder where the index cannot be put stands for a read-only environment.
TEST_F(MeteorDataTest, IndexOfAReadOnlyEnvironmentGoesToTheUsersCache) {
  write_jar();
  write_table("0.3\npub\nbar\n");
  std::filesystem::create_directories(index() / "occupied");
  ASSERT_EQ(setenv("XDG_CACHE_HOME", (folder() / "cache").c_str(), 1), 0);
  const auto made = folder() / "cache" / "eida" / "eida-meteor-en.idx";
  for (int call = 0; call < 2; ++call) {
    const auto data = meteor::open_data({}, folder());
    EXPECT_EQ(meteor_statistics({{"pub"}}, {"bar"}, *data, true).row(0)[16], 1.0);
    EXPECT_TRUE(std::filesystem::exists(made));
  }
  unsetenv("XDG_CACHE_HOME");
  const std::string error =
      testing::message_of<DataError>([&] { meteor::open_data(folder(), folder() / "no"); });
  EXPECT_NE(error.find("could not be made"), std::string::npos) << error;
}

TEST_F(MeteorDataTest, ConversionNamesAMissingFile) {
  const std::string error =
      testing::message_of<DataError>([&] { convert_meteor_data(folder(), index()); });
  EXPECT_NE(error.find("meteor-1.5.jar"), std::string::npos) << error;
}

TEST_F(MeteorDataTest, CutTableIsAnError) {
  write_jar();
  write_table("0.5\nnear\n");
  const std::string error =
      testing::message_of<DataError>([&] { convert_meteor_data(folder(), index()); });
  EXPECT_NE(error.find("groups of three"), std::string::npos) << error;
  EXPECT_FALSE(std::filesystem::exists(index()));
}

TEST_F(MeteorDataTest, CutGzipFileIsAnError) {
  data();
  const auto table = folder() / "data" / "paraphrase-en.gz";
  std::filesystem::resize_file(table, std::filesystem::file_size(table) - 12);
  const std::string error =
      testing::message_of<DataError>([&] { convert_meteor_data(folder(), index()); });
  EXPECT_NE(error.find("paraphrase-en.gz"), std::string::npos) << error;
}

TEST_F(MeteorDataTest, FolderThatIsNotThereIsAnErrorWithARemedy) {
  const std::string error =
      testing::message_of<DataError>([&] { open_meteor_data(folder() / "no"); });
  EXPECT_NE(error.find("EIDA_METEOR_DATA"), std::string::npos) << error;
}

TEST_F(MeteorDataTest, EmptyPhraseIsAnError) {
  write_jar();
  write_table("1\na\n\n");
  const std::string error =
      testing::message_of<DataError>([&] { convert_meteor_data(folder(), index()); });
  EXPECT_NE(error.find("without words"), std::string::npos) << error;
}

TEST_F(MeteorDataTest, ScatteredSourceIsAnError) {
  write_jar();
  write_table("1\na\nb\n1\nc\nd\n1\na\ne\n");
  const std::string error =
      testing::message_of<DataError>([&] { convert_meteor_data(folder(), index()); });
  EXPECT_NE(error.find("do not follow"), std::string::npos) << error;
}

TEST_F(MeteorDataTest, DamagedJarIsAnError) {
  data();
  const auto jar = folder() / "meteor-1.5.jar";
  std::filesystem::resize_file(jar, std::filesystem::file_size(jar) - 10);
  const std::string error =
      testing::message_of<DataError>([&] { convert_meteor_data(folder(), index()); });
  EXPECT_NE(error.find("meteor-1.5.jar: has no entry"), std::string::npos) << error;
}

}  // namespace
}  // namespace eida
