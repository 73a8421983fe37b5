#include "sync/pull/puller.hpp"

#include "core/digest/book_checks.hpp"
#include "core/digest/stored_digests.hpp"
#include "core/ingest/key_blocks.hpp"
#include "core/ingest/scope.hpp"
#include "core/ingest/table_state.hpp"
#include "core/mirror/meta.hpp"
#include "core/outbox/outbox.hpp"
#include "core/outbox/requeue.hpp"
#include "core/test_hooks.hpp"
#include "sync/pg/failure.hpp"
#include "sync/pull/change_applier.hpp"
#include "sync/session/parts.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace playmirror::sync {
namespace {

/// How often a pull starts over because the server's tables changed under it.
constexpr int kAttempts = 3;

/// A pull that finds nothing writes nothing but its time, and that no more often than this.
constexpr std::int64_t kVisitNoteMicros = 10'000'000;

/// Every row is to be read and compared again.
void read_all_again(sqlite::Database& database) {
  database.execute("UPDATE playmirror_tables SET horizon = 0 WHERE horizon IS NOT NULL");
  for (const std::string_view key :
       {meta::kSnapshot, meta::kIdsSnapshot, meta::kSettledPlays, meta::kUnflushedSince}) {
    meta::write(database, key, "");
  }
}

/// The mirror is to follow another server or another history: every row will be read and compared
/// again, and what was sent from here counts as unsent until it is found there.
void start_over(sqlite::Database& database) {
  if (PLAYMIRROR_SAFEGUARD("unsent elsewhere")) outbox::requeue_delivered(database);
  read_all_again(database);
  for (const auto& push : outbox::unfinished_pushes(database)) {
    outbox::end_push(database, push.push);
  }
  meta::write(database, meta::kHighWater, std::int64_t{0});
  store_witnesses(database, {});
  database.prepare("DELETE FROM playmirror_meta WHERE key = ?").bind_all(meta::kDatabase).run();
}

}  // namespace

Puller::Puller(ServerSession& session, MirrorState& mirror, const PullOptions& options,
               pg::Waiter& waiter, SyncReport& report)
    : session_(session), mirror_(mirror), options_(options), waiter_(waiter), report_(report) {}

void Puller::run() {
  look_at_mirror();
  if (scope_.held != scope_.wanted && give_up_some()) look_at_mirror();
  for (const schema::TableLayout& layout : schema::record_layouts()) report_.pulled[layout.name];
  if (has_stood_still()) {
    report_.method = PullMethod::unchanged;
    report_.complete = true;
    note_visit();
  } else {
    pull();
  }
  session_.note_pull();
}

void Puller::look_at_mirror() {
  const Outset& outset = session_.outset(mirror_);
  scope_.held = scope_.wanted = outset.held;
  if (options_.leave_out) {
    auto& left_out = scope_.wanted.left_out;
    left_out.clear();
    for (const TrackDetail column : *options_.leave_out) left_out.emplace_back(to_string(column));
    std::ranges::sort(left_out);
    left_out.erase(std::unique(left_out.begin(), left_out.end()), left_out.end());
  }
  if (options_.plays_since) {
    scope_.wanted.plays_since.reset();
    if (options_.plays_since->is_finite()) {
      scope_.wanted.plays_since = options_.plays_since->to_postgres_string();
    }
  }
  if (scope_.wanted == scope_.held) reach_ = Reach::choose(outset, options_);
}

bool Puller::give_up_some() {
  // To give something up takes no server, and what an untouched mirror lacks, it has given up.
  const ingest::Scope kept =
      is_untouched() ? scope_.wanted : ingest::common_part(scope_.held, scope_.wanted);
  if (kept == scope_.held) return false;
  mirror_.write([&](sqlite::Database& database) { ingest::narrow(database, kept); },
                [this] { waiter_.tick(); });
  return true;
}

bool Puller::is_untouched() const {
  const SteadyReader reader(mirror_);
  return std::ranges::all_of(schema::record_layouts(), [&](const auto& layout) {
    return ingest::read_state(reader.database(), layout.name).copy == ingest::CopyState::empty;
  });
}

