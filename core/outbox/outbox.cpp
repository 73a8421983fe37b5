#include "core/outbox/outbox.hpp"

#include "core/mirror/meta.hpp"
#include "core/outbox/needs.hpp"
#include "core/test_hooks.hpp"
#include "core/time/postgres_time.hpp"

#include <playmirror/error.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace playmirror::outbox {
namespace {

/// Provisional ids start below every int4 and are small enough to be exact as a double, for tools
/// that read ids as JSON numbers.
constexpr std::int64_t kProvisionalBase = -(std::int64_t{1} << 40);

/// Bytes of images after which a batch is full: bounds what a push holds in memory.
constexpr std::size_t kBatchBytes = 16 << 20;

/// Between the two parts of an identity: a control character, which no id or timestamp holds.
constexpr char kSeparator = '\x1f';

constexpr std::array<std::pair<PendingState, std::string_view>, 4> kStates{{
    {PendingState::queued, "queued"},
    {PendingState::in_doubt, "in_doubt"},
    {PendingState::waiting, "waiting"},
    {PendingState::rejected, "rejected"},
}};

std::string_view name_of(PendingState state) {
  for (const auto& [value, name] : kStates) {
    if (value == state) return name;
  }
  return "queued";
}

PendingState state_named(std::string_view text) {
  for (const auto& [value, name] : kStates) {
    if (name == text) return value;
  }
  return PendingState::queued;
}

/// The entries with their states. A push in doubt has tried them as well.
std::string select_pending() {
  return std::string("SELECT entry, table_name, identity, row_id, now, recorded_at, attempts + ") +
         "(now = 'in_doubt'), sqlstate, constraint_name, message FROM (SELECT o.*, " + kStateSql +
         " AS now FROM playmirror_outbox o)";
}

/// The identity as a person reads it.
std::string readable(std::string_view table, std::string_view identity) {
  const auto cut = identity.find(kSeparator);
  if (cut == std::string_view::npos) return std::string(identity);
  const std::string first(identity.substr(0, cut));
  const std::string second(identity.substr(cut + 1));
  if (table == "play_history") {
    const auto played_at = parse_postgres(first);
    return second + " at " +
           (played_at ? Timestamp::from_postgres_micros(*played_at).to_string() : first);
  }
  return second.empty() ? first : first + " " + second.substr(1);
}

PendingEntry read_pending(const sqlite::Database& database, const sqlite::Statement& row) {
  PendingEntry entry;
  entry.entry = row.integer(0);
  entry.table = row.text(1);
  entry.key = readable(entry.table, row.text(2));
  entry.row_id = row.integer(3);
  entry.state = state_named(row.text(4));
  // Damage in one entry must not hide the others; verify() tells of it.
  const auto recorded_at = parse_postgres(row.text(5));
  entry.recorded_at =
      recorded_at ? Timestamp::from_postgres_micros(*recorded_at) : Timestamp::negative_infinity();
  entry.attempts = row.integer(6);
  entry.sqlstate = row.text(7);
  entry.constraint = row.text(8);
  entry.message = row.text(9);
  entry.needs = needs(database, entry);
  return entry;
}

[[noreturn]] void refuse_unknown(std::int64_t entry) {
  raise(ErrorCode::invalid_argument, "no pending entry has the number " + std::to_string(entry),
        {.hint = "pending() lists the numbers."});
}

}  // namespace

std::string play_identity(std::string_view track_id, std::string_view played_at) {
  return std::string(played_at) + kSeparator + std::string(track_id);
}

std::string snapshot_identity(std::string_view date,
                              const std::optional<std::string>& period_label) {
  // The marker keeps a missing label apart from an empty one.
  return std::string(date) + kSeparator + (period_label ? "=" + *period_label : std::string());
}

std::pair<std::string_view, std::string_view> parts_of(std::string_view identity) {
  const std::size_t cut = identity.find(kSeparator);
  if (cut == std::string_view::npos) return {identity, {}};
  return {identity.substr(0, cut), identity.substr(cut + 1)};
}

