#include "core/outbox/handles.hpp"

#include "core/digest/book_checks.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <iterator>
#include <limits>

namespace playmirror::outbox {
namespace {

/// The run in these three columns.
HandleRun run_in(const sqlite::Statement& row) {
  return {{row.integer(0), row.integer(1)}, row.integer(2)};
}

HandleRun read_run(const sqlite::Statement& row) {
  const HandleRun run = run_in(row);
  if (!run.is_sane()) {
    raise(ErrorCode::damaged, "what has become of provisional ids makes no sense",
          {.hint = "Run repair()."});
  }
  return run;
}

/// The run that holds a provisional id.
std::optional<HandleRun> find_run(const sqlite::Database& database, std::string_view table,
                                  std::int64_t provisional_id) {
  auto row = database.prepare(
      "SELECT provisional_id, server_id, rows FROM playmirror_delivered "
      "WHERE table_name = ? AND provisional_id >= ? ORDER BY provisional_id LIMIT 1");
  row.bind_all(table, provisional_id);
  if (!row.step()) return std::nullopt;
  const HandleRun run = read_run(row);
  if (run.first.provisional_id - provisional_id >= run.rows) return std::nullopt;
  return run;
}

}  // namespace

bool HandleRun::is_sane() const noexcept {
  using Limits = std::numeric_limits<std::int64_t>;
  return rows >= 1 && rows <= kMost && first.provisional_id < 0 &&
         first.provisional_id >= Limits::min() + rows && first.server_id <= Limits::max() - rows;
}

void note_delivered(sqlite::Database& database, std::string_view table, const HandleRun& run) {
  auto note = database.prepare(
      "INSERT OR REPLACE INTO playmirror_delivered (table_name, provisional_id, server_id, rows) "
      "VALUES (?, ?, ?, ?)");
  note.bind_all(table, run.first.provisional_id, run.first.server_id, run.rows).run();
}

std::optional<std::int64_t> delivered_as(const sqlite::Database& database, std::string_view table,
                                         std::int64_t provisional_id) {
  const auto run = find_run(database, table, provisional_id);
  if (!run) return std::nullopt;
  digest::require_sound_run(database, table, run->first.provisional_id, run->first.server_id,
                            run->rows);
  return run->first.server_id + (run->first.provisional_id - provisional_id);
}

std::vector<Delivered> all_delivered(const sqlite::Database& database, std::string_view table) {
  auto rows = database.prepare(
      "SELECT provisional_id, server_id, rows FROM playmirror_delivered WHERE table_name = ? "
      "ORDER BY provisional_id DESC");
  rows.bind(0, table);
  std::vector<Delivered> all;
  while (rows.step()) {
    const HandleRun run = read_run(rows);
    for (std::int64_t n = 0; n < run.rows; ++n) all.push_back(run.at(n));
  }
  return all;
}

void redirect(sqlite::Database& database, std::string_view table, const Delivered& handle,
              std::int64_t provisional_id) {
  const auto run = find_run(database, table, handle.provisional_id);
  if (!run) return;
  const std::int64_t before = run->first.provisional_id - handle.provisional_id;
  const std::int64_t after = run->rows - before - 1;
  if (before > 0) note_delivered(database, table, {run->first, before});
  note_delivered(database, table, {{handle.provisional_id, provisional_id}, 1});
  if (after > 0) note_delivered(database, table, {run->at(before + 1), after});
}

std::vector<std::int64_t> senseless_handles(const sqlite::Database& database) {
  std::vector<std::int64_t> senseless;
  auto rows = database.prepare("SELECT provisional_id, server_id, rows FROM playmirror_delivered");
  while (rows.step()) {
    if (!run_in(rows).is_sane()) senseless.push_back(rows.integer(0));
  }
  return senseless;
}

void forget_senseless_handles(sqlite::Database& database) {
  auto forget = database.prepare("DELETE FROM playmirror_delivered WHERE provisional_id = ?");
  for (const std::int64_t handle : senseless_handles(database)) forget.bind_all(handle).run();
}

DeliveredRows::DeliveredRows(const sqlite::Database& database, std::string_view table) {
  auto rows = database.prepare(
      "SELECT provisional_id, server_id, rows FROM playmirror_delivered WHERE table_name = ? "
      "ORDER BY server_id");
  rows.bind(0, table);
  while (rows.step()) {
    const HandleRun run = read_run(rows);
    const Range range{run.first.server_id, run.first.server_id + run.rows};
    // An id that was free again was given twice.
    if (!ranges_.empty() && range.first <= ranges_.back().end) {
      ranges_.back().end = std::max(ranges_.back().end, range.end);
    } else {
      ranges_.push_back(range);
    }
  }
}

bool DeliveredRows::contains(std::int64_t server_id) const noexcept {
  const auto behind = std::ranges::upper_bound(ranges_, server_id, {}, &Range::first);
  return behind != ranges_.begin() && server_id < std::prev(behind)->end;
}

}  // namespace playmirror::outbox
