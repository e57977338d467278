/// eida-eval on the tiny random models and demo data of the probe's tests.
#pragma once

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "probe_fixture.h"

namespace eida::testing {

class EvalProgram : public ProbeProgram {
 protected:
  /// Arguments of a quick evaluation without a run folder; `more` come last.
  std::vector<std::string> evaluate(const std::filesystem::path& model, const std::string& task,
                                    const std::filesystem::path& data,
                                    const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {
        EIDA_EVAL,     "--model", model.string(),      "--task",      task,   "--data",
        data.string(), "--set",   "model.init=random", "--precision", "fp32", "--threads",
        "1",           "--set",   "data.max_length=0"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::vector<std::string> reviews(const std::vector<std::string>& more = {}) const {
    return evaluate(encoder_, "classification", reviews_, more);
  }
  std::vector<std::string> pairs(const std::vector<std::string>& more = {}) const {
    return evaluate(decoder_, "e2e", pairs_, more);
  }
  std::vector<std::string> into_run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--output", run_.string()});
    return arguments;
  }
  /// A subcommand's call.
  ProgramResult sub(const std::string& name, const std::vector<std::string>& more) const {
    std::vector<std::string> all = {EIDA_EVAL, name};
    all.insert(all.end(), more.begin(), more.end());
    return run(all);
  }
  std::filesystem::path file(const std::string& name, const std::string& text) const {
    auto path = dir_.path() / name;
    write_file_atomic(path, text);
    return path;
  }
  nlohmann::json scores() const { return nlohmann::json::parse(read_file(run_ / "scores.json")); }
  std::vector<nlohmann::json> items() const {
    std::vector<nlohmann::json> all;
    std::istringstream lines(read_file(run_ / "predictions.jsonl"));
    for (std::string line; std::getline(lines, line);) all.push_back(nlohmann::json::parse(line));
    return all;
  }
  std::vector<std::string> prediction_lines() const {
    std::vector<std::string> all;
    std::istringstream lines(read_file(run_ / "predictions.txt"));
    for (std::string line; std::getline(lines, line);) all.push_back(line);
    return all;
  }

  /// One clear line, the right exit code, nothing on stdout, and no run folder that looks whole.
  void expect_eval_error(const ProgramResult& result, int code, const std::string& part) const {
    expect_error(result, code, part, "eida-eval");
    EXPECT_EQ(result.out, "");
  }
};

}  // namespace eida::testing
