/// Runs of eida-train on tiny random models and demo data.
#pragma once

#include <string>
#include <vector>

#include "eida/core/json.h"
#include "programs/probe_fixture.h"

namespace eida::testing {

class TrainProgram : public ProbeProgram {
 protected:
  /// The encoder with its random weights as a checkpoint, as a user would have one.
  void SetUp() override {
    ProbeProgram::SetUp();
    const DemoOptions sizes{120, 20, 3};
    write_file_atomic(dev_, demo_review_file(make_demo_reviews(sizes).dev));
    for (const bool encoder : {true, false}) {
      LoadOptions options;
      options.random_init = true;
      options.num_labels = encoder ? 2 : 0;
      const auto& dir = encoder ? encoder_ : decoder_;
      const auto model = load_pretrained(
          dir, encoder ? TaskKind::kClassification : TaskKind::kCompletion, options);
      save_pretrained(*model, dir);
    }
  }

  /// Arguments of a quick run; `more` come last.
  std::vector<std::string> train(const std::filesystem::path& output, bool encoder = true,
                                 std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {EIDA_TRAIN,
                                    "--model",
                                    (encoder ? encoder_ : decoder_).string(),
                                    "--task",
                                    encoder ? "classification" : "e2e",
                                    "--train",
                                    (encoder ? reviews_ : pairs_).string(),
                                    "--output",
                                    output.string(),
                                    "--rounds",
                                    "2",
                                    "--examples",
                                    "16",
                                    "--batch-size",
                                    "8",
                                    "--threads",
                                    "1",
                                    "--set",
                                    "ranks.rule=fixed",
                                    "--set",
                                    "ranks.fixed=4",
                                    "--set",
                                    "data.max_length=0",
                                    "--set",
                                    "train.accumulation=1",
                                    "--no-progress"};
    if (encoder) all.insert(all.end(), {"--dev", dev_.string()});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::vector<std::string> with(std::vector<std::string> arguments,
                                std::vector<std::string> more) const {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  std::filesystem::path dev_ = dir_.path() / "dev.tsv", a_ = dir_.path() / "a",
                        b_ = dir_.path() / "b";
};

/// Everything of a run folder that a resumed or repeated run must reproduce: all bytes but times.
inline void expect_same_results(const std::filesystem::path& a, const std::filesystem::path& b,
                                int rounds) {
  std::vector<std::string> files = {"model/model.safetensors", "best/model.safetensors",
                                    "model/config.json", "audit.json", "merge_report.json"};
  for (int round = 1; round <= rounds; ++round) {
    const std::string folder = "rounds/0" + std::to_string(round);
    if (std::filesystem::exists(a / folder / "rank_plan.json"))
      files.push_back(folder + "/rank_plan.json");
    if (std::filesystem::exists(a / folder / "subspaces.json"))
      files.push_back(folder + "/subspaces.json");
    files.push_back(folder + "/adapter.safetensors");
  }
  for (const std::string& file : files) {
    EXPECT_TRUE(std::filesystem::exists(b / file)) << file;
    EXPECT_EQ(sha256_file(a / file), sha256_file(b / file)) << file;
  }
  const auto losses = [](const std::filesystem::path& run) {
    std::vector<nlohmann::json> lines;
    const std::string text = read_file(run / "metrics.jsonl");
    for (const std::string_view text_line : lines_of(text)) {
      nlohmann::json line = nlohmann::json::parse(text_line);
      for (const char* time :
           {"seconds", "sampling_seconds", "estimation_seconds", "examples_per_s"})
        line.erase(time);
      lines.push_back(line);
    }
    return lines;
  };
  EXPECT_EQ(losses(a), losses(b));
}

}  // namespace eida::testing
