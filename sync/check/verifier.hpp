#pragma once

#include "core/mirror/state.hpp"
#include "sync/session/server_session.hpp"

#include <playmirror/report.hpp>
#include <playmirror/server.hpp>

namespace playmirror::sync {

/// Compares the mirror with the server, both sides in one moment each. Changes nothing.
class Verifier {
 public:
  Verifier(ServerSession& session, MirrorState& mirror, const VerifyOptions& options,
           pg::Waiter& waiter, VerifyReport& report);

  void run();

 private:
  /// False when this server's digests are not ours.
  [[nodiscard]] bool compare_blocks();

  void compare_rows();
  void compare(sqlite::Database& database, const ServerTable& table, const Moment& moment);
  void note(Difference difference);

  ServerSession& session_;
  MirrorState& mirror_;
  const VerifyOptions& options_;
  pg::Waiter& waiter_;
  VerifyReport& report_;
};

}  // namespace playmirror::sync
