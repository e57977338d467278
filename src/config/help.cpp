#include <fmt/format.h>

#include "eida/config/schema.h"
#include "eida/core/utf8.h"
#include "help_page.h"

namespace eida {
namespace {

constexpr size_t kLeft = 36;    // width of the column with the names
constexpr size_t kWidth = 100;  // of the whole

/// "  LEFT      right, wrapped at kWidth".
std::string entry(const std::string& left, const std::string& right) {
  std::string text = "  " + left;
  size_t column = 2 + display_width(left);
  const auto to_right_column = [&] {
    if (column >= kLeft) {
      while (text.back() == ' ') text.pop_back();
      text += '\n';
      column = 0;
    }
    text.append(kLeft - column, ' ');
    column = kLeft;
  };
  to_right_column();
  for (size_t begin = 0; begin < right.size();) {
    const size_t end = std::min(right.find(' ', begin), right.size());
    const std::string word = right.substr(begin, end - begin);
    const size_t width = display_width(word);
    if (column > kLeft && column + width > kWidth) {
      to_right_column();
    }
    text += word + " ";
    column += width + 1;
    begin = end + 1;
  }
  while (text.back() == ' ') text.pop_back();
  return text + "\n";
}

}  // namespace

std::string help_text(Program program, const std::string& subcommand) {
  const config::HelpPage page = config::help_page(program, subcommand);
  std::string text = fmt::format("{}: {}\n\n", page.name, page.summary);
  for (const auto& [call, meaning] : page.calls) {
    text += text.ends_with("\n\n") ? "Usage: " : "       ";
    text += meaning.empty() ? call + "\n" : fmt::format("{}   {}\n", call, meaning);
  }
  text += "\nExamples:\n";
  for (const std::string& example : page.examples) text += "  " + example + "\n";
  for (const config::HelpSection& section : page.sections) {
    text += fmt::format("\n{}:\n", section.title);
    for (const auto& [left, right] : section.entries) text += entry(left, right);
  }
  return text;
}

}  // namespace eida
