// Tells apart the ways in which a handshake fails. libpq has no codes for them, only text: the
// server's SQLSTATE stands in it when verbose, everything else is recognised by its wording.

#include "sync/pg/connect_failure.hpp"

#include "sync/pg/failure.hpp"

#include <algorithm>
#include <initializer_list>
#include <libpq-fe.h>
#include <locale.h>
#include <optional>
#include <string_view>
#if __has_include(<xlocale.h>)
#include <xlocale.h>
#endif

namespace playmirror::pg {
namespace {

constexpr const char* kNoEntry =
    "Ask the server's owner to let the role in: GRANT CONNECT ON DATABASE, or what a trigger at "
    "login asks for.";

bool has_any(std::string_view text, std::initializer_list<std::string_view> phrases) {
  return std::ranges::any_of(phrases, [&](std::string_view phrase) {
    return text.find(phrase) != std::string_view::npos;
  });
}

/// 'connection to server at "10.0.0.1", port 5432 failed: REASON', then lines of advice.
std::string_view reason_in(std::string_view text) {
  constexpr std::string_view kLead = " failed: ";
  if (const std::size_t at = text.find(kLead); at != std::string_view::npos) {
    text.remove_prefix(at + kLead.size());
  }
  return text.substr(0, text.find('\n'));
}

/// "FATAL:  28P01: password authentication failed": severity, SQLSTATE, message.
std::optional<Diagnostics> server_words(std::string_view reason) {
  const std::size_t colon = reason.find(":  ");
  if (colon == std::string_view::npos || colon > 32) return std::nullopt;
  reason.remove_prefix(colon + 3);
  if (reason.size() < 7 || reason.substr(5, 2) != ": ") return std::nullopt;
  const std::string sqlstate = as_sqlstate(reason.substr(0, 5));
  if (sqlstate.empty()) return std::nullopt;
  return Diagnostics{.sqlstate = sqlstate, .message = std::string(reason.substr(7))};
}

ConnectFailure refused_by_server(const Diagnostics& words, const Secrets& secrets) {
  Classification meaning = classify(words);
  // There is no connection for doctor() to look around by.
  if (meaning.code == ErrorCode::permission_denied) meaning.hint = kNoEntry;
  return {.code = meaning.code,
          .reason = secrets.shown(words.message) + " (" + words.sqlstate + ")",
          .details = {
              .hint = meaning.hint, .sqlstate = words.sqlstate, .retryable = meaning.retryable}};
}

}  // namespace

UntranslatedMessages::UntranslatedMessages() noexcept : previous_(nullptr) {
  static const locale_t source = ::newlocale(LC_MESSAGES_MASK, "C", nullptr);
  if (source != nullptr) previous_ = ::uselocale(source);
}

UntranslatedMessages::~UntranslatedMessages() {
  if (previous_ != nullptr) ::uselocale(static_cast<locale_t>(previous_));
}

ConnectFailure read_failure(pg_conn* connection, const Secrets& secrets, bool in_tls,
                            bool tls_by_default) {
  const std::string_view text = PQerrorMessage(connection);
  const std::string_view reason = reason_in(text);
  if (const auto words = server_words(reason)) return refused_by_server(*words, secrets);
  if (PQconnectionNeedsPassword(connection) != 0) {
    return {.code = ErrorCode::authentication_failed,
            .reason = "the server asks for a password and none was given",
            .details = {.hint = "Put it into .pgpass or PGPASSWORD."}};
  }
  if (has_any(reason, {"does not support SSL"})) {
    return {.code = ErrorCode::encryption_refused,
            .reason = "the server has no TLS",
            .details = {.hint = tls_by_default
                                    ? "Have the server set up TLS. On a trusted network, such as a "
                                      "VPN, plain text can be allowed: allow_plaintext, or "
                                      "sslmode=disable in the connection string."
                                    : "Have the server set up TLS, or choose another sslmode."}};
  }
  if (has_any(reason, {"expected authentication request", "invalid response to",
                       "unexpected message from server", "unexpected response from server",
                       "lost synchronization", "do not agree with length"})) {
    return {.code = ErrorCode::server_protocol,
            .reason = "what answers there does not speak PostgreSQL's protocol",
            .details = {.hint = "Check host and port in the connection string."}};
  }
  const bool broken_off =
      has_any(reason, {"SYSCALL", "closed the connection", "closed unexpectedly",
                       "could not receive data", "could not send data"});
  if (in_tls && !broken_off) {
    return {.code = ErrorCode::encryption_refused,
            .reason = secrets.shown(reason),
            .details = {.hint = "Check sslmode and the certificates on both sides."}};
  }
  if (has_any(reason, {"authentication method", "SCRAM", "SASL", "channel binding", "GSSAPI"})) {
    return {.code = ErrorCode::authentication_failed, .reason = secrets.shown(reason)};
  }
  return {.reason = secrets.shown(reason),
          .details = {.hint = "Check the network or the VPN, and that the server is running.",
                      .retryable = true}};
}

}  // namespace playmirror::pg
