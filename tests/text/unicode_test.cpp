#include "../../src/text/unicode.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace eida::text {
namespace {

TEST(Properties, AreTheLibrarysNotTheSystems) {
  EXPECT_FALSE(has(0x180E, kSpace));  // white space in older versions of Unicode
  EXPECT_TRUE(has(0x180E, kControl));
  for (const char32_t c : {0x09, 0x20, 0x85, 0xA0, 0x1680, 0x2003, 0x2028, 0x3000})
    EXPECT_TRUE(has(c, kSpace)) << std::hex << static_cast<uint32_t>(c);
  EXPECT_FALSE(has(0x200B, kSpace));
  EXPECT_TRUE(has(U'é', kLetter));
  EXPECT_TRUE(has(0x2167, kNumber));  // Roman numeral eight
  EXPECT_FALSE(has(0x2167, kLetter));
  EXPECT_TRUE(has(U'$', kPunctuation));
  EXPECT_TRUE(has(0x4E00, kCjk));
  EXPECT_TRUE(has(0x301, kMark));
  EXPECT_TRUE(has(0xFFFD, kControl));
}

std::u32string form(std::u32string_view text, NormalForm which) { return normal_form(text, which); }

TEST(NormalForms, FollowTheAnnex) {
  EXPECT_EQ(form(U"\u1E9B\u0323", NormalForm::kD), U"\u017F\u0323\u0307");
  EXPECT_EQ(form(U"\u1E9B\u0323", NormalForm::kC), U"\u1E9B\u0323");
  EXPECT_EQ(form(U"\u1E9B\u0323", NormalForm::kKD), U"s\u0323\u0307");
  EXPECT_EQ(form(U"\u1E9B\u0323", NormalForm::kKC), U"\u1E69");
  EXPECT_EQ(form(U"\uAC01", NormalForm::kD), U"\u1100\u1161\u11A8");
  EXPECT_EQ(form(U"\u1100\u1161\u11A8", NormalForm::kC), U"\uAC01");
  EXPECT_EQ(form(U"\u0958", NormalForm::kC), U"\u0915\u093C");  // excluded from composition
  EXPECT_EQ(form(U"a\u0315\u0300\u05AE\u0301b", NormalForm::kC), U"\u00E0\u05AE\u0301\u0315b");
}

TEST(NormalForms, AreStableAndAgree) {
  ASSERT_TRUE(rc::check([] {
    std::u32string text;
    for (const uint32_t number : *rc::gen::arbitrary<std::vector<uint32_t>>()) {
      const char32_t c = number % 0x110000;
      text += c >= 0xD800 && c < 0xE000 ? 0x300 + c % 0x70 : c;
    }
    for (const auto which : {NormalForm::kC, NormalForm::kD, NormalForm::kKC, NormalForm::kKD})
      RC_ASSERT(form(form(text, which), which) == form(text, which));
    RC_ASSERT(form(form(text, NormalForm::kC), NormalForm::kD) == form(text, NormalForm::kD));
    RC_ASSERT(form(form(text, NormalForm::kD), NormalForm::kC) == form(text, NormalForm::kC));
  }));
}

TEST(LowerCase, MayBeLonger) {
  std::u32string lower;
  for (const char32_t c : U"ÀΣ\u0130") {
    if (c != 0) append_lower(lower, c);
  }
  EXPECT_EQ(lower, U"àσi\u0307");
}

}  // namespace
}  // namespace eida::text
