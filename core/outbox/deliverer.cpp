#include "core/outbox/deliverer.hpp"

namespace playmirror::outbox {

Deliverer::Deliverer(sqlite::Database& database)
    : database_(database),
      forget_(database.prepare("DELETE FROM playmirror_outbox WHERE entry = ?")),
      follow_(database.prepare("UPDATE playmirror_delivered SET server_id = ? "
                               "WHERE table_name = ? AND server_id = ?")),
      remember_(database.prepare("INSERT OR REPLACE INTO playmirror_delivered "
                                 "(table_name, provisional_id, server_id) VALUES (?, ?, ?)")) {}

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
  forget_.bind_all(entry.entry).run();
  if (entry.row_id == 0) return;
  TableStatements& statements = statements_for(entry.table);
  statements.renumber.bind_all(server_id, entry.row_id).run();
  // The server's row may have been pulled already; then it stays and ours goes.
  if (database_.changes() == 0) statements.remove.bind_all(entry.row_id).run();
  // A row that was sent before and had to be sent again: its older handle follows.
  if (statements.any_sent_again) follow_.bind_all(server_id, entry.table, entry.row_id).run();
  remember_.bind_all(entry.table, entry.row_id, server_id).run();
}

}  // namespace playmirror::outbox
