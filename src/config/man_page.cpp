/// Manual pages in man(7) macros, out of what --help says.
#include <fmt/format.h>

#include "eida/config/schema.h"
#include "eida/core/system_info.h"
#include "eida/core/utf8.h"
#include "help_page.h"
#include "subcommands.h"

namespace eida {
namespace {

constexpr std::pair<const char*, const char*> kExitCodes[] = {
    {"0", "done"},
    {"1", "a fault of the program"},
    {"2", "command line or configuration"},
    {"3", "a data file, a run folder, the disk"},
    {"4", "a model folder, a tokenizer or an adapter file"},
    {"5", "numbers that are not finite, a parity check that was missed"},
    {"130, 143", "SIGINT, SIGTERM: the state is saved, \\-\\-resume goes on"}};
constexpr const char* kEnding =
    ".SH ENVIRONMENT\n.TP\nNO_COLOR\nset and not empty: no colour on a terminal\n"
    ".SH SEE ALSO\n.BR eida\\-probe (1),\n.BR eida\\-train (1),\n.BR eida\\-eval (1)\n";

/// Text as troff takes it literally: escapes for backslash, minus and what is not ASCII (dots for
/// the ellipsis, which not every device has), and nothing that a request could begin with.
std::string roff(const std::string& text) {
  std::string out;
  for (const char32_t c : to_utf32(text)) {
    if (c == U'…') {
      out += "...";
    } else if (c >= 0x80) {
      out += fmt::format("\\[u{:04X}]", static_cast<uint32_t>(c));
    } else if (c == U'\\' || c == U'-') {
      out += c == U'-' ? "\\-" : "\\e";
    } else {
      out += static_cast<char>(c);
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string entries(const config::HelpSection& section) {
  std::string text;
  for (const auto& [left, right] : section.entries)
    text += fmt::format(".TP\n.B {}\n{}\n", roff(left), roff(right));
  return text;
}

std::string example_block(const std::vector<std::string>& examples) {
  std::string text;
  for (const std::string& example : examples)
    text += fmt::format(".PP\n.EX\n{}\n.EE\n", roff(example));
  return text;
}

std::string subcommand_section(const config::Subcommand& sub) {
  const config::HelpPage page = config::help_page(sub.program, sub.name);
  std::string text = fmt::format(".SS {}\n{}.\n", roff(page.name), roff(page.summary));
  text += entries(page.sections.front()) + example_block(page.examples);
  return text;
}

}  // namespace

std::string man_page(Program program) {
  const config::HelpPage page = config::help_page(program);
  std::string text = fmt::format(".TH {} 1 \"\" \"EIDA {}\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n",
                                 page.name, version(), page.name, roff(page.summary));
  for (const auto& [call, meaning] : page.calls) text += fmt::format(".B {}\n.br\n", roff(call));
  text += ".SH EXAMPLES\n" + example_block(page.examples) + ".SH SUBCOMMANDS\n";
  for (const config::Subcommand& sub : config::subcommands()) {
    if (sub.program == program) text += subcommand_section(sub);
  }
  text += ".SH OPTIONS\n";
  for (const config::HelpSection& section : page.sections) {
    const bool heading_only = section.entries.empty();
    text += heading_only ? ".PP\n" + roff(section.title) + ":\n"
                         : fmt::format(".SS {}\n{}", roff(section.title), entries(section));
  }
  text += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : kExitCodes)
    text += fmt::format(".TP\n{}\n{}\n", code, meaning);
  return text + kEnding;
}

}  // namespace eida
