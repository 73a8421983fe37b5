#pragma once

#include <playmirror/cursor.hpp>
#include <playmirror/error.hpp>
#include <playmirror/exclusions.hpp>
#include <playmirror/export.hpp>
#include <playmirror/filters.hpp>
#include <playmirror/import.hpp>
#include <playmirror/pending.hpp>
#include <playmirror/progress.hpp>
#include <playmirror/records.hpp>
#include <playmirror/stats.hpp>
#include <playmirror/status.hpp>
#include <playmirror/table.hpp>
#include <playmirror/value.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The local half of playmirror: one SQLite file that mirrors the server's tables.
///
/// Nothing in this header touches the network; Server (server.hpp) does. Reads never wait for a
/// writer. Writes wait for other writers, in any process, up to MirrorOptions::busy_timeout, and
/// are on disk when they return.
///
/// Beside what is said of each call, all throw Error with the code `closed` once the mirror was
/// closed; MirrorUnusable for a file that turns out damaged; StorageError where the file system
/// refuses; InvalidArgument for a filter that means nothing, such as a negative limit.
namespace playmirror {

class MirrorState;

/// How to open a mirror.
struct MirrorOptions {
  std::chrono::milliseconds busy_timeout{10'000};  ///< how long a write waits for another writer
  bool create = true;                              ///< make the file if it is not there
  bool read_only = false;                          ///< never write, not even to create or upgrade
};

/// A play to record. `track_id` and `played_at` identify it.
struct NewPlay {
  std::string track_id = {};
  Timestamp played_at = {};                      ///< UTC instant; finite
  std::optional<std::int64_t> listened_ms = {};  ///< milliseconds actually listened
  std::optional<bool> skipped = {};
  std::optional<std::string> context_uri = {};  ///< playlist, album, ... it was played from
  std::optional<std::string> source = {};       ///< where the event comes from
};

/// A snapshot to record. `date` and `period_label` identify it.
struct NewSnapshot {
  Timestamp date = {};                           ///< UTC instant; finite
  std::optional<std::string> period_label = {};  ///< such as "last_30_days"
  std::optional<Timestamp> period_start = {};
  std::optional<Timestamp> period_end = {};          ///< exclusive
  std::optional<std::string> metrics_payload = {};   ///< JSON
  std::optional<std::string> narrative_report = {};  ///< JSON
  std::optional<std::string> model_used = {};
  std::optional<std::string> playlist_theme = {};
  std::optional<std::string> playlist_theme_reasoning = {};
  std::optional<std::string> six_hour_playlist_id = {};
  std::optional<std::string> daily_playlist_id = {};
  std::optional<std::string> playlist_composition = {};  ///< JSON
};

/// The log of listening events. Cheap to copy, safe to share between threads.
class PLAYMIRROR_EXPORT Plays {
 public:
  explicit Plays(std::shared_ptr<MirrorState> state) noexcept;
  Plays(const Plays&) noexcept = default;  // also when moved: none is without its mirror
  Plays& operator=(const Plays&) noexcept = default;

  /// By id. A provisional id still resolves after the play got its server id.
  [[nodiscard]] std::optional<Play> find(std::int64_t id) const;

  /// The latest `limit` plays, newest first; 0: all.
  [[nodiscard]] std::vector<Play> recent(std::int64_t limit = 10) const;

  /// The plays that match every member of the filter, in the order of the filter.
  [[nodiscard]] Cursor<Play> list(const PlayFilter& filter = {}) const;

  /// How many list() would give.
  [[nodiscard]] std::int64_t count(const PlayFilter& filter = {}) const;

  /// What list() gives, as columns.
  [[nodiscard]] Table table(const PlayFilter& filter = {}) const;

  /// Records a play locally and queues it for the server, in one durable transaction. Never touches
  /// the network. If the mirror already has a play of that track at that instant, returns that one
  /// and changes nothing. Throws InvalidArgument for an unknown track (add it first), an infinite
  /// time, text that is not UTF-8 or holds NUL, a field over 64 MB; MirrorBusy; StorageError.
  Play add(const NewPlay& play) const;

 private:
  std::shared_ptr<MirrorState> state_;
};

/// Tracks, with features and lyrics. Cheap to copy, safe to share between threads.
class PLAYMIRROR_EXPORT Tracks {
 public:
  explicit Tracks(std::shared_ptr<MirrorState> state) noexcept;
  Tracks(const Tracks&) noexcept = default;  // also when moved: none is without its mirror
  Tracks& operator=(const Tracks&) noexcept = default;

  [[nodiscard]] std::optional<Track> find(std::string_view id) const;  ///< by id

  /// The tracks that match every member of the filter, in order of id.
  [[nodiscard]] Cursor<Track> list(const TrackFilter& filter = {}) const;

  /// How many list() would give.
  [[nodiscard]] std::int64_t count(const TrackFilter& filter = {}) const;

  /// What list() gives, as columns.
  [[nodiscard]] Table table(const TrackFilter& filter = {}) const;

  /// The artists credited in track_artists, in order of id (the server keeps no other order).
  [[nodiscard]] std::vector<Artist> artists(std::string_view track_id) const;

