#include "core/ingest/row_writer.hpp"

#include "core/ingest/key_blocks.hpp"
#include "core/ingest/key_text.hpp"
#include "core/ingest/odd_values.hpp"
#include "core/ingest/row_identity.hpp"
#include "core/outbox/outbox.hpp"
#include "core/sqlite/row_source.hpp"
#include "core/test_hooks.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <utility>

namespace playmirror::ingest {
namespace {

using Columns = std::vector<schema::ColumnLayout>;

bool in_key(const schema::TableLayout& table, const std::string& column) {
  return std::ranges::find(table.key, column) != table.key.end();
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string result;
  for (const std::string& part : parts) {
    if (!result.empty()) result += separator;
    result += part;
  }
  return result;
}

/// "a OR b OR ...". SQLite nests what stands in a row, and no deeper than a thousand: a wide table
/// has more columns than that.
std::string any_of(const std::vector<std::string>& conditions) {
  constexpr std::size_t kGroup = 100;
  std::vector<std::string> groups;
  for (std::size_t begin = 0; begin < conditions.size(); begin += kGroup) {
    const auto first = conditions.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto size = std::min(kGroup, conditions.size() - begin);
    groups.push_back("(" + join({first, first + static_cast<std::ptrdiff_t>(size)}, " OR ") + ")");
  }
  return join(groups, " OR ");
}

std::string key_condition(const schema::TableLayout& table) {
  std::vector<std::string> parts;
  for (const std::string& column : table.key) parts.push_back(sqlite::quoted(column) + " = ?");
  return join(parts, " AND ");
}

/// `rows` is where the rows come from: VALUES or a SELECT.
std::string upsert_sql(const schema::TableLayout& table, const Columns& columns,
                       const std::string& rows) {
  const std::string name = sqlite::quoted(table.name);
  std::vector<std::string> names;
  std::vector<std::string> updates;
  std::vector<std::string> changes;
  for (const schema::ColumnLayout& column : columns) {
    const std::string quoted = sqlite::quoted(column.name);
    names.push_back(quoted);
    if (in_key(table, column.name)) continue;
    updates.push_back(quoted + " = excluded." + quoted);
    changes.push_back(name + "." + quoted + " IS NOT excluded." + quoted);
  }
  // A row that was recorded here had a value until now.
  for (const std::string& column : table.left_out) {
    updates.push_back(sqlite::quoted(column) + " = NULL");
    changes.push_back(name + "." + sqlite::quoted(column) + " IS NOT NULL");
  }
  std::vector<std::string> keys;
  for (const std::string& column : table.key) keys.push_back(sqlite::quoted(column));
  std::string sql = "INSERT INTO " + name + " (" + join(names, ", ") + ") " + rows +
                    " ON CONFLICT (" + join(keys, ", ") + ") DO ";
  if (updates.empty()) return sql + "NOTHING";
  return sql + "UPDATE SET " + join(updates, ", ") + " WHERE " + any_of(changes);
}

std::string merge_sql(const schema::TableLayout& table, const Columns& columns) {
  const std::vector<std::string> parameters(columns.size(), "?");
  return upsert_sql(table, columns, "VALUES (" + join(parameters, ", ") + ")");
}

std::string load_sql(const schema::TableLayout& table, const Columns& columns) {
  // Without the WHERE, SQLite would take ON CONFLICT for the condition of a join.
  return upsert_sql(table, columns,
                    "SELECT * FROM " + std::string(sqlite::kSourceTable) + " WHERE true");
}

std::string fill_sql(const schema::TableLayout& table, const Columns& columns) {
  std::vector<std::string> updates;
  for (const schema::ColumnLayout& column : columns) {
    if (!in_key(table, column.name)) updates.push_back(sqlite::quoted(column.name) + " = ?");
  }
  return "UPDATE " + sqlite::quoted(table.name) + " SET " + join(updates, ", ") + " WHERE " +
         key_condition(table);
}

}  // namespace

std::string last_key(const RowBatch& batch, const schema::TableLayout& table,
                     const std::vector<schema::ColumnLayout>& columns) {
  RowReader row(std::string_view(batch.bytes).substr(batch.last_row), columns);
  if (!row.next()) return {};
  std::vector<std::string> parts;
  for (const std::string& column : table.key) {
    const auto found = std::ranges::find(columns, column, &schema::ColumnLayout::name);
    parts.push_back(row.key_text(static_cast<std::size_t>(found - columns.begin())));
  }
  return join_key(parts);
}

RowWriter::RowWriter(sqlite::Database& database, const schema::TableLayout& table,
                     std::vector<schema::ColumnLayout> columns, WriteMode mode)
    : database_(database),
      table_(table),
      columns_(std::move(columns)),
      mode_(mode),
      write_(database.prepare(mode == WriteMode::fill ? fill_sql(table, columns_)
                                                      : merge_sql(table, columns_))),
      exists_(database.prepare("SELECT 1 FROM " + sqlite::quoted(table.name) + " WHERE " +
                               key_condition(table))),
      pending_(database.prepare("SELECT entry, row_id FROM playmirror_outbox "
                                "WHERE table_name = ? AND identity = ?")),
      deliverer_(database) {
  for (const std::string& column : table_.key) key_fields_.push_back(field(column));
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (mode_ != WriteMode::fill || !in_key(table_, columns_[i].name)) bind_order_.push_back(i);
  }
  if (mode_ == WriteMode::fill) {
    bind_order_.insert(bind_order_.end(), key_fields_.begin(), key_fields_.end());
  } else {
    auto any = database_.prepare("SELECT 1 FROM playmirror_outbox WHERE table_name = ? LIMIT 1");
    any_pending_ = any.bind(0, table_.name).step() && PLAYMIRROR_SAFEGUARD("own rows come back");
  }
  if (mode_ == WriteMode::merge && table_.has_integer_key()) {
    greatest_ = greatest_id(database_, table_);
  }
  auto odd = database_.prepare("SELECT 1 FROM playmirror_odd_values WHERE table_name = ? LIMIT 1");
  any_odd_ = odd.bind(0, table_.name).step();
}

