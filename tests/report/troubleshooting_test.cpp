/// docs/troubleshooting.md speaks of messages that the programs have.
#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "eida/core/files.h"
#include "support/test_data.h"

namespace eida {
namespace {

namespace fs = std::filesystem;

/// All sources with adjacent string literals joined, as a compiler reads them.
std::string all_sources() {
  std::string text;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(EIDA_SOURCE_DIR) / "src")) {
    if (entry.path().extension() == ".cpp" || entry.path().extension() == ".h")
      text += read_file(entry.path()) + "\n";
  }
  return std::regex_replace(text, std::regex("\"\\s*\n\\s*\""), "");
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

}  // namespace
}  // namespace eida
