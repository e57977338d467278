#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "eida/core/utf8.h"
#include "eida/metrics/rouge_cider.h"

namespace eida {
namespace {

std::string joined(std::string_view line) {
  std::string text;
  for (const std::string& token : ptb_tokens(line)) {
    if (!text.empty()) text += ' ';
    text += token;
  }
  return text;
}

// Expected texts: output of stanford-corenlp-3.4.1's PTBTokenizer.
TEST(PtbTokenizer, SplitsAsTheSpecificationShows) {
  EXPECT_EQ(
      joined("Aromi's is a non-family-friendly £20-25 place/pub (5 out of 5), isn't it?"),
      "aromi 's is a non-family-friendly # 20-25 place/pub -lrb- 5 out of 5 -rrb- , is n't it ?");
  EXPECT_EQ(joined("\"Great\" ... it cannot cost < £20.00"),
            "`` great '' ... it can not cost < # 20.00");
  EXPECT_EQ(joined("kids' menu - ‘x’ café & 3.5 stars; e.g. Mr. X. gonna"),
            "kids ' menu - ` x ' café & 3.5 stars ; e.g. . mr. x. gon na");
}

TEST(PtbTokenizer, KeepsNumbersWhole) {
  EXPECT_EQ(joined("+5-6 3.5 1,000 10:30 .5"), "+5 -6 3.5 1,000 10:30 .5");
  EXPECT_EQ(joined("3 1/2 and 20 2000 3000"), "3\u00A01/2 and 20\u00A02000\u00A03000");
  EXPECT_EQ(joined("(212) 555-1234 (21)5551234 (2) +44 20 7946 0958 10-20-2010 555-1234"),
            "-lrb-212-rrb-\u00A0555-1234 -lrb-21-rrb-5551234 -lrb- 2 -rrb- "
            "+44\u00A020\u00A07946\u00A00958 10-20-2010\u00A0555 -1234");
  EXPECT_EQ(joined("3.5., -5.; 20-25.: 5.,"), "3.5 . , -5 . ; 20-25. : 5. ,");
  EXPECT_EQ(joined("£20-25 €5 ¢ ½"), "# 20-25 $ 5 cents 1/2");
}

TEST(PtbTokenizer, KeepsDotsOfAbbreviations) {
  EXPECT_EQ(joined("center., 5., a-b; f."), "center. , 5. , a-b ; f.");
  EXPECT_EQ(joined("Is area.It the U.S. The end"), "is area.it the u.s. . the end");
  EXPECT_EQ(joined("Mr. Smith vs. Dr Foo, Inc. Next, no. 5"),
            "mr. smith vs. dr foo , inc. . next , no. 5");
}

TEST(PtbTokenizer, ReadsApostrophes) {
  EXPECT_EQ(joined("he's they'll don't DON'T 'twas y'all o'clock"),
            "he 's they 'll do n't do n't 't was y' all o'clock");
  EXPECT_EQ(joined("'hello' the ’stars O'Neil d'oeuvre"), "` hello ' the 's tars o'neil d'oeuvre");
}

TEST(PtbTokenizer, JoinsRunsOfSigns) {
  EXPECT_EQ(joined("?! !! --- ---- ----- .. ... . . ."), "?! !! -- -- ----- . . ... ...");
  EXPECT_EQ(joined("[a] {b} c# #tag @name :)"), "-lsb- a -rsb- -lcb- b -rcb- c# #tag @name :-rrb-");
}

TEST(PtbTokenizer, KeepsMarkupWhole) {
  EXPECT_EQ(joined("<unk>'s a<b>bold</b>text <PAD> </s>"),
            "<unk> 's a <b> bold </b> text <pad> </s>");
  EXPECT_EQ(joined("<a href=\"x y>\" b />x<!-- c d --><?xml?>"),
            "<a\u00A0href=\"x\u00A0y>\"\u00A0b\u00A0/> x <!--\u00A0c\u00A0d\u00A0--> <?xml?>");
  EXPECT_EQ(joined("<1> < b> <b x=y> <|end|> <b"), "< 1 > < b > < b x = y > < | end | > < b");
  EXPECT_EQ(joined("<< a >> <_x> :)x :)"), "<< a >> <_x > : -rrb- x :-rrb-");
}

TEST(PtbTokenizer, KeepsAddressesWhole) {
  EXPECT_EQ(joined("info@aromi.example <A.B@c.co.uk> x@y. a@b..c a@.b &lt;a@b&gt;"),
            "info@aromi.example <a.b@c.co.uk> x@y . a@b . . c a @ . b &lt;a@b&gt;");
  EXPECT_EQ(joined("(http://xx.y/a?b=c&amp;d,e). HTTPS://X.com/ http://x"),
            "-lrb- http://xx.y/a?b=c&amp;d,e -rrb- . https://x.com/ http : / / x");
  EXPECT_EQ(joined("www.the-punter.co.uk/a?b. www.the-punter.example"),
            "www.the-punter.co.uk/a?b . www.the-punter.exam ple");
  EXPECT_EQ(joined("aromi.com/menu, aromi.com's #x.comic 3.com a-b.com"),
            "aromi.com/menu , aromi.com 's #x.com ic 3 . com a-b . com");
}

TEST(PtbTokenizer, KeepsSignsAndPairsOfQuotes) {
  EXPECT_EQ(joined("a → b ± ₤5 № 3 ⅕ ※、！"), "a → b ± ₤ 5 № 3 ⅕ ※ 、 ！");
  EXPECT_EQ(joined("‘»“x”’ „y‟ «z»"), "`'' `` x ''' „ y ‟ `` z ''");
  EXPECT_EQ(joined("x😀y 𝐀 \u20A0 İstanbul"), "x y $ i\u0307stanbul");
}

TEST(PtbTokenizer, LeavesSoftHyphensOutOfWords) {
  EXPECT_EQ(joined("q\u00ADq f\u00ADamily-fr\u00ADiendly 9\u00AD9 do\u00ADn't \u00AD x"),
            "qq family-friendly 99 do n't - x");
  EXPECT_EQ(joined("http://x\u00AD.org/a 3a\u00AD.txt"), "http://x\u00AD.org/a 3a\u00AD.txt");
}

TEST(PtbTokenizer, KeepsFilesAndAcronymsBehindHyphensWhole) {
  EXPECT_EQ(joined("3a.TXT, 20.5.tar.gz 3a.txtx 3a.txt/b"),
            "3a.txt , 20.5.tar.gz 3a . txtx 3a . txt/b");
  EXPECT_EQ(joined("non-U.S. anti-a.m., plan-B. U.S.-led non-U.S.-based"),
            "non-u.s. anti-a.m. , plan-b . u.s.-led non-u.s.-based");
  EXPECT_EQ(joined("anti-O'Neil x_l'air d'été-o'x-y"), "anti-o'neil x_l'air d'été-o ` x-y");
}

TEST(PtbTokenizer, MarkupEndsASentence) {
  EXPECT_EQ(joined("A. <b> B. </s> A. <1>"), "a . <b> b . </s> a. < 1 >");
  EXPECT_EQ(joined("B. <br/>d B. <br/> d A. <b>"), "b. <br/> d b . <br/> d a . <b>");
}

TEST(PtbTokenizer, WordsKeepTheirDotBeforeAMark) {
  EXPECT_EQ(joined("AT&T., A&amp;B.; A+B.: AT&T. a&b."), "at&t. , a&b. ; a+b. : at&t . a & b.");
  EXPECT_EQ(joined("non-U.S.., x EU-U.S.. y"), "non-u.s.. , x eu-u.s. . y");
  EXPECT_EQ(joined("a.c. x a.b.c. x a.txt. x"), "a.c. x a.b.c. x a.txt . x");
}

TEST(PtbTokenizer, WideSpacesMayBeginAnAddress) {
  EXPECT_EQ(joined("x.\u3000www.a.com \u3000y"), "x.\u3000www.a.com y");
  EXPECT_EQ(joined("U.S.\u3000www.a.com z\u3000y"), "u.s. \u3000www.a.com z y");
  EXPECT_EQ(joined("x \u3000www.a.com"), "x www.a.com");
  EXPECT_EQ(joined("\u00AD10:30 x"), "10:30 x");
  EXPECT_EQ(joined("\\* \\** \\/"), "\\* \\* * \\ /");
}

TEST(PtbTokenizer, ReadsEntities) {
  EXPECT_EQ(joined("a&nbsp;b &lt;unk&gt; &amp;amp; &quot;x&quot; &mdash;&MD; &#39; &ur; &copy;"),
            "a b < unk > & amp ; `` x '' -- -- &#39; &ur; & copy ;");
  EXPECT_EQ(joined("caf&eacute;'s &Ouml;l it&apos;s isn&apos;t &apos;a&apos; O&apos;Neil"),
            "caf&eacute; 's &ouml;l it 's is n't ' a ' o&apos;neil");
  EXPECT_EQ(joined("AT&T A&amp;B C+D+EF a&b A&b"), "at&t a&b c+d+ef a & b a & b");
}

TEST(PtbTokenizer, TextLeavesPunctuationOutButKeepsBrackets) {
  EXPECT_EQ(ptb_text("Well, (it) costs £5: \"fine\" - or so!"),
            "well -lrb- it -rrb- costs # 5 fine or so");
  EXPECT_EQ(ptb_text("... ?"), "");
  EXPECT_EQ(ptb_text(""), "");
  EXPECT_EQ(ptb_text("a\nb\tc"), "a b c");
}

RC_GTEST_PROP(PtbTokenizer, GivesTokensOfUtf8ForAnyBytes, (const std::string& bytes)) {
  for (const std::string& token : ptb_tokens(bytes)) {
    RC_ASSERT(!token.empty());
    RC_ASSERT(find_invalid_utf8(token) == std::string::npos);
    RC_ASSERT(token.find_first_of(" \n") == std::string::npos);
  }
}

// Words of plain letters come through in order and lower-cased, whatever stands between them.
RC_GTEST_PROP(PtbTokenizer, KeepsLettersInOrder, ()) {
  const auto letters =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("abyz .,-")));
  std::string tokens, wanted = letters;
  for (const std::string& token : ptb_tokens(letters)) tokens += token;
  const auto keep = [](std::string& text) {
    std::erase_if(text, [](char c) { return c < 'a' || c > 'z'; });
  };
  keep(wanted);
  keep(tokens);
  RC_ASSERT(tokens == wanted);
}

}  // namespace
}  // namespace eida
