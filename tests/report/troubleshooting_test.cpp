/// docs/troubleshooting.md speaks of messages that the programs have, and the sources of sections
/// that the documents have.
#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "eida/core/files.h"
#include "support/test_data.h"

namespace eida {
namespace {

namespace fs = std::filesystem;

std::string files_below(const char* folder) {
  std::string text;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(EIDA_SOURCE_DIR) / folder)) {
    const std::string ending = entry.path().extension().string();
    if (ending == ".cpp" || ending == ".h" || ending == ".inc")
      text += read_file(entry.path()) + "\n";
  }
  return text;
}

/// All sources with adjacent string literals joined, as a compiler reads them.
std::string all_sources() {
  return std::regex_replace(files_below("src"), std::regex("\"\\s*\n\\s*\""), "");
}

/// Code spans in headings: "`a … b`" gives "a … b".
std::vector<std::string> messages_of(const fs::path& file) {
  std::vector<std::string> messages;
  std::istringstream lines(read_file(file));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("### ")) continue;
    for (size_t begin = line.find('`'); begin != std::string::npos;) {
      const size_t end = line.find('`', begin + 1);
      messages.push_back(line.substr(begin + 1, end - begin - 1));
      begin = line.find('`', end + 1);
    }
  }
  return messages;
}

/// What stands between the "…" of a message, blanks and punctuation at its ends aside.
std::vector<std::string> fixed_parts(const std::string& message) {
  const std::string gap = "…";
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= message.size();) {
    const size_t end = std::min(message.find(gap, begin), message.size());
    const std::string part = message.substr(begin, end - begin);
    const size_t first = part.find_first_not_of(" :',;("), last = part.find_last_not_of(" :',;(");
    if (first != std::string::npos) parts.push_back(part.substr(first, last - first + 1));
    begin = end + gap.size();
  }
  return parts;
}

TEST(Troubleshooting, EveryMessageIsInTheSources) {
  const std::string sources = all_sources();
  const auto messages = messages_of(fs::path(EIDA_SOURCE_DIR) / "docs" / "troubleshooting.md");
  EXPECT_GT(messages.size(), 40U);
  for (const std::string& message : messages) {
    EXPECT_FALSE(fixed_parts(message).empty()) << message;
    for (const std::string& part : fixed_parts(message))
      EXPECT_NE(sources.find(part), std::string::npos) << "'" << part << "' of: " << message;
  }
}

TEST(Documents, SectionsThatSourcesNameAreThere) {
  const std::regex line_end("\n *//+ ?"), named("docs/([a-z]+\\.md), \"([^\"]+)\"");
  int found = 0;
  for (const char* folder : {"include", "src", "tests"}) {
    const std::string text = std::regex_replace(files_below(folder), line_end, " ");
    for (auto at = std::sregex_iterator(text.begin(), text.end(), named);
         at != std::sregex_iterator(); ++at, ++found) {
      const std::string page = read_file(fs::path(EIDA_SOURCE_DIR) / "docs" / (*at)[1].str());
      EXPECT_NE(page.find("# " + (*at)[2].str() + "\n"), std::string::npos) << at->str();
    }
    EXPECT_EQ(text.find(std::string("method.md ") + "section"), std::string::npos) << folder;
  }
  EXPECT_GT(found, 5);
}

}  // namespace
}  // namespace eida
