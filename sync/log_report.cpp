#include "sync/log_report.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace playmirror::sync {
namespace {

std::string_view in_words(PullMethod method) {
  switch (method) {
    case PullMethod::none:
      return "nothing pulled";
    case PullMethod::first_copy:
      return "first copy";
    case PullMethod::sweep:
      return "swept";
    case PullMethod::by_ids:
      return "looked for new plays";
    case PullMethod::unchanged:
      return "unchanged";
  }
  return "";
}

/// Adds "3 inserted" to a list, unless there are none.
void add(std::string& list, std::int64_t count, std::string_view what) {
  if (count == 0) return;
  list += ", " + std::to_string(count) + ' ';
  list += what;
}

std::string cost(const WireCounts& wire, std::chrono::microseconds duration) {
  const auto milliseconds = std::chrono::round<std::chrono::milliseconds>(duration).count();
  return ", " + std::to_string(wire.round_trips) + " round trips, " + std::to_string(milliseconds) +
         " ms";
}

void warn(CallWatch& watch, const std::string& head, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) watch.log(LogLevel::warning, head + warning);
}

}  // namespace

void log_report(CallWatch& watch, const std::string& call, const std::string& server,
                const SyncReport& report) {
  if (!watch.control().on_log) return;
  const std::string head = call + " with " + server + ": ";
  std::string moved;
  add(moved, report.pushed, "pushed");
  add(moved, report.already_there, "already there");
  add(moved, report.waiting, "waiting");
  add(moved, report.rejected, "rejected");
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t deleted = 0;
  for (const auto& [name, table] : report.pulled) {
    inserted += table.inserted;
    updated += table.updated;
    deleted += table.deleted;
  }
  add(moved, inserted, "inserted");
  add(moved, updated, "updated");
  add(moved, deleted, "deleted");
  watch.log(
      moved.empty() ? LogLevel::debug : LogLevel::info,
      head + std::string(in_words(report.method)) + moved + cost(report.wire, report.duration));
  for (const RowOutcome& row : report.rows) {
    if (row.kind != RowOutcome::Kind::rejected) continue;
    watch.log(LogLevel::warning,
              head + row.entry.table + ' ' + row.entry.key + " was rejected: " + row.entry.message);
  }
  for (const auto& [name, table] : report.pulled) {
    if (!table.problem.empty()) watch.log(LogLevel::warning, head + name + ": " + table.problem);
  }
  warn(watch, head, report.warnings);
}

void log_report(CallWatch& watch, const std::string& call, const std::string& server,
                const RepairReport& report) {
  if (!watch.control().on_log) return;
  const std::string head = call + " with " + server + ": ";
  std::int64_t blocks = 0;
  std::int64_t rows = 0;
  for (const auto& [name, table] : report.tables) {
    blocks += table.blocks_fetched;
    rows += table.inserted + table.updated + table.deleted;
  }
  watch.log(LogLevel::info, head + std::to_string(blocks) + " blocks fetched, " +
                                std::to_string(rows) + " rows changed" +
                                cost(report.wire, report.duration));
  for (const auto& [name, table] : report.tables) {
    if (!table.problem.empty()) watch.log(LogLevel::warning, head + name + ": " + table.problem);
  }
  warn(watch, head, report.warnings);
}

}  // namespace playmirror::sync
