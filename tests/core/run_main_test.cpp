#include "eida/core/run_main.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <new>
#include <thread>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/run_folder.h"
#include "eida/core/signals.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace {

struct Outcome {
  int code;
  std::string text;  ///< on stderr
};

Outcome run(const std::function<int()>& body, const eida::DescribeError& describe = {}) {
  ::testing::internal::CaptureStderr();
  const int code = eida::run_main("eida-probe", body, describe);
  return {code, ::testing::internal::GetCapturedStderr()};
}

template <typename E>
Outcome run_throwing(const E& error) {
  return run([&]() -> int { throw error; });
}

class SignalTest : public ::testing::Test {
 protected:
  void SetUp() override { eida::clear_interrupted(); }
  void TearDown() override { eida::clear_interrupted(); }
};
using SignalDeathTest = SignalTest;

}  // namespace

TEST(RunMain, PassesTheResultOn) {
  const auto [code, text] = run([] { return 0; });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(text, "");
}

TEST(RunMain, EachErrorHasItsExitCodeAndOneLine) {
  EXPECT_EQ(run_throwing(eida::ConfigError("a")).code, 2);
  EXPECT_EQ(run_throwing(eida::DataError("a")).code, 3);
  EXPECT_EQ(run_throwing(eida::FormatError("a")).code, 4);
  EXPECT_EQ(run_throwing(eida::NumericError("a")).code, 5);
  EXPECT_EQ(run_throwing(eida::DataError("x.tsv:3: no label")).text,
            "eida-probe: x.tsv:3: no label\n");
}

TEST(RunMain, SeveralLinesBecomeOne) {
  EXPECT_EQ(run_throwing(eida::DataError("a\nb\tc\x1b[31m\n")).text,
            "eida-probe: a b c\uFFFD[31m\n");
}

TEST(RunMain, OtherExceptionsAreTold) {
  using std::filesystem::filesystem_error;
  const auto full = std::make_error_code(std::errc::no_space_on_device);
  const Outcome disk = run_throwing(filesystem_error("cannot", "/runs/x", full));
  EXPECT_EQ(disk.code, 3);
  EXPECT_EQ(disk.text, "eida-probe: /runs/x: No space left on device\n");
  EXPECT_EQ(run_throwing(std::bad_alloc()).text.find("eida-probe: out of memory"), 0U);
  const Outcome logic = run_throwing(std::logic_error("odd"));
  EXPECT_EQ(logic.code, 1);
  EXPECT_EQ(logic.text, "eida-probe: internal fault: odd\n");
  EXPECT_EQ(run_throwing(42).code, 1);
}

TEST(RunMain, HookDescribesForeignClasses) {
  const auto describe = [](const std::exception&) {
    return std::optional<std::string>("without backtrace");
  };
  const Outcome outcome =
      run([]() -> int { throw std::runtime_error("with\nbacktrace"); }, describe);
  EXPECT_EQ(outcome.text, "eida-probe: internal fault: without backtrace\n");
}

TEST(RunMain, ReasonGoesIntoTheRunFolder) {
  const eida::testing::TempDir dir;
  run([&]() -> int {
    eida::RunFolder folder(dir.path() / "x", {});
    throw eida::NumericError("loss is not finite");
  });
  EXPECT_EQ(eida::testing::read_text(dir.path() / "x" / "INCOMPLETE"),
            "This EIDA run is not complete: loss is not finite\n");
}

TEST(RunMainDeathTest, LostResultsAreAnError) {
  const auto write_to_full_disk = [] {
    if (std::freopen("/dev/full", "w", stdout) == nullptr) std::exit(99);
    std::exit(eida::run_main("eida-probe", [] { return std::puts("{}") < 0 ? 98 : 0; }));
  };
  EXPECT_EXIT(write_to_full_disk(), ::testing::ExitedWithCode(3),
              "eida-probe: standard output: cannot write: No space left on device");
}

