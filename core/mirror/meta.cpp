#include "core/mirror/meta.hpp"

#include "core/time/postgres_time.hpp"

#include <playmirror/error.hpp>

#include <charconv>

namespace playmirror::meta {

std::optional<std::string> read(const sqlite::Database& database, std::string_view key) {
  const auto fact = database.kept("SELECT value FROM playmirror_meta WHERE key = ?");
  fact->bind_view(0, key);
  if (!fact->step() || fact->is_null(0)) return std::nullopt;
  return std::string(fact->text(0));
}

std::optional<Timestamp> read_time(const sqlite::Database& database, std::string_view key) {
  const auto text = read(database, key);
  const auto micros = text ? parse_postgres(*text) : std::nullopt;
  if (!micros) return std::nullopt;
  return Timestamp::from_postgres_micros(*micros);
}

std::int64_t read_int(const sqlite::Database& database, std::string_view key) {
  const auto text = read(database, key);
  std::int64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  if (value < 0 || value > kMostNumber) {
    raise(ErrorCode::damaged, "playmirror_meta has an impossible " + std::string(key),
          {.hint = "Repair the mirror, or salvage it when it cannot be opened."});
  }
  return value;
}

void write(sqlite::Database& database, std::string_view key, std::string_view value) {
  const auto fact = database.kept(
      "INSERT INTO playmirror_meta (key, value) VALUES (?, ?) "
      "ON CONFLICT (key) DO UPDATE SET value = excluded.value");
  fact->bind_all(key, value);
  fact->run();
}

void write(sqlite::Database& database, std::string_view key, std::int64_t value) {
  write(database, key, std::to_string(value));
}

}  // namespace playmirror::meta
