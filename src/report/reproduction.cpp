#include "eida/report/reproduction.h"

#include <fmt/ranges.h>

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

bool all_random(const std::string& weights) { return weights.starts_with("random"); }

Table input_table(const std::vector<InputFile>& inputs) {
  Table table({"file", "bytes", "SHA-256"}, {Align::kLeft, Align::kRight, Align::kLeft});
  for (const InputFile& input : inputs)
    table.add_row({input.path, grouped(static_cast<int64_t>(input.bytes)), input.sha256});
  return table;
}

}  // namespace

void add_weights_notice(Page& page, const std::string& weights, const std::string& consequence) {
  if (!all_random(weights)) return;
  page.add_notice(fmt::format("The weights are random ({}), not those of a trained model: {}",
                              weights, consequence));
}

void add_random_head_notice(Page& page, const std::string& weights,
                            const std::vector<std::string>& random_tensors,
                            const std::string& consequence) {
  if (all_random(weights) || random_tensors.empty()) return;
  page.add_notice(fmt::format(
      "The classification head is random: the checkpoint has none, and {} come from the seed. {}",
      fmt::join(random_tensors, ", "), consequence));
}

void add_repeats_notice(Page& page, int64_t repeats) {
  if (repeats > 2) return;
  page.add_notice(
      repeats == 2 ? "There were 2 repeats only: a 95 % interval is then 12.7 standard errors to "
                     "each side (Student's t), so wide bands say that little was repeated, not "
                     "that the curves vary. Five repeats give 2.8."
                   : "There was one repeat only: nothing says how far the curves would vary.");
}

std::string weights_text(const std::string& weights,
                         const std::vector<std::string>& random_tensors) {
  if (random_tensors.empty() || all_random(weights)) return weights;
  return fmt::format("{}; random, from the seed: {}", weights, fmt::join(random_tensors, ", "));
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
