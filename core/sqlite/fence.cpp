#include "core/sqlite/fence.hpp"

#include "core/sqlite/failure.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <utility>

namespace playmirror::sqlite {
namespace {

/// Functions that reach files, logs or code. Most exist only where a program added them.
constexpr std::array kRefusedFunctions{"load_extension", "readfile",      "writefile",
                                       "edit",           "eval",          "sqlite_log",
                                       "rtreecheck",     "fts3_tokenizer"};

constexpr int kSqlBytes = 1'000'000;

struct Limit {
  int category;
  int value;
};

/// SQLite's own limits suit a program's own statements.
constexpr std::array kFixedLimits{
    Limit{SQLITE_LIMIT_ATTACHED, 0},
    Limit{SQLITE_LIMIT_SQL_LENGTH, kSqlBytes},
    // Matching takes time like text times pattern, and cannot be interrupted.
    Limit{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1'000},
};

/// What a statement may do: read rows, compute, recur.
bool is_harmless(int action) {
  return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE;
}

/// The rights and limits of a connection, taken away for as long as this lives.
class Fence {
 public:
  Fence(Database& database, const FenceLimits& limits, CallWatch& watch) : database_(database) {
    // SQLite declares a table-valued function at its first use, by what an authorizer must take for
    // a write. These two are declared beforehand; all others stay out of reach.
    static_cast<void>(database_.prepare("SELECT 1 FROM json_each('[]'), json_tree('[]')"));
    database_.on_progress([this, &watch, deadline = limits.deadline] {
      try {
        watch.tick();
      } catch (...) {
        stopped_ = std::current_exception();
        return true;
      }
      return std::chrono::steady_clock::now() >= deadline;
    });
    sqlite3_set_authorizer(database_.handle(), authorize, this);
    std::ranges::copy(kFixedLimits, limits_.begin());
    limits_.back() = {SQLITE_LIMIT_LENGTH, limits.value_bytes};
    exchange_limits();
  }
  Fence(const Fence&) = delete;
  Fence& operator=(const Fence&) = delete;
  ~Fence() {
    exchange_limits();
    sqlite3_set_authorizer(database_.handle(), nullptr, nullptr);
    database_.on_progress({});
  }

  [[nodiscard]] sqlite3* connection() const noexcept { return database_.handle(); }

  /// Throws on what the caller threw to stop the statement, if that is why it ended.
  void rethrow() const {
    if (stopped_) std::rethrow_exception(stopped_);
  }

  /// Why the authorizer has said no, or nothing. SQLite's own message often hides it.
  [[nodiscard]] std::optional<std::string> objection() const {
    if (refused_function_ != nullptr) return "it calls " + std::string(refused_function_) + "()";
    if (more_than_reads_) return "it does more than read the mirror's tables";
    return std::nullopt;
  }

 private:
  static int authorize(void* fence, int action, const char*, const char* name, const char*,
                       const char*) {
    return static_cast<Fence*>(fence)->allows(action, name) ? SQLITE_OK : SQLITE_DENY;
  }

  bool allows(int action, const char* name) {
    if (action != SQLITE_FUNCTION) {
      more_than_reads_ = more_than_reads_ || !is_harmless(action);
      return is_harmless(action);
    }
    const auto refused = std::ranges::find_if(
        kRefusedFunctions, [&](const char* other) { return sqlite3_stricmp(name, other) == 0; });
    if (refused == kRefusedFunctions.end()) return true;
    refused_function_ = *refused;
    return false;
  }

  void exchange_limits() {
    for (Limit& limit : limits_) {
      limit.value = sqlite3_limit(database_.handle(), limit.category, limit.value);
    }
  }

  Database& database_;
  std::array<Limit, kFixedLimits.size() + 1> limits_{};
  std::exception_ptr stopped_;
  const char* refused_function_ = nullptr;
  bool more_than_reads_ = false;
};

[[noreturn]] void refuse(const std::string& reason) {
  raise(ErrorCode::query_refused, "sql() did not run the statement: " + reason,
        {.hint = "Pass one SELECT statement."});
}

[[noreturn]] void exceed(const std::string& what, const char* hint) {
  raise(ErrorCode::query_limit, "sql() stopped the statement: " + what, {.hint = hint});
}

[[noreturn]] void reject(const std::string& reason) {
  raise(ErrorCode::query_failed, "SQLite rejects the statement: " + reason,
        {.hint = "Correct the SQL."});
}

/// Throws what a failure of the connection means for the caller of sql().
[[noreturn]] void fail_query(int result, const Fence& fence) {
  fence.rethrow();
  if (const auto objection = fence.objection()) refuse(*objection);
  sqlite3* handle = fence.connection();
  const std::string message = sqlite3_errmsg(handle);
  switch (result & 0xff) {
    case SQLITE_INTERRUPT:
      exceed("it ran longer than its timeout", "Ask for less, or raise timeout.");
    case SQLITE_TOOBIG:
      throw ValueTooLarge(ErrorCode::query_limit, "sql() stopped the statement: " + message,
                          {.hint = "Compute shorter values."});
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE: {
#if SQLITE_VERSION_NUMBER >= 3'038'000
      const int offset = sqlite3_error_offset(handle);
      if (offset >= 0) reject(message + " (byte " + std::to_string(offset) + ")");
#endif
      reject(message);
    }
    default:
      fail(result, handle, "run the statement of sql()");
  }
}

/// A statement known to be alone, read-only and the source of rows.
class FencedStatement {
 public:
  FencedStatement(const Fence& fence, std::string_view sql)
      : fence_(fence), statement_(only_statement(sql)) {
    if (sqlite3_stmt_readonly(statement_.handle()) == 0) refuse("it may write");
    if (statement_.column_count() == 0) refuse("it returns no columns");
  }

  void bind(const std::vector<Value>& values) {
    const int wanted = sqlite3_bind_parameter_count(statement_.handle());
    if (std::cmp_not_equal(wanted, values.size())) {
      reject("it has " + std::to_string(wanted) + (wanted == 1 ? " parameter" : " parameters") +
             ", and " + std::to_string(values.size()) +
             (values.size() == 1 ? " value was given" : " values were given"));
    }
    int index = 0;
    for (const Value& value : values) {
      const int result = std::visit(Binder{statement_.handle(), ++index}, value);
      if (result != SQLITE_OK) fail_query(result, fence_);
    }
  }

  void run(const FenceLimits& limits, RowSink& sink) {
    sink.begin(statement_);
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    while (step()) {
      if (++rows > limits.result_rows && limits.result_rows != 0) {
        exceed("it returns more than " + std::to_string(limits.result_rows) + " rows",
               "Ask for less, or raise max_rows.");
      }
      bytes += sink.add(statement_);
      if (bytes > limits.result_bytes)
        exceed("its result is too large to hold in memory",
               "Ask for fewer rows or columns at a time.");
    }
  }

 private:
  struct Binder {
    sqlite3_stmt* statement;
    int index;
    // The values outlive the statement, so nothing is copied.
    int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
    int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, index, value); }
    int operator()(double value) const { return sqlite3_bind_double(statement, index, value); }
    int operator()(const std::string& value) const {
      return sqlite3_bind_text64(statement, index, value.data(), value.size(), SQLITE_STATIC,
                                 SQLITE_UTF8);
    }
    int operator()(const Blob& value) const {
      return sqlite3_bind_blob64(statement, index, value.bytes.data(), value.bytes.size(),
                                 SQLITE_STATIC);
    }
  };