bool Puller::has_stood_still() {
  // On a new connection something has happened, as a rule, and after a push for certain: then this
  // question would be in vain.
  if (!session_.has_pulled()) return false;
  if (!session_.identity_access().control_checkpoint || scope_.held != scope_.wanted) return false;
  const Outset& outset = session_.outset(mirror_);
  const auto& known = outset.known;
  const LastLook& last = reach_.last_look(outset);
  if (!known || last.snapshot.empty() || known->schema != session_.options().schema ||
      known->played_at_zone != session_.options().played_at_zone) {
    return false;
  }
  pg::Connection& server = session_.connection(waiter_);
  const Moment* seen = session_.seen_by_process();
  pg::Command question;
  if (seen != nullptr && !seen->in_recovery && seen->checkpoint == last.checkpoint &&
      seen->started == last.started && !difference(*known, seen->identity)) {
    question.sql = same_process_standstill_sql();
    question.parameters = {last.snapshot, std::to_string(server.backend()), last.started};
  } else {
    question.sql = standstill_sql(session_.identity_access());
    question.parameters = {last.snapshot,
                           last.checkpoint,
                           last.started,
                           known->system_identifier,
                           std::to_string(known->timeline),
                           known->database};
  }
  question.kept_under = kOwnPath;
  question.doing = "see whether anything has happened";
  bool has = false;
  question.on_result = [&](const pg::Result& result) { has = result[0].boolean(0); };
  server.pipeline({std::move(question)}, waiter_);
  return has;
}

void Puller::pull() {
  scope_.has_pending_links = outbox::any_of(SteadyReader(mirror_).database(), "tracks");
  std::optional<FirstCopy> copy;
  for (int attempt = 1;; ++attempt) {
    try {
      if (try_pull(copy, attempt)) return;
    } catch (const pg::StatementFailed& failure) {
      // A privilege that was taken away behind the look at the catalog: the next look tells of
      // which table, and the others can be pulled.
      if (failure.code() != ErrorCode::permission_denied || attempt >= kAttempts) throw;
    }
  }
}

bool Puller::try_pull(std::optional<FirstCopy>& copy, int attempt) {
  PLAYMIRROR_STEP("pull.begin");
  Opening opening;
  std::optional<Inquiry> inquiry;
  open(opening, inquiry);
  PLAYMIRROR_STEP("pull.opened");
  follow_server(opening.moment);
  const std::vector<ServerTable> tables = usable_tables(opening.catalog, scope_);
  note_problems(opening.catalog);
  if (needs_first_copy(tables)) {
    session_.connection(waiter_).abandon_transaction();
    report_.method = PullMethod::first_copy;
    copy.emplace(session_, mirror_, options_, waiter_, report_);
    const bool is_last = attempt >= kAttempts;
    if (!copy->run(within(tables, scope_.held), opening.moment, is_last) && is_last) {
      raise(ErrorCode::server_refused, "the server's tables keep being rewritten",
            {.hint = "Sync again when the migration is done.", .retryable = true});
    }
    if (!is_last) return false;
  }
  if (nothing_happened(opening.moment)) {
    session_.connection(waiter_).abandon_transaction();
    report_.method = PullMethod::unchanged;
    report_.complete = true;
    note_visit();
    learn_settled();
    return true;
  }
  if (may_have_forgotten(SteadyReader(mirror_).database(), opening.moment)) {
    mirror_.write([](sqlite::Database& database) { read_all_again(database); },
                  [this] { waiter_.tick(); });
    inquiry.reset();
  }
  try {
    if (!inquiry || inquiry->was_skipped()) {
      reach_ = {};
      inquiry.emplace(session_, mirror_, scope_, reach_, options_, waiter_, opening.catalog,
                      opening.moment);
      session_.connection(waiter_).pipeline(inquiry->commands(opening.moment.xmax), waiter_,
                                            [&] { inquiry->count_here(); });
    }
    inquiry->judge_witnesses();
  } catch (const ServerChanged&) {
    if (!options_.accept_server || attempt >= kAttempts) throw;
    begin_anew();
    return false;
  }
  if (report_.method == PullMethod::none) {
    report_.method = reach_.is_sweep() ? PullMethod::sweep : PullMethod::by_ids;
  }
  PLAYMIRROR_STEP("pull.read");
  refuse_unkeyed(inquiry->changes());
  inquiry->fetch_missing_tracks();
  inquiry->compare_keys();
  PLAYMIRROR_STEP("pull.compared");
  session_.connection(waiter_).abandon_transaction();
  PLAYMIRROR_STEP("pull.left");
  if (copy) {
    copy->store_digests(std::ranges::any_of(inquiry->changes(), [](const TableChanges& table) {
      return table.layout.name == "tracks" && table.changed.rows() > 0;
    }));
  }
  report_.alembic_version = inquiry->alembic_version();
  apply(inquiry->changes(), opening.moment, inquiry->witnesses());
  PLAYMIRROR_STEP("pull.applied");
  return true;
}

