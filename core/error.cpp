// The names of codes and outcomes, and the class that each code is thrown as.

#include <playmirror/error.hpp>

#include <utility>

namespace playmirror {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::unknown_reference:
      return "unknown_reference";
    case ErrorCode::value_too_large:
      return "value_too_large";
    case ErrorCode::immutable:
      return "immutable";
    case ErrorCode::closed:
      return "closed";
    case ErrorCode::query_refused:
      return "query_refused";
    case ErrorCode::query_failed:
      return "query_failed";
    case ErrorCode::query_limit:
      return "query_limit";
    case ErrorCode::not_a_mirror:
      return "not_a_mirror";
    case ErrorCode::format_too_new:
      return "format_too_new";
    case ErrorCode::damaged:
      return "damaged";
    case ErrorCode::unsafe_file:
      return "unsafe_file";
    case ErrorCode::busy:
      return "busy";
    case ErrorCode::storage_full:
      return "storage_full";
    case ErrorCode::storage_failed:
      return "storage_failed";
    case ErrorCode::bad_connection_options:
      return "bad_connection_options";
    case ErrorCode::unreachable:
      return "unreachable";
    case ErrorCode::authentication_failed:
      return "authentication_failed";
    case ErrorCode::encryption_refused:
      return "encryption_refused";
    case ErrorCode::permission_denied:
      return "permission_denied";
    case ErrorCode::row_security:
      return "row_security";
    case ErrorCode::schema_mismatch:
      return "schema_mismatch";
    case ErrorCode::server_changed:
      return "server_changed";
    case ErrorCode::server_behind:
      return "server_behind";
    case ErrorCode::server_refused:
      return "server_refused";
    case ErrorCode::server_protocol:
      return "server_protocol";
    case ErrorCode::in_doubt:
      return "in_doubt";
    case ErrorCode::cancelled:
      return "cancelled";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::unchanged:
      return "unchanged";
    case Outcome::rolled_back:
      return "rolled_back";
    case Outcome::in_doubt:
      return "in_doubt";
  }
  return "unchanged";
}

Error::Error(ErrorCode code, std::string message, ErrorDetails details)
    : code_(code), message_(std::move(message)), details_(std::move(details)) {}

// Out of line, so that each class has one home for its type information: an exception thrown in
// one shared library is then caught by its type in another.
Error::~Error() = default;
InvalidArgument::~InvalidArgument() = default;
QueryError::~QueryError() = default;
MirrorUnusable::~MirrorUnusable() = default;
MirrorBusy::~MirrorBusy() = default;
StorageError::~StorageError() = default;
ServerUnavailable::~ServerUnavailable() = default;
AccessDenied::~AccessDenied() = default;
SchemaMismatch::~SchemaMismatch() = default;
ServerChanged::~ServerChanged() = default;
InDoubt::~InDoubt() = default;
Cancelled::~Cancelled() = default;

void raise(ErrorCode code, std::string message, ErrorDetails details) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::unknown_reference:
    case ErrorCode::value_too_large:
    case ErrorCode::immutable:
    case ErrorCode::bad_connection_options:
      throw InvalidArgument(code, std::move(message), std::move(details));
    case ErrorCode::query_refused:
    case ErrorCode::query_failed:
    case ErrorCode::query_limit:
      throw QueryError(code, std::move(message), std::move(details));
    case ErrorCode::not_a_mirror:
    case ErrorCode::format_too_new:
    case ErrorCode::damaged:
    case ErrorCode::unsafe_file:
      throw MirrorUnusable(code, std::move(message), std::move(details));
    case ErrorCode::busy:
      throw MirrorBusy(code, std::move(message), std::move(details));
    case ErrorCode::storage_full:
    case ErrorCode::storage_failed:
      throw StorageError(code, std::move(message), std::move(details));
    case ErrorCode::unreachable:
      throw ServerUnavailable(code, std::move(message), std::move(details));
    case ErrorCode::authentication_failed:
    case ErrorCode::encryption_refused:
    case ErrorCode::permission_denied:
    case ErrorCode::row_security:
      throw AccessDenied(code, std::move(message), std::move(details));
    case ErrorCode::schema_mismatch:
      throw SchemaMismatch(code, std::move(message), std::move(details));
    case ErrorCode::server_changed:
    case ErrorCode::server_behind:
      throw ServerChanged(code, std::move(message), std::move(details));
    case ErrorCode::in_doubt:
      throw InDoubt(code, std::move(message), std::move(details));
    case ErrorCode::cancelled:
      throw Cancelled(code, std::move(message), std::move(details));
    case ErrorCode::closed:
    case ErrorCode::server_refused:
    case ErrorCode::server_protocol:
    case ErrorCode::internal:
      break;
  }
  throw Error(code, std::move(message), std::move(details));
}

}  // namespace playmirror