  /// Records a track that the server may not have, with its credited artists, which must be known.
  /// The server's row wins if it has one. If the mirror already has the id, returns that row and
  /// changes nothing. Throws like Plays::add.
  Track add(const Track& track, const std::vector<std::string>& artist_ids = {}) const;

 private:
  std::shared_ptr<MirrorState> state_;
};

/// Artists. Cheap to copy, safe to share between threads.
class PLAYMIRROR_EXPORT Artists {
 public:
  explicit Artists(std::shared_ptr<MirrorState> state) noexcept;
  Artists(const Artists&) noexcept = default;  // also when moved: none is without its mirror
  Artists& operator=(const Artists&) noexcept = default;

  [[nodiscard]] std::optional<Artist> find(std::string_view id) const;  ///< by id

  /// The artists that match every member of the filter, in order of id.
  [[nodiscard]] Cursor<Artist> list(const ArtistFilter& filter = {}) const;

  /// How many list() would give.
  [[nodiscard]] std::int64_t count(const ArtistFilter& filter = {}) const;

  /// What list() gives, as columns.
  [[nodiscard]] Table table(const ArtistFilter& filter = {}) const;

  /// Records an artist that the server may not have. Otherwise like Tracks::add.
  Artist add(const Artist& artist) const;

 private:
  std::shared_ptr<MirrorState> state_;
};

/// Analysis snapshots. Cheap to copy, safe to share between threads.
class PLAYMIRROR_EXPORT Snapshots {
 public:
  explicit Snapshots(std::shared_ptr<MirrorState> state) noexcept;
  Snapshots(const Snapshots&) noexcept = default;  // also when moved: none is without its mirror
  Snapshots& operator=(const Snapshots&) noexcept = default;

  /// By id. A provisional id still resolves after the snapshot got its server id.
  [[nodiscard]] std::optional<Snapshot> find(std::int64_t id) const;

  /// The latest `limit` snapshots, newest first; 0: all.
  [[nodiscard]] std::vector<Snapshot> recent(std::int64_t limit = 10) const;

  /// The snapshots that match every member of the filter, in the order of the filter.
  [[nodiscard]] Cursor<Snapshot> list(const SnapshotFilter& filter = {}) const;

  /// How many list() would give.
  [[nodiscard]] std::int64_t count(const SnapshotFilter& filter = {}) const;

  /// What list() gives, as columns.
  [[nodiscard]] Table table(const SnapshotFilter& filter = {}) const;

  /// Records a snapshot locally and queues it for the server. If the mirror already has one of that
  /// date and label, returns that one and changes nothing. JSON members must be JSON, or
  /// InvalidArgument is thrown. Otherwise like Plays::add.
  Snapshot add(const NewSnapshot& snapshot) const;

  /// Computes the statistics of a period (Stats::metrics_payload) and records them as a snapshot of
  /// the date StatsFilter::now, by default the system clock's. `filter.period` is not looked at.
  /// One of that date and label, of the same period and filter, is returned as it is; of others,
  /// InvalidArgument is thrown.
  Snapshot compute(const Period& period, const StatsFilter& filter = {}) const;

 private:
  std::shared_ptr<MirrorState> state_;
};

/// The backend's generated playlists: read only. Cheap to copy, safe to share between threads.
class PLAYMIRROR_EXPORT Playlists {
 public:
  explicit Playlists(std::shared_ptr<MirrorState> state) noexcept;
  Playlists(const Playlists&) noexcept = default;  // also when moved: none is without its mirror
  Playlists& operator=(const Playlists&) noexcept = default;

  [[nodiscard]] std::optional<PlaylistConfig> find(std::string_view key) const;  ///< by key
  [[nodiscard]] Cursor<PlaylistConfig> list() const;  ///< in order of key
  [[nodiscard]] std::int64_t count() const;           ///< how many there are
  [[nodiscard]] Table table() const;                  ///< what list() gives, as columns

 private:
  std::shared_ptr<MirrorState> state_;
};

/// The limits of one sql() call.
struct SqlOptions {
  std::chrono::milliseconds timeout{60'000};  ///< more than 0; then the statement is stopped
  std::int64_t max_rows = 0;                  ///< 0: no limit; more rows are an error
};

/// How to make a copy.
struct CopyOptions {
  bool overwrite = false;  ///< replace a mirror of that name that nobody has open
};

/// A made-up library: the same options give the same rows on every machine.
struct SampleOptions {
  std::int64_t plays =
      20'000;             ///< 1 to 10,000,000; tracks and artists are as many as they call for
  std::int64_t seed = 1;  ///< another one gives another listener
};

/// A local mirror of one remote music database. Safe to share between threads. After fork(), the
/// child must open its own; every call on the parent's throws.
class PLAYMIRROR_EXPORT Mirror {
 public:
  /// Opens the file, creating it (mode 0600) or upgrading its format where needed. Throws
  /// MirrorUnusable, MirrorBusy or StorageError.
  [[nodiscard]] static Mirror open(const std::filesystem::path& file,
                                   const MirrorOptions& options = {});

