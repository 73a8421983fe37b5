#pragma once

#include "core/call_watch.hpp"
#include "core/digest/block_digests.hpp"
#include "core/schema/layout.hpp"
#include "core/sqlite/database.hpp"

#include <playmirror/status.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The digests of all blocks of the mirrored tables, pending rows included, as playmirror_digests
/// keeps them: what playmirror has written. Every function works inside the caller's transaction.
namespace playmirror::digest {

/// A number that changes whenever the digests are made anew; 0 while there are none.
[[nodiscard]] std::int64_t kept_digests(const sqlite::Database& database);

/// From now on, until they are made anew, no digests are kept.
void forget_digests(sqlite::Database& database);

/// Makes them from the rows that are there, unless they are kept already. Reads every row.
void make_digests(sqlite::Database& database, CallWatch& watch);

/// How many rows of the table playmirror has written, pending ones included; none while no digests
/// are kept. Reads one row for each block.
[[nodiscard]] std::optional<std::int64_t> kept_rows(const sqlite::Database& database,
                                                    std::string_view table);

/// The tables that have digests: the mirrored ones, and what their columns cannot hold.
[[nodiscard]] const std::vector<schema::TableLayout>& digested_tables();

/// For a file from before odd values had digests, if it keeps any.
void add_digests_of_odd_values(sqlite::Database& database);

/// Keeps these from now on, by table, with those of the odd values. They must be those of the rows
/// that are there.
void keep_digests(sqlite::Database& database,
                  const std::map<std::string, BlockDigests, std::less<>>& tables);

/// Adds to one block's.
void add_to_digest(sqlite::Database& database, std::string_view table, std::string_view block,
                   const BlockDigest& change);

struct FileDigests {
  std::int64_t blocks = 0;                 ///< compared; 0 when no digests are kept
  std::vector<FileProblem> problems = {};  ///< blocks whose rows are not those that were written
};

/// Compares the digests with the rows; reads every row.
[[nodiscard]] FileDigests check_digests(sqlite::Database& database, CallWatch& watch);

}  // namespace playmirror::digest
