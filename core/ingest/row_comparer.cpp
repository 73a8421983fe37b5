#include "core/ingest/row_comparer.hpp"

#include <algorithm>
#include <utility>

namespace playmirror::ingest {
namespace {

std::string lookup_sql(const schema::TableLayout& table,
                       const std::vector<schema::ColumnLayout>& fields, std::size_t compared) {
  std::string list;
  for (std::size_t i = 0; i < compared; ++i) {
    const schema::ColumnLayout& column = fields[i];
    list += (list.empty() ? "" : ", ") + sqlite::quoted(column.name);
  }
  std::string condition;
  for (const std::string& column : table.key) {
    condition += (condition.empty() ? "" : " AND ") + sqlite::quoted(column) + " = ?";
  }
  return "SELECT " + list + " FROM " + sqlite::quoted(table.name) + " WHERE " + condition;
}

bool same(const sqlite::Statement& here, int column, const StoredValue& there) {
  if (const auto* text = std::get_if<std::string_view>(&there.value)) {
    return !here.is_null(column) && here.text(column) == *text;
  }
  if (const auto* integer = std::get_if<std::int64_t>(&there.value)) {
    return !here.is_null(column) && here.integer(column) == *integer;
  }
  if (const auto* real = std::get_if<double>(&there.value)) {
    return !here.is_null(column) && here.real(column) == *real;
  }
  return here.is_null(column);
}

}  // namespace

RowComparer::RowComparer(sqlite::Database& database, const schema::TableLayout& table,
                         std::vector<schema::ColumnLayout> fields, std::size_t compared)
    : database_(database),
      table_(table),
      fields_(std::move(fields)),
      compared_(compared),
      lookup_(database.prepare(lookup_sql(table, fields_, compared))),
      odd_lookup_(database.prepare("SELECT value FROM playmirror_odd_values "
                                   "WHERE table_name = ? AND row_key = ? AND column_name = ?")) {
  for (const std::string& key : table_.key) {
    const auto found = std::ranges::find(fields_, key, &schema::ColumnLayout::name);
    key_fields_.push_back(static_cast<std::size_t>(found - fields_.begin()));
  }
  auto odd = database_.prepare("SELECT 1 FROM playmirror_odd_values WHERE table_name = ? LIMIT 1");
  any_odd_ = odd.bind(0, table_.name).step();
}

bool RowComparer::same_odd_value(const std::string& key, std::size_t field, std::string_view odd) {
  if (!any_odd_) return odd.empty();
  odd_lookup_.bind_all(table_.name, key, fields_[field].name);
  const std::string here = odd_lookup_.step() ? std::string(odd_lookup_.text(0)) : std::string();
  odd_lookup_.reset();
  return here == odd;
}

void RowComparer::compare(std::string_view rows,
                          const std::function<void(const RowReader&, const std::string&,
                                                   const std::vector<std::string>&)>& differs) {
  RowReader reader(rows, fields_);
  std::vector<std::string> different;
  while (reader.next()) {
    int parameter = 0;
    std::string key;
    for (const std::size_t field : key_fields_) {
      key += (key.empty() ? "" : "\x1f") + reader.key_text(field);
      const auto& value = reader[field].value;
      if (const auto* text = std::get_if<std::string_view>(&value)) {
        lookup_.bind_view(parameter++, *text);
      } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        lookup_.bind(parameter++, *integer);
      }
    }
    different.clear();
    if (!lookup_.step()) {
      differs(reader, key, different);
    } else {
      ++found_;
      for (std::size_t i = 0; i < compared_; ++i) {
        const bool real = fields_[i].kind == schema::ValueKind::real32 ||
                          fields_[i].kind == schema::ValueKind::real64;
        if (!same(lookup_, static_cast<int>(i), reader[i]) ||
            (real && !same_odd_value(key, i, reader[i].odd))) {
          different.push_back(fields_[i].name);
        }
      }
      if (!different.empty()) differs(reader, key, different);
    }
    lookup_.reset();
  }
}

}  // namespace playmirror::ingest
