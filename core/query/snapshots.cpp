/// Snapshots: reading. Recording is core/outbox/record.cpp.

#include "core/query/cursor.hpp"
#include "core/query/lookup.hpp"
#include "core/query/read_table.hpp"
#include "core/query/time_column.hpp"

#include <playmirror/mirror.hpp>

#include <utility>

namespace playmirror {
namespace {

using query::Query;

/// Everything that the filter asks for except time, order and limit.
Query matching(std::string select, const SnapshotFilter& filter) {
  Query query(std::move(select));
  if (filter.period_label) query.where("r.period_label = ?", *filter.period_label);
  if (filter.pending)
    query.where(query::pending_condition(query::kTableOf<Snapshot>, *filter.pending));
  return query;
}

}  // namespace

Snapshots::Snapshots(std::shared_ptr<MirrorState> state) noexcept : state_(std::move(state)) {}

std::optional<Snapshot> Snapshots::find(std::int64_t id) const {
  return query::find_recorded<Snapshot>(query::Moment(*state_), id);
}

std::vector<Snapshot> Snapshots::recent(std::int64_t limit) const {
  std::vector<Snapshot> snapshots;
  auto cursor = list({.limit = limit});
  while (auto snapshot = cursor.next()) snapshots.push_back(*std::move(snapshot));
  return snapshots;
}

Cursor<Snapshot> Snapshots::list(const SnapshotFilter& filter) const {
  query::Moment moment(*state_);
  const query::TimeColumn date(moment.database(), query::kTableOf<Snapshot>, "date");
  const auto parts = date.ordered(matching(query::RecordReader<Snapshot>::select(), filter),
                                  filter.since, filter.until, filter.order, filter.limit);
  return query::open_cursor<Snapshot>(std::move(moment), parts, filter.limit);
}

std::int64_t Snapshots::count(const SnapshotFilter& filter) const {
  const query::Moment moment(*state_);
  Query query = matching("SELECT 1 FROM analysis_snapshots AS r", filter);
  query::TimeColumn(moment.database(), query::kTableOf<Snapshot>, "date")
      .restrict(query, filter.since, filter.until);
  return query.limit(filter.limit).count(moment.database());
}

Table Snapshots::table(const SnapshotFilter& filter) const {
  return query::read_table(list(filter));
}

}  // namespace playmirror
