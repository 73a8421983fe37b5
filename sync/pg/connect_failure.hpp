#pragma once

#include "sync/pg/secrets.hpp"

#include <playmirror/error.hpp>

#include <string>

struct pg_conn;

namespace playmirror::pg {

/// Why one endpoint could not be connected to.
struct ConnectFailure {
  ErrorCode code = ErrorCode::unreachable;
  std::string reason = {};
  ErrorDetails details = {};

  [[nodiscard]] bool worth_trying_next() const noexcept { return code == ErrorCode::unreachable; }
};

/// Makes libpq's messages, on this thread and while it lives, those of its source. What failed
/// during a handshake shows in no other way.
class UntranslatedMessages {
 public:
  UntranslatedMessages() noexcept;
  ~UntranslatedMessages();
  UntranslatedMessages(const UntranslatedMessages&) = delete;
  UntranslatedMessages& operator=(const UntranslatedMessages&) = delete;

 private:
  void* previous_;
};

/// Reads what libpq says about a handshake that failed (untranslated, PQERRORS_VERBOSE). `in_tls`:
/// the TLS part had begun and not ended. `tls_by_default`: nobody had asked for TLS.
[[nodiscard]] ConnectFailure read_failure(pg_conn* connection, const Secrets& secrets, bool in_tls,
                                          bool tls_by_default);

}  // namespace playmirror::pg
