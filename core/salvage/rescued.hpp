#pragma once

#include "core/ingest/scope.hpp"
#include "core/outbox/handles.hpp"
#include "core/outbox/row_image.hpp"
#include "core/sqlite/database.hpp"

#include <playmirror/status.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

/// What a damaged mirror holds that exists nowhere else: the rows recorded in it and not sent, what
/// their handles have become, the lists of exclusions, and which part of the server's rows it
/// keeps.
namespace playmirror::salvage {

/// An outbox entry, whole by its checksum.
struct RescuedEntry {
  std::int64_t row_id = 0;
  std::string recorded_at = {};
  std::string bytes = {};  ///< the image
  std::string state = {};
  std::int64_t attempts = 0;
  std::string sqlstate = {};
  std::string constraint = {};
  std::string message = {};
  std::optional<std::int64_t> offered_id = {};
};

/// Entries that follow each other and that a push holds, as playmirror_offered has them.
struct RescuedOffer {
  std::int64_t rows = 0;
  std::int64_t server_id = 0;
};

/// A push whose end is not known, as playmirror_pushes has it.
struct RescuedPush {
  std::int64_t xid = 0;
  std::int64_t backend_pid = 0;
  std::string backend_start = {};
  std::string system_identifier = {};
  std::int64_t timeline = 0;
  std::string database = {};
  std::string sent_at = {};
};

/// What was gathered from one or several files; of equal rows the first one stays.
class Rescued {
 public:
  /// Reads what can be read, whatever stands in the way. A read-only connection will do. True when
  /// nothing stood in the way.
  bool gather(const sqlite::Database& database);

  /// Into a new mirror, inside the caller's transaction.
  void put(sqlite::Database& database) const;

  [[nodiscard]] std::int64_t size() const noexcept {
    return static_cast<std::int64_t>(entries_.size());
  }

  /// Entries that were found, but are not whole.
  [[nodiscard]] std::vector<FileProblem> lost() const;

 private:
  using Key = std::pair<std::string, std::string>;  ///< table and identity

  void keep_entry(const sqlite::Statement& row);
  [[nodiscard]] std::int64_t provisional_ids() const;

  std::map<Key, RescuedEntry> entries_;
  std::map<std::int64_t, Key> order_;            ///< by the entry's number
  std::map<std::int64_t, std::string> damaged_;  ///< number -> table
  std::map<std::int64_t, RescuedPush> pushes_;
  std::map<std::pair<std::int64_t, std::int64_t>, RescuedOffer> offered_;  ///< push, entry
  std::map<std::pair<std::string, std::int64_t>, outbox::HandleRun> delivered_;
  std::set<std::tuple<std::string, std::string, std::string>> exclusions_;
  ingest::Scope scope_;
  std::map<std::string_view, std::string> server_;  ///< facts of kOfServer
  std::int64_t given_ids_ = 0;
};

}  // namespace playmirror::salvage
