#include "core/sqlite/row_source.hpp"

#include "core/sqlite/failure.hpp"

#include <memory>
#include <sqlite3.h>
#include <string>

namespace playmirror::sqlite {
namespace {

/// What the statement at work reads. SQLite hands it to source_connect().
struct Feed {
  RowSource& rows;
  std::size_t columns;
  std::exception_ptr failure = {};
};

struct SourceTable : sqlite3_vtab {
  Feed* feed = nullptr;
};

struct SourceCursor : sqlite3_vtab_cursor {
  Feed* feed = nullptr;
  std::int64_t row = 0;
  bool at_end = false;
};

/// Calls code that may throw from a callback of SQLite, through which nothing may be thrown.
template <typename Work>
int guarded(Feed& feed, Work work) noexcept {
  try {
    work();
    return SQLITE_OK;
  } catch (...) {
    feed.failure = std::current_exception();
    return SQLITE_ERROR;
  }
}

int source_connect(sqlite3* database, void* context, int, const char* const*, sqlite3_vtab** table,
                   char**) {
  auto& feed = *static_cast<Feed*>(context);
  int declared = SQLITE_OK;
  const int made = guarded(feed, [&] {
    std::string columns;
    for (std::size_t i = 0; i < feed.columns; ++i) {
      columns += (i == 0 ? "c" : ", c") + std::to_string(i);
    }
    columns = "CREATE TABLE source (" + columns + ")";
    auto created = std::make_unique<SourceTable>();
    created->feed = &feed;
    declared = sqlite3_declare_vtab(database, columns.c_str());
    if (declared == SQLITE_OK) *table = created.release();
  });
  return made == SQLITE_OK ? declared : made;
}

int source_disconnect(sqlite3_vtab* table) {
  delete static_cast<SourceTable*>(table);
  return SQLITE_OK;
}

int source_plan(sqlite3_vtab*, sqlite3_index_info*) { return SQLITE_OK; }

int source_open(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) {
  Feed& feed = *static_cast<SourceTable*>(table)->feed;
  return guarded(feed, [&] {
    auto* created = new SourceCursor;
    created->feed = &feed;
    *cursor = created;
  });
}

int source_close(sqlite3_vtab_cursor* cursor) {
  delete static_cast<SourceCursor*>(cursor);
  return SQLITE_OK;
}

int source_next(sqlite3_vtab_cursor* base) {
  auto& cursor = *static_cast<SourceCursor*>(base);
  ++cursor.row;
  return guarded(*cursor.feed, [&] { cursor.at_end = !cursor.feed->rows.next(); });
}

int source_filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value**) {
  return source_next(cursor);
}

int source_at_end(sqlite3_vtab_cursor* cursor) {
  return static_cast<SourceCursor*>(cursor)->at_end ? 1 : 0;
}

int source_row(sqlite3_vtab_cursor* cursor, sqlite3_int64* row) {
  *row = static_cast<SourceCursor*>(cursor)->row;
  return SQLITE_OK;
}

int source_field(sqlite3_vtab_cursor* cursor, sqlite3_context* result, int column) {
  const Field& field =
      static_cast<SourceCursor*>(cursor)->feed->rows.field(static_cast<std::size_t>(column));
  if (const auto* text = std::get_if<std::string_view>(&field)) {
    // A null data pointer would give NULL instead of an empty text.
    sqlite3_result_text64(result, text->empty() ? "" : text->data(), text->size(), SQLITE_STATIC,
                          SQLITE_UTF8);
  } else if (const auto* integer = std::get_if<std::int64_t>(&field)) {
    sqlite3_result_int64(result, *integer);
  } else if (const auto* real = std::get_if<double>(&field)) {
    sqlite3_result_double(result, *real);
  }
  return SQLITE_OK;
}

sqlite3_module source_module() {
  sqlite3_module module{};
  // Without xCreate the table exists for every statement, and CREATE VIRTUAL TABLE cannot make one.
  module.xConnect = source_connect;
  module.xDisconnect = source_disconnect;
  module.xBestIndex = source_plan;
  module.xOpen = source_open;
  module.xClose = source_close;
  module.xFilter = source_filter;
  module.xNext = source_next;
  module.xEof = source_at_end;
  module.xColumn = source_field;
  module.xRowid = source_row;
  return module;
}

const sqlite3_module kSourceModule = source_module();

/// The table is known from here to the end of the scope.
class Registered {
 public:
  Registered(Database& database, Feed& feed) : database_(database) {
    check(sqlite3_create_module_v2(database_.handle(), kSourceTable.data(), &kSourceModule, &feed,
                                   nullptr),
          database_.handle(), "add a table");
  }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;
  ~Registered() {
    sqlite3_create_module_v2(database_.handle(), kSourceTable.data(), nullptr, nullptr, nullptr);
  }

 private:
  Database& database_;
};

}  // namespace

void run_over(Database& database, std::string_view sql, RowSource& rows, std::size_t columns) {
  Feed feed{rows, columns};
  const Registered registered(database, feed);
  Statement statement = database.prepare(sql);
  try {
    statement.run();
  } catch (...) {
    if (feed.failure) std::rethrow_exception(feed.failure);
    throw;
  }
}

}  // namespace playmirror::sqlite
