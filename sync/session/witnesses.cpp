#include "sync/session/witnesses.hpp"

#include "core/digest/server_hash.hpp"
#include "core/ingest/table_state.hpp"
#include "core/mirror/meta.hpp"
#include "core/test_hooks.hpp"
#include "core/time/postgres_time.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace playmirror::sync {
namespace {

/// How many rows of a table bear witness: enough that some stay as they are.
constexpr std::size_t kPerTable = 4;

/// Between the parts of a stored witness, and behind each; a key that holds one is not stored.
/// Behind the last one stands a checksum: a flipped bit would accuse the server.
constexpr char kPartEnd = '\x1f';
constexpr char kEnd = '\x1e';

constexpr const char* kHint =
    "If a backup of the server was restored, pull once with accept_server: the mirror is compared "
    "with it whole, and rows of yours that it lacks are sent again.";

std::int64_t to_integer(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string checksum(std::string_view witnesses) {
  return std::to_string(digest::hash_text(witnesses, 0));
}

std::string name_of(const Witness& witness) {
  return "row " + witness.key + " of " + witness.table;
}

/// Whether two times are the same, or at most so many microseconds apart.
bool is_near(const std::string& time, const std::string& other, double most_micros) {
  if (time == other) return true;
  const auto micros = parse_postgres(time);
  const auto others = parse_postgres(other);
  return micros && others &&
         std::abs(static_cast<double>(*micros) - static_cast<double>(*others)) <= most_micros;
}

/// Whether a standby may not have replayed yet who wrote this row.
bool may_not_have_seen(const Moment& moment, const Witness& witness) {
  return moment.in_recovery && witness.xid >= moment.xmin;
}

[[noreturn]] void raise_behind(const Witness& witness) {
  raise(
      ErrorCode::server_behind,
      "the server does not have " + name_of(witness) + " as its primary has it",
      {.hint = "A replica lags behind: wait, or connect to the primary. If it stays so, pull once "
               "with accept_server: the mirror is compared with it whole.",
       .retryable = true});
}

/// Which columns say what row it is that the server gave a key.
struct IdentityColumns {
  const char* subject = nullptr;
  const char* time = nullptr;
};

/// Nothing for a table whose keys say it themselves.
std::optional<IdentityColumns> identity_columns(std::string_view table) {
  if (table == "play_history") return IdentityColumns{"track_id", "played_at"};
  if (table == "analysis_snapshots") return IdentityColumns{"period_label", "date"};
  return std::nullopt;
}

/// The identity of the row that the mirror has under this key; nothing when it has none.
std::optional<RowIdentity> mirrored_identity(const sqlite::Database& database,
                                             const Witness& witness,
                                             const IdentityColumns& columns) {
  auto row = database.prepare("SELECT " + sqlite::quoted(columns.subject) + ", " +
                              sqlite::quoted(columns.time) + " FROM " +
                              sqlite::quoted(witness.table) + " WHERE id = CAST(? AS INTEGER)");
  row.bind(0, witness.key);
  if (!row.step()) return std::nullopt;
  return RowIdentity{std::string(row.text(0)), std::string(row.text(1))};
}

/// Whether the columns that rows are known by are those of the last pull. Another one under the old
/// name tells nothing about the rows that were.
bool knows_rows_by_the_same(const sqlite::Database& database, const ServerTable& table) {
  std::vector<std::string> names = schema::record_layout(table.name).key;
  if (const auto columns = identity_columns(table.name)) {
    names.insert(names.end(), {columns->subject, columns->time});
  }
  const schema::TableLayout here = ingest::read_layout(database, table.name);
  return std::ranges::all_of(names, [&](const std::string& name) {
    const auto known = here.find(name);
    const ServerColumn* found = table.find(name);
    return known && found != nullptr && here.columns[*known].number == found->layout.number;
  });
}

}  // namespace

void NewestRows::offer(Witness row) {
  if (!is_wanted(row.table, row.xid)) return;
  if (row.key.find_first_of({kPartEnd, kEnd}) != std::string::npos) return;
  std::vector<Witness>& rows = by_table_[row.table];
  std::erase_if(rows, [&](const Witness& other) { return other.key == row.key; });
  const auto behind =
      std::ranges::find_if(rows, [&](const Witness& other) { return other.xid < row.xid; });
  rows.insert(behind, std::move(row));
  if (rows.size() > kPerTable) rows.pop_back();
}

bool NewestRows::is_wanted(const std::string& table, std::int64_t xid) const {
  const auto found = by_table_.find(table);
  return found == by_table_.end() || found->second.size() < kPerTable ||
         found->second.back().xid < xid;
}

std::vector<Witness> NewestRows::rows() const {
  std::vector<Witness> all;
  for (const auto& [table, rows] : by_table_) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

void store_witnesses(sqlite::Database& database, const std::vector<Witness>& witnesses) {
  std::string text;
  for (const Witness& witness : witnesses) {
    text += witness.table + kPartEnd + std::to_string(witness.xid) + kPartEnd +
            (witness.is_copied ? "copied" : "pushed") + kPartEnd + witness.key + kEnd;
  }
  meta::write(database, meta::kWitnesses, text + checksum(text));
}

std::vector<Witness> stored_witnesses(const sqlite::Database& database) {
  const std::string text = meta::read(database, meta::kWitnesses).value_or("");
  const std::size_t end = text.rfind(kEnd) + 1;  // 0 when there is none
  std::string_view rest(text.data(), end);
  // Mirrors of earlier versions have no checksum.
  if (text.size() > end && text.substr(end) != checksum(rest)) return {};
  std::vector<Witness> witnesses;
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find(kEnd));
    rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
    const std::size_t first = entry.find(kPartEnd);
    const std::size_t second = entry.find(kPartEnd, first + 1);
    const std::size_t third = entry.find(kPartEnd, second + 1);
    if (second == std::string_view::npos || third == std::string_view::npos) continue;
    witnesses.push_back({std::string(entry.substr(0, first)), std::string(entry.substr(third + 1)),
                         to_integer(entry.substr(first + 1, second - first - 1)),
                         entry.substr(second + 1, third - second - 1) == "copied"});
  }
  return witnesses;
}

