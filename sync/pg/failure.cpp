// What the server's error codes mean to us.
// https://www.postgresql.org/docs/current/errcodes-appendix.html

#include "sync/pg/failure.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace playmirror::pg {
namespace {

struct Meaning {
  std::string_view sqlstate;  ///< the whole code, or the two characters of its class
  ErrorCode code;
  bool retryable;
  bool row_at_fault;
  const char* hint;
};

constexpr const char* kComeBack = "The server went away; try again when it is back.";
constexpr const char* kBusy = "The server is short of resources; try again later.";
constexpr const char* kCollided = "Another transaction was in the way; try again.";
constexpr const char* kSchema =
    "The server's tables are not the expected ones; doctor() lists the differences.";
constexpr const char* kGrant =
    "Ask the server's owner for the privilege; doctor() prints the exact GRANT.";
constexpr const char* kEncoding =
    "A text on the server is not in the encoding of its database. Its owner must put it right; "
    "until "
    "then nothing of that table can be read.";
constexpr const char* kRule =
    "A rule on the server's table does not let a row be inserted and told about. Its owner can "
    "write a trigger instead.";
constexpr const char* kLogin = "Check user and password in the connection string or in .pgpass.";
constexpr const char* kRowSecurity =
    "Row-level security hides rows from this role. Ask the server's owner for a policy that shows "
    "all rows, or for BYPASSRLS.";

// A whole code stands before its class: the first entry that fits decides.
constexpr Meaning kMeanings[] = {
    // PgBouncer says 08P01 for nearly everything; no retry is promised.
    {"08P01", ErrorCode::server_refused, false, false, ""},
    {"08", ErrorCode::unreachable, true, false, kComeBack},
    {"22021", ErrorCode::server_refused, false, true, kEncoding},
    {"22", ErrorCode::server_refused, false, true, ""},
    {"23", ErrorCode::server_refused, false, true, ""},
    {"25006", ErrorCode::server_refused, false, false,
     "This server only takes reads. Connect to the primary if it is a standby; else its owner has "
     "set default_transaction_read_only for the role or the database."},
    {"25P03", ErrorCode::unreachable, true, false, kComeBack},
    {"25P04", ErrorCode::server_refused, true, false,
     "The server ended the transaction: its transaction_timeout. Its owner can give the role more "
     "time."},
    {"28", ErrorCode::authentication_failed, false, false, kLogin},
    {"3D000", ErrorCode::server_refused, false, false, "Check dbname in the connection string."},
    {"3F000", ErrorCode::schema_mismatch, false, false, kSchema},
    {"40", ErrorCode::server_refused, true, false, kCollided},
    {"42501", ErrorCode::permission_denied, false, false, kGrant},
    {"42703", ErrorCode::schema_mismatch, false, false, kSchema},
    {"42804", ErrorCode::schema_mismatch, false, false, kSchema},
    {"42883", ErrorCode::schema_mismatch, false, false, kSchema},
    {"428C9", ErrorCode::schema_mismatch, false, false, kSchema},
    {"42P01", ErrorCode::schema_mismatch, false, false, kSchema},
    {"44000", ErrorCode::server_refused, false, true, ""},
    {"53", ErrorCode::server_refused, true, false, kBusy},
    {"54000", ErrorCode::server_refused, false, true, ""},
    {"54001", ErrorCode::server_refused, false, true, ""},  // deep JSON, a trigger without end
    {"55P03", ErrorCode::server_refused, true, false,
     "A lock was held for too long, as by a migration; try again later."},
    {"57014", ErrorCode::server_refused, true, false,
     "The server cancelled the statement: its statement_timeout, or an administrator."},
    {"57P04", ErrorCode::server_refused, false, false, "The database was dropped."},
    {"57P", ErrorCode::unreachable, true, false, kComeBack},
    {"P0", ErrorCode::server_refused, false, true, ""},  // a trigger's RAISE
    // What else a trigger does wrong with one row.
    {"09", ErrorCode::server_refused, false, true, ""},
    {"20", ErrorCode::server_refused, false, true, ""},
    {"21", ErrorCode::server_refused, false, true, ""},
    {"27", ErrorCode::server_refused, false, true, ""},
    {"2F", ErrorCode::server_refused, false, true, ""},
    {"38", ErrorCode::server_refused, false, true, ""},
    {"39", ErrorCode::server_refused, false, true, ""},
};

/// The other classes that PostgreSQL has. A code of any other class is one that somebody made up,
/// for a trigger to refuse a row with.
constexpr std::string_view kOtherClasses =
    "00 01 02 03 08 0A 0B 0F 0L 0P 0Z 24 25 26 28 2B 2D 34 3B 3D 3F 40 42 53 54 55 57 58 72 F0 HV "
    "XX";

bool is_made_up(std::string_view sqlstate) {
  return sqlstate.size() == 5 &&
         kOtherClasses.find(sqlstate.substr(0, 2)) == std::string_view::npos;
}

/// A privilege that is missing, a trigger, a rule or a view that does not work, a sequence that
/// came to its end: it stays so for every row, whatever is in it.
bool is_of_table(std::string_view sqlstate) {
  return sqlstate.starts_with("42") || sqlstate.starts_with("0A") || sqlstate == "2200H" ||
         sqlstate == "3F000" || sqlstate == "55000";
}

bool about_row_security(const Diagnostics& diagnostics) {
  return diagnostics.source == "check_enable_rls" || diagnostics.source == "ExecWithCheckOptions" ||
         diagnostics.message.find("row-level security") != std::string::npos;
}

bool about_rule(const Diagnostics& diagnostics) {
  return diagnostics.message.find("RETURNING on relation") != std::string::npos ||
         diagnostics.message.find("rules are not supported") != std::string::npos;
}

/// The table was altered between planning and running.
bool is_stale_plan(const Diagnostics& diagnostics) {
  return diagnostics.sqlstate == "0A000" && (diagnostics.source == "RevalidateCachedQuery" ||
                                             diagnostics.message.starts_with("cached plan"));
}

ErrorDetails details_of(const Diagnostics& diagnostics) {
  const Classification meaning = classify(diagnostics);
  return {.hint = meaning.hint, .sqlstate = diagnostics.sqlstate, .retryable = meaning.retryable};
}

}  // namespace

