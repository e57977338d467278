#include "legacy_files.h"

#include <string_view>
#include <vector>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/utf8.h"

namespace eida::text {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr uint64_t kMostBytes = uint64_t{256} << 20;

/// Lines without their ends. \throws FormatError on one that is not UTF-8.
std::vector<std::string> read_lines(const fs::path& path) {
  const std::string text = read_file(path, kMostBytes);
  std::vector<std::string> lines;
  for (std::string_view line : lines_of(text)) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (find_invalid_utf8(line) != std::string_view::npos)
      throw FormatError("{}:{}: is not UTF-8", path.string(), lines.size() + 1);
    lines.emplace_back(line);
  }
  return lines;
}

}  // namespace

json model_of_vocab_json(const fs::path& model_dir) {
  JsonOptions options;
  options.code = ExitCode::kFormat;
  json merges = json::array();
  for (std::string& line : read_lines(model_dir / "merges.txt")) {
    if (!line.empty() && !line.starts_with("#version")) merges.push_back(std::move(line));
  }
  json model = {{"merges", std::move(merges)}};
  model["vocab"] = read_json(model_dir / "vocab.json", options);
  return model;
}

json model_of_vocab_txt(const fs::path& model_dir) {
  json vocab = json::object();
  int32_t line = 0;
  for (const std::string& token : read_lines(model_dir / "vocab.txt")) vocab[token] = line++;
  json model;
  model["vocab"] = std::move(vocab);
  return model;
}

}  // namespace eida::text