void Puller::open(Opening& opening, std::optional<Inquiry>& inquiry) {
  const auto along = [&](const Opening& last) -> Companions {
    inquiry.reset();
    // A mirror that is to follow another server will ask for everything.
    if (!last.is_complete() || options_.accept_server) return {};
    const std::vector<ServerTable> tables =
        within(usable_tables(last.catalog, scope_), scope_.wanted);
    if (needs_first_copy(tables)) return {};
    if (!reach_.is_sweep() && !reach_.fits(SteadyReader(mirror_).database(), tables)) reach_ = {};
    Companions companions;
    const ServerTable& plays = last.catalog.tables.at("play_history");
    if (options_.sweep_interval.count() > 0 && !plays.problem) {
      companions.ahead = settled_.commands(session_, plays, options_.lock_timeout);
    }
    inquiry.emplace(session_, mirror_, scope_, reach_, options_, waiter_, last.catalog,
                    opening.moment);
    companions.behind = inquiry->commands_if_needed(last.moment.xmax);
    // On a new connection the server may find that nothing has happened: then it would be in vain.
    if (session_.has_pulled()) companions.meanwhile = [&] { inquiry->count_here(); };
    return companions;
  };
  try {
    session_.begin_reading(waiter_, options_.lock_timeout, opening, along);
    if (inquiry && !are_answers(*inquiry, opening)) inquiry.reset();
  } catch (const pg::StatementFailed&) {
    // A migration was here, and the guess was wrong. What is wrong with the server itself, the
    // next questions will meet again.
    if (!inquiry || !opening.is_complete()) throw;
    inquiry.reset();
    opening = session_.begin_reading(waiter_, options_.lock_timeout);
  } catch (const Error&) {
    // First of all it must be the right server; then its rows may be found wanting.
    if (inquiry && opening.is_complete()) follow_server(opening.moment);
    throw;
  }
}

bool Puller::are_answers(const Inquiry& inquiry, const Opening& opening) const {
  return inquiry.fits(opening) &&
         (reach_.is_sweep() || (!opening.moment.in_recovery && settled_.confirm(reach_.settled())));
}

void Puller::note_problems(const Catalog& catalog) {
  std::optional<Problem> first_problem;
  bool any_usable = false;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    const std::optional<Problem> problem = problem_of(catalog, scope_, layout.name);
    report_problem(layout.name, problem);
    if (!problem) any_usable = true;
    if (problem && !first_problem) first_problem = problem;
  }
  if (any_usable) return;
  raise(first_problem->code, "nothing can be pulled: " + first_problem->message,
        {.hint = first_problem->hint});
}

void Puller::refuse_unkeyed(std::vector<TableChanges>& changes) {
  std::optional<Problem> of_tracks;
  std::erase_if(changes, [&](const TableChanges& table) {
    if (table.unkeyed == 0) return false;
    std::string key;
    for (const std::string& column : table.layout.key) key += (key.empty() ? "" : ", ") + column;
    const Problem problem{ErrorCode::schema_mismatch,
                          "not every row of " + session_.options().schema + "." +
                              table.layout.name + " has its own " + key +
                              " (rows too many: " + std::to_string(table.unkeyed) + ")",
                          "Give each row one of its own on the server, where " + key +
                              " should be the primary key; until then the mirrored rows stay as "
                              "they are."};
    report_problem(table.layout.name, problem);
    unkeyed_.insert(table.layout.name);
    if (table.layout.name == "tracks") of_tracks = problem;
    return true;
  });
  if (!of_tracks || !scope_.has_pending_links) return;
  std::erase_if(changes, [&](const TableChanges& table) {
    if (table.layout.name != "track_artists") return false;
    report_problem(table.layout.name, problem_of_links(*of_tracks));
    return true;
  });
}

