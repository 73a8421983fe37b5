// Hostile names and texts reach the server as what they are.

#include "sync/pg/connection.hpp"
#include "tests/cpp/support/connected_test.hpp"

#include <playmirror/error.hpp>

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace playmirror::pg {
namespace {

using namespace std::string_literals;

const std::vector<std::string> kHostile = {
    "",
    " ",
    "'",
    "''; DROP TABLE tracks; --",
    "\\",
    "\\'",
    "\\\\\"",
    "{a,b}",
    "NULL",
    "null",
    "a,b",
    "\"",
    "$1",
    "%s %n",
    "line\nbreak\ttab\r",
    "\x1b[2J\x01\x7f",
    "ünïcödé 日本語 \U0001F3B5",
    "/* not a comment */ --",
};

using Quoting = test::ConnectedTest;

TEST_F(Quoting, LiteralsComeBackUnchangedWhateverTheServersStringSyntax) {
  for (const char* conforming : {"on", "off"}) {
    execute("SET standard_conforming_strings = "s + conforming);
    for (const std::string& text : kHostile) {
      EXPECT_EQ(execute("SELECT " + literal(text) + "::text"), text) << conforming;
    }
  }
}

TEST_F(Quoting, NamesComeBackUnchanged) {
  for (const std::string& name : kHostile) {
    if (name.empty()) continue;
    execute("CREATE TEMP TABLE t (" + pg::quoted(name) + " int)");
    EXPECT_EQ(execute("SELECT attname FROM pg_attribute "
                      "WHERE attrelid = 'pg_temp.t'::regclass AND attnum = 1"),
              name);
    execute("DROP TABLE pg_temp.t");
  }
}

TEST_F(Quoting, ArraysComeBackUnchanged) {
  std::vector<Parameter> elements(kHostile.begin(), kHostile.end());
  elements.emplace_back(std::nullopt);
  const Result result =
      connection_->query("SELECT unnest($1::text[])", {text_array(elements)}, "select", waiter_);
  ASSERT_EQ(result.size(), static_cast<int>(elements.size()));
  for (int i = 0; i < result.size(); ++i) {
    const Parameter& sent = elements[static_cast<std::size_t>(i)];
    EXPECT_EQ(result[i].is_null(0), !sent.has_value());
    EXPECT_EQ(result[i].text(0), sent.value_or(""));
  }
}

TEST_F(Quoting, AnEmptyArrayIsEmpty) {
  const Result result =
      connection_->query("SELECT cardinality($1::text[])", {text_array({})}, "select", waiter_);
  EXPECT_EQ(result[0].integer(0), 0);
}

TEST(QuotingRules, NamesThatTheServerWouldCutAreRefused) {
  EXPECT_EQ(pg::quoted(std::string(63, 'x')).size(), 65U);
  EXPECT_THROW(static_cast<void>(pg::quoted(std::string(64, 'x'))), InvalidArgument);
  EXPECT_THROW(static_cast<void>(pg::quoted("")), InvalidArgument);
  EXPECT_THROW(static_cast<void>(pg::quoted("a\0b"s)), InvalidArgument);
}

TEST(QuotingRules, ZeroBytesAreRefused) {
  EXPECT_THROW(static_cast<void>(literal("a\0b"s)), InvalidArgument);
  const std::vector<Parameter> elements = {"a\0b"s};
  EXPECT_THROW(static_cast<void>(text_array(elements)), InvalidArgument);
}

}  // namespace
}  // namespace playmirror::pg
