#include "eida/core/progress.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "eida/core/files.h"
#include "support/test_data.h"

namespace {

/// What `body` puts on stderr, which is no terminal then.
template <typename Body>
std::string captured(const Body& body) {
  ::testing::internal::CaptureStderr();
  body();
  return ::testing::internal::GetCapturedStderr();
}

/// What `body` puts on stderr, which is a terminal then. A terminal hands on its bytes when it
/// likes, in one piece or several: read up to a mark that was written last.
template <typename Body>
std::string captured_terminal(const Body& body) {
  int master = -1, slave = -1;
  EXPECT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  const int kept = ::dup(STDERR_FILENO);
  ::dup2(slave, STDERR_FILENO);
  body();
  ::dup2(kept, STDERR_FILENO);
  const std::string_view mark = "<end>";
  EXPECT_EQ(::write(slave, mark.data(), mark.size()), static_cast<ssize_t>(mark.size()));
  std::string text;
  std::array<char, 4096> piece{};
  while (text.find(mark) == std::string::npos) {
    const ssize_t n = ::read(master, piece.data(), piece.size());
    if (n <= 0) break;
    text.append(piece.data(), static_cast<size_t>(n));
  }
  for (const int fd : {master, slave, kept}) ::close(fd);
  return text;
}

class ProgressTest : public ::testing::Test {
 protected:
  void TearDown() override { eida::setup_progress({}); }
};

}  // namespace

TEST(FormatProgress, ShowsShareRateAndTimeLeft) {
  EXPECT_EQ(eida::format_progress("sampling", 128, 256, "sentences", 4.0),
            "sampling: 128/256 sentences (50 %), 32.0/s, 0:04 left");
  EXPECT_EQ(eida::format_progress("sampling", 0, 256, "sentences", 1.0),
            "sampling: 0/256 sentences (0 %)");
  EXPECT_EQ(eida::format_progress("rounds", 1, 4, "rounds", 7200.0),
            "rounds: 1/4 rounds (25 %), 0.5/h, 6:00:00 left");
  EXPECT_EQ(eida::format_progress("reading", 500, 0, "rows", 2.0), "reading: 500 rows, 250/s");
}

TEST(FormatDuration, GrowsWithTheTime) {
  EXPECT_EQ(eida::format_duration(3.2), "0:03");
  EXPECT_EQ(eida::format_duration(754), "12:34");
  EXPECT_EQ(eida::format_duration(7509), "2:05:09");
  EXPECT_EQ(eida::format_duration(3 * 86400 + 4 * 3600 + 300), "3 d 04:05");
  EXPECT_EQ(eida::format_duration(-1), "0:00");
}

TEST_F(ProgressTest, WithoutTerminalPlainLines) {
  eida::setup_progress({.seconds_between = 0});
  const std::string text = captured([] {
    eida::Progress progress("sampling", 2, "sentences");
    progress.advance();
    progress.advance();
  });
  EXPECT_EQ(text.find("sampling: 1/2 sentences (50 %), "), 0U) << text;
  EXPECT_NE(text.find("\nsampling: 2/2 sentences (100 %), "), std::string::npos) << text;
  EXPECT_NE(text.find("\nsampling: 2/2 sentences in 0:00, "), std::string::npos) << text;
  EXPECT_EQ(text.find('\r'), std::string::npos);
}

TEST_F(ProgressTest, TheNoteStandsBehindTheRest) {
  eida::setup_progress({.seconds_between = 0});
  const std::string text = captured([] {
    eida::Progress progress("generating", 2, "prompts");
    progress.set_note("81.2 tokens/s");
    progress.advance(2);
  });
  const std::string end = ", 81.2 tokens/s\n";
  EXPECT_NE(text.find("generating: 2/2 prompts (100 %)"), std::string::npos) << text;
  EXPECT_NE(text.find(end), std::string::npos) << text;
  EXPECT_EQ(text.rfind(end), text.size() - end.size()) << text;
}

TEST_F(ProgressTest, PlainLinesKeepTheirDistance) {
  eida::setup_progress({.seconds_between = 3600});
  const std::string text = captured([] {
    eida::Progress progress("sampling", 1000);
    for (int i = 0; i < 1000; ++i) progress.advance();
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

TEST_F(ProgressTest, StoppedWorkIsNotCalledDone) {
  const std::string text = captured([] {
    eida::Progress progress("sampling", 10);
    progress.advance(3);
  });
  EXPECT_EQ(text.find("sampling: 3/10 steps stopped after 0:00, "), 0U) << text;
}

TEST_F(ProgressTest, WorkThatNeverBeganIsNotSpokenOf) {
  EXPECT_EQ(captured([] { eida::Progress("sampling", 10); }), "");
}

TEST_F(ProgressTest, DisabledShowsNothing) {
  eida::setup_progress({.enabled = false, .seconds_between = 0});
  EXPECT_EQ(captured([] { eida::Progress("sampling", 1).advance(); }), "");
}

TEST_F(ProgressTest, InnerBarShowsNothing) {
  const std::string text = captured([] {
    eida::Progress outer("repeats", 1);
    { eida::Progress("sampling", 1).advance(); }
    outer.advance();
  });
  EXPECT_EQ(text.find("sampling"), std::string::npos) << text;
  EXPECT_EQ(text.find("repeats: 1/1"), 0U) << text;
}

TEST_F(ProgressTest, CountsFromSeveralThreads) {
  const std::string text = captured([] {
    eida::Progress progress("work", 4000);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) progress.advance();
      });
    }
    for (auto& thread : threads) thread.join();
  });
  EXPECT_EQ(text.find("work: 4000/4000 steps in "), 0U) << text;
}

TEST_F(ProgressTest, ResultsComeBeforeTheLinesThatFollowThem) {
  const eida::testing::TempDir dir;
  const std::filesystem::path file = dir.path() / "both";
  std::fflush(stdout);
  const int kept_out = ::dup(STDOUT_FILENO), kept_err = ::dup(STDERR_FILENO);
  const int both = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ASSERT_GE(both, 0);
  ::dup2(both, STDOUT_FILENO);
  ::dup2(both, STDERR_FILENO);
  std::fputs("a result\n", stdout);
  eida::Progress("sampling", 1).advance();
  std::fflush(stdout);
  ::dup2(kept_out, STDOUT_FILENO);
  ::dup2(kept_err, STDERR_FILENO);
  for (const int fd : {both, kept_out, kept_err}) ::close(fd);
  const std::string text = eida::read_file(file);
  EXPECT_EQ(text.find("a result\nsampling: 1/1 steps in "), 0U) << text;
}

TEST_F(ProgressTest, OnATerminalOneRefreshedLine) {
  const std::string text = captured_terminal([] {
    eida::Progress progress("sampling", 2);
    progress.advance();
  });
  EXPECT_EQ(text.find("\r\x1b[Ksampling: 1/2 steps (50 %)"), 0U) << text;
  EXPECT_NE(text.find("\r\x1b[Ksampling: 1/2 steps stopped"), std::string::npos) << text;
}
