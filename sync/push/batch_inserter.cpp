#include "sync/push/batch_inserter.hpp"

#include "core/test_hooks.hpp"
#include "sync/pg/failure.hpp"
#include "sync/push/insert_statement.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace playmirror::sync {
namespace {

/// The savepoint of a statement that is part of what once was one. That of a whole group is named
/// after its place, so that it can be reached over those behind it.
constexpr const char* kOfPart = "playmirror";

std::string of_group(std::size_t index) { return "playmirror_" + std::to_string(index); }

/// A row that went in and cannot be found among the rows that came out: a trigger or a rule dropped
/// it, or changed what it is known by.
bool is_lost(const PushedRow& row) {
  return row.fate == PushedRow::Fate::rejected && row.refusal.sqlstate.empty();
}

/// Whether each of the entries has its own row, and none is lost. Two plays of one track, a moment
/// apart, are one and the same to a column that rounds its times: both rows come out for both.
bool are_told_apart(const std::vector<PushedRow>& rows, std::size_t entries) {
  return rows.size() == entries && std::ranges::none_of(rows, is_lost);
}

bool any_inserted(const std::vector<PushedRow>& rows) {
  return std::ranges::any_of(
      rows, [](const PushedRow& row) { return row.fate == PushedRow::Fate::inserted; });
}

bool is_row_at_fault(const pg::StatementFailed& refused) {
  return pg::classify(refused.diagnostics()).row_at_fault && PLAYMIRROR_SAFEGUARD("splitting");
}

bool is_table_at_fault(const pg::StatementFailed& refused) {
  return pg::classify(refused.diagnostics()).table_at_fault;
}

/// The table is not one that a pull could follow: then nobody would find what was sent to it.
outbox::Refusal refusal_by(const Problem& problem) {
  const bool no_privilege =
      problem.code == ErrorCode::permission_denied || problem.code == ErrorCode::row_security;
  return {no_privilege ? "42501" : "42809", "", problem.sentence()};
}

bool have_same_columns(const outbox::Entry& a, const outbox::Entry& b) {
  const auto name = [](const auto& field) { return field.first; };
  return std::ranges::equal(a.image.fields, b.image.fields, {}, name, name);
}

std::string missing_parent(const outbox::Entry& entry) {
  if (entry.table == "play_history") {
    return "its track " + entry.image.find("track_id")->value_or("") + " is not on the server";
  }
  return "an artist it is credited to is not on the server";
}

bool is_id_taken(const pg::StatementFailed& failure) {
  return failure.diagnostics().sqlstate == "23505" &&
         failure.diagnostics().detail.find("(id)=(") != std::string::npos;
}

/// Whether a sequence gives the ids of the table. One that was set back gives some that are taken:
/// such a row is as good as any other, and the sequence is one further now.
bool has_given_ids(const std::string& table) {
  return schema::record_layout(table).has_integer_key();
}

PushedRow refused_row(const outbox::Entry& entry, const pg::StatementFailed& failure) {
  const bool waits = is_id_taken(failure) && has_given_ids(entry.table);
  return {&entry, waits ? PushedRow::Fate::waiting : PushedRow::Fate::rejected, 0,
          refusal_of(failure)};
}

void append_statement(std::vector<pg::Command>& commands, const std::string& savepoint,
                      const std::string& table, InsertStatement statement) {
  commands.emplace_back();
  commands.back().sql = "SAVEPOINT " + savepoint;
  commands.back().doing = "set a savepoint";
  commands.emplace_back();
  commands.back().sql = std::move(statement.sql);
  commands.back().parameters = std::move(statement.parameters);
  commands.back().doing = "insert into " + table;
}

}  // namespace

outbox::Refusal refusal_of(const pg::StatementFailed& failure) {
  const pg::Diagnostics& diagnostics = failure.diagnostics();
  std::string message = diagnostics.message;
  if (!diagnostics.detail.empty()) message += " (" + diagnostics.detail + ")";
  if (is_table_at_fault(failure) && !failure.hint().empty()) message += ". " + failure.hint();
  return {diagnostics.sqlstate, diagnostics.constraint, std::move(message)};
}

BatchInserter::BatchInserter(ServerSession& session, const Catalog& catalog, pg::Waiter& waiter)
    : session_(session), catalog_(catalog), waiter_(waiter) {}