TEST(RunMainDeathTest, AMappedFileThatIsCutShortIsNamed) {
  const eida::testing::TempDir dir;
  const auto file = dir.path() / "model.safetensors";
  eida::write_file_atomic(file, std::string(100'000, 'x'));
  const auto cut = [&] {
    std::exit(eida::run_main("eida-train", [&] {
      const eida::RunFolder folder(dir.path() / "x", {});
      const eida::MappedFile map(file);
      std::filesystem::resize_file(file, 1);
      return map.view().back() == 'x' ? 97 : 96;
    }));
  };
  EXPECT_EXIT(cut(), ::testing::ExitedWithCode(3),
              "eida-train: .*model.safetensors: was cut short while it was read, or its disk "
              "fails \\(hint: .*\\)\n$");
  EXPECT_TRUE(eida::testing::holds(eida::testing::read_text(dir.path() / "x" / "INCOMPLETE"),
                                   "model.safetensors: was cut short"));
}

TEST(RunMainDeathTest, ResultsThatNobodyReadsAreAnError) {
  const auto write_to_closed_pipe = [] {
    std::exit(eida::run_main("eida-probe", [] {
      int ends[2];
      if (::pipe(ends) != 0 || ::dup2(ends[1], STDOUT_FILENO) < 0) return 99;
      ::close(ends[0]);
      return std::puts("{}") < 0 ? 98 : 0;
    }));
  };
  EXPECT_EXIT(write_to_closed_pipe(), ::testing::ExitedWithCode(3),
              "eida-probe: standard output: cannot write: Broken pipe");
}

TEST(RunMainDeathTest, LostResultsOfMoreThanABufferAreTheSameError) {
  const auto print_much = [] {
    if (std::freopen("/dev/full", "w", stdout) == nullptr) std::exit(99);
    std::exit(eida::run_main("eida-probe", [] {
      for (int i = 0; i < 10; ++i) fmt::print("{}", std::string(100'000, 'x'));
      return 0;
    }));
  };
  EXPECT_EXIT(print_much(), ::testing::ExitedWithCode(3),
              "eida-probe: standard output: cannot write: No space left on device");
}

TEST(RunMainDeathTest, NoFileTakesTheNumberOfAClosedStream) {
  const auto open_a_file = [] {
    for (const int fd : {0, 1}) ::close(fd);
    std::exit(
        eida::run_main("eida-probe", [] { return ::open("/dev/null", O_RDONLY) > 2 ? 7 : 8; }));
  };
  EXPECT_EXIT(open_a_file(), ::testing::ExitedWithCode(7), "");
}

TEST(RunMainDeathTest, WhatAThreadDoesNotCatchIsOneLineToo) {
  const auto run_out = [] {
    std::exit(eida::run_main("eida-probe", [] {
      std::thread([] { throw std::bad_alloc(); }).join();
      return 0;
    }));
  };
  EXPECT_EXIT(run_out(), ::testing::ExitedWithCode(1), "eida-probe: out of memory");
}

TEST_F(SignalTest, SetsAFlagThatThrowsWithTheRightCode) {
  eida::install_signal_handlers();
  EXPECT_NO_THROW(eida::check_interrupted());
  std::raise(SIGTERM);
  EXPECT_TRUE(eida::interrupted());
  const Outcome outcome = run([] { return eida::check_interrupted(), 0; });
  EXPECT_EQ(outcome.code, 143);
  EXPECT_EQ(outcome.text, "eida-probe: interrupted\n");
  eida::clear_interrupted();
  std::raise(SIGINT);
  EXPECT_EQ(run([] { return eida::check_interrupted(), 0; }).code, 130);
}

TEST_F(SignalDeathTest, SecondSignalKillsAtOnce) {
  const auto twice = [] {
    eida::install_signal_handlers();
    std::raise(SIGINT);
    std::raise(SIGINT);
    std::exit(0);
  };
  EXPECT_EXIT(twice(), ::testing::KilledBySignal(SIGINT), "");
}
