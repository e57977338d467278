/// What --help says, before it is laid out: for terminals in help_text(), for man in man_page.cpp.
#pragma once

#include <string>
#include <vector>

#include "declaration.h"

namespace eida::config {

/// An option and what it means; or a call and what it does.
struct HelpEntry {
  std::string left, right;
};

struct HelpSection {
  std::string title;
  std::vector<HelpEntry> entries;
};

struct HelpPage {
  std::string name, summary;
  std::vector<HelpEntry> calls;  ///< the second and later ones are those of subcommands
  std::vector<std::string> examples;
  std::vector<HelpSection> sections;
};

/// \param subcommand empty: of the program
HelpPage help_page(Program program, const std::string& subcommand = "");

/// What stands for the option's value: "N", "DIR", or a short list of choices, "fp32|bf16".
std::string placeholder(const Declaration& option);

/// A value as one would type it: lists without brackets and quotes.
std::string typed(const nlohmann::json& value);

}  // namespace eida::config
