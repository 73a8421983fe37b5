#include "core/ingest/odd_values.hpp"

#include "core/schema/layout.hpp"

#include <string>

namespace playmirror::ingest {

void mark_odd_times(sqlite::Database& database, std::string_view table) {
  database.prepare("UPDATE playmirror_tables SET odd_times = 1 WHERE name = ?")
      .bind_all(table)
      .run();
}

void drop_stray_odd_values(sqlite::Database& database) {
  std::string tables;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    tables += (tables.empty() ? "'" : ", '") + layout.name + "'";
    std::string strays =
        "DELETE FROM playmirror_odd_values AS o WHERE table_name = ?1 AND (value NOT IN ('NaN', "
        "'-0') "
        "OR column_name NOT IN (SELECT name FROM pragma_table_info(?1))";
    if (layout.key.size() == 1) {
      const std::string key = sqlite::quoted(layout.key.front());
      strays += " OR NOT EXISTS (SELECT 1 FROM " + sqlite::quoted(layout.name) + " WHERE " + key +
                (layout.has_integer_key() ? " = CAST(o.row_key AS INTEGER))" : " = o.row_key)");
    }
    database.prepare(strays + ")").bind_all(layout.name).run();
  }
  database.execute("DELETE FROM playmirror_odd_values WHERE table_name NOT IN (" + tables + ")");
}

}  // namespace playmirror::ingest