std::string identity_of(std::string_view table, const RowImage& image) {
  const auto value = [&](std::string_view column) {
    const auto* field = image.find(column);
    return field == nullptr ? std::nullopt : *field;
  };
  if (table == "play_history") {
    return play_identity(value("track_id").value_or(""), value("played_at").value_or(""));
  }
  if (table == "analysis_snapshots") {
    return snapshot_identity(value("date").value_or(""), value("period_label"));
  }
  return value("id").value_or("");
}

void renew_identities(sqlite::Database& database) {
  auto rows = database.prepare(
      "SELECT entry, identity, row_id, recorded_at, image, checksum FROM playmirror_outbox "
      "WHERE entry > ? AND +table_name = 'play_history' ORDER BY entry LIMIT 1");
  auto update =
      database.prepare("UPDATE playmirror_outbox SET identity = ?, checksum = ? WHERE entry = ?");
  for (std::int64_t entry = 0;;) {
    rows.bind(0, entry);
    if (!rows.step()) return;
    entry = rows.integer(0);
    const std::string recorded_at(rows.text(3));
    const std::string image(rows.blob(4));
    const std::int64_t row_id = rows.integer(2);
    const bool whole =
        checksum("play_history", rows.text(1), row_id, recorded_at, image) == rows.integer(5);
    rows.reset();
    if (!whole) continue;
    const std::string identity = identity_of("play_history", decode(image));
    update.bind_all(identity, checksum("play_history", identity, row_id, recorded_at, image), entry)
        .run();
  }
}

std::int64_t next_provisional_id(sqlite::Database& database) {
  return reserve_provisional_ids(database, 1);
}

std::int64_t reserve_provisional_ids(sqlite::Database& database, std::int64_t count) {
  std::int64_t given = meta::read_int(database, meta::kProvisionalIds);
  const auto taken = database.kept(
      "SELECT min(id) FROM (SELECT min(id) AS id FROM play_history WHERE id BETWEEN ?1 AND ?2 "
      "UNION ALL SELECT min(id) FROM analysis_snapshots WHERE id BETWEEN ?1 AND ?2)");
  // Ids of 64 bits that a server gives may lie anywhere.
  for (;;) {
    taken->bind(0, kProvisionalBase - (given + count)).bind(1, kProvisionalBase - (given + 1));
    if (!taken->step() || taken->is_null(0)) break;
    given = provisional_number(taken->integer(0));
    taken->reset();
  }
  meta::write(database, meta::kProvisionalIds, given + count);
  return kProvisionalBase - (given + 1);
}

bool make_room(sqlite::Database& database, std::string_view table, std::int64_t id) {
  auto pending = database.prepare(
      "SELECT entry, identity, recorded_at, image FROM playmirror_outbox "
      "WHERE table_name = ? AND row_id = ?");
  if (!pending.bind_all(table, id).step()) return false;
  const std::int64_t entry = pending.integer(0);
  const std::int64_t next = next_provisional_id(database);
  const std::int64_t sum = checksum(table, pending.text(1), next, pending.text(2), pending.blob(3));
  pending.reset();
  database.prepare("UPDATE playmirror_outbox SET row_id = ?, checksum = ? WHERE entry = ?")
      .bind_all(next, sum, entry)
      .run();
  database.prepare("UPDATE " + sqlite::quoted(table) + " SET id = ? WHERE id = ?")
      .bind_all(next, id)
      .run();
  return true;
}

std::int64_t provisional_number(std::int64_t id) noexcept {
  return id < kProvisionalBase ? kProvisionalBase - id : 0;
}

std::int64_t add(sqlite::Database& database, std::string_view table, std::string_view identity,
                 std::int64_t row_id, const RowImage& image) {
  return EntryWriter(database).add(table, identity, row_id, image);
}

EntryWriter::EntryWriter(sqlite::Database& database)
    : database_(database),
      insert_(database.kept("INSERT INTO playmirror_outbox "
                            "(table_name, identity, row_id, recorded_at, image, checksum) "
                            "VALUES (?, ?, ?, ?, ?, ?)")),
      recorded_at_(Timestamp::now().to_postgres_string()) {}

