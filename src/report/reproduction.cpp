#include "eida/report/reproduction.h"

#include <fmt/format.h>

#include <string_view>

#include "eida/core/utf8.h"
#include "eida/report/table.h"

namespace eida {
namespace {

/// The argument as a POSIX shell reads it back.
std::string shell_word(const std::string& argument) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!argument.empty() && argument.find_first_not_of(kPlain) == std::string::npos) return argument;
  return shell_quoted(argument);
}

std::string command_text(const std::vector<std::string>& arguments) {
  std::string text;
  for (const std::string& argument : arguments)
    text += (text.empty() ? "" : " ") + shell_word(argument);
  return text;
}

Table input_table(const std::vector<InputFile>& inputs) {
  Table table({"file", "bytes", "SHA-256"}, {Align::kLeft, Align::kRight, Align::kLeft});
  for (const InputFile& input : inputs)
    table.add_row({input.path, std::to_string(input.bytes), input.sha256});
  return table;
}

}  // namespace

void add_weights_notice(Page& page, const std::string& weights, const std::string& consequence) {
  if (!weights.starts_with("random")) return;
  page.add_notice(fmt::format("The weights are random ({}), not those of a trained model: {}",
                              weights, consequence));
}

void add_reproduction(Page& page, const Manifest& manifest, const std::string& config) {
  page.add_section("How to reproduce",
                   "The same program, files, seed and number of threads give the same numbers.");
  page.add_code(command_text(manifest.command_line));
  std::vector<std::pair<std::string, std::string>> facts = {
      {"program", manifest.program + " " + manifest.version},
      {"source revision", manifest.git_revision}};
  if (!manifest.libtorch.empty()) {
    facts.insert(facts.end(), {{"LibTorch", manifest.libtorch},
                               {"device", manifest.device},
                               {"precision", manifest.precision},
                               {"threads", std::to_string(manifest.threads)},
                               {"seed", std::to_string(manifest.seed)}});
  }
  facts.emplace_back("started", utc_iso(manifest.start));
  page.add_facts(facts);
  if (!config.empty()) {
    page.add_text("The whole configuration; saved as a file, --config repeats the run with it.");
    page.add_code(config);
  }
  page.add_table("Files that were read", input_table(manifest.inputs));
}

}  // namespace eida