WitnessHearing::WitnessHearing(const ServerSession& session, const sqlite::Database& database,
                               const Catalog& catalog)
    : session_(session), started_(meta::read(database, meta::kServerStarted)) {
  if (!PLAYMIRROR_SAFEGUARD("witnesses")) return;
  for (Witness& witness : stored_witnesses(database)) {
    const auto table = catalog.tables.find(witness.table);
    if (table == catalog.tables.end() || table->second.problem) continue;
    if (table->second.is_unlogged) continue;
    const ingest::TableState state = ingest::read_state(database, witness.table);
    // Another table under the old name has a history of its own.
    if (state.relation != table->second.relation || !state.horizon) continue;
    if (!knows_rows_by_the_same(database, table->second)) continue;
    std::optional<RowIdentity> identity;
    bool reads_alike = true;
    if (const auto columns = identity_columns(witness.table)) {
      identity = mirrored_identity(database, witness, *columns);
      if (!identity && witness.is_copied) continue;
      const schema::ColumnLayout& time = table->second.find(columns->time)->layout;
      times_[witness.table] = session.value_of(witness.table, time);
      const schema::TableLayout here = ingest::read_layout(database, witness.table);
      // With another tz database, a server makes other instants of the same local times.
      reads_alike =
          here.columns[here.find(columns->time).value()].server_type == time.server_type &&
          !session.has_local_times(witness.table, time);
    }
    known_.push_back({std::move(witness), *state.horizon, std::move(identity), reads_alike});
  }
}

std::vector<pg::Command> WitnessHearing::commands() {
  std::vector<pg::Command> commands;
  if (known_.empty()) return commands;
  pg::Command& command = commands.emplace_back();
  command.doing = "look for the newest known rows";
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    std::vector<pg::Parameter> keys;
    for (const Known& known : known_) {
      if (known.witness.table == layout.name) keys.emplace_back(known.witness.key);
    }
    if (keys.empty()) continue;
    const std::string key = pg::quoted(layout.key.front());
    command.parameters.emplace_back(pg::text_array(keys));
    const std::string list = "$" + std::to_string(command.parameters.size());
    const auto identity = identity_columns(layout.name);
    command.sql += std::string(command.sql.empty() ? "" : " UNION ALL ") + "SELECT " +
                   pg::literal(layout.name) + "::text, " + key + "::text, xmin::text, " +
                   (identity ? pg::quoted(identity->subject) + "::text, " + times_.at(layout.name) +
                                   "::timestamp::text"
                             : "''::text, ''::text") +
                   " FROM " + session_.qualified(layout.name) + " WHERE " + key +
                   // A key may be of an enum: it is text only here.
                   (layout.has_integer_key() ? " = ANY (" + list + "::bigint[])"
                                             : "::text = ANY (" + list + "::text[])");
  }
  command.on_result = [this](const pg::Result& result) {
    asked_ = true;
    for (int i = 0; i < result.size(); ++i) {
      const pg::Row row = result[i];
      answers_.push_back({row.text(0),
                          row.text(1),
                          static_cast<std::uint32_t>(to_integer(row.text(2))),
                          {row.text(3), row.text(4)}});
    }
  };
  return commands;
}