void Puller::report_problem(const std::string& table, const std::optional<Problem>& problem) {
  TableReport& report = report_.pulled[table];
  report.problem_code = problem ? to_string(problem->code) : "";
  report.problem = problem ? problem->sentence() : "";
}

void Puller::follow_server(const Moment& moment) {
  bool changed = false;
  bool behind = false;
  {
    const SteadyReader reader(mirror_);
    check_played_at_zone(reader.database(), moment.identity.played_at_zone);
    const auto known = stored_identity(reader.database());
    changed = known && difference(*known, moment.identity);
    if (changed && !options_.accept_server) check_identity(reader.database(), moment.identity);
    behind = is_behind(reader.database(), moment);
    if (behind && !changed && !options_.accept_server) check_not_behind(reader.database(), moment);
  }
  if (!changed && !behind) return;
  begin_anew();
}

void Puller::begin_anew() {
  digest::require_sound_handles(SteadyReader(mirror_).database());
  mirror_.write([](sqlite::Database& database) { start_over(database); },
                [this] { waiter_.tick(); });
}

bool Puller::nothing_happened(const Moment& moment) const {
  // A standby's snapshot does not list what runs, so only a primary's can prove anything. The
  // checkpoint rules out a server that crashed, lost commits, and gave their numbers out again; the
  // moment of its start, one whose files were set back.
  if (moment.in_recovery && PLAYMIRROR_SAFEGUARD("no short cut on a standby")) return false;
  if (moment.checkpoint.empty() || scope_.held != scope_.wanted) return false;
  for (const auto& [table, report] : report_.pulled) {
    if (!report.problem.empty()) return false;
  }
  const LastLook& last = reach_.last_look(session_.outset(mirror_));
  return last.snapshot == moment.snapshot &&
         (last.started == moment.started || !PLAYMIRROR_SAFEGUARD("start")) &&
         (last.checkpoint == moment.checkpoint || !PLAYMIRROR_SAFEGUARD("checkpoint"));
}

bool Puller::needs_first_copy(const std::vector<ServerTable>& tables) const {
  const SteadyReader reader(mirror_);
  return std::ranges::any_of(tables, [&](const ServerTable& table) {
    const auto state = ingest::read_state(reader.database(), table.name);
    return state.copy != ingest::CopyState::copied && state.copy != ingest::CopyState::complete;
  });
}

void Puller::note_visit() {
  const Outset& outset = session_.outset(mirror_);
  report_.alembic_version = outset.alembic_version;
  const Timestamp now = Timestamp::now();
  const auto& last = outset.last_pull;
  if (last && last->is_finite() && now >= *last &&
      now.postgres_micros() - last->postgres_micros() < kVisitNoteMicros) {
    return;
  }
  mirror_.write(
      [&](sqlite::Database& database) {
        meta::write(database, meta::kLastPull, now.to_postgres_string());
        if (reach_.is_sweep()) meta::write(database, meta::kLastSweep, now.to_postgres_string());
      },
      [this] { waiter_.tick(); });
}

void Puller::learn_settled() {
  const auto settled = settled_.now();
  if (!settled) return;
  {
    const SteadyReader reader(mirror_);
    if (meta::read(reader.database(), meta::kSettledPlays) == settled->to_text() ||
        ingest::count_rows(reader.database(), schema::record_layout("play_history")) < kManyPlays) {
      return;
    }
  }
  mirror_.write(
      [&](sqlite::Database& database) {
        meta::write(database, meta::kSettledPlays, settled->to_text());
      },
      [this] { waiter_.tick(); });
}

