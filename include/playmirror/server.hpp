#pragma once

#include <playmirror/export.hpp>
#include <playmirror/mirror.hpp>
#include <playmirror/progress.hpp>
#include <playmirror/report.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The remote half of playmirror: a connection to the PostgreSQL server and the calls that use it.
/// This is the only header whose calls touch the network.
namespace playmirror {

/// How to reach the server.
struct ServerOptions {
  std::string schema = "public";                      ///< where the tables live
  std::chrono::milliseconds connect_timeout{10'000};  ///< longest time to connect
  std::chrono::milliseconds timeout{60'000};  ///< longest silence of the server before giving up
  bool allow_plaintext = false;  ///< permit a TCP connection without TLS to another host

  /// The IANA time zone whose local time `play_history.played_at` has on the server, where that
  /// column has no zone of its own. The mirror and every answer have instants in UTC all the same.
  /// A mirror keeps to the one that it was first synced with. Throws InvalidArgument for a zone
  /// that the system does not know.
  std::string played_at_zone = "UTC";
};

/// What a pull may do.
struct PullOptions {
  std::chrono::milliseconds lock_timeout{2'000};  ///< longest wait behind a migration
  double delete_limit = 0.2;          ///< 0 to 1: hold deletes back when more than this share of
                                      ///< a table would vanish
  bool confirm_deletes = false;       ///< apply them whatever their share
  bool accept_server = false;         ///< adopt a server whose identity changed (after comparing)
  std::int64_t field_cap = 64 << 20;  ///< bytes of one field; a larger one is value_too_large

  /// A pull that comes sooner than this after the last sweep brings new plays by their ids, and
  /// what has come with them of tracks, artists and their links, if the server has 200,000 plays
  /// and more. Everything else waits for the next sweep. 0: every pull sweeps. A Watcher goes by
  /// WatchOptions::sweep_interval.
  std::chrono::milliseconds sweep_interval{0};

  /// Columns of tracks to do without from this pull on, or nothing: as before. Only the difference
  /// is transferred.
  std::optional<std::vector<TrackDetail>> leave_out = {};

  /// Earliest play to hold from this pull on, likewise; -infinity: no limit.
  std::optional<Timestamp> plays_since = {};
};

/// What a push may do.
struct PushOptions {
  std::chrono::milliseconds lock_timeout{10'000};  ///< longest wait for another device's push
  std::int64_t batch_rows = 1'000;                 ///< rows in one server transaction
};

/// What the two halves of a sync may do.
struct SyncOptions {
  PushOptions push = {};
  PullOptions pull = {};
};

/// How to compare.
struct VerifyOptions {
  VerifyDepth depth = VerifyDepth::full;  ///< every value, or digests of blocks
  std::int64_t max_differences = 1'000;   ///< how many to list; all are counted
};

/// What a repair may do.
struct RepairOptions {
  double delete_limit = 0.2;          ///< as of PullOptions
  bool confirm_deletes = false;       ///< apply them whatever their share
  std::int64_t field_cap = 64 << 20;  ///< bytes of one field; a larger one is value_too_large
};

/// A connection to one server, for one thread at a time. Connects at once, and again by itself when
/// the connection was lost. Every call blocks; each wait ends within ServerOptions::timeout. After
/// fork(), the child must connect anew; every call on the parent's throws `closed`.
///
/// Each call throws ServerUnavailable, AccessDenied, SchemaMismatch and Cancelled; those that are
/// given a mirror also ServerChanged, MirrorBusy, MirrorUnusable and StorageError, push() and
/// sync() InDoubt too, and InvalidArgument for an option that makes no sense. docs/errors.md says
/// what is true afterwards and what to do. Trouble with single rows or tables is data in the
/// report.
class PLAYMIRROR_EXPORT Server {
 public:
  /// `dsn` is libpq's: `service=music`, `host=... dbname=...` or a postgresql:// URI. Empty means
  /// PLAYMIRROR_DSN, else libpq's own environment. Nothing of it is stored. Throws
  /// ServerUnavailable, AccessDenied or InvalidArgument; no message ever holds the password.
  [[nodiscard]] static Server connect(std::string_view dsn = {}, const ServerOptions& options = {},
                                      const CallControl& control = {});

  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();  ///< like close()

  /// Ends the connection; a later call makes a new one.
  void close() noexcept;

  /// "host:port/database", without role or password.
  [[nodiscard]] std::string name() const;

  /// push(), then pull(). A push that fails for a reason of its own does not keep the pull from
  /// running; its error is thrown afterwards.
  SyncReport sync(Mirror& mirror, const SyncOptions& options = {}, const CallControl& control = {});

  /// Brings the mirror to the server's present state: one consistent moment, applied in one local
  /// transaction. The first pull copies everything, piece by piece, and goes on where it stopped.
  SyncReport pull(Mirror& mirror, const PullOptions& options = {}, const CallControl& control = {});

  /// Sends what was recorded locally, each row exactly once.
  SyncReport push(Mirror& mirror, const PushOptions& options = {}, const CallControl& control = {});

  /// Compares the mirror with the server, both in one moment of theirs. Changes nothing. The third
  /// depth, which needs no server, is Mirror::verify().
  [[nodiscard]] VerifyReport verify(const Mirror& mirror, const VerifyOptions& options = {},
                                    const CallControl& control = {});

  /// The server's present row of a track, with what the mirror may leave out; nothing without such
  /// a row. Two round trips. Changes nothing, here or there.
  [[nodiscard]] std::optional<Track> track(std::string_view id, const CallControl& control = {});

  /// Puts damage right: fetches the blocks of keys whose digests differ, and no others, and makes
  /// their rows the server's in one local transaction. A file that SQLite itself finds broken is
  /// set aside (Mirror::salvage) and copied anew. Pending rows stay pending: a damaged
  /// entry of the outbox is taken from its mirrored row, or, where that may be damaged too, set
  /// aside as `rejected`, so that it holds up no other.
  RepairReport repair(Mirror& mirror, const RepairOptions& options = {},
                      const CallControl& control = {});

  /// Says what this role may not do, with the exact GRANT that is missing, and what could be safer
  /// or faster. Changes nothing.
  [[nodiscard]] DoctorReport doctor(const CallControl& control = {});

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl) noexcept;
  [[nodiscard]] Impl& impl() const;
  std::unique_ptr<Impl> impl_;
};

}  // namespace playmirror