WitnessHearing::Likeness WitnessHearing::compare(const Known& known, const RowIdentity& now) {
  if (!known.identity) return {};
  const RowIdentity& then = *known.identity;
  if (known.witness.table == "play_history") {
    // A server may round the times of plays or have local ones, of which some come twice.
    constexpr double kMostMicros = 25 * 3.6e9;
    const bool same_track = then.subject == now.subject;
    return {same_track, is_near(then.time, now.time, 0),
            same_track && is_near(then.time, now.time, kMostMicros)};
  }
  // Many snapshots have one label, and the next one may come soon: only a rounded date is the same.
  constexpr double kMostMicros = 1e6;
  const bool same = is_near(then.time, now.time, kMostMicros) &&
                    (!now.time.empty() || then.subject == now.subject);
  return {same, same, same};
}

bool WitnessHearing::is_older(const Known& known, std::int64_t xid, const Likeness& likeness) {
  const Witness& witness = known.witness;
  if (witness.is_copied) return xid == witness.xid || xid < known.horizon;
  // Who began before our push, but not before the last pull, may have changed our row after it, but
  // not beyond recognition.
  return xid < witness.xid && (xid < known.horizon || likeness.none());
}

bool WitnessHearing::can_be(const Known& known, const Likeness& likeness,
                            const Moment& moment) const {
  // Files are restored while a server is down. As many transactions later, another play of the
  // track may have the number of the one that was.
  const bool may_be_restored = started_ != moment.started;
  return likeness.same_subject && (likeness.same_time || !may_be_restored || !known.reads_alike);
}

void WitnessHearing::judge(const Moment& moment) {
  if (!asked_) return;
  const Witness* newest_gone = nullptr;
  for (const Known& known : known_) {
    const Witness& witness = known.witness;
    std::optional<std::int64_t> xid;
    Likeness likeness;
    for (const Answer& answer : answers_) {
      if (answer.table != witness.table || answer.key != witness.key) continue;
      xid = widen(answer.writer, moment);
      likeness = compare(known, answer.identity);
    }
    const bool older = xid && is_older(known, *xid, likeness);
    // Its number went to another row. A standby does not tell at once that it follows another
    // history, and what that has in the place of a row of ours would take its place here as well.
    const bool replaced = xid && *xid >= known.horizon && !older &&
                          (moment.in_recovery ? !likeness.alike : likeness.none());
    if (!xid || replaced) {
      if (may_not_have_seen(moment, witness)) raise_behind(witness);
      if (newest_gone == nullptr || newest_gone->xid < witness.xid) newest_gone = &witness;
    } else if (witness.is_copied && *xid == witness.xid && can_be(known, likeness, moment)) {
      confirmed_.push_back(witness);
    } else if (older) {
      if (may_not_have_seen(moment, witness)) raise_behind(witness);
      raise(ErrorCode::server_changed,
            "the server has gone back to an older state: " + name_of(witness) +
                " is another one than it was",
            {.hint = kHint});
    }
  }
  // A row as new as the missing one, and still there, shows that this one was deleted.
  if (newest_gone == nullptr || std::ranges::any_of(confirmed_, [&](const Witness& witness) {
        return witness.xid >= newest_gone->xid;
      })) {
    return;
  }
  if (moment.in_recovery) {
    // Its fate was decided in the history that we know, which no restore has changed while this
    // standby ran: so the row was here, and has gone again.
    if (started_ == moment.started && newest_gone->xid < std::min(moment.decided, moment.xmin)) {
      return;
    }
    raise_behind(*newest_gone);
  }
  if (started_ && *started_ != moment.started) {
    raise(ErrorCode::server_changed,
          "the server was started anew and lacks " + name_of(*newest_gone) +
              ", the newest row that it had",
          {.hint = kHint});
  }
}

}  // namespace playmirror::sync