std::int64_t EntryWriter::add(std::string_view table, std::string_view identity,
                              std::int64_t row_id, const RowImage& image) {
  const std::string bytes = encode(image);
  insert_->bind_view(0, table).bind_view(1, identity).bind(2, row_id).bind_view(3, recorded_at_);
  insert_->bind_blob_view(4, bytes)
      .bind(5, checksum(table, identity, row_id, recorded_at_, bytes))
      .run();
  return database_.last_insert_rowid();
}

std::int64_t newest(const sqlite::Database& database) {
  return database.query_int("SELECT max(entry) FROM playmirror_outbox");
}

bool any_of(const sqlite::Database& database, std::string_view table) {
  const auto any =
      database.kept("SELECT EXISTS (SELECT 1 FROM playmirror_outbox WHERE table_name = ?1)");
  any->bind_all(table);
  return any->step() && any->integer(0) != 0;
}

bool any_sendable(const sqlite::Database& database, std::string_view table, std::int64_t after,
                  std::int64_t newest) {
  const auto any = database.kept(
      "SELECT EXISTS (SELECT 1 FROM playmirror_outbox WHERE table_name = ?1) AND EXISTS (SELECT 1 "
      "FROM playmirror_outbox WHERE +table_name = ?1 AND entry > ?2 AND entry <= ?3 "
      "AND state IN ('queued', 'waiting'))");
  any->bind_all(table, after, newest);
  return any->step() && any->integer(0) != 0;
}

std::vector<Entry> sendable(const sqlite::Database& database, std::string_view table,
                            std::int64_t after, std::int64_t newest, std::int64_t limit) {
  // The plus keeps SQLite off the index of table_name, by which it would sort what is left for each
  // batch anew.
  static const std::string sql =
      "SELECT entry, identity, row_id, state, recorded_at, image, checksum, offered_id "
      "FROM playmirror_outbox o WHERE +table_name = ? AND entry > ? AND entry <= ? AND " +
      std::string(kStateSql) + " IN ('queued', 'waiting') ORDER BY entry LIMIT ?";
  const auto rows = database.kept(sql.c_str());
  rows->bind_all(table, after, newest, limit);
  std::vector<Entry> entries;
  std::size_t bytes = 0;
  while (rows->step()) {
    Entry entry;
    entry.entry = rows->integer(0);
    entry.table = table;
    entry.identity = rows->text(1);
    entry.row_id = rows->integer(2);
    entry.state = state_named(rows->text(3));
    entry.offered_id = rows->integer(7);
    const Value image = rows->value(5);
    const auto* blob = std::get_if<Blob>(&image);
    if (blob == nullptr || (checksum(table, entry.identity, entry.row_id, rows->text(4),
                                     blob->bytes) != rows->integer(6) &&
                            PLAYMIRROR_SAFEGUARD("checksum"))) {
      raise(ErrorCode::damaged,
            "outbox entry " + std::to_string(entry.entry) + " does not match its checksum",
            {.hint = "Run verify(); discard() the entry if the row is recorded elsewhere."});
    }
    entry.image = decode(blob->bytes);
    entries.push_back(std::move(entry));
    bytes += blob->bytes.size();
    if (bytes >= kBatchBytes) break;
  }
  return entries;
}

std::vector<PendingEntry> list(const sqlite::Database& database) {
  auto rows = database.prepare(select_pending() + " ORDER BY entry");
  std::vector<PendingEntry> entries;
  while (rows.step()) entries.push_back(read_pending(database, rows));
  return entries;
}

std::vector<PendingEntry> stuck(const sqlite::Database& database, std::int64_t limit) {
  auto rows = database.prepare(select_pending() + " WHERE now <> 'queued' ORDER BY entry LIMIT ?");
  rows.bind(0, limit);
  std::vector<PendingEntry> entries;
  while (rows.step()) entries.push_back(read_pending(database, rows));
  return entries;
}

std::optional<PendingEntry> find(const sqlite::Database& database, std::int64_t entry) {
  auto rows = database.prepare(select_pending() + " WHERE entry = ?");
  rows.bind(0, entry);
  if (!rows.step()) return std::nullopt;
  return read_pending(database, rows);
}