  [[nodiscard]] Statement only_statement(std::string_view sql) const {
    if (sql.size() > kSqlBytes)
      exceed("it is longer than a megabyte", "Pass long values as parameters.");
    // SQLite would take a NUL for the end and leave out what follows.
    if (sql.find('\0') != sql.npos) refuse("it holds a NUL character");
    const std::string text(sql);
    const char* rest = text.c_str();
    Statement statement(nullptr);
    while (statement.handle() == nullptr && *rest != '\0') {
      const int result = prepare(rest, statement);
      if (result != SQLITE_OK) fail_query(result, fence_);
    }
    if (statement.handle() == nullptr) refuse("there is none");
    while (*rest != '\0') {
      Statement second(nullptr);
      if (prepare(rest, second) != SQLITE_OK || second.handle() != nullptr) {
        refuse("another one follows it");
      }
    }
    return statement;
  }

  /// Moves `sql` behind its first statement; that is null for nothing but space and comments.
  int prepare(const char*& sql, Statement& statement) const {
    sqlite3_stmt* prepared = nullptr;
    const int result = sqlite3_prepare_v3(fence_.connection(), sql, -1, 0, &prepared, &sql);
    statement = Statement(prepared);
    return result;
  }

  bool step() {
    const int result = sqlite3_step(statement_.handle());
    if (result != SQLITE_ROW && result != SQLITE_DONE) fail_query(result, fence_);
    return result == SQLITE_ROW;
  }

  const Fence& fence_;
  Statement statement_;
};

}  // namespace

void run_fenced(Database& database, std::string_view sql, const std::vector<Value>& parameters,
                const FenceLimits& limits, RowSink& sink, CallWatch& watch) {
  const Fence fence(database, limits, watch);
  FencedStatement statement(fence, sql);
  statement.bind(parameters);
  statement.run(limits, sink);
}

}  // namespace playmirror::sqlite
