#include "eida/core/utf8.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

namespace eida {
namespace {

constexpr size_t kNone = std::string_view::npos;

TEST(Utf8, AcceptsEveryLengthAndTheBoundaries) {
  EXPECT_EQ(find_invalid_utf8(""), kNone);
  EXPECT_EQ(find_invalid_utf8("plain ascii text, longer than eight bytes"), kNone);
  EXPECT_EQ(find_invalid_utf8("\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF0"
                              "\x90\x80\x80\xF4\x8F\xBF\xBF"),
            kNone);
}

TEST(Utf8, NamesTheFirstBadByte) {
  EXPECT_EQ(find_invalid_utf8("abc\x80"), 3u);           // stray continuation
  EXPECT_EQ(find_invalid_utf8("12345678abc\xC3"), 11u);  // cut
  EXPECT_EQ(find_invalid_utf8("\xC0\xAF"), 0u);          // overlong
  EXPECT_EQ(find_invalid_utf8("a\xE0\x9F\xBF"), 1u);     // overlong
  EXPECT_EQ(find_invalid_utf8("\xF0\x8F\xBF\xBF"), 0u);  // overlong
  EXPECT_EQ(find_invalid_utf8("\xED\xA0\x80"), 0u);      // surrogate
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0u);  // above U+10FFFF
  EXPECT_EQ(find_invalid_utf8("\xC3\xA9\xE2\x82"
                              "a"),
            2u);  // broken in the middle
}

TEST(Utf8, DecodesAndStepsOverBadBytes) {
  const std::string text = "a\xC3\xA9\xFF\xE2\x82\xAC\xF0\x9F\x98\x80\xE2";
  const char32_t wanted[] = {U'a', U'\u00E9', U'\uFFFD', U'\u20AC', U'\U0001F600', U'\uFFFD'};
  size_t position = 0, length = 0;
  for (const char32_t code : wanted) {
    EXPECT_EQ(code_point_at(text, position, length), code);
    position += length;
  }
  EXPECT_EQ(position, text.size());
}

std::string repaired(std::string_view bytes) {
  std::string storage;
  return std::string(repair_utf8(bytes, storage));
}

TEST(RepairUtf8, ReplacesEachMaximalIllFormedPart) {
  // What bytes.decode("utf-8", "replace") gives in Python.
  const std::string r = "\uFFFD";
  EXPECT_EQ(repaired("plain é 字 😀"), "plain é 字 😀");
  EXPECT_EQ(repaired("a\xFF"
                     "b"),
            "a" + r + "b");
  EXPECT_EQ(repaired("\x80\x80"), r + r);
  EXPECT_EQ(repaired("\xE2\x82"), r);  // cut off: one
  EXPECT_EQ(repaired("\xE2\x82"
                     "a\xF0\x9F\x98"),
            r + "a" + r);
  EXPECT_EQ(repaired("\xF0\x9F\x98"
                     "\xF0\x9F\x98\x80"),
            r + "😀");
  EXPECT_EQ(repaired("\xED\xA0\x80"), r + r + r);  // a surrogate
  EXPECT_EQ(repaired("\xC0\xAF"), r + r);          // overlong
  EXPECT_EQ(repaired("\xE0\x80\x80"), r + r + r);
  EXPECT_EQ(repaired("\xF4\x90\x80\x80"), r + r + r + r);  // beyond U+10FFFF
  EXPECT_EQ(repaired("\xF1\x80\x80"), r);
}

TEST(RepairUtf8, ResultIsAlwaysWellFormedAndStable) {
  ASSERT_TRUE(rc::check([] {
    const std::string once = repaired(*rc::gen::arbitrary<std::string>());
    RC_ASSERT(find_invalid_utf8(once) == std::string_view::npos);
    RC_ASSERT(repaired(once) == once);
  }));
}

TEST(Utf8, CodePointsSurviveBothWays) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string bytes;
    append_utf8(bytes, c);
    const char* p = bytes.data();
    ASSERT_EQ(next_code_point(p), c);
    ASSERT_EQ(p, bytes.data() + bytes.size());
    ASSERT_EQ(code_point_before(p), c);
    ASSERT_EQ(sequence_length(bytes[0]), bytes.size());
  }
}

TEST(Utf8, WidthCountsColumnsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("\xCE\x94(k)"), 4u);               // Greek delta
  EXPECT_EQ(display_width("e\xCC\x81"), 1u);                 // combining acute
  EXPECT_EQ(display_width("\xE6\x97\xA5\xE6\x9C\xAC"), 4u);  // two wide characters
  EXPECT_EQ(display_width("\xFF"), 1u);                      // not UTF-8
}

TEST(Utf8, PrintableTextHoldsNoEscapesAndIsCut) {
  EXPECT_EQ(printable("caf\xC3\xA9"), "caf\xC3\xA9");
  EXPECT_EQ(printable("a\x1B[31m\n"), "a\uFFFD[31m\uFFFD");
  EXPECT_EQ(printable("\xFFz"), "\uFFFDz");
  EXPECT_EQ(printable("\u202Egnp"), "\uFFFDgnp");  // right-to-left override
  EXPECT_EQ(printable("abcdef", 3), "abc\u2026");
  EXPECT_EQ(printable("abc", 3), "abc");
  std::string marks = "e";
  for (int i = 0; i < 1000; ++i) marks += "\u0301";  // zero width, yet bounded
  EXPECT_LT(printable(marks, 10).size(), 60u);
}

TEST(ReplaceAll, DoesNotLookAtWhatItPutIn) {
  std::string text = "aaba";
  replace_all(text, "a", "aa");
  EXPECT_EQ(text, "aaaabaa");
  replace_all(text, "aa", "");
  EXPECT_EQ(text, "b");
}

TEST(ShellQuoted, IsReadBackAsItWas) {
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("a b$c"), "'a b$c'");
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
}

}  // namespace
}  // namespace eida
