// The blocks of text keys, of which SQLite, the server and this library must think alike.

#include "core/ingest/key_blocks.hpp"

#include "core/text/utf8.hpp"

#include <gtest/gtest.h>
#include <random>
#include <sqlite3.h>
#include <string>

namespace playmirror {
namespace {

std::string substr_of(sqlite3* database, const std::string& key) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, "SELECT substr(?, 1, 2)", -1, &statement, nullptr);
  sqlite3_bind_text(statement, 1, key.data(), static_cast<int>(key.size()), SQLITE_TRANSIENT);
  sqlite3_step(statement);
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  std::string result(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, 0)));
  sqlite3_finalize(statement);
  return result;
}

TEST(KeyBlocks, AreThoseOfSqliteWhateverTheBytes) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(":memory:", &database), SQLITE_OK);
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string key;
    for (auto left = random() % 7; left > 0; --left) {
      // Half of them ASCII; of the rest, first bytes and those behind them alike.
      const auto byte = static_cast<unsigned char>(1 + random() % 255);
      key += static_cast<char>(random() % 2 == 0 ? 'a' + byte % 26 : byte);
    }
    EXPECT_EQ(ingest::block_of(std::string_view(key)), substr_of(database, key));
  }
  sqlite3_close(database);
}

TEST(Utf8, ReplacesWhatIsNoCharacter) {
  EXPECT_EQ(text::with_replacements("M\xE9z"), "M\xEF\xBF\xBDz");
  EXPECT_EQ(text::with_replacements("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(text::with_replacements("\xED\xA0\x80."),
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD.");  // a surrogate
  for (const std::string good : {"", "plain", "\xC3\xA9", "12345678\xF0\x9F\x8E\xB5"}) {
    EXPECT_TRUE(text::is_utf8(good));
    EXPECT_EQ(text::with_replacements(good), good);
  }
}

}  // namespace
}  // namespace playmirror