bool are_there(const sqlite::Database& database,
               const std::vector<std::pair<std::int64_t, std::int64_t>>& offered) {
  const auto count =
      database.kept("SELECT count(*) FROM playmirror_outbox WHERE entry BETWEEN ? AND ?");
  for (std::size_t begin = 0, end = 0; begin < offered.size(); begin = end) {
    const std::int64_t first = offered[begin].first;
    const auto rows = [&] { return static_cast<std::int64_t>(end - begin); };
    for (end = begin + 1; end < offered.size() && offered[end].first == first + rows();) ++end;
    if (!count->bind_all(first, first + rows() - 1).step() || count->integer(0) != rows()) {
      return false;
    }
    count->reset();
  }
  return true;
}

std::int64_t begin_push(sqlite::Database& database, const PushRecord& push,
                        const std::vector<std::pair<std::int64_t, std::int64_t>>& offered) {
  database
      .kept(
          "INSERT INTO playmirror_pushes (xid, backend_pid, backend_start, "
          "system_identifier, timeline, database, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?)")
      ->bind_all(push.xid, push.backend_pid, push.backend_start, push.system_identifier,
                 push.timeline, push.database, Timestamp::now().to_postgres_string())
      .run();
  const std::int64_t number = database.last_insert_rowid();
  const auto note = database.kept(
      "INSERT INTO playmirror_offered (push, entry, rows, server_id) VALUES (?, ?, ?, ?)");
  // As a rule the server numbers the rows as they are numbered here: then one line is enough.
  const auto follows = [&](std::size_t i) {
    const auto& [entry, id] = offered[i];
    const auto& [before, id_before] = offered[i - 1];
    return entry == before + 1 && (id == 0 ? id_before == 0 : id_before == id - 1);
  };
  for (std::size_t begin = 0, end = 0; begin < offered.size(); begin = end) {
    for (end = begin + 1; end < offered.size() && follows(end);) ++end;
    const auto& [entry, id] = offered[begin];
    note->bind_all(number, entry, static_cast<std::int64_t>(end - begin), id).run();
  }
  return number;
}

bool has_work(const sqlite::Database& database) {
  const auto work = database.kept(
      "SELECT EXISTS (SELECT 1 FROM playmirror_pushes) OR EXISTS (SELECT 1 "
      "FROM playmirror_outbox WHERE state IN ('queued', 'waiting'))");
  return work->step() && work->integer(0) != 0;
}

std::vector<PushRecord> unfinished_pushes(const sqlite::Database& database) {
  const auto rows = database.kept(
      "SELECT push, xid, backend_pid, backend_start, system_identifier, timeline, database "
      "FROM playmirror_pushes ORDER BY push");
  std::vector<PushRecord> pushes;
  while (rows->step()) {
    pushes.push_back({rows->integer(0), rows->integer(1), rows->integer(2),
                      std::string(rows->text(3)), std::string(rows->text(4)), rows->integer(5),
                      std::string(rows->text(6))});
  }
  return pushes;
}

std::vector<Entry> offered(const sqlite::Database& database, std::int64_t push) {
  auto rows = database.prepare(
      "SELECT o.entry, o.table_name, o.identity, o.row_id, CASE WHEN f.server_id = 0 THEN 0 "
      "ELSE f.server_id + (o.entry - f.entry) END FROM playmirror_offered f CROSS JOIN "
      "playmirror_outbox o ON o.entry BETWEEN f.entry AND f.entry + f.rows - 1 "
      "WHERE f.push = ? ORDER BY o.entry");
  rows.bind(0, push);
  std::vector<Entry> entries;
  while (rows.step()) {
    Entry& entry = entries.emplace_back();
    entry.entry = rows.integer(0);
    entry.table = rows.text(1);
    entry.identity = rows.text(2);
    entry.row_id = rows.integer(3);
    entry.state = PendingState::in_doubt;
    entry.offered_id = rows.integer(4);
  }
  return entries;
}