void Puller::apply(std::vector<TableChanges>& changes, const Moment& moment,
                   const std::vector<Witness>& witnesses) {
  waiter_.progress({.phase = "apply"}, true);
  if (std::ranges::any_of(changes, &TableChanges::replaced)) {
    // What was sent to the table before is told by the handles.
    digest::require_sound_handles(SteadyReader(mirror_).database());
  }
  mirror_.write(
      [&](sqlite::Database& database) {
        ChangeApplier(database, options_, waiter_, report_).apply(changes);
        remember(database, changes, moment);
        store_witnesses(database, witnesses);
        digest::make_digests(database, waiter_);
        PLAYMIRROR_STEP("pull.applying");
      },
      [this] { waiter_.tick(); });
}

void Puller::remember(sqlite::Database& database, const std::vector<TableChanges>& changes,
                      const Moment& moment) {
  bool whole = true;
  for (const TableChanges& table : changes) {
    if (!table.swept) continue;
    ingest::TableState state = ingest::read_state(database, table.layout.name);
    state.copy = ingest::CopyState::complete;
    state.copied_to.reset();
    state.horizon = PLAYMIRROR_SAFEGUARD("horizon") ? moment.xmin : moment.xmax;
    state.relation = table.relation;
    store_parts(database, table.layout.name, table.parts);
    state.problem.clear();
    ingest::write_state(database, table.layout.name, state);
  }
  for (const auto& [table, report] : report_.pulled) {
    if (!report.problem.empty()) {
      ingest::TableState state = ingest::read_state(database, table);
      state.problem = report.problem;
      // A first copy may hold either row of a key, and once one is gone, no transaction tells.
      if (unkeyed_.contains(table)) state.horizon = 0;
      ingest::write_state(database, table, state);
      whole = false;
    }
    if (report.held_deletes > 0) whole = false;
  }
  ingest::Scope reached = scope_.held;
  for (const TableChanges& table : changes) {
    if (table.layout.name == "tracks") reached.left_out = scope_.wanted.left_out;
    if (table.layout.name == "play_history") reached.plays_since = scope_.wanted.plays_since;
  }
  ingest::write_scope(database, reached);
  report_.complete = whole;
  if (reach_.is_sweep()) report_.horizon_age = moment.xmax - moment.xmin;
  store_identity(database, moment.identity);
  remember_look(database, moment, whole);
  remember_settled(database, changes);
  meta::write(database, meta::kHighWater, moment.xmax);
  meta::write(database, meta::kServerStarted, moment.started);
  note_what_a_crash_may_take(database, moment);
  meta::write(database, meta::kAlembicVersion, report_.alembic_version);
  // Never connection(): it may reconnect, and the writer lock is held.
  session_.connection_if_any(
      [&](pg::Connection& server) { meta::write(database, meta::kServerName, server.name()); });
}

void Puller::remember_settled(sqlite::Database& database,
                              const std::vector<TableChanges>& changes) {
  const auto plays = std::ranges::find(changes, "play_history", [](const TableChanges& table) {
    return std::string_view(table.layout.name);
  });
  if (plays != changes.end() && plays->swept && plays->server_rows < kManyPlays) {
    meta::write(database, meta::kSettledPlays, "");
  } else if (const auto settled = settled_.now()) {
    meta::write(database, meta::kSettledPlays, settled->to_text());
  }
}

void Puller::remember_look(sqlite::Database& database, const Moment& moment, bool whole) {
  const std::string now = Timestamp::now().to_postgres_string();
  meta::write(database, meta::kLastPull, now);
  // Only a pull that took everything lets the next one conclude that nothing happened since.
  const std::string snapshot = whole ? moment.snapshot : "";
  if (!reach_.is_sweep()) {
    meta::write(database, meta::kIdsSnapshot, snapshot);
    meta::write(database, meta::kIdsCheckpoint, moment.checkpoint);
    return;
  }
  meta::write(database, meta::kSnapshot, snapshot);
  meta::write(database, meta::kCheckpoint, moment.checkpoint);
  meta::write(database, meta::kIdsSnapshot, "");
  meta::write(database, meta::kPushSnapshot, "");
  meta::write(database, meta::kLastSweep, now);
}

}  // namespace playmirror::sync
