#include "core/sqlite/change_watch.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <new>
#include <sqlite3.h>

namespace playmirror::sqlite {
namespace {

sqlite3_value* shown(int result, sqlite3_value* value) {
  if (result == SQLITE_NOMEM) throw std::bad_alloc();
  if (result != SQLITE_OK) raise(ErrorCode::internal, "SQLite does not show a changed row");
  return value;
}

bool are_equal(sqlite3_value* one, sqlite3_value* other) {
  const int type = sqlite3_value_type(one);
  if (type != sqlite3_value_type(other)) return false;
  if (type == SQLITE_INTEGER) return sqlite3_value_int64(one) == sqlite3_value_int64(other);
  if (type == SQLITE_FLOAT) return sqlite3_value_double(one) == sqlite3_value_double(other);
  return text_of(one) == text_of(other);  // nothing equals nothing
}

RowChange::Kind kind_of(int operation) {
  return operation == SQLITE_INSERT   ? RowChange::Kind::inserted
         : operation == SQLITE_DELETE ? RowChange::Kind::deleted
                                      : RowChange::Kind::updated;
}

}  // namespace

int RowChange::columns() const noexcept { return sqlite3_preupdate_count(handle); }

sqlite3_value* RowChange::before(int column) const {
  sqlite3_value* value = nullptr;
  const int result = sqlite3_preupdate_old(handle, column, &value);
  return shown(result, value);
}

sqlite3_value* RowChange::after(int column) const {
  sqlite3_value* value = nullptr;
  const int result = sqlite3_preupdate_new(handle, column, &value);
  return shown(result, value);
}

bool RowChange::keeps_all_but(int column) const {
  for (int i = 0; i < columns(); ++i) {
    if (i != column && !are_equal(before(i), after(i))) return false;
  }
  return true;
}

std::string_view text_of(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

ChangeWatch::~ChangeWatch() { database_.set_change_hook({}); }

bool ChangeWatch::is_heard_by_others_than(const ChangeListener& listener) const noexcept {
  return std::ranges::any_of(listeners_, [&](const auto* each) { return each != &listener; });
}

void ChangeWatch::tell(ChangeListener& listener, bool told) {
  const auto found = std::ranges::find(listeners_, &listener);
  if ((found != listeners_.end()) == told) return;
  if (told) {
    listeners_.push_back(&listener);
  } else {
    listeners_.erase(found);
  }
  listen();
}

void ChangeWatch::listen() {
  constexpr auto hook = [](void* self, sqlite3* handle, int operation, const char* schema,
                           const char* table, sqlite3_int64 before, sqlite3_int64 after) {
    if (std::string_view(schema) != "main") return;
    const RowChange change{kind_of(operation), table, before, after, handle};
    for (ChangeListener* listener : static_cast<ChangeWatch*>(self)->listeners_) {
      listener->on_change(change);
    }
  };
  database_.set_change_hook({listeners_.empty() ? nullptr : +hook, this});
}

}  // namespace playmirror::sqlite
