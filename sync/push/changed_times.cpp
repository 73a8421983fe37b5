#include "sync/push/changed_times.hpp"

#include "core/digest/book_checks.hpp"
#include "core/outbox/handles.hpp"
#include "core/time/postgres_time.hpp"
#include "core/time/zone.hpp"

#include <playmirror/timestamp.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace playmirror::sync {
namespace {

constexpr std::int64_t kMicrosPerHour = 3'600'000'000;
/// No clock was ever put back further, but where a country left a whole day out or had it twice.
constexpr std::int64_t kFurthest = 25 * kMicrosPerHour;
constexpr int kFullPrecision = 6;

/// The column of a recorded row that tells when it was.
std::string_view time_column(std::string_view table) {
  return table == "play_history" ? "played_at" : table == "analysis_snapshots" ? "date" : "";
}

std::int64_t micros_of(const outbox::Entry& entry) {
  const auto* text = entry.image.find(time_column(entry.table));
  return text == nullptr ? 0 : parse_postgres(text->value_or("")).value_or(0);
}

/// How many microseconds the column's last digit is worth: of `pg_catalog.timestamp(3)` 1,000.
std::int64_t unit_of(const ServerColumn& column) {
  const std::string_view type = column.input_type;
  const std::size_t open = type.find('(');
  int digits = kFullPrecision;
  if (open != std::string_view::npos) {
    std::from_chars(type.data() + open + 1, type.data() + type.size(), digits);
  }
  std::int64_t unit = 1;
  for (; digits < kFullPrecision; ++digits) unit *= 10;
  return unit;
}

/// Whether the clock shows the same once more, later: PostgreSQL takes the later one.
bool comes_again(const Zone& zone, std::int64_t utc) {
  const std::int64_t local = zone.local(utc);
  std::int64_t end = zone.at(utc).end;
  while (end < utc + kFurthest) {
    const Zone::Stretch next = zone.at(end);
    const std::int64_t again = local - next.ahead;
    if (again >= next.begin && again < next.end) return true;
    if (next.end <= end) break;  // the zone's rules end here
    end = next.end;
  }
  return false;
}

/// Whether the clock has shown the same before.
bool came_before(const Zone& zone, std::int64_t utc) {
  const std::int64_t local = zone.local(utc);
  std::int64_t begin = zone.at(utc).begin;
  while (begin > utc - kFurthest) {
    const Zone::Stretch last = zone.at(begin - 1);
    const std::int64_t before = local - last.ahead;
    if (before >= last.begin && before < last.end) return true;
    if (last.begin >= begin) break;  // the zone's rules begin here
    begin = last.begin;
  }
  return false;
}

/// Those for whose time this holds, asked with the unit that the column rounds to, and with the
/// zone of its clocks if it keeps local times.
template <typename Holds>
std::vector<const outbox::Entry*> entries_whose_time(
    const ServerSession& session, const ServerTable& table,
    const std::vector<const outbox::Entry*>& entries, Holds holds) {
  const ServerColumn* column = table.find(time_column(table.name));
  if (column == nullptr) return {};
  const std::int64_t unit = unit_of(*column);
  std::shared_ptr<const Zone> zone;
  if (session.has_local_times(table.name, column->layout)) {
    zone = Zone::find(session.options().played_at_zone);
  }
  if (unit == 1 && !zone) return {};
  std::vector<const outbox::Entry*> chosen;
  for (const outbox::Entry* entry : entries) {
    if (holds(micros_of(*entry), unit, zone.get())) chosen.push_back(entry);
  }
  return chosen;
}

}  // namespace

std::vector<const outbox::Entry*> entries_of_changed_times(
    const ServerSession& session, const ServerTable& table,
    const std::vector<const outbox::Entry*>& entries) {
  return entries_whose_time(
      session, table, entries, [](std::int64_t micros, std::int64_t unit, const Zone* zone) {
        return micros % unit != 0 || (zone != nullptr && comes_again(*zone, micros));
      });
}

std::vector<const outbox::Entry*> entries_of_shared_times(
    const ServerSession& session, const ServerTable& table,
    const std::vector<const outbox::Entry*>& entries) {
  return entries_whose_time(
      session, table, entries, [](std::int64_t micros, std::int64_t unit, const Zone* zone) {
        return unit != 1 ||
               (zone != nullptr && (comes_again(*zone, micros) || came_before(*zone, micros)));
      });
}

std::vector<std::int64_t> sent_near(const sqlite::Database& database,
                                    const std::vector<const outbox::Entry*>& entries) {
  if (entries.empty()) return {};
  const std::string table = entries.front()->table;
  const bool plays = table == "play_history";
  const std::string time = "r." + sqlite::quoted(time_column(table));
  auto rows = database.prepare("SELECT r.id FROM " + sqlite::quoted(table) + " r WHERE " + time +
                               " BETWEEN ?1 AND ?2" +
                               (plays ? " AND r.track_id = ?3" : " AND r.period_label IS ?3"));
  digest::require_sound_handles(database);
  const outbox::DeliveredRows sent(database, table);
  std::set<std::int64_t> ids;
  for (const outbox::Entry* entry : entries) {
    const std::int64_t micros = micros_of(*entry);
    const auto text = [&](std::int64_t away) {
      const std::int64_t at = std::clamp(micros + away, kPostgresTimeBegin, kPostgresTimeEnd - 1);
      return Timestamp::from_postgres_micros(at).to_postgres_string();
    };
    const auto* other = entry->image.find(plays ? "track_id" : "period_label");
    rows.bind_all(text(-kFurthest), text(kFurthest), other == nullptr ? std::nullopt : *other);
    while (rows.step()) {
      if (sent.contains(rows.integer(0))) ids.insert(rows.integer(0));
    }
    rows.reset();
  }
  return {ids.begin(), ids.end()};
}

}  // namespace playmirror::sync
