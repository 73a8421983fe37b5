#include "core/sqlite/change_watch.hpp"

#include "core/sqlite/failure.hpp"

#include <optional>
#include <sqlite3.h>
#include <utility>

namespace playmirror::sqlite {

struct ChangeWatch::Callbacks {
  OnRow on_row;
  OnNote on_note;

  static void row(void* self, int operation, const char* schema, const char* table,
                  sqlite3_int64 rowid) {
    if (std::string_view(schema) != "main") return;
    const RowChange change = operation == SQLITE_INSERT   ? RowChange::inserted
                             : operation == SQLITE_DELETE ? RowChange::deleted
                                                          : RowChange::updated;
    static_cast<Callbacks*>(self)->on_row(change, table, rowid);
  }

  static void note(sqlite3_context* context, int, sqlite3_value** arguments) {
    const auto text = [&](int i) -> std::optional<std::string_view> {
      const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(arguments[i]));
      if (bytes == nullptr) return std::nullopt;
      return std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(arguments[i])));
    };
    const auto what = text(0);
    const auto key = what ? text(1) : std::nullopt;
    if (key) {
      static_cast<Callbacks*>(sqlite3_user_data(context))->on_note(*what, *key);
    } else {
      // No key is NULL, so there was no memory for its text: a change that goes unnoted must fail.
      sqlite3_result_error_nomem(context);
    }
  }
};

ChangeWatch::ChangeWatch(Database& database, OnRow on_row, OnNote on_note)
    : database_(database), callbacks_(new Callbacks{std::move(on_row), std::move(on_note)}) {
  // Only triggers of this connection call it, and those are trusted whatever the schema is.
  check(sqlite3_create_function_v2(database_.handle(), kNoteFunction.data(), 2, SQLITE_UTF8,
                                   callbacks_.get(), Callbacks::note, nullptr, nullptr, nullptr),
        database_.handle(), "make a function known");
  sqlite3_update_hook(database_.handle(), Callbacks::row, callbacks_.get());
}

ChangeWatch::~ChangeWatch() { sqlite3_update_hook(database_.handle(), nullptr, nullptr); }

}  // namespace playmirror::sqlite
