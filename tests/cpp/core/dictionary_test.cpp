// Codes are the same whichever way they are asked for, and a hash that two texts share is no harm.

#include "core/columns/dictionary.hpp"

#include <array>
#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::columns {
namespace {

TEST(Dictionary, GivesCodesInTheOrderOfTheFirstQuestions) {
  TextDictionary dictionary;
  EXPECT_EQ(dictionary.code_for("b"), 1U);
  EXPECT_EQ(dictionary.code_for("a"), 2U);
  EXPECT_EQ(dictionary.code_for("b"), 1U);
  EXPECT_EQ(dictionary.code_for(""), 3U);
  EXPECT_EQ(dictionary.find(""), 3U);
  EXPECT_EQ(dictionary.find("c"), kNone);
  EXPECT_EQ(dictionary.size(), 4U);
}

TEST(Dictionary, GivesManyCodesAsOneByOne) {
  TrackDictionary one_by_one;
  TrackDictionary together;
  for (const char* known : {"known", "also known"}) {
    one_by_one.add(known);
    together.add(known);
  }
  std::vector<std::string> texts;
  for (int i = 0; i < 5'000; ++i) texts.push_back(std::to_string(i * 7919 % 1'300));
  for (std::size_t begin = 0; begin < texts.size(); begin += 8) {
    std::array<std::string_view, 8> ids;
    std::array<std::uint32_t, 8> codes{};
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = texts[begin + i];
    ids[3] = {};
    ids[4] = "";
    ids[5] = "also known";
    together.codes_for(ids, codes);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      EXPECT_EQ(codes[i], i == 3 ? kNone : one_by_one.code_for(ids[i]));
    }
  }
  EXPECT_EQ(together.size(), one_by_one.size());
  EXPECT_EQ(together[2].id, "also known");
}

TEST(CodeIndex, TellsTextsOfOneHashApart) {
  CodeIndex index;
  for (std::uint32_t code = 1; code <= 1'000; ++code) {
    const std::uint32_t hash = code % 3;
    EXPECT_EQ(index.find(hash, [&](std::uint32_t other) { return other == code; }), kNone);
    index.add(hash, code);
  }
  for (std::uint32_t code = 1; code <= 1'000; ++code) {
    EXPECT_EQ(index.find(code % 3, [&](std::uint32_t other) { return other == code; }), code);
    EXPECT_EQ(index.find(code % 3 + 1, [&](std::uint32_t other) { return other == code; }), kNone);
  }
}

}  // namespace
}  // namespace playmirror::columns
