#include "eida/core/log.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "eida/core/error.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

using eida::testing::read_text;

namespace {

class LogTest : public ::testing::Test {
 protected:
  void TearDown() override {
    eida::detach_log_file();
    eida::setup_logging({.level = "warning"});
  }

  /// What `body` puts on stderr.
  template <typename Body>
  static std::string captured(const Body& body) {
    ::testing::internal::CaptureStderr();
    body();
    return ::testing::internal::GetCapturedStderr();
  }
};

std::vector<nlohmann::json> lines_of(const std::filesystem::path& file) {
  std::istringstream stream(read_text(file));
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

}  // namespace

TEST_F(LogTest, LevelDecidesWhatIsShown) {
  eida::setup_logging({.level = "info"});
  const std::string text = captured([] {
    spdlog::debug("hidden");
    spdlog::info("shown {}", 1);
  });
  ASSERT_GT(text.size(), 9U);
  EXPECT_EQ(text.substr(9), "info: shown 1\n");  // after "HH:MM:SS "
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "colour, and stderr is no terminal";
}

TEST_F(LogTest, QuietShowsErrorsOnlyAndTheFileGetsAll) {
  const eida::testing::TempDir dir;
  eida::setup_logging({.level = "info", .quiet = true});
  eida::attach_log_file(dir.path() / "log.jsonl");
  const std::string text = captured([] {
    spdlog::warn("to the file");
    spdlog::error("to both");
  });
  EXPECT_EQ(text.substr(9), "error: to both\n");
  const auto lines = lines_of(dir.path() / "log.jsonl");
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(lines[lines.size() - 2]["message"], "to the file");
}

TEST_F(LogTest, FileStartsWithWhatWasLoggedBeforeIt) {
  const eida::testing::TempDir dir;
  eida::setup_logging({.level = "info"});
  captured([] { spdlog::info("early"); });
  eida::attach_log_file(dir.path() / "log.jsonl");
  captured([] { spdlog::warn("quote \" and line\nend, bad byte \xff"); });
  const auto lines = lines_of(dir.path() / "log.jsonl");
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(lines[lines.size() - 2]["message"], "early");
  EXPECT_EQ(lines.back()["message"], "quote \" and line\nend, bad byte \uFFFD");
  EXPECT_EQ(lines.back()["level"], "warning");
  EXPECT_EQ(lines.back()["time"].get<std::string>().back(), 'Z');
}

TEST_F(LogTest, FileIsAppendedTo) {
  const eida::testing::TempDir dir;
  eida::setup_logging({.level = "info", .quiet = true});
  for (int i = 0; i < 2; ++i) {
    eida::attach_log_file(dir.path() / "log.jsonl");
    spdlog::info("run {}", i);
    eida::detach_log_file();
  }
  const auto lines = lines_of(dir.path() / "log.jsonl");
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(lines[lines.size() - 2]["message"], "run 0");
  EXPECT_EQ(lines.back()["message"], "run 1");
}

TEST_F(LogTest, FullDiskIsSaidOnceAndStopsNothing) {
  eida::setup_logging({.level = "info", .quiet = true});
  const std::string text = captured([] {
    try {
      eida::attach_log_file("/dev/full");
    } catch (const eida::DataError&) {  // lines kept from before could not be written
    }
    spdlog::info("lost");
    spdlog::info("lost too");
  });
  EXPECT_EQ(text,
            "log lines are lost: /dev/full: cannot write: No space left on device (hint: free some "
            "space or "
            "choose another --output)\n");
}

TEST_F(LogTest, TextOfFilesCannotSteerTheTerminal) {
  eida::setup_logging({.level = "info"});
  const std::string text = captured([] { spdlog::info("row \x1b[2J\r é"); });
  EXPECT_EQ(text.substr(9), "info: row ?[2J? é\n");
}

TEST_F(LogTest, AReasonIsWarnedOfOnce) {
  eida::setup_logging({});
  const std::string text = captured([] {
    eida::warn_once("no gnuplot", "a.svg not drawn: no gnuplot");
    eida::warn_once("no gnuplot", "b.svg not drawn: no gnuplot");
    eida::warn_once("no font", "b.svg not drawn: no font");
  });
  EXPECT_NE(text.find("a.svg not drawn"), std::string::npos) << text;
  EXPECT_EQ(text.find("b.svg not drawn: no gnuplot"), std::string::npos) << text;
  EXPECT_NE(text.find("b.svg not drawn: no font"), std::string::npos) << text;
}

TEST_F(LogTest, UnknownLevelListsTheLevels) {
  const auto message =
      eida::testing::message_of<eida::ConfigError>([] { eida::setup_logging({.level = "loud"}); });
  EXPECT_EQ(message,
            "log level 'loud' is unknown (hint: one of trace, debug, info, warning, error, off)");
}

TEST_F(LogTest, FileInMissingFolderIsAnError) {
  EXPECT_THROW(eida::attach_log_file("/none/log.jsonl"), eida::DataError);
}