std::string as_sqlstate(std::string_view text) {
  const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  return text.size() == 5 && std::ranges::all_of(text, fits) ? std::string(text) : "";
}

Classification classify(const Diagnostics& diagnostics) {
  const std::string_view sqlstate = diagnostics.sqlstate;
  if (sqlstate == "42501" && about_row_security(diagnostics)) {
    // A policy's WITH CHECK judges one row; row_security=off refuses the table.
    const bool one_row =
        diagnostics.source == "ExecWithCheckOptions" || diagnostics.message.starts_with("new row");
    return {.code = ErrorCode::row_security,
            .row_at_fault = one_row,
            .table_at_fault = !one_row,
            .hint = kRowSecurity};
  }
  if (sqlstate == "08P01" &&
      diagnostics.message.find("authentication failed") != std::string::npos) {
    return {.code = ErrorCode::authentication_failed, .hint = kLogin};  // by PgBouncer
  }
  if (is_stale_plan(diagnostics)) {
    return {.code = ErrorCode::server_refused, .retryable = true, .hint = kCollided};
  }
  for (const Meaning& meaning : kMeanings) {
    if (sqlstate.starts_with(meaning.sqlstate)) {
      const bool of_table = is_of_table(sqlstate);
      return {meaning.code, meaning.retryable, meaning.row_at_fault && !of_table, of_table,
              meaning.hint};
    }
  }
  if (is_made_up(sqlstate)) return {.code = ErrorCode::server_refused, .row_at_fault = true};
  const bool of_table = is_of_table(sqlstate);
  if (sqlstate == "0A000" && about_rule(diagnostics)) {
    return {.table_at_fault = of_table, .hint = kRule};
  }
  return {.table_at_fault = of_table};
}

std::string in_words(const std::string& doing, const Diagnostics& diagnostics) {
  std::string words = "could not " + doing + ": " + diagnostics.message;
  if (!diagnostics.sqlstate.empty()) words += " (" + diagnostics.sqlstate + ")";
  if (!diagnostics.detail.empty()) words += ". " + diagnostics.detail;
  return words;
}

StatementFailed::StatementFailed(const std::string& doing, Diagnostics diagnostics)
    : Error(classify(diagnostics).code, in_words(doing, diagnostics), details_of(diagnostics)),
      diagnostics_(std::move(diagnostics)) {}

StatementFailed::~StatementFailed() = default;

StatementLost::StatementLost(const StatementFailed& failure)
    : Error(failure.code(), failure.what(),
            {.hint = "Try again.", .sqlstate = failure.sqlstate(), .retryable = true}) {}

StatementLost::~StatementLost() = default;

TransactionTimedOut::TransactionTimedOut(const std::string& doing, const std::string& where,
                                         const Diagnostics& diagnostics)
    : Error(classify(diagnostics).code,
            "could not " + doing + ": " + where + " (" + diagnostics.message + ")",
            details_of(diagnostics)) {}

TransactionTimedOut::~TransactionTimedOut() = default;

bool is_lost_statement(const StatementFailed& failure) noexcept {
  return failure.sqlstate() == "26000" || failure.sqlstate() == "42P05" ||
         is_stale_plan(failure.diagnostics());
}

}  // namespace playmirror::pg
