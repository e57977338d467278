#include "eida/core/run_folder.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace fs = std::filesystem;
using eida::RunFolder;
using eida::testing::message_of;
using eida::testing::read_text;
using eida::testing::write_text;

namespace {

class RunFolderTest : public ::testing::Test {
 protected:
  eida::testing::TempDir dir_;
  fs::path path_ = dir_.path() / "runs" / "x";
  eida::Manifest manifest_{.program = "eida-probe"};

  void complete_run() {
    RunFolder folder(path_, {});
    write_text(folder.file("curves.csv"), "old");
    write_text(folder.file("rounds/01/a"), "old");
    folder.finish(manifest_);
  }
  std::string refusal(const eida::RunFolderOptions& options) {
    return message_of<eida::ConfigError>([&] { RunFolder folder(path_, options); });
  }
  bool has(const char* name) const { return fs::exists(path_ / name); }
};

}  // namespace

TEST_F(RunFolderTest, LooksCompleteOnlyAfterFinish) {
  RunFolder folder(path_, {});
  EXPECT_TRUE(has("INCOMPLETE"));
  EXPECT_FALSE(has("manifest.json"));
  folder.finish(manifest_);
  EXPECT_FALSE(has("INCOMPLETE"));
  EXPECT_EQ(eida::read_json(path_ / "manifest.json").at("program"), "eida-probe");
}

TEST_F(RunFolderTest, ErrorLeavesTheMarkerWithItsReason) {
  try {
    RunFolder folder(path_, {});
    throw eida::DataError("train.tsv:3: no label");
  } catch (const eida::DataError& error) {
    eida::note_run_failure(error.what());
  }
  EXPECT_EQ(read_text(path_ / "INCOMPLETE"),
            "This EIDA run is not complete: train.tsv:3: no label\n");
  EXPECT_FALSE(has("manifest.json"));
}

TEST_F(RunFolderTest, FailureOutsideAnyRunChangesNothing) {
  complete_run();
  eida::note_run_failure("something else");
  EXPECT_FALSE(has("INCOMPLETE"));
}

TEST_F(RunFolderTest, NotEmptyIsRefused) {
  complete_run();
  EXPECT_EQ(refusal({}),
            path_.string() +
                ": is there and is not empty (hint: --overwrite, --resume or another --output)");
  EXPECT_EQ(read_text(path_ / "curves.csv"), "old");
  EXPECT_TRUE(has("manifest.json"));
}

TEST_F(RunFolderTest, EmptyFolderIsTaken) {
  fs::create_directories(path_);
  RunFolder folder(path_, {});
  EXPECT_TRUE(has("INCOMPLETE"));
}

TEST_F(RunFolderTest, AFolderWithHalfAMarkerIsTaken) {
  std::filesystem::create_directories(path_);
  write_text(path_ / ".INCOMPLETE.4711-0.tmp", "This EI");  // killed before the rename
  for (const bool resume : {true, false}) {
    EXPECT_NO_THROW(eida::RunFolder::check(path_, {.resume = resume})) << resume;
  }
  eida::RunFolder run(path_, {.resume = true});
  EXPECT_FALSE(has(".INCOMPLETE.4711-0.tmp"));
  EXPECT_TRUE(std::filesystem::exists(path_ / "INCOMPLETE"));
}

TEST_F(RunFolderTest, OverwriteEmptiesAnEarlierRun) {
  complete_run();
  RunFolder folder(path_, {.overwrite = true});
  EXPECT_FALSE(has("curves.csv"));
  EXPECT_FALSE(has("rounds"));
  EXPECT_FALSE(has("manifest.json"));
  EXPECT_TRUE(has("INCOMPLETE"));
}

TEST_F(RunFolderTest, OverwriteTakesAnAbortedRun) {
  { RunFolder folder(path_, {}); }
  EXPECT_NO_THROW(RunFolder(path_, {.overwrite = true}));
}

TEST_F(RunFolderTest, ForeignFolderIsLeftAlone) {
  fs::create_directories(path_);
  write_text(path_ / "config.yaml", "mine: 1\n");
  write_text(path_ / "manifest.json", R"({"program": "webpack"})");
  const std::string expected = path_.string() +
                               ": is not a folder of an EIDA run, so it is left alone "
                               "(hint: choose another --output or delete it yourself)";
  EXPECT_EQ(refusal({.overwrite = true}), expected);
  EXPECT_EQ(refusal({.resume = true}), expected);
  write_text(path_ / "manifest.json", "no json");
  EXPECT_EQ(refusal({.overwrite = true}), expected);
  EXPECT_EQ(read_text(path_ / "config.yaml"), "mine: 1\n");
}

