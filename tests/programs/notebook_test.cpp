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
  const auto result = run({"/bin/sh", "-c", "cd \"$1\" && exec \"$2\" notebook.py", "sh",
                           dir_.path().string(), EIDA_PYTHON_PROGRAM});
  ASSERT_EQ(result.code, 0) << result.err;
  for (const char* part : {"(8, 24) largest error", "layers 0 and 1: mean", "drift_degrees.input"})
    EXPECT_NE(result.out.find(part), std::string::npos) << part << "\n" << result.out;
}

}  // namespace
}  // namespace eida::testing
