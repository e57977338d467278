// eida-probe --resume: a finished run is left alone, an unfinished one starts over.
#include "probe_fixture.h"

namespace eida::testing {
namespace {

class ProbeResume : public ProbeProgram {
 protected:
  void SetUp() override {
    ProbeProgram::SetUp();
    const ProgramResult result = run(quick_reviews());
    ASSERT_EQ(result.code, 0) << result.err;
    before_ = files_in(run_);
  }
  /// The run as a signal would have left it.
  void unfinish() const {
    std::filesystem::remove(run_ / "manifest.json");
    write_file_atomic(run_ / "INCOMPLETE", "This EIDA run is not complete: stopped\n");
  }

  std::map<std::string, std::string> before_;
};

TEST_F(ProbeResume, AFinishedRunIsLeftAlone) {
  const ProgramResult result = run(quick_reviews({"--resume"}));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.err.find("is finished"), std::string::npos) << result.err;
  EXPECT_EQ(files_in(run_), before_);
}

TEST_F(ProbeResume, AnotherConfigurationIsRefusedAndChangesNothing) {
  for (const bool dry : {false, true}) {
    auto arguments = quick_reviews({"--resume", "--set", "probe.repeats=1"});
    if (dry) arguments.emplace_back("--dry-run");
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.code, 2) << result.err;
    EXPECT_NE(result.err.find("probe.repeats was '2', is '1'"), std::string::npos) << result.err;
    EXPECT_EQ(files_in(run_), before_);
  }
}

TEST_F(ProbeResume, KeysOfOtherProgramsDoNotMatter) {
  const ProgramResult result = run(quick_reviews({"--resume", "--set", "rounds=1"}));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(files_in(run_), before_);
}

TEST_F(ProbeResume, AnUnfinishedRunStartsOver) {
  unfinish();
  const ProgramResult other = run(quick_reviews({"--resume", "--seed", "5"}));
  EXPECT_EQ(other.code, 2) << other.err;
  EXPECT_NE(other.err.find("run.seed"), std::string::npos) << other.err;
  const ProgramResult result = run(quick_reviews({"--resume"}));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.err.find("starts over"), std::string::npos) << result.err;
  EXPECT_TRUE(looks_complete());
  const auto curves = (run_ / "curves.csv").string();
  EXPECT_EQ(files_in(run_).at(curves), before_.at(curves));
}

}  // namespace
}  // namespace eida::testing
