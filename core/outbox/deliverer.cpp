#include "core/outbox/deliverer.hpp"

#include "core/outbox/handles.hpp"

#include <algorithm>
#include <cstddef>
#include <ranges>

namespace playmirror::outbox {
namespace {

/// So many are worth the look whether there are others.
constexpr std::size_t kManyEntries = 16;

/// Whether entries and ids of two arrivals follow each other.
bool follows(const Arrival& before, const Arrival& next) {
  const Entry& entry = *next.first;
  const Entry& last = *before.first;
  const bool has_handle = entry.row_id != 0;
  return entry.entry == last.entry + 1 && entry.table == last.table &&
         has_handle == (last.row_id != 0) &&
         (!has_handle || (entry.row_id == last.row_id - 1 && next.second == before.second + 1));
}

}  // namespace

Deliverer::Deliverer(sqlite::Database& database)
    : database_(database),
      forget_(database.prepare("DELETE FROM playmirror_outbox WHERE entry BETWEEN ? AND ?")),
      follow_(database.prepare("UPDATE playmirror_delivered SET server_id = ? "
                               "WHERE table_name = ? AND server_id = ?")) {}

Deliverer::TableStatements& Deliverer::statements_for(const std::string& table) {
  const auto found = tables_.find(table);
  if (found != tables_.end()) return found->second;
  const std::string name = sqlite::quoted(table);
  auto sent_again = database_.prepare(
      "SELECT 1 FROM playmirror_delivered WHERE table_name = ? AND server_id < 0 LIMIT 1");
  sent_again.bind(0, table);
  return tables_
      .emplace(table,
               TableStatements{
                   database_.prepare("UPDATE OR IGNORE " + name + " SET id = ? WHERE id = ?"),
                   database_.prepare("DELETE FROM " + name + " WHERE id = ?"), sent_again.step()})
      .first->second;
}

void Deliverer::deliver(const Entry& entry, std::int64_t server_id) {
  deliver({Arrival{&entry, server_id}});
}

bool Deliverer::are_all(const std::vector<Arrival>& arrivals) {
  if (arrivals.size() < kManyEntries) return false;
  const auto entry_of = [](const Arrival& arrival) { return arrival.first->entry; };
  const std::int64_t first = std::ranges::min(arrivals | std::views::transform(entry_of));
  const std::int64_t last = std::ranges::max(arrivals | std::views::transform(entry_of));
  const std::int64_t size = std::ssize(arrivals);
  // Without a gap among them, no other entry can have a number in between.
  if (last - first + 1 != size) return false;
  auto count = database_.prepare(
      "SELECT count(*), coalesce(sum(entry BETWEEN ? AND ?), 0) FROM playmirror_outbox");
  count.bind_all(first, last).step();
  return count.integer(0) == size && count.integer(1) == size;
}

void Deliverer::deliver(const std::vector<Arrival>& arrivals) {
  const bool all = are_all(arrivals);
  if (all) database_.clear("playmirror_outbox");
  for (std::size_t begin = 0, end = 0; begin < arrivals.size(); begin = end) {
    const std::size_t most = std::min(arrivals.size(), begin + std::size_t{HandleRun::kMost});
    for (end = begin + 1; end < most && follows(arrivals[end - 1], arrivals[end]);) ++end;
    const auto& [first, server_id] = arrivals[begin];
    if (!all) forget_.bind_all(first->entry, arrivals[end - 1].first->entry).run();
    if (first->row_id == 0) continue;
    for (std::size_t i = begin; i < end; ++i) renumber(*arrivals[i].first, arrivals[i].second);
    note_delivered(database_, first->table,
                   {{first->row_id, server_id}, static_cast<std::int64_t>(end - begin)});
  }
}

void Deliverer::renumber(const Entry& entry, std::int64_t server_id) {
  TableStatements& statements = statements_for(entry.table);
  statements.renumber.bind_all(server_id, entry.row_id).run();
  // The server's row may have been pulled already; then it stays and ours goes.
  if (database_.changes() == 0) statements.remove.bind_all(entry.row_id).run();
  // A row that was sent before and had to be sent again: its older handle follows.
  if (statements.any_sent_again) follow_.bind_all(server_id, entry.table, entry.row_id).run();
}

}  // namespace playmirror::outbox