std::size_t RowWriter::field(std::string_view column) const {
  const auto found = std::ranges::find(columns_, column, &schema::ColumnLayout::name);
  if (found == columns_.end()) {
    raise(ErrorCode::internal, "rows of " + table_.name + " came without " + std::string(column));
  }
  return static_cast<std::size_t>(found - columns_.begin());
}

void RowWriter::write(std::string_view rows) {
  if (mode_ == WriteMode::load) {
    load(rows);
    return;
  }
  RowReader reader(rows, columns_);
  while (reader.next()) write_row(reader);
}

bool RowWriter::make_room_for(const RowReader& row) {
  if (!any_pending_) return false;
  const auto* id = std::get_if<std::int64_t>(&row[key_fields_.front()].value);
  return id != nullptr && outbox::provisional_number(*id) != 0 &&
         outbox::make_room(database_, table_.name, *id);
}

void RowWriter::load(std::string_view rows) {
  class Rows : public sqlite::RowSource {
   public:
    Rows(const RowWriter& writer, std::string_view bytes)
        : writer_(writer), reader_(bytes, writer.columns_) {}

    bool next() override {
      if (!reader_.next()) return false;
      writer_.check_key(reader_);
      any_special_ = any_special_ || reader_.has_odd_value() || reader_.has_odd_time();
      ++count_;
      return true;
    }
    const sqlite::Field& field(std::size_t column) const override { return reader_[column].value; }

    bool any_special() const noexcept { return any_special_; }
    std::int64_t count() const noexcept { return count_; }

   private:
    const RowWriter& writer_;
    RowReader reader_;
    bool any_special_ = false;
    std::int64_t count_ = 0;
  };

  if (any_pending_ && table_.has_integer_key()) {
    // The rows are not there yet: one of ours that gives way to one may be in the way of another.
    for (bool moved = true; moved;) {
      moved = false;
      RowReader row(rows, columns_);
      while (row.next()) moved = make_room_for(row) || moved;
    }
  }
  Rows source(*this, rows);
  sqlite::run_over(database_, load_sql(table_, columns_), source, columns_.size());
  counts_.inserted += source.count();
  if (!source.any_special() && !any_odd_ && !any_pending_) return;
  RowReader reader(rows, columns_);
  while (reader.next()) keep_what_is_special(reader);
}

