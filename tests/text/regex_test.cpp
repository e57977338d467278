/// Regular expressions as the library reads them; that the matches are its own is checked by
/// scripts/check_differences.py --kinds texts.
#include "../../src/text/regex.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "eida/core/error.h"
#include "support/file_helpers.h"

namespace eida::text {
namespace {

std::vector<std::string> matches(std::string_view expression, std::string_view text) {
  std::vector<std::string> found;
  Regex(expression).for_each_match(text, [&](size_t begin, size_t end) {
    found.emplace_back(text.substr(begin, end - begin));
  });
  return found;
}

std::string refusal(std::string_view expression) {
  return eida::testing::message_of<FormatError>([&] { Regex{expression}; });
}

using Strings = std::vector<std::string>;

TEST(Regex, FindsMatchesFromLeftToRight) {
  EXPECT_EQ(matches(R"(\p{N}{1,3}| ?\p{Lu}\p{Ll}*)", "1234 Été"), (Strings{"123", "4", " Été"}));
  EXPECT_EQ(matches(R"((?i:'s|'ll))", "'S'Ll'\u017F"), (Strings{"'S", "'Ll", "'\u017F"}));
  EXPECT_EQ(matches(R"(\s+(?!\S)|\s+)", "a  b "), (Strings{" ", " ", " "}));
  EXPECT_EQ(matches(R"((?<=a)b|[^\S\n]+)", "ab\n \u0085\u180E"), (Strings{"b", " \u0085"}));
}

TEST(Regex, AnEmptyMatchBehindAnotherIsLeftOut) {
  EXPECT_EQ(matches("a*", "baac"), (Strings{"", "aa", ""}));
  EXPECT_EQ(matches("x*", "\u00e9"), (Strings{"", ""}));
}

TEST(Regex, WhatTheEnginesReadDifferentlyIsSaidInOtherWords) {
  EXPECT_EQ(matches(R"(\v)", "\n\v"), Strings{"\v"});    // PCRE2's \v is any line end
  EXPECT_EQ(matches("a{,2}b", "aaab"), Strings{"aab"});  // PCRE2: literal
  EXPECT_EQ(matches("[#-&]", "#$,"), (Strings{"#", "$"}));
  EXPECT_EQ(matches(".", "\n\r"), Strings{"\r"});
}

TEST(Regex, WhatItDoesNotReadAlikeIsRefused) {
  for (const auto& [expression, what] : std::vector<std::pair<std::string, std::string>>{
           {R"(\w+)", R"('\w' at byte 2)"},
           {"^a", "'^' at byte 0"},
           {"a$", "'$' at byte 1"},
           {"(?m:a)", "the group '(?m'"},
           {"(?<n>a)", "the group '(?<'"},
           {"a{2}+", "a quantifier behind another"},
           {"a**", "a quantifier behind another"},
           {"[a&&b]", "a set within '[]'"},
           {"[[:alpha:]]", "a set within '[]'"},
           {R"(\p{Han})", "the property 'Han'"},
           {"(?i:ss)", "'ss' where case is ignored"},
           {R"((?i:\p{L}))", "a property where case is ignored"},
           {R"((a)\1)", R"('\1')"},
           {"(a", "'(' without ')'"},
           {"a)", "')' without '('"},
           {"[a", "'[' without ']'"},
           {"(*UCP)", "'(*'"},
           {"(?<=a*)b", "lookbehind assertion is not fixed length"}}) {
    EXPECT_NE(refusal(expression).find(what), std::string::npos)
        << expression << ": " << refusal(expression);
  }
}

TEST(Regex, AMatchThatTakesTooLongIsAnError) {
  const std::string text(200, 'a');
  EXPECT_THROW(matches("(?:a|aa)+(?:a|aa)+(?:a|aa)+[bc]", text), DataError);
}

}  // namespace
}  // namespace eida::text
