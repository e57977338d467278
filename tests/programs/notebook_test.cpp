/// The cells of docs/notebook.md run on results of the programs.
#include <gtest/gtest.h>

#include <sstream>

#include "programs/train_fixture.h"
#include "support/python.h"

namespace eida::testing {
namespace {

/// The Python code blocks of a Markdown file, one after another.
std::string python_cells(const std::filesystem::path& file) {
  std::istringstream lines(read_file(file));
  std::string code, line;
  for (bool inside = false; std::getline(lines, line);) {
    if (line == "```") inside = false;
    if (inside) code += line + "\n";
    if (line == "```python") inside = true;
  }
  return code;
}

TEST_F(TrainProgram, TheNotebookRunsOnWhatTheProgramsWrite) {
  EIDA_NEED_PYTHON(dir_.path(), "pandas, safetensors, numpy");
  const auto runs = dir_.path() / "runs";
  auto probe = quick_reviews({"--save-subspaces"});
  std::replace(probe.begin(), probe.end(), run_.string(), (runs / "tour").string());
  ASSERT_EQ(run(probe).code, 0);
  ASSERT_EQ(run(train(runs / "tour-train")).code, 0);
  const auto script = dir_.path() / "notebook.py";
  write_file_atomic(script, python_cells(EIDA_SOURCE_DIR "/docs/notebook.md"));
  const auto result =
      run({"/bin/sh", "-c", "cd \"$1\" && PYTHONPATH=\"$3\" exec \"$2\" notebook.py", "sh",
           dir_.path().string(), EIDA_PYTHON_PROGRAM, EIDA_SOURCE_DIR "/python"});
  ASSERT_EQ(result.code, 0) << result.err;
  for (const char* part : {"(8, 24) largest error", "layers 0 and 1: mean", "drift_degrees.input"})
    EXPECT_NE(result.out.find(part), std::string::npos) << part << "\n" << result.out;
}

TEST_F(TrainProgram, TheModuleSaysWhatARunLacks) {
  EIDA_NEED_PYTHON(dir_.path(), "pandas, safetensors, numpy");
  const auto folder = dir_.path() / "run";
  std::filesystem::create_directories(folder);
  write_file_atomic(folder / "config.yaml", "");
  write_file_atomic(folder / "INCOMPLETE", "");
  write_file_atomic(folder / "metrics.jsonl", "{\"round\": 1, \"step\": 10, \"loss\": 0.5}\n");
  write_file_atomic(folder / "probe.json", R"({"places": [{"kind": "input", "place": 0, "name": "a",
      "layer": 0, "weights": "q", "dim": 8,
      "fidelity": {"4": {"mean": 0.5, "half_interval_95": null}}}]})");
  write_file_atomic(dir_.path() / "check.py", R"(
import sys, warnings
import eida
with warnings.catch_warnings(record=True) as said:
    run = eida.load_run(sys.argv[1])
assert "did not finish" in str(said[0].message) and said[0].filename == __file__, said
assert run.metrics.to_dict("records") == [{"round": 1, "step": 10, "loss": 0.5}], run.metrics
assert len(run.rounds) == 0 and len(run.evaluations) == 0
row = run.by_dimension().iloc[0]
assert row["mean"] == 0.5 and row["low"] != row["low"], row
for error, call in ((KeyError, lambda: run.by_dimension("explained")), (FileNotFoundError, lambda: run.curves),
                    (FileNotFoundError, lambda: run.subspaces), (FileNotFoundError, lambda: run.plan),
                    (FileNotFoundError, lambda: eida.load_run("nowhere"))):
    try:
        call()
    except error as fault:
        print(fault)
    else:
        sys.exit(f"no {error}")
)");
  const auto result =
      this->run({"env", "PYTHONPATH=" EIDA_SOURCE_DIR "/python", EIDA_PYTHON_PROGRAM,
                 (dir_.path() / "check.py").string(), folder.string()});
  ASSERT_EQ(result.code, 0) << result.err;
  for (const char* part :
       {"explained: no place", "curves.csv: this run has none; eida-probe writes",
        "--save-subspaces writes it", "nowhere: is no run folder"})
    EXPECT_NE(result.out.find(part), std::string::npos) << part << "\n" << result.out;
}

}  // namespace
}  // namespace eida::testing
