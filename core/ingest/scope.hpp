#pragma once

#include "core/schema/layout.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Which part of the server's rows a mirror holds, when a person chose to do without the rest.
///
/// What lies outside is not here at all, but for rows that are pending: so every count of mirrored
/// rows is a count of rows within the scope. Every function works inside the caller's transaction.
namespace playmirror::ingest {

struct Scope {
  std::vector<std::string> left_out = {};  ///< columns of tracks, by name and in order
  std::optional<std::string> plays_since =
      {};  ///< the earliest play, as PostgreSQL prints instants

  [[nodiscard]] bool is_whole() const noexcept { return left_out.empty() && !plays_since; }

  friend bool operator==(const Scope&, const Scope&) = default;
};

[[nodiscard]] Scope read_scope(const sqlite::Database& database);
void write_scope(sqlite::Database& database, const Scope& scope);

/// What lies in both.
[[nodiscard]] Scope common_part(const Scope& a, const Scope& b);

/// The table as far as it lies in the scope: without its columns that are left out, and with the
/// cut through its rows.
[[nodiscard]] schema::TableLayout within(schema::TableLayout table, const Scope& scope);

/// Whether a play of this instant, as PostgreSQL prints it, lies outside. Other tables have no cut.
[[nodiscard]] bool is_outside(const Scope& scope, std::string_view table,
                              std::string_view played_at);

/// Gives up what lies outside, and remembers the scope. It must lie within the present one, unless
/// nothing was copied yet.
void narrow(sqlite::Database& database, const Scope& scope);

/// Gives up one row that came to be the server's while it was here, if it lies outside.
void drop_if_outside(sqlite::Database& database, const Scope& scope, std::string_view table,
                     std::int64_t id);

}  // namespace playmirror::ingest
