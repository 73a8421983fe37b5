#pragma once

#include <playmirror/export.hpp>
#include <playmirror/pending.hpp>
#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror {

/// What the mirror knows about one server table.
struct TableStatus {
  std::int64_t rows = 0;     ///< rows in the file, pending ones included
  bool complete = false;     ///< the first copy of this table has ended
  std::string problem = {};  ///< why it is not being synced, or empty
};

/// The columns of tracks that a mirror can do without: kilobytes in each row.
enum class TrackDetail { raw_data, lyrics };

/// The column's name, such as "lyrics".
[[nodiscard]] PLAYMIRROR_EXPORT std::string_view to_string(TrackDetail column) noexcept;

/// Where a mirror stands. Read from the file alone.
struct Status {
  std::filesystem::path file = {};
  std::string server = {};                   ///< "host:port/database" at the last sync, or empty
  std::optional<Timestamp> last_pull = {};   ///< when the latest pull was applied; nothing: never
  std::optional<Timestamp> last_sweep = {};  ///< when the latest pull looked at every row; what
                                             ///< was pulled later are plays by their ids
  std::optional<Timestamp> last_push = {};   ///< when a push last had nothing left to send
  bool complete = false;                     ///< the first copy of every table has ended
  std::string alembic_version = {};          ///< of the server at the last pull
  std::map<std::string, TableStatus> tables = {};
  std::vector<TrackDetail> left_out = {};     ///< of every track, by choice: nothing, whatever
                                              ///< the server has (PullOptions::leave_out)
  std::optional<Timestamp> plays_since = {};  ///< earlier plays are left out, by choice
  std::int64_t queued = 0;                    ///< outbox entries by state
  std::int64_t in_doubt = 0;
  std::int64_t waiting = 0;
  std::int64_t rejected = 0;
  std::vector<PendingEntry> stuck = {};  ///< the first hundred of the last three, with the reason

  /// All entries of the outbox.
  [[nodiscard]] std::int64_t pending() const noexcept {
    return queued + in_doubt + waiting + rejected;
  }
};

/// One thing wrong with a mirror file.
struct FileProblem {
  std::string where = {};  ///< table, and row or block where known
  std::string what = {};   ///< one sentence
};

/// The answer of Mirror::verify().
struct FileReport {
  bool ok = true;
  std::int64_t outbox_entries = 0;  ///< entries whose checksum was recomputed
  std::int64_t blocks = 0;  ///< of rows, whose digests were recomputed; 0 before the first pull
  std::vector<FileProblem> problems = {};
};

/// What became of a damaged mirror file.
struct SalvageReport {
  std::optional<std::filesystem::path> set_aside = {};  ///< where it lies now; nothing: in place
  std::int64_t saved = 0;              ///< pending rows taken over, whole by their checksums
  std::vector<FileProblem> lost = {};  ///< what could not be read, or read whole
};

}  // namespace playmirror
