#include "sync/pull/inquiry.hpp"

#include "sync/session/horizon.hpp"
#include "sync/session/identity.hpp"

#include <iterator>
#include <utility>

namespace playmirror::sync {
namespace {

/// Decides once, for all commands of a transaction, whether anything has happened since the
/// snapshot $1, the checkpoint $2 and the start $3. Answers as Puller::nothing_happened() does.
std::string decide_sql() {
  return "SELECT pg_catalog.set_config('playmirror.unchanged', CASE WHEN " +
         standstill_condition() + " THEN 'yes' ELSE 'no' END, true)";
}

/// No row's value is in it: the server evaluates it once and does not touch the table when it is
/// false.
constexpr const char* kIfNeeded = "pg_catalog.current_setting('playmirror.unchanged') = 'no'";

}  // namespace

std::vector<ServerTable> usable_tables(const Catalog& catalog, const PullScope& scope) {
  std::vector<ServerTable> usable;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    if (!problem_of(catalog, scope, layout.name)) usable.push_back(catalog.tables.at(layout.name));
  }
  return usable;
}

std::optional<Problem> problem_of(const Catalog& catalog, const PullScope& scope,
                                  const std::string& table) {
  const std::optional<Problem>& problem = catalog.tables.at(table).problem;
  const std::optional<Problem>& of_tracks = catalog.tables.at("tracks").problem;
  if (!problem && of_tracks && table == "track_artists" && scope.has_pending_links) {
    return problem_of_links(*of_tracks);
  }
  return problem;
}

Problem problem_of_links(const Problem& of_tracks) {
  return {of_tracks.code,
          "links of recorded tracks cannot be told from the server's before these are pulled: " +
              of_tracks.message,
          of_tracks.hint};
}

std::vector<ServerTable> within(std::vector<ServerTable> tables, const ingest::Scope& scope) {
  for (ServerTable& table : tables) table.scope = scope;
  return tables;
}

Inquiry::Inquiry(ServerSession& session, MirrorState& mirror, const PullScope& scope,
                 const Reach& reach, const PullOptions& options, pg::Waiter& waiter,
                 const Catalog& catalog, const Moment& moment)
    : session_(session),
      mirror_(mirror),
      scope_(scope),
      reach_(reach),
      catalog_(catalog),
      moment_(moment),
      changes_(session, mirror, scope.held, options, waiter),
      hearing_(session, SteadyReader(mirror).database(), catalog) {}

std::vector<pg::Command> Inquiry::commands(std::int64_t xmax) { return commands(xmax, ""); }

std::vector<pg::Command> Inquiry::commands_if_needed(std::int64_t xmax) {
  LastLook last = reach_.last_look(session_.outset(mirror_));
  const bool whole = usable_tables(catalog_, scope_).size() == schema::record_layouts().size();
  if (!whole || scope_.held != scope_.wanted || !last.is_known() ||
      !session_.identity_access().control_checkpoint) {
    return commands(xmax);
  }
  std::vector<pg::Command> all(1);
  all[0].sql = decide_sql();
  all[0].parameters = {std::move(last.snapshot), std::move(last.checkpoint),
                       std::move(last.started)};
  all[0].kept_under = kCatalogOnly;
  all[0].doing = "see whether anything has happened";
  all[0].on_result = [this](const pg::Result& result) { skipped_ = result[0].text(0) == "yes"; };
  std::ranges::move(commands(xmax, kIfNeeded), std::back_inserter(all));
  return all;
}

std::vector<pg::Command> Inquiry::commands(std::int64_t xmax, const std::string& filter) {
  xmax_ = xmax;
  std::vector<pg::Command> all = hearing_.commands();
  ask_for_newest_rows(all);
  ask_for_alembic_version(all);
  std::ranges::move(changes_.questions(within(usable_tables(catalog_, scope_), scope_.wanted),
                                       reach_, xmax, moment_, filter),
                    std::back_inserter(all));
  return all;
}

void Inquiry::ask_for_newest_rows(std::vector<pg::Command>& commands) {
  // After a first copy no row came by a sweep, and these are what is lost in a restore.
  for (const char* name : {"play_history", "analysis_snapshots"}) {
    const ServerTable& table = catalog_.tables.at(name);
    if (table.problem) continue;
    pg::Command& command = commands.emplace_back();
    command.sql = "SELECT id, xmin FROM " +
                  session_.rows_of(within({table}, scope_.wanted).front().layout()) +
                  " ORDER BY id DESC LIMIT 4";
    command.doing = "look at the newest rows";
    command.on_row = [this, name](const pg::Row& row) {
      const auto writer = static_cast<std::uint32_t>(row.integer(1));
      newest_.offer({name, row.text(0), widen(writer, moment_)});
    };
  }
}

void Inquiry::ask_for_alembic_version(std::vector<pg::Command>& commands) {
  if (!catalog_.has_alembic_version) return;
  pg::Command& command = commands.emplace_back();
  command.sql =
      "SELECT version_num::text FROM " + session_.qualified("alembic_version") + " ORDER BY 1";
  command.doing = "read alembic_version";
  command.on_row = [this](const pg::Row& row) {
    alembic_version_ += (alembic_version_.empty() ? "" : ",") + row.text(0);
  };
}

bool Inquiry::fits(const Opening& opening) const {
  return opening.catalog == catalog_ && still_holds(xmax_, opening.moment.xmax);
}

std::vector<Witness> Inquiry::witnesses() {
  // Only rows that the mirror has as they are now: it can be told later whether they still are.
  NewestRows newest;
  for (const Witness& witness : hearing_.confirmed()) newest.offer(witness);
  for (const TableChanges& table : changes_.changes()) {
    std::vector<Witness> seen = changes_.newest().rows();
    if (table.swept) std::ranges::move(newest_.rows(), std::back_inserter(seen));
    for (Witness& witness : seen) {
      if (witness.table == table.layout.name) newest.offer(std::move(witness));
    }
  }
  return newest.rows();
}

}  // namespace playmirror::sync
