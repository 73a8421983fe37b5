// Foreign text is shown without passwords and without power over the terminal.

#include "sync/pg/secrets.hpp"
#include "sync/pg/tuning.hpp"

#include <gtest/gtest.h>
#include <string>

namespace playmirror::pg {
namespace {

TEST(SecretsTest, EveryOccurrenceIsReplaced) {
  Secrets secrets;
  secrets.add("hunter2");
  secrets.add("hunter2-and-more");
  secrets.add("");
  EXPECT_EQ(secrets.shown("hunter2 hunter2hunter2 (hunter2-and-more)"), "*** ****** (***)");
  EXPECT_EQ(secrets.shown("nothing here"), "nothing here");
}

TEST(SecretsTest, ASecretMayItselfContainTheReplacement) {
  Secrets secrets;
  secrets.add("****");
  EXPECT_EQ(secrets.shown("a****b"), "a***b");
}

TEST(SecretsTest, AShortSecretWithholdsTheText) {
  Secrets secrets;
  secrets.add("ab");
  EXPECT_EQ(secrets.shown("crab").find("ab"), std::string::npos);
  EXPECT_EQ(secrets.shown("dog"), "dog");
}

TEST(SecretsTest, ControlCharactersAndBrokenEncodingAreGone) {
  const Secrets none;
  EXPECT_EQ(none.shown("a\nb\tc"), "a b c");
  EXPECT_EQ(none.shown("\x1b[2Jclear"), "[2Jclear");
  EXPECT_EQ(none.shown("c1 \xc2\x9b"
                       "2J"),
            "c1 2J");
  EXPECT_EQ(none.shown("latin \xe4 end"), "latin ? end");
  EXPECT_EQ(none.shown("cut \xf0\x9f\x8e"), "cut ???");
  EXPECT_EQ(none.shown("surrogate \xed\xa0\x80"), "surrogate ???");
  EXPECT_EQ(none.shown("overlong \xc0\xaf"), "overlong ??");
  EXPECT_EQ(none.shown("日本語 🎵"), "日本語 🎵");
  EXPECT_EQ(none.shown("end\n\n"), "end");
}

TEST(SecretsTest, LongTextIsCutBetweenCharacters) {
  const Secrets none;
  std::string text;
  for (int i = 0; i < 2'000; ++i) text += "ü";
  const std::string shown = none.shown(text);
  EXPECT_LE(shown.size(), tuning::kTextLimit);
  EXPECT_TRUE(shown.ends_with("ü..."));
}

}  // namespace
}  // namespace playmirror::pg