TEST_F(RunFolderTest, OverwriteKeepsWhatTheRunReads) {
  complete_run();
  const fs::path input = path_ / "rounds" / "01";
  EXPECT_EQ(refusal({.overwrite = true, .inputs = {input}}),
            "--overwrite: " + input.string() + " would be deleted with " + path_.string() +
                ", and the run reads it (hint: choose another --output)");
  EXPECT_TRUE(has("rounds/01/a"));
}

TEST_F(RunFolderTest, ResumeKeepsFilesButNotTheManifest) {
  complete_run();
  // A killed process leaves what it was writing.
  for (const char* half : {".curves.csv.17-3.tmp", "rounds/01/.a.17-4.tmp"})
    write_text(path_ / half, "ol");
  RunFolder folder(path_, {.resume = true});
  EXPECT_EQ(read_text(path_ / "curves.csv"), "old");
  EXPECT_EQ(read_text(path_ / "rounds/01/a"), "old");
  EXPECT_FALSE(has(".curves.csv.17-3.tmp"));
  EXPECT_FALSE(has("rounds/01/.a.17-4.tmp"));
  EXPECT_FALSE(has("manifest.json"));
  EXPECT_TRUE(has("INCOMPLETE"));
}

TEST_F(RunFolderTest, ResumeOfNothingStarts) {
  EXPECT_NO_THROW(RunFolder(path_, {.resume = true}));
}

TEST_F(RunFolderTest, OverwriteAndResumeExcludeEachOther) {
  EXPECT_EQ(refusal({.overwrite = true, .resume = true})
                .find("--overwrite and --resume exclude each other"),
            0U);
}

TEST_F(RunFolderTest, TwoProcessesCannotShareOne) {
  RunFolder folder(path_, {});
  EXPECT_EQ(refusal({.overwrite = true}),
            path_.string() + ": another process works in this run folder");
}

TEST_F(RunFolderTest, ALockEndsWithItsProcess) {
  const auto lock_and_die = [&] {
    RunFolder folder(path_, {});
    ::raise(SIGKILL);
  };
  EXPECT_EXIT(lock_and_die(), ::testing::KilledBySignal(SIGKILL), "");
  EXPECT_TRUE(has("INCOMPLETE"));
  EXPECT_NO_THROW(RunFolder(path_, {.resume = true}));
}

TEST_F(RunFolderTest, NothingIsWrittenBesideARunThatIsGone) {
  RunFolder folder(path_, {});
  fs::rename(path_, path_.parent_path() / "moved");
  const std::string gone =
      path_.string() + ": the run folder was removed, moved or replaced while the run was in it";
  EXPECT_EQ(message_of<eida::DataError>([&] { folder.file("rounds/01/a"); }), gone);
  EXPECT_FALSE(fs::exists(path_));
  fs::create_directories(path_);  // another one in its place
  EXPECT_EQ(message_of<eida::DataError>([&] { folder.finish(manifest_); }), gone);
  EXPECT_FALSE(has("manifest.json"));
}

TEST_F(RunFolderTest, TheManifestKnowsItsFiles) {
  complete_run();
  const auto outputs = eida::read_json(path_ / "manifest.json").at("outputs");
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].at("path"), "curves.csv");
  EXPECT_EQ(outputs[0].at("sha256"), eida::sha256("old"));
  eida::check_run_file(path_, "curves.csv");
  eida::check_run_file(path_, "another");
  write_text(path_ / "curves.csv", "odd");
  EXPECT_EQ(message_of<eida::DataError>([&] { eida::check_run_file(path_, "curves.csv"); }),
            (path_ / "curves.csv").string() +
                ": is not as the run wrote it (hint: put an intact copy in its place, or run it "
                "anew)");
  write_text(path_ / "INCOMPLETE", "a run goes on in it");
  eida::check_run_file(path_, "curves.csv");
}

TEST_F(RunFolderTest, AnInputThatChangedLeavesTheRunIncomplete) {
  const auto input = write_text(dir_.path() / "train.tsv", "abc");
  manifest_.inputs.push_back(eida::describe_input(input));
  RunFolder folder(path_, {});
  write_text(input, "abcd");
  EXPECT_THROW(folder.finish(manifest_), eida::DataError);
  EXPECT_TRUE(has("INCOMPLETE"));
  EXPECT_FALSE(has("manifest.json"));
}

TEST_F(RunFolderTest, CheckWritesNothing) {
  RunFolder::check(path_, {});
  EXPECT_FALSE(fs::exists(path_));
  complete_run();
  EXPECT_THROW(RunFolder::check(path_, {}), eida::ConfigError);
  RunFolder::check(path_, {.overwrite = true});
  EXPECT_TRUE(has("curves.csv"));
}

TEST_F(RunFolderTest, FileInTheWayIsAnError) {
  fs::create_directories(path_.parent_path());
  write_text(path_, "");
  EXPECT_EQ(refusal({}), path_.string() + ": is there and is not a folder");
  path_ /= "below";
  EXPECT_THROW(RunFolder(path_, {}), eida::DataError);
}
