#pragma once

#include <playmirror/pending.hpp>
#include <playmirror/status.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace playmirror {

/// What a pull did to one table.
struct TableReport {
  std::int64_t inserted = 0;
  std::int64_t updated = 0;  ///< rows delivered again with other content
  std::int64_t unchanged =
      0;  ///< rows delivered again with the same content (the horizon re-reads)
  std::int64_t deleted = 0;
  std::int64_t held_deletes = 0;              ///< rows gone on the server and kept here: too many
  std::vector<std::string> new_columns = {};  ///< columns added and back-filled by this pull
  std::string problem_code =
      {};                    ///< an ErrorCode's name when the table was left as it was, or empty
  std::string problem = {};  ///< the same as a sentence, with its remedy
};

/// How a pull found what changed.
enum class PullMethod {
  none,        ///< no pull in this call
  first_copy,  ///< whole tables
  sweep,       ///< every table scanned for rows at or after the horizon
  by_ids,      ///< new plays by their ids, between two sweeps (PullOptions::sweep_interval)
  unchanged,   ///< the server's snapshot equals that of the last pull: nothing has changed since
};

/// A row that a push did not newly insert.
struct RowOutcome {
  /// What became of it.
  enum class Kind {
    already_there,  ///< the server had it; its copy was adopted
    waiting,        ///< kept until what it refers to exists on the server
    rejected,       ///< the server refused it; in quarantine
  };
  PendingEntry entry = {};
  Kind kind = Kind::already_there;
};

/// What went over the wire.
struct WireCounts {
  std::int64_t round_trips = 0;  ///< times that the call waited for an answer
  std::int64_t bytes_sent = 0;
  std::int64_t bytes_received = 0;
};

/// The result of sync(), pull() and push(): what happened, as data. Trouble with single rows or
/// tables is listed here; only what stopped the whole call is thrown.
struct SyncReport {
  std::int64_t pushed = 0;            ///< rows newly inserted on the server
  std::int64_t already_there = 0;     ///< rows the server had already; its copy was adopted
  std::int64_t waiting = 0;           ///< rows kept until what they refer to exists on the server
  std::int64_t rejected = 0;          ///< rows the server refused in this call, now in quarantine
  std::vector<RowOutcome> rows = {};  ///< every row counted above except the newly inserted

  /// Of the pull, up to alembic_version: a push() leaves them as they are here.
  PullMethod method = PullMethod::none;
  std::map<std::string, TableReport> pulled = {};  ///< by table
  bool complete = false;                           ///< the mirror holds every table whole
  std::int64_t horizon_age = 0;  ///< transactions between the horizon and the newest one
  std::string alembic_version = {};
  std::vector<std::string> warnings = {};

  WireCounts wire = {};
  std::chrono::microseconds duration{0};
};

/// A row that differs between mirror and server.
struct Difference {
  /// How it differs.
  enum class Kind {
    missing_here,       ///< on the server only
    missing_on_server,  ///< here only
    different,          ///< same key, other content
  };
  std::string table = {};
  std::string key = {};
  Kind kind = Kind::different;
  std::vector<std::string> columns = {};  ///< the columns that differ
  bool newer_on_server = false;           ///< changed after the last pull: the next one brings it
};

/// How much Server::verify() compares.
enum class VerifyDepth {
  quick,  ///< for each block of keys, the number of its rows and a digest of all their values
  full,   ///< every value of every row
};

/// A block of keys whose rows differ between mirror and server.
struct BlockDifference {
  std::string table = {};
  std::string block = {};           ///< its keys: "12288 to 16383", or "4u..." for a prefix
  std::int64_t rows_here = 0;       ///< without those recorded here
  std::int64_t rows_on_server = 0;  ///< 64 and 64: some value differs
  bool newer_on_server = false;     ///< a row of it was written after the last pull
};

/// The answer of Server::verify().
struct VerifyReport {
  bool equal = true;  ///< every mirrored row has the server's values, none is extra
  VerifyDepth depth = VerifyDepth::full;  ///< that was compared; full where no digest can be had
  std::int64_t rows_compared = 0;
  std::int64_t blocks_compared = 0;                 ///< 0 unless quick
  std::int64_t difference_count = 0;                ///< all of them: rows, or blocks when quick
  std::vector<Difference> differences = {};         ///< the first VerifyOptions::max_differences
  std::vector<BlockDifference> blocks = {};         ///< likewise, when quick
  std::map<std::string, std::string> skipped = {};  ///< table -> why it could not be compared
  WireCounts wire = {};
  std::chrono::microseconds duration{0};
};

/// What Server::repair() did to one table.
struct TableRepair {
  std::int64_t blocks_compared = 0;
  std::int64_t blocks_fetched = 0;  ///< those that differed
  std::int64_t rows_fetched = 0;
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t deleted = 0;
  std::int64_t held_deletes = 0;  ///< rows the server lacks, kept here: too many
  std::string problem = {};       ///< why it was left as it was, or empty
};

/// The answer of Server::repair().
struct RepairReport {
  bool complete = true;  ///< every table equals the server's; no delete was held back
  std::map<std::string, TableRepair> tables = {};
  std::vector<std::int64_t> damaged_entries = {};  ///< pending rows set aside: damaged
  SalvageReport salvaged = {};  ///< what became of a file that had to be copied anew
  std::vector<std::string> warnings = {};
  WireCounts wire = {};
  std::chrono::microseconds duration{0};
};

/// One finding of Server::doctor().
struct Finding {
  /// How much it matters.
  enum class Level {
    ok,       ///< as it should be
    advice,   ///< could be safer or faster
    problem,  ///< keeps something from working
  };
  Level level = Level::ok;
  std::string what = {};    ///< one sentence
  std::string remedy = {};  ///< what to run or change, such as an exact GRANT; may be empty
};

/// The answer of Server::doctor().
struct DoctorReport {
  bool ok = true;  ///< no finding is a problem
  std::vector<Finding> findings = {};
};

}  // namespace playmirror
