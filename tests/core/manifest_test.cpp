#include "eida/core/manifest.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "eida/core/error.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

TEST(Manifest, HoldsWhatTheContractSays) {
  const eida::testing::TempDir dir;
  const auto file = eida::testing::write_text(dir.path() / "train.tsv", "abc");
  eida::Manifest manifest{.program = "eida-probe",
                          .libtorch = "2.13.0",
                          .device = "cpu",
                          .precision = "bf16",
                          .seed = 7,
                          .threads = 2};
  manifest.inputs.push_back(eida::describe_input(file));
  manifest.command_line = {"eida-probe", "--seed", "7"};
  const auto json = manifest.to_json();
  EXPECT_EQ(json["program"], "eida-probe");
  EXPECT_EQ(json["version"], eida::version());
  EXPECT_EQ(json["libtorch"], "2.13.0");
  EXPECT_EQ(json["precision"], "bf16");
  EXPECT_EQ(json["seed"], 7);
  EXPECT_EQ(json["threads"], 2);
  EXPECT_EQ(json["command_line"][2], "7");
  EXPECT_EQ(json["inputs"][0]["path"], file.string());
  EXPECT_EQ(json["inputs"][0]["bytes"], 3);
  EXPECT_EQ(json["inputs"][0]["sha256"],
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_GT(json["peak_memory_mib"].get<double>(), 1.0);
  EXPECT_GE(json["seconds"].get<double>(), 0.0);
}

TEST(Manifest, MissingInputIsAnError) {
  EXPECT_THROW(eida::describe_input("/none/x"), eida::DataError);
}

TEST(Manifest, AnInputThatChangesIsAnError) {
  using eida::testing::message_of;
  namespace fs = std::filesystem;
  const eida::testing::TempDir dir;
  const auto file = eida::testing::write_text(dir.path() / "train.tsv", "abc");
  eida::Manifest manifest{.inputs = {eida::describe_input(file)}};
  const auto touch = [&] {
    fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(1));
  };
  manifest.check_inputs();
  touch();
  manifest.check_inputs();  // the same bytes
  eida::testing::write_text(file, "abd");
  touch();
  const std::string changed = file.string() +
                              ": changed while the run was reading it (hint: put it back and "
                              "--resume, or --overwrite)";
  EXPECT_EQ(message_of<eida::DataError>([&] { manifest.check_inputs(); }), changed);
  manifest.inputs[0].watched = false;
  manifest.check_inputs();
  manifest.inputs[0].watched = true;
  fs::remove(file);
  EXPECT_THROW(manifest.check_inputs(), eida::DataError);
}

TEST(Manifest, AnInputThatChangedBeforeItWasHashedIsAnError) {
  const eida::testing::TempDir dir;
  const auto file = eida::testing::write_text(dir.path() / "train.tsv", "abc");
  const auto opened = std::filesystem::last_write_time(file);
  eida::describe_input(file, opened);
  EXPECT_THROW(eida::describe_input(file, opened - std::chrono::seconds(1)), eida::DataError);
}

TEST(SystemInfo, RevisionIsAHashOrUnknown) {
  EXPECT_TRUE(
      std::regex_match(eida::git_revision(), std::regex("unknown|[0-9a-f]{40,64}(-dirty)?")));
  EXPECT_TRUE(std::regex_match(eida::version(), std::regex("[0-9]+\\.[0-9]+\\.[0-9]+")));
}

TEST(SystemInfo, TimeIsIsoInUtc) {
  using std::chrono::milliseconds;
  const std::chrono::system_clock::time_point time(milliseconds(1'700'000'000'045));
  EXPECT_EQ(eida::utc_iso(time), "2023-11-14T22:13:20.045Z");
}
