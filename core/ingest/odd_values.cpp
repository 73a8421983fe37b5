#include "core/ingest/odd_values.hpp"

namespace playmirror::ingest {

void mark_odd_times(sqlite::Database& database, std::string_view table) {
  database.prepare("UPDATE playmirror_tables SET odd_times = 1 WHERE name = ?")
      .bind_all(table)
      .run();
}

}  // namespace playmirror::ingest