std::optional<outbox::Refusal> BatchInserter::table_problem(const outbox::Entry& entry) const {
  const ServerTable& table = catalog_.tables.at(entry.table);
  if (table.kind == 0) return outbox::Refusal{"42P01", "", "the server has no table " + table.name};
  const schema::TableLayout& record = schema::record_layout(table.name);
  for (const auto& [name, value] : entry.image.fields) {
    const ServerColumn* column = table.find(name);
    if (column == nullptr) {
      return outbox::Refusal{"42703", "", "table " + table.name + " has no column " + name};
    }
    // What it made of the value might be another one, such as the day of a time.
    const auto needed = record.find(name);
    if (const auto why =
            needed ? schema::mismatch(record.columns[*needed], column->layout) : std::nullopt) {
      return outbox::Refusal{"42804", "", "table " + table.name + ": " + *why};
    }
    if (column->generated) {
      return outbox::Refusal{"428C9", "",
                             "the server computes column " + name + " of table " + table.name +
                                 " itself, and takes no value for it"};
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
  if (table.problem) return refusal_by(*table.problem);
  return std::nullopt;
}

void BatchInserter::add(const std::vector<const outbox::Entry*>& entries, const std::string& search,
                        bool share_times) {
  bool first = true;
  for (const outbox::Entry* entry : entries) {
    // Rows recorded by different versions may carry different columns: each kind goes by itself.
    if (first || !have_same_columns(*groups_.back().entries.front(), *entry)) {
      groups_.push_back({.table = entry->table, .search = search, .share_times = share_times});
      groups_.back().in_order = goes_in_order(catalog_.tables.at(entry->table), *entry);
    }
    groups_.back().entries.push_back(entry);
    first = false;
  }
}

std::vector<pg::Command> BatchInserter::commands() {
  std::vector<pg::Command> commands;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    Group& group = groups_[i];
    if (group.done) continue;
    if (const auto problem = table_problem(*group.entries.front())) {
      for (const outbox::Entry* entry : group.entries) {
        group.rows.push_back({entry, PushedRow::Fate::waiting, 0, *problem});
      }
      group.done = true;
      continue;
    }
    if (group.in_order) {
      append_in_order(commands, of_group(i), group);
    } else {
      append(commands, of_group(i), group, group.entries, group.rows);
      commands.back().on_result = [&group](const pg::Result&) { group.done = true; };
    }
    commands[commands.size() - 2].on_result = [&group](const pg::Result&) { group.reached = true; };
  }
  return commands;
}

bool BatchInserter::has_begun() const noexcept {
  return std::ranges::any_of(groups_,
                             [](const Group& group) { return group.reached || group.done; });
}

std::vector<PushedRow> BatchInserter::finish(std::optional<pg::StatementFailed> refused) {
  for (;;) {
    // Whoever has lost rows is first: to split it undoes what came after it.
    const auto group = std::ranges::find_if(
        groups_, [](const Group& each) { return !each.done || needs_split(each); });
    if (group == groups_.end()) {
      if (refused) throw *refused;
      break;
    }
    if (group->done) {
      if (group->in_order) {
        ask_of_each(*group);
      } else {
        split(*group, nullptr);
      }
    } else if (refused) {
      if (!group->reached) throw *refused;
      if (is_row_at_fault(*refused) && group->in_order) {
        ask_of_each(*group);
      } else if (is_row_at_fault(*refused)) {
        split(*group, &*refused);
      } else if (is_table_at_fault(*refused)) {
        set_aside(*group, *refused);
      } else {
        throw *refused;
      }
    }
    refused.reset();
    try {
      session_.connection(waiter_).pipeline(commands(), waiter_);
    } catch (const pg::StatementFailed& failure) {
      refused.emplace(failure);
    }
  }
  std::vector<PushedRow> rows;
  for (Group& group : groups_) {
    if (!group.split && any_inserted(group.rows)) ++subtransactions_;
    std::ranges::move(group.rows, std::back_inserter(rows));
  }
  return rows;
}

bool BatchInserter::needs_split(const Group& group) {
  if (group.in_order) return group.rows.size() != group.entries.size();
  // Alone, a lost row is told apart: it has come out, whatever it has become, or it has not.
  return !group.split && group.entries.size() > 1 &&
         !are_told_apart(group.rows, group.entries.size());
}

void BatchInserter::undo_from(Group& group) {
  const auto index = static_cast<std::size_t>(&group - groups_.data());
  undo(of_group(index));
  for (std::size_t i = index; i < groups_.size(); ++i) {
    groups_[i].rows.clear();
    groups_[i].reached = groups_[i].done = groups_[i].split = false;
  }
}

void BatchInserter::ask_of_each(Group& group) {
  undo_from(group);
  group.in_order = false;
}

void BatchInserter::split(Group& group, const pg::StatementFailed* refused) {
  undo_from(group);
  if (refused != nullptr && group.entries.size() == 1) {
    // Somebody has committed a row of that id since the statement looked for it.
    if (is_id_taken(*refused) && !has_given_ids(group.table)) {
      insert_split(group, group.entries, group.rows);
    } else {
      group.rows.push_back(refused_row(*group.entries.front(), *refused));
    }
  } else {
    const std::int64_t subtransactions = subtransactions_;
    try {
      insert_halves(group, group.entries, group.rows);
    } catch (const pg::StatementFailed& failure) {
      if (!is_table_at_fault(failure)) throw;
      subtransactions_ = subtransactions;
      set_aside(group, failure);
    }
  }
  group.done = group.split = true;
}

void BatchInserter::set_aside(Group& group, const pg::StatementFailed& refused) {
  undo_from(group);
  for (const outbox::Entry* entry : group.entries) {
    group.rows.push_back({entry, PushedRow::Fate::waiting, 0, refusal_of(refused)});
  }
  group.done = group.split = true;
}

void BatchInserter::insert_halves(const Group& group,
                                  const std::vector<const outbox::Entry*>& entries,
                                  std::vector<PushedRow>& rows) {
  const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(entries.size() / 2);
  insert_split(group, {entries.begin(), middle}, rows);
  insert_split(group, {middle, entries.end()}, rows);
}

void BatchInserter::insert_split(const Group& group, std::vector<const outbox::Entry*> entries,
                                 std::vector<PushedRow>& rows) {
  std::vector<PushedRow> part;
  std::vector<pg::Command> commands;
  append(commands, kOfPart, group, entries, part);
  try {
    session_.connection(waiter_).pipeline(std::move(commands), waiter_);
    if (entries.size() == 1 || are_told_apart(part, entries.size())) {
      if (any_inserted(part)) ++subtransactions_;
      std::ranges::move(part, std::back_inserter(rows));
      return;
    }
    undo(kOfPart);
  } catch (const pg::StatementFailed& failure) {
    if (!is_row_at_fault(failure)) throw;
    undo(kOfPart);
    if (entries.size() == 1) {
      rows.push_back(refused_row(*entries.front(), failure));
      return;
    }
  }
  insert_halves(group, entries, rows);
}

void BatchInserter::append_in_order(std::vector<pg::Command>& commands,
                                    const std::string& savepoint, Group& group) {
  append_statement(
      commands, savepoint, group.table,
      insert_in_order(session_, catalog_.tables.at(group.table), group.entries, group.search));
  commands.back().on_result = [&group](const pg::Result& ids) {
    group.rows.reserve(group.entries.size());
    for (int i = 0; i < ids.size(); ++i) {
      const std::int64_t id = ids[i].is_null(0) ? 0 : ids[i].integer(0);
      group.rows.push_back(
          {group.entries.at(group.rows.size()), PushedRow::Fate::inserted, id, {}});
    }
    group.done = true;
  };
}

void BatchInserter::undo(const std::string& savepoint) {
  session_.connection(waiter_).execute("ROLLBACK TO SAVEPOINT " + savepoint, "undo an insert",
                                       waiter_);
}

std::string BatchInserter::search_of(const Group& group) {
  if (!group.share_times) return group.search;
  // What was inserted a moment ago, in another part, may look like an entry and is none.
  std::vector<std::int64_t> ids;
  for (const PushedRow& row : group.rows) {
    if (row.fate == PushedRow::Fate::inserted) ids.push_back(row.server_id);
  }
  const std::string others = none_of(ids);
  return group.search.empty() || others.empty() ? group.search + others
                                                : group.search + " AND " + others;
}

void BatchInserter::append(std::vector<pg::Command>& commands, const std::string& savepoint,
                           const Group& group, const std::vector<const outbox::Entry*>& entries,
                           std::vector<PushedRow>& rows) {
  append_statement(
      commands, savepoint, group.table,
      insert_statement(session_, catalog_.tables.at(group.table), entries, search_of(group)));
  commands.back().on_row = [&entries, &rows](const pg::Row& row) {
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
}

}  // namespace playmirror::sync
