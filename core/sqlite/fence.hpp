#pragma once

#include "core/call_watch.hpp"
#include "core/sqlite/database.hpp"

#include <playmirror/error.hpp>
#include <playmirror/value.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

/// Running one statement that somebody else wrote.
namespace playmirror::sqlite {

struct FenceLimits {
  std::chrono::steady_clock::time_point deadline = {};
  int value_bytes = 0;            ///< the longest text, blob or sorted row
  std::int64_t result_rows = 0;   ///< 0: no limit
  std::int64_t result_bytes = 0;  ///< memory of the result
};

/// Where the rows of a fenced statement go.
class RowSink {
 public:
  RowSink() = default;
  RowSink(const RowSink&) = delete;
  RowSink& operator=(const RowSink&) = delete;
  virtual ~RowSink() = default;

  /// Once, before the first row: the names and the origins of the columns are known.
  virtual void begin(const Statement& statement) = 0;

  /// The statement's present row. Returns by how many bytes the result has grown.
  virtual std::int64_t add(const Statement& row) = 0;
};

/// query_limit because of FenceLimits::value_bytes.
class ValueTooLarge final : public QueryError {
 public:
  using QueryError::QueryError;
};

/// Runs the one statement in `sql` with `?` bound in order, and gives its rows to `sink`. While it
/// runs, the read-only connection can evaluate SELECT and nothing else: an authorizer refuses every
/// other action, and functions that reach out of SQL; ATTACH has no slot; a statement that is not
/// read-only, returns no columns or is followed by another is not started. Everything about the
/// connection is as before afterwards.
///
/// The deadline and the caller are looked at between SQLite's steps: one call of a function on a
/// huge text cannot be cut short. Memory is bounded for each value and for the result, not for one
/// statement that computes many long values side by side.
void run_fenced(Database& database, std::string_view sql, const std::vector<Value>& parameters,
                const FenceLimits& limits, RowSink& sink, CallWatch& watch);

}  // namespace playmirror::sqlite
