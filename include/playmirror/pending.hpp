#pragma once

#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <string>

namespace playmirror {

/// Where a recorded row stands on its way to the server.
enum class PendingState {
  queued,    ///< the next push sends it
  in_doubt,  ///< sent, and the answer to the COMMIT was lost; the next push finds out
  waiting,   ///< the server lacks something it refers to (its track); offered again at each push
  rejected,  ///< the server refused it; kept until retry() or discard()
};

/// A row recorded here that is not known to be on the server.
struct PendingEntry {
  std::int64_t entry = 0;   ///< number in the outbox: what retry() and discard() take
  std::string table = {};   ///< "play_history", "analysis_snapshots", "tracks", "artists"
  std::string key = {};     ///< what identifies the row: "TRACK_ID at 2026-01-31T06:00:00Z"
  std::int64_t row_id = 0;  ///< its provisional id; 0 where the key is the id
  PendingState state = PendingState::queued;
  Timestamp recorded_at = {};   ///< when it was recorded here; -infinity: damaged
  std::int64_t attempts = 0;    ///< pushes that tried it
  std::string sqlstate = {};    ///< the server's last refusal, or empty
  std::string constraint = {};  ///< the violated constraint, or empty
  std::string message = {};     ///< the server's reason, or what the row waits for
  std::string needs = {};       ///< what it takes for it to be sent, one sentence
};

}  // namespace playmirror