void RowWriter::check_key(const RowReader& row) const {
  for (const std::size_t key : key_fields_) {
    if (row.is_null(key)) {
      raise(ErrorCode::server_protocol, "the server sent a row of " + table_.name + " without key",
            {.outcome = Outcome::rolled_back});
    }
  }
}

void RowWriter::write_row(const RowReader& row) {
  check_key(row);
  make_room_for(row);
  const bool was_here = mode_ == WriteMode::merge && is_here(row);
  bind_row(row);
  write_.run();
  const bool changed = database_.changes() > 0;
  const std::int64_t delivered = counts_.delivered;
  keep_what_is_special(row);
  if (mode_ == WriteMode::merge && !was_here) {
    // A row that was pending stood here under another number.
    ++(counts_.delivered > delivered ? counts_.unchanged : counts_.inserted);
  } else {
    ++(changed ? counts_.updated : counts_.unchanged);
  }
}

void RowWriter::keep_what_is_special(const RowReader& row) {
  if (any_odd_ || row.has_odd_value()) keep_odd_values(row);
  if (row.has_odd_time() && !odd_times_) {
    mark_odd_times(database_, table_.name);
    odd_times_ = true;
  }
  if (any_pending_) settle_pending(row);
}

void RowWriter::bind_row(const RowReader& row) {
  int parameter = 0;
  for (const std::size_t i : bind_order_) {
    const auto& value = row[i].value;
    if (const auto* text = std::get_if<std::string_view>(&value)) {
      write_.bind_view(parameter, *text);
    } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      write_.bind(parameter, *integer);
    } else if (const auto* real = std::get_if<double>(&value)) {
      write_.bind(parameter, *real);
    } else {
      write_.bind(parameter, std::nullopt);
    }
    ++parameter;
  }
}

bool RowWriter::is_here(const RowReader& row) {
  if (greatest_) {
    const auto id = std::get<std::int64_t>(row[key_fields_.front()].value);
    if (id > *greatest_) {
      greatest_ = id;
      return false;
    }
  }
  int parameter = 0;
  for (const std::size_t key : key_fields_) {
    const auto& value = row[key].value;
    if (const auto* text = std::get_if<std::string_view>(&value)) {
      exists_.bind_view(parameter++, *text);
    } else {
      exists_.bind(parameter++, std::get<std::int64_t>(value));
    }
  }
  const bool found = exists_.step();
  exists_.reset();
  return found;
}

std::string RowWriter::row_key(const RowReader& row) const {
  std::string key;
  for (const std::size_t i : key_fields_) key += (key.empty() ? "" : "\x1f") + row.key_text(i);
  return key;
}

void RowWriter::keep_odd_values(const RowReader& row) {
  any_odd_ = true;
  const std::string key = row_key(row);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    database_
        .prepare(
            "DELETE FROM playmirror_odd_values "
            "WHERE table_name = ? AND row_key = ? AND column_name = ?")
        .bind_all(table_.name, key, columns_[i].name)
        .run();
    if (row[i].odd.empty()) continue;
    database_
        .prepare(
            "INSERT INTO playmirror_odd_values (table_name, row_key, column_name, value) "
            "VALUES (?, ?, ?, ?)")
        .bind_all(table_.name, key, columns_[i].name, row[i].odd)
        .run();
  }
}

void RowWriter::settle_pending(const RowReader& row) {
  const std::string identity = identity_of(row, table_, columns_);
  const auto* id = std::get_if<std::int64_t>(&row[key_fields_.front()].value);
  pending_.bind_all(table_.name, identity);
  if (pending_.step()) {
    outbox::Entry entry;
    entry.entry = pending_.integer(0);
    entry.row_id = pending_.integer(1);
    entry.table = table_.name;
    pending_.reset();
    deliverer_.deliver(entry, id == nullptr ? 0 : *id);
    ++counts_.delivered;
    // A track that the server has keeps the server's links: those that were recorded with ours go,
    // and what the server has of them comes with its table, which is written after this one.
    if (table_.name == "tracks") {
      database_.prepare("DELETE FROM track_artists WHERE track_id = ?").bind_all(identity).run();
    }
  }
  pending_.reset();
}

}  // namespace playmirror::ingest
