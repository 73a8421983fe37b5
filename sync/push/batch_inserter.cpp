#include "sync/push/batch_inserter.hpp"

#include "core/test_hooks.hpp"
#include "sync/pg/failure.hpp"
#include "sync/push/insert_statement.hpp"

#include <algorithm>
#include <utility>

namespace playmirror::sync {
namespace {

constexpr const char* kSavepoint = "SAVEPOINT playmirror";
constexpr const char* kUndo = "ROLLBACK TO SAVEPOINT playmirror";

/// A row that went in and cannot be found among the rows that came out: a trigger or a rule dropped
/// it, or changed what it is known by.
bool is_lost(const PushedRow& row) {
  return row.fate == PushedRow::Fate::rejected && row.refusal.sqlstate.empty();
}

std::string missing_parent(const outbox::Entry& entry) {
  if (entry.table == "play_history") {
    return "its track " + entry.image.find("track_id")->value_or("") + " is not on the server";
  }
  return "an artist it is credited to is not on the server";
}

outbox::Refusal refusal_of(const pg::StatementFailed& failure) {
  const pg::Diagnostics& diagnostics = failure.diagnostics();
  std::string message = diagnostics.message;
  if (!diagnostics.detail.empty()) message += " (" + diagnostics.detail + ")";
  return {diagnostics.sqlstate, diagnostics.constraint, std::move(message)};
}

}  // namespace

BatchInserter::BatchInserter(ServerSession& session, const Catalog& catalog,
                             std::vector<pg::Command> first, pg::Waiter& waiter)
    : session_(session), catalog_(catalog), first_(std::move(first)), waiter_(waiter) {}

std::optional<outbox::Refusal> BatchInserter::table_problem(const ServerTable& table,
                                                            const outbox::Entry& entry) const {
  if (table.kind == 0) return outbox::Refusal{"42P01", "", "the server has no table " + table.name};
  for (const auto& [name, value] : entry.image.fields) {
    const ServerColumn* column = table.find(name);
    if (column == nullptr) {
      return outbox::Refusal{"42703", "", "table " + table.name + " has no column " + name};
    }
    if (!column->insertable) {
      return outbox::Refusal{"42501", "",
                             "the role may not insert into " + table.name + ": GRANT INSERT ON " +
                                 session_.qualified(table.name) + " TO the role"};
    }
  }
  for (const ServerColumn& column : table.columns) {
    if (column.not_null && !column.has_default && entry.image.find(column.layout.name) == nullptr) {
      return outbox::Refusal{"23502", "",
                             "table " + table.name + " now demands a value for column " +
                                 column.layout.name +
                                 ", which has no default and which the recorded row does not have"};
    }
  }
  return std::nullopt;
}

std::vector<PushedRow> BatchInserter::insert(const std::vector<const outbox::Entry*>& entries,
                                             const KnownRows& known) {
  std::vector<PushedRow> rows;
  if (entries.empty()) return rows;
  const ServerTable& table = catalog_.tables.at(entries.front()->table);
  // Rows recorded by different versions may carry different columns: each kind goes by itself.
  std::vector<const outbox::Entry*> batch;
  const auto flush = [&] {
    if (batch.empty()) return;
    if (const auto problem = table_problem(table, *batch.front())) {
      for (const outbox::Entry* entry : batch) {
        rows.push_back({entry, PushedRow::Fate::waiting, 0, *problem});
      }
    } else {
      insert_split(std::move(batch), known, rows);
    }
    batch.clear();
  };
  const auto same_columns = [](const outbox::Entry& a, const outbox::Entry& b) {
    if (a.image.fields.size() != b.image.fields.size()) return false;
    for (std::size_t i = 0; i < a.image.fields.size(); ++i) {
      if (a.image.fields[i].first != b.image.fields[i].first) return false;
    }
    return true;
  };
  for (const outbox::Entry* entry : entries) {
    if (!batch.empty() && !same_columns(*batch.front(), *entry)) flush();
    batch.push_back(entry);
  }
  flush();
  return rows;
}

void BatchInserter::insert_split(std::vector<const outbox::Entry*> entries, const KnownRows& known,
                                 std::vector<PushedRow>& rows) {
  const std::size_t before = rows.size();
  try {
    insert_all(entries, known, rows);
    // Alone, such a row is told apart: it has come out, whatever it has become, or it has not.
    if (entries.size() == 1 ||
        std::none_of(rows.begin() + static_cast<std::ptrdiff_t>(before), rows.end(), is_lost)) {
      return;
    }
    session_.connection(waiter_).execute(kUndo, "undo an insert", waiter_);
    rows.resize(before);
  } catch (const pg::StatementFailed& failure) {
    if (!pg::classify(failure.diagnostics()).row_at_fault) throw;
    if (!PLAYMIRROR_SAFEGUARD("splitting")) throw;
    session_.connection(waiter_).execute(kUndo, "undo a refused insert", waiter_);
    rows.resize(before);
    if (entries.size() == 1) {
      rows.push_back({entries.front(), PushedRow::Fate::rejected, 0, refusal_of(failure)});
      return;
    }
  }
  const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(entries.size() / 2);
  insert_split({entries.begin(), middle}, known, rows);
  insert_split({middle, entries.end()}, known, rows);
}

void BatchInserter::insert_all(const std::vector<const outbox::Entry*>& entries,
                               const KnownRows& known, std::vector<PushedRow>& rows) {
  const ServerTable& table = catalog_.tables.at(entries.front()->table);
  InsertStatement statement = insert_statement(session_, table, entries, known);
  std::vector<pg::Command> commands = std::exchange(first_, {});
  commands.emplace_back();
  commands.back().sql = kSavepoint;
  commands.back().doing = "set a savepoint";
  commands.emplace_back();
  commands.back().sql = std::move(statement.sql);
  commands.back().parameters = std::move(statement.parameters);
  commands.back().doing = "insert into " + table.name;
  commands.back().on_row = [&](const pg::Row& row) {
    const outbox::Entry* entry = entries.at(static_cast<std::size_t>(row.integer(0) - 1));
    PushedRow pushed{entry, PushedRow::Fate::inserted, 0, {}};
    if (!row.is_null(1)) {
      pushed.fate = PushedRow::Fate::already_there;
      pushed.server_id = row.integer(1);
    } else if (!row.boolean(2)) {
      pushed.fate = PushedRow::Fate::waiting;
      pushed.refusal = {"23503", "", missing_parent(*entry)};
    } else if (!row.boolean(3)) {
      pushed.fate = PushedRow::Fate::rejected;
      pushed.refusal = {"", "", "the server took the row without storing it (a trigger or a rule)"};
    } else if (!row.is_null(4)) {
      pushed.server_id = row.integer(4);
    }
    rows.push_back(std::move(pushed));
  };
  session_.connection(waiter_).pipeline(std::move(commands), waiter_);
}

}  // namespace playmirror::sync