void forget_push(sqlite::Database& database, std::int64_t push) {
  database.kept("DELETE FROM playmirror_offered WHERE push = ?")->bind_all(push).run();
  database.kept("DELETE FROM playmirror_pushes WHERE push = ?")->bind_all(push).run();
}

void end_push(sqlite::Database& database, std::int64_t push) {
  auto update = database.prepare(
      "UPDATE playmirror_outbox SET state = 'queued', offered_id = ?, attempts = attempts + 1 "
      "WHERE entry = ?");
  for (const Entry& entry : offered(database, push)) {
    update.bind_all(entry.offered_id, entry.entry).run();
  }
  forget_push(database, push);
}

void set_aside(sqlite::Database& database, std::int64_t entry, PendingState state,
               const Refusal& refusal) {
  database
      .prepare(
          "UPDATE playmirror_outbox SET state = ?, sqlstate = ?, constraint_name = ?, "
          "message = ?, attempts = attempts + 1, offered_id = NULL "
          "WHERE entry = ?")
      .bind_all(name_of(state), refusal.sqlstate, refusal.constraint, refusal.message, entry)
      .run();
}

std::int64_t retry(sqlite::Database& database, std::optional<std::int64_t> entry) {
  if (entry && !find(database, *entry)) refuse_unknown(*entry);
  auto update = database.prepare(
      "UPDATE playmirror_outbox SET state = 'queued', sqlstate = '', constraint_name = '', "
      "message = '' WHERE state IN ('rejected', 'waiting') AND (?1 IS NULL OR entry = ?1)");
  update.bind(0, entry).run();
  return database.changes();
}

void discard(sqlite::Database& database, std::int64_t entry) {
  const auto found = find(database, entry);
  if (!found) refuse_unknown(entry);
  if (found->state == PendingState::in_doubt) {
    raise(ErrorCode::invalid_argument,
          "entry " + std::to_string(entry) + " may already be on the server",
          {.hint = "Push once more: that finds out; then discard it if it is still pending."});
  }
  const std::string table = sqlite::quoted(found->table);
  if (found->row_id != 0) {
    database.prepare("DELETE FROM " + table + " WHERE id = ?").bind_all(found->row_id).run();
  } else {
    const bool track = found->table == "tracks";
    const bool needed =
        track ? [&] {
          auto uses = database.prepare(
              "SELECT 1 FROM play_history p JOIN playmirror_outbox o "
              "ON o.table_name = 'play_history' AND o.row_id = p.id WHERE p.track_id = ?");
          return uses.bind(0, found->key).step();
        }()
              : [&] {
                  auto uses = database.prepare(
                      "SELECT 1 FROM track_artists l JOIN playmirror_outbox o "
                      "ON o.table_name = 'tracks' AND o.identity = l.track_id "
                      "WHERE l.artist_id = ?");
                  return uses.bind(0, found->key).step();
                }();
    if (needed) {
      raise(ErrorCode::invalid_argument,
            "entry " + std::to_string(entry) + " is needed by another pending row",
            {.hint = "Discard the rows that refer to it first."});
    }
    if (track) {
      database.prepare("DELETE FROM track_artists WHERE track_id = ?").bind_all(found->key).run();
    }
    database.prepare("DELETE FROM " + table + " WHERE id = ?").bind_all(found->key).run();
  }
  database.prepare("DELETE FROM playmirror_outbox WHERE entry = ?").bind_all(entry).run();
}

ChecksumReport verify(const sqlite::Database& database) {
  auto rows = database.prepare(
      "SELECT entry, table_name, identity, row_id, recorded_at, image, checksum "
      "FROM playmirror_outbox ORDER BY entry");
  ChecksumReport report;
  while (rows.step()) {
    ++report.checked;
    const Value image = rows.value(5);
    const auto* blob = std::get_if<Blob>(&image);
    if (blob == nullptr || checksum(rows.text(1), rows.text(2), rows.integer(3), rows.text(4),
                                    blob->bytes) != rows.integer(6)) {
      report.damaged.push_back(rows.integer(0));
    }
  }
  return report;
}

}  // namespace playmirror::outbox
