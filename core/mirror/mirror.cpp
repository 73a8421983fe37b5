#include "core/call_watch.hpp"
#include "core/columns/check.hpp"
#include "core/digest/book_checks.hpp"
#include "core/digest/stored_digests.hpp"
#include "core/files/private_file.hpp"
#include "core/ingest/scope.hpp"
#include "core/mirror/meta.hpp"
#include "core/mirror/state.hpp"
#include "core/outbox/handles.hpp"
#include "core/outbox/outbox.hpp"
#include "core/schema/layout.hpp"
#include "core/schema/shape.hpp"
#include "core/sqlite/watched.hpp"

#include <playmirror/error.hpp>
#include <playmirror/mirror.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace playmirror {
namespace {

/// How many stuck rows status() describes; it counts all.
constexpr std::int64_t kStuckRows = 100;

std::optional<Timestamp> time_of(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return Timestamp::parse_postgres(*text);
}

}  // namespace

std::string_view to_string(TrackDetail column) noexcept {
  return column == TrackDetail::lyrics ? "lyrics" : "raw_data";
}

Mirror::Mirror(std::shared_ptr<MirrorState> state) noexcept : state_(std::move(state)) {}
Mirror::Mirror(Mirror&&) noexcept = default;
Mirror& Mirror::operator=(Mirror&&) noexcept = default;
Mirror::~Mirror() = default;

Mirror Mirror::open(const std::filesystem::path& file, const MirrorOptions& options) {
  return Mirror(MirrorState::open(file, options));
}

std::filesystem::path Mirror::default_path() { return files::default_mirror_path(); }

SalvageReport Mirror::salvage(const std::filesystem::path& file) {
  return MirrorState::salvage(file);
}

const std::shared_ptr<MirrorState>& Mirror::state() const {
  if (!state_)
    raise(ErrorCode::closed, "the mirror was moved from", {.hint = "Use what it was moved to."});
  return state_;
}

void Mirror::close() {
  if (state_) state_->close();
}

const std::filesystem::path& Mirror::path() const { return state()->path(); }

Plays Mirror::plays() const { return Plays(state()); }
Tracks Mirror::tracks() const { return Tracks(state()); }
Artists Mirror::artists() const { return Artists(state()); }
Snapshots Mirror::snapshots() const { return Snapshots(state()); }
Playlists Mirror::playlists() const { return Playlists(state()); }
Exclusions Mirror::exclusions() const { return Exclusions(state()); }
Stats Mirror::stats() const { return Stats(state()); }

Status Mirror::status() const {
  const SteadyReader reader(*state());
  sqlite::Database& database = reader.database();
  Status status;
  status.file = path();
  status.server = meta::read(database, meta::kServerName).value_or("");
  status.last_pull = meta::read_time(database, meta::kLastPull);
  status.last_sweep = meta::read_time(database, meta::kLastSweep);
  status.last_push = meta::read_time(database, meta::kLastPush);
  status.alembic_version = meta::read(database, meta::kAlembicVersion).value_or("");
  status.complete = true;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    auto row = database.prepare(
        "SELECT state = 'complete', problem FROM playmirror_tables "
        "WHERE name = ?");
    row.bind(0, layout.name);
    TableStatus& table = status.tables[layout.name];
    if (row.step()) {
      table.complete = row.integer(0) != 0;
      table.problem = row.text(1);
    }
    table.rows = database.query_int("SELECT count(*) FROM " + sqlite::quoted(layout.name));
    status.complete = status.complete && table.complete;
  }
  const ingest::Scope scope = ingest::read_scope(database);
  for (const TrackDetail column : {TrackDetail::raw_data, TrackDetail::lyrics}) {
    if (std::ranges::find(scope.left_out, to_string(column)) != scope.left_out.end()) {
      status.left_out.push_back(column);
    }
  }
  status.plays_since = time_of(scope.plays_since);
  auto states = database.prepare("SELECT " + std::string(outbox::kStateSql) +
                                 ", count(*) FROM playmirror_outbox o GROUP BY 1");
  while (states.step()) {
    const auto name = states.text(0);
    std::int64_t& count = name == "queued"     ? status.queued
                          : name == "in_doubt" ? status.in_doubt
                          : name == "waiting"  ? status.waiting
                                               : status.rejected;
    count = states.integer(1);
  }
  status.stuck = outbox::stuck(database, kStuckRows);
  return status;
}

std::vector<PendingEntry> Mirror::pending() const {
  return outbox::list(state()->reader().database());
}

std::int64_t Mirror::retry(std::optional<std::int64_t> entry) const {
  std::int64_t count = 0;
  state()->write([&](sqlite::Database& database) { count = outbox::retry(database, entry); });
  return count;
}

void Mirror::discard(std::int64_t entry) const {
  state()->write([&](sqlite::Database& database) { outbox::discard(database, entry); });
}

FileReport Mirror::verify(const CallControl& control) const {
  CallWatch watch(control);
  auto reader = state()->reader();
  sqlite::Database& database = reader.database();
  FileReport report;
  watch.progress({.phase = "verify"}, true);
  sqlite::watched_aside(database, watch, [&] {
    auto check = database.prepare("PRAGMA integrity_check(100)");
    while (check.step()) {
      if (check.text(0) != "ok") report.problems.push_back({"file", std::string(check.text(0))});
    }
  });
  // Nothing else can be compared with tables that are others.
  const std::vector<FileProblem> altered = schema::check_shape(database);
  report.problems.insert(report.problems.end(), altered.begin(), altered.end());
  report.ok = report.problems.empty();
  if (!altered.empty()) return report;
  const outbox::ChecksumReport entries =
      sqlite::watched(database, watch, [&] { return outbox::verify(database); });
  report.outbox_entries = entries.checked;
  for (const std::int64_t entry : entries.damaged) {
    report.problems.push_back({"playmirror_outbox, entry " + std::to_string(entry),
                               "the row's image does not match its checksum"});
  }
  for (const std::int64_t handle : outbox::senseless_handles(database)) {
    report.problems.push_back({"playmirror_delivered, handle " + std::to_string(handle),
                               "what has become of it makes no sense"});
  }
  digest::FileDigests digests;
  {
    const sqlite::Transaction moment(database, sqlite::Transaction::Kind::deferred);
    for (FileProblem& problem :
         digest::book_problems(digest::damaged_books(database, digest::Books::all))) {
      const auto is_same = [&](const FileProblem& known) { return known.where == problem.where; };
      if (std::ranges::none_of(report.problems, is_same)) {
        report.problems.push_back(std::move(problem));
      }
    }
    digests = digest::check_digests(database, watch);
  }
  report.blocks = digests.blocks;
  std::ranges::move(digests.problems, std::back_inserter(report.problems));
  std::ranges::move(columns::check(*state(), watch), std::back_inserter(report.problems));
  report.ok = report.problems.empty();
  return report;
}

}  // namespace playmirror