  /// PLAYMIRROR_DB, else `playmirror/music.db` in the XDG data directory.
  [[nodiscard]] static std::filesystem::path default_path();

  /// Puts a new, empty mirror in the place of a damaged file, with every pending row of it that can
  /// be read whole; the next pull fills it. The damaged file is renamed, never deleted. For a file
  /// that open() refuses; Server::repair() does it by itself where it must. Throws MirrorUnusable
  /// for a sound file that is no mirror, MirrorBusy while anybody has it open.
  static SalvageReport salvage(const std::filesystem::path& file);

  /// A new mirror with a made-up library in it, for trying things out: years of listening in the
  /// habits and with all the dirt of real logs, up to November 2026. No server is behind it; one
  /// that it is pulled from or pushed to refuses it (`server_changed`). Throws InvalidArgument when
  /// the file exists already. Can be stopped, and then leaves no file.
  [[nodiscard]] static Mirror make_sample(const std::filesystem::path& file,
                                          const SampleOptions& options = {},
                                          const CallControl& control = {});

  Mirror(Mirror&&) noexcept;
  Mirror& operator=(Mirror&&) noexcept;
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;
  ~Mirror();  ///< like close(), without throwing

  /// Lets go of the file; later calls throw `closed`, those of handles made before as well. A
  /// cursor that was begun goes on, and keeps the file open until it is gone.
  void close();

  [[nodiscard]] const std::filesystem::path& path() const;  ///< the mirror file

  [[nodiscard]] Plays plays() const;            ///< the log of listening events
  [[nodiscard]] Tracks tracks() const;          ///< tracks, with features and lyrics
  [[nodiscard]] Artists artists() const;        ///< artists
  [[nodiscard]] Snapshots snapshots() const;    ///< analysis snapshots
  [[nodiscard]] Playlists playlists() const;    ///< the backend's generated playlists
  [[nodiscard]] Exclusions exclusions() const;  ///< what statistics shall leave out
  [[nodiscard]] Stats stats() const;            ///< listening statistics

  /// Runs one read-only SELECT over the mirrored tables, `?` bound to `parameters` in order. Runs
  /// on a connection of its own that can do nothing else. A column of a mirrored table has the type
  /// that the server declares; an expression goes by its values (docs/tables.md). Throws
  /// QueryError.
  [[nodiscard]] Table sql(std::string_view query, const std::vector<Value>& parameters = {},
                          const SqlOptions& options = {}, const CallControl& control = {}) const;

  /// Where the mirror stands. Counts the rows of the six tables.
  [[nodiscard]] Status status() const;

  /// Every row recorded here that is not known to be on the server, in order of recording.
  [[nodiscard]] std::vector<PendingEntry> pending() const;

  /// Puts rejected or waiting rows back in the queue: one entry, or all with no argument. Returns
  /// how many. Throws InvalidArgument for a number that is not pending.
  std::int64_t retry(std::optional<std::int64_t> entry = std::nullopt) const;

  /// Drops a recorded row for good: the only call that does. Throws InvalidArgument for a number
  /// that is not pending, one in doubt (it may already be on the server), or a track or artist that
  /// another pending row needs.
  void discard(std::int64_t entry) const;

  /// Checks the file itself, without a server: SQLite's own check, the checksum of every outbox
  /// entry, the digest of every block of rows, and the columns. Reads the whole file.
  /// Server::verify() compares with the server.
  [[nodiscard]] FileReport verify(const CallControl& control = {}) const;

  /// Writes a copy of the whole mirror, one moment of it, while others may read and write. The copy
  /// is a full mirror of mode 0600, with what is pending; it has its name only once it is complete
  /// and on disk. Never replaces a file unless CopyOptions::overwrite says so, and then only a
  /// mirror that nobody has open. Can be stopped. Throws InvalidArgument when the name is taken,
  /// MirrorUnusable, MirrorBusy, StorageError.
  void copy_to(const std::filesystem::path& file, const CopyOptions& options = {},
               const CallControl& control = {}) const;

  /// Records the plays of other services' exports, with their tracks and artists, as plays().add()
  /// would: they are queued for the server. Takes JSON files, zip archives as they came, and
  /// directories of them; what each is, its content tells, and what is no listening history is
  /// named in the report and passed over. Importing the same again records nothing. Each 25,000
  /// plays are one transaction, and all are on disk when the call returns or throws: a call that
  /// was stopped, or met a file that is cut short, has recorded what it had read, and can be
  /// repeated. Reads row by row: memory grows with the songs that are named, not with their plays.
  /// Can be stopped. Throws InvalidArgument when there is no listening history in any of the files;
  /// MirrorBusy; StorageError.
  ImportReport import_plays(const std::vector<std::filesystem::path>& files,
                            const ImportOptions& options = {},
                            const CallControl& control = {}) const;

 private:
  friend class MirrorAccess;
  explicit Mirror(std::shared_ptr<MirrorState> state) noexcept;
  [[nodiscard]] const std::shared_ptr<MirrorState>& state() const;

  std::shared_ptr<MirrorState> state_;
};

}  // namespace playmirror
