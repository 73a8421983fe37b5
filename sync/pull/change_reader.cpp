#include "sync/pull/change_reader.hpp"

#include "core/digest/stored_digests.hpp"
#include "core/ingest/field_cap.hpp"
#include "core/ingest/key_blocks.hpp"
#include "core/ingest/key_text.hpp"
#include "core/ingest/row_reader.hpp"
#include "core/test_hooks.hpp"
#include "sync/session/horizon.hpp"
#include "sync/session/parts.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace playmirror::sync {
namespace {

std::vector<pg::Parameter> as_parameters(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

/// Counts, by block, the keys of received rows that the mirror does not hold yet.
ingest::BlockCounts count_new(const sqlite::Database& database, TableChanges& table) {
  std::string condition;
  std::string block = table.layout.has_integer_key()
                          ? "?1 >> " + std::to_string(ingest::kBlockBits)
                          : "substr(?1, 1, " + std::to_string(ingest::kBlockCharacters) + ")";
  int parameter = 0;
  for (const std::string& column : table.layout.key) {
    condition += (condition.empty() ? "" : " AND ") + sqlite::quoted(column) + " = ?" +
                 std::to_string(++parameter);
  }
  // A row of ours that is pending under the same key is the server's from now on.
  std::string pending = "0";
  if (!table.layout.has_integer_key()) {
    const std::string owner = table.layout.name == "track_artists" ? "tracks" : table.layout.name;
    pending = "EXISTS (SELECT 1 FROM playmirror_outbox WHERE table_name = '" + owner +
              "' AND identity = ?1)";
  }
  auto lookup = database.prepare("SELECT " + block + ", EXISTS (SELECT 1 FROM " +
                                 sqlite::quoted(table.layout.name) + " WHERE " + condition +
                                 ") AND NOT " + pending);
  std::vector<std::size_t> fields;
  for (const std::string& column : table.layout.key) {
    fields.push_back(table.layout.find(column).value());
  }
  std::optional<std::int64_t> greatest;
  if (table.layout.has_integer_key()) greatest = ingest::greatest_id(database, table.layout);
  ingest::BlockCounts counts;
  table.changed.for_each([&](std::string_view rows) {
    ingest::RowReader reader(rows, table.layout.columns);
    while (reader.next()) {
      if (greatest) {
        const auto id = std::get<std::int64_t>(reader[fields.front()].value);
        if (id > *greatest) {
          ++counts[std::to_string(ingest::block_of(id))];
          continue;
        }
      }
      int index = 0;
      for (const std::size_t field : fields) {
        const auto& value = reader[field].value;
        if (const auto* text = std::get_if<std::string_view>(&value)) {
          lookup.bind_view(index++, *text);
        } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
          lookup.bind(index++, *integer);
        }
      }
      if (lookup.step() && lookup.integer(1) == 0) ++counts[std::string(lookup.text(0))];
      lookup.reset();
    }
  });
  return counts;
}

/// The ids of received plays, one for each track that the server has not yet given to the mirror.
std::vector<pg::Parameter> plays_without_track(const sqlite::Database& database,
                                               TableChanges& plays) {
  const auto& columns = plays.layout.columns;
  const std::size_t id = plays.layout.find("id").value();
  const std::size_t track_id = plays.layout.find("track_id").value();
  const bool any_pending =
      database.kept_int(
          "SELECT EXISTS (SELECT 1 FROM playmirror_outbox WHERE table_name = 'tracks')") != 0;
  const auto has = database.kept(
      any_pending ? "SELECT 1 FROM tracks WHERE id = ?1 AND NOT EXISTS (SELECT 1 "
                    "FROM playmirror_outbox WHERE table_name = 'tracks' AND identity = ?1)"
                  : "SELECT 1 FROM tracks WHERE id = ?1");
  std::set<std::string, std::less<>> looked_at;
  std::vector<pg::Parameter> trackless;
  plays.changed.for_each([&](std::string_view rows) {
    ingest::RowReader row(rows, columns);
    while (row.next()) {
      if (row.is_null(track_id)) continue;
      const auto [track, is_first] = looked_at.insert(row.key_text(track_id));
      if (!is_first) continue;
      has->bind_view(0, *track);
      if (!has->step()) trackless.emplace_back(row.key_text(id));
      has->reset();
    }
  });
  return trackless;
}

/// Whether its rows are witnesses of the server's history.
bool bears_witness(const schema::TableLayout& layout) { return layout.key.size() == 1; }

std::string both(const std::string& filter, const std::string& condition) {
  if (filter.empty() || condition.empty()) return filter + condition;
  return filter + " AND (" + condition + ")";
}

std::int64_t total(const ingest::BlockCounts& counts) {
  std::int64_t sum = 0;
  for (const auto& [block, count] : counts) sum += count;
  return sum;
}

/// How many rows there are more than keys.
std::string unkeyed_expression(const schema::TableLayout& layout) {
  std::string columns;
  std::string complete;
  for (const std::string& column : layout.key) {
    columns += (columns.empty() ? "" : ", ") + pg::quoted(column);
    complete += (complete.empty() ? "" : " AND ") + pg::quoted(column) + " IS NOT NULL";
  }
  return "count(*) - count(DISTINCT (" + columns + ")) FILTER (WHERE " + complete + ")";
}

struct BlockComparison {
  ingest::BlockCounts here = {};  ///< as they will be once the changed rows are merged
  ingest::BlockCounts server = {};
};

}  // namespace

ChangeReader::ChangeReader(ServerSession& session, MirrorState& mirror, ingest::Scope held,
                           const PullOptions& options, pg::Waiter& waiter)
    : session_(session),
      mirror_(mirror),
      held_(std::move(held)),
      options_(options),
      waiter_(waiter) {}

std::string ChangeReader::select(const std::string& fields, const schema::TableLayout& layout,
                                 const std::string& condition) const {
  return "SELECT " + fields + " FROM " + session_.rows_of(layout) +
         (condition.empty() ? "" : " WHERE " + condition);
}

pg::Command ChangeReader::rows_command(const schema::TableLayout& layout,
                                       const std::vector<schema::ColumnLayout>& columns,
                                       const std::string& condition, ingest::RowSpool& spool) {
  pg::Command command;
  command.sql = select(session_.select_list(layout.name, columns), layout, condition);
  command.format = pg::Format::binary;
  command.doing = "read " + layout.name;
  command.on_row = [this, &layout, &spool, columns](const pg::Row& row) {
    ingest::RowBuilder builder(spool.batch(), columns.size());
    for (int field = 0; field < static_cast<int>(columns.size()); ++field) {
      if (row.is_null(field)) {
        builder.null();
        continue;
      }
      const std::string_view bytes = row.bytes(field);
      if (static_cast<std::int64_t>(bytes.size()) > options_.field_cap) {
        const auto key =
            std::ranges::find(columns, layout.key.front(), &schema::ColumnLayout::name);
        ingest::refuse_large_field(
            {layout.name, &*key, row.bytes(static_cast<int>(key - columns.begin()))},
            columns[static_cast<std::size_t>(field)].name, static_cast<std::int64_t>(bytes.size()),
            options_.field_cap);
      }
      builder.field(bytes);
    }
    spool.settle();
    waiter_.progress({.phase = "pull", .table = layout.name, .rows = spool.rows()});
  };
  return command;
}

pg::Command ChangeReader::changes_command(TableChanges& change, const std::string& newer,
                                          const Moment& moment) {
  const schema::TableLayout& layout = change.layout;
  pg::Command command = rows_command(layout, layout.columns, newer, change.changed);
  if (!bears_witness(layout)) return command;
  // One field more than the columns, behind them.
  command.sql = select(session_.select_list(layout.name, layout.columns) + ", xmin", layout, newer);
  const std::size_t key = layout.find(layout.key.front()).value();
  const auto xmin = static_cast<int>(layout.columns.size());
  command.on_row = [this, &layout, &moment, key, xmin,
                    keep = std::move(command.on_row)](const pg::Row& row) {
    keep(row);
    if (row.is_null(static_cast<int>(key))) return;
    const auto writer = ingest::read_big_endian<std::uint32_t>(row.bytes(xmin).data());
    newest_.offer(layout.name, widen(writer, moment), [&] {
      return ingest::key_text(layout.columns[key].kind, row.bytes(static_cast<int>(key)));
    });
  };
  return command;
}

pg::Command ChangeReader::sweep_command(TableChanges& change, const std::string& newer,
                                        const Moment& moment, const std::string& filter) {
  const schema::TableLayout& layout = change.layout;
  pg::Command command = changes_command(change, both(filter, newer), moment);
  // What was written lately lies at the end, as a rule. So where it begins is found while the rows
  // are counted, and only what lies behind it is read. The count comes last, in a row of its own.
  // A filter on the count would cost something for every row; on its result it costs nothing, and
  // a result that nobody asks for is not computed.
  const std::string fields =
      session_.select_list(layout.name, layout.columns) + (bears_witness(layout) ? ", xmin" : "");
  const auto field_count =
      static_cast<int>(layout.columns.size()) + (bears_witness(layout) ? 1 : 0);
  std::string nothing;
  for (int field = 0; field < field_count; ++field) nothing += "NULL, ";
  command.sql =
      "WITH seen AS MATERIALIZED (" +
      select("count(*) AS rows, min(ctid) FILTER (WHERE " + newer + ") AS first", layout, "") +
      ") " +
      select(fields + ", NULL::bigint", layout,
             both(filter, newer + " AND ctid >= (SELECT first FROM seen)")) +
      " UNION ALL SELECT " + nothing + "rows FROM seen" +
      (filter.empty() ? "" : " WHERE " + filter);
  command.on_row = [&change, field_count, keep = std::move(command.on_row)](const pg::Row& row) {
    if (row.is_null(field_count)) {
      keep(row);
    } else {
      change.server_rows = ingest::read_big_endian<std::int64_t>(row.bytes(field_count).data());
    }
  };
  return command;
}

pg::Command ChangeReader::count_command(TableChanges& change, bool has_unique_key,
                                        const std::string& filter) {
  pg::Command command;
  // Two rows of one key would be one here, and hide a deleted row from the count.
  command.sql = select("count(*), " + (has_unique_key ? "0" : unkeyed_expression(change.layout)),
                       change.layout, filter);
  command.doing = "count the rows of " + change.layout.name;
  command.on_result = [&change](const pg::Result& result) {
    change.server_rows = result[0].integer(0);
    change.unkeyed = result[0].integer(1);
  };
  return command;
}

std::string ChangeReader::older_rows(const schema::TableLayout& layout,
                                     const std::string& newer) const {
  const auto held = ingest::within({.name = layout.name}, held_).cut;
  // Without a horizon, all rows come anyway.
  if (!held || held == layout.cut || newer.empty()) return {};
  return "(" + session_.cut_condition(layout, *held) + ") IS NOT TRUE AND NOT " + newer;
}

std::vector<pg::Command> ChangeReader::questions(const std::vector<ServerTable>& tables,
                                                 const Reach& reach, std::int64_t xmax,
                                                 const Moment& moment, const std::string& filter) {
  changes_ = std::vector<TableChanges>(tables.size());
  rows_add_up_ = true;
  std::vector<pg::Command> commands;
  const SteadyReader reader(mirror_);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    TableChanges& change = changes_[i];
    change.layout = tables[i].layout();
    ingest::TableState state = ingest::read_state(reader.database(), tables[i].name);
    change.layout_change =
        ingest::compare(ingest::read_layout(reader.database(), tables[i].name), change.layout);
    // Another table under the old name, or another column as key, shows rows that are older than
    // the horizon and were never here.
    change.replaced = state.relation != 0 && state.relation != tables[i].relation &&
                      PLAYMIRROR_SAFEGUARD("replaced table");
    change.is_foreign = change.replaced || state.horizon == 0;
    if (change.replaced || change.layout_change.rekeyed) state.horizon = 0;
    const std::string newer = unseen_rows(reader.database(), tables[i], state, xmax);
    change.parts = tables[i].parts;
    change.relation = tables[i].relation;
    change.swept = reach.sweeps(tables[i].name);
    if (!change.swept) {
      // What belongs to new plays is asked for once they are known.
      if (tables[i].name == "play_history") {
        commands.push_back(changes_command(change, both(filter, reach.new_plays()), moment));
      }
      continue;
    }
    if (tables[i].has_blocks && tables[i].has_unique_key && !newer.empty()) {
      commands.push_back(
          sweep_command(change, horizon_range(*state.horizon, xmax), moment, filter));
    } else {
      commands.push_back(changes_command(change, both(filter, newer), moment));
      commands.push_back(count_command(change, tables[i].has_unique_key, filter));
    }
    const std::string older = older_rows(change.layout, newer);
    if (!older.empty()) {
      commands.push_back(
          rows_command(change.layout, change.layout.columns, both(filter, older), change.changed));
    }
    // Without a horizon, whole rows come anyway.
    if (!newer.empty() && !change.layout_change.fill.empty() &&
        PLAYMIRROR_SAFEGUARD("new columns")) {
      change.fill_columns = change.layout.key_columns();
      change.fill_columns.insert(change.fill_columns.end(), change.layout_change.fill.begin(),
                                 change.layout_change.fill.end());
      commands.push_back(rows_command(change.layout, change.fill_columns, filter, change.fill));
    }
  }
  return commands;
}

TableChanges* ChangeReader::changes_of(std::string_view table) {
  const auto found = std::ranges::find_if(
      changes_, [&](const TableChanges& each) { return each.layout.name == table; });
  return found == changes_.end() ? nullptr : &*found;
}

std::int64_t ChangeReader::count_held(const sqlite::Database& database,
                                      const schema::TableLayout& table) {
  const std::int64_t pending = ingest::count_pending(database, table);
  const std::optional<std::int64_t> written = digest::kept_rows(database, table.name);
  if (written && mirror_.rows_are_counted()) return *written - pending;
  const std::int64_t rows = ingest::count_all_rows(database, table);
  if (written != rows) rows_add_up_ = false;
  return rows - pending;
}

void ChangeReader::count_here() {
  const SteadyReader reader(mirror_);
  for (TableChanges& table : changes_) {
    waiter_.tick();
    if (table.swept) table.here = count_held(reader.database(), table.layout);
  }
}

void ChangeReader::fetch_missing_tracks(const Moment& moment) {
  TableChanges* plays = changes_of("play_history");
  if (plays == nullptr || plays->swept || plays->changed.rows() == 0) return;
  std::vector<pg::Parameter> trackless;
  {
    const SteadyReader reader(mirror_);
    trackless = plays_without_track(reader.database(), *plays);
  }
  if (trackless.empty()) return;
  const pg::Parameter ids = pg::text_array(trackless);
  const std::string tracks = "(SELECT track_id FROM " + session_.qualified("play_history") +
                             " WHERE id = ANY ($1::bigint[]))";
  std::vector<pg::Command> commands;
  const auto ask = [&](std::string_view table, const std::string& condition) {
    commands.push_back(changes_command(*changes_of(table), condition, moment));
    commands.back().parameters = {ids};
  };
  ask("artists", "id IN (SELECT artist_id FROM " + session_.qualified("track_artists") +
                     " WHERE track_id IN " + tracks + ")");
  ask("tracks", "id IN " + tracks);
  ask("track_artists", "track_id IN " + tracks);
  session_.connection(waiter_).pipeline(std::move(commands), waiter_);
}

void ChangeReader::compare_keys() {
  std::map<std::string, BlockComparison> comparisons;
  {
    const SteadyReader reader(mirror_);
    for (TableChanges& table : changes_) {
      waiter_.tick();
      if (!table.swept) continue;
      const ingest::BlockCounts fresh = count_new(reader.database(), table);
      if (!table.here) table.here = count_held(reader.database(), table.layout);
      const std::int64_t here = *table.here + total(fresh);
      if (here == table.server_rows || !PLAYMIRROR_SAFEGUARD("count")) continue;
      ingest::BlockCounts blocks = ingest::count_blocks(reader.database(), table.layout);
      for (const auto& [block, count] : fresh) blocks[block] += count;
      comparisons[table.layout.name].here = std::move(blocks);
    }
  }
  // A table that has a problem is not among them.
  const bool all_counted = changes_.size() == schema::record_layouts().size() &&
                           std::ranges::all_of(changes_, &TableChanges::swept);
  if (all_counted && rows_add_up_) mirror_.note_rows_counted();
  if (comparisons.empty()) return;

  std::vector<pg::Command> commands;
  for (const TableChanges& table : changes_) {
    const auto found = comparisons.find(table.layout.name);
    if (found == comparisons.end()) continue;
    pg::Command command;
    command.sql = "SELECT " + session_.block_expression(table.layout) + ", count(*) FROM " +
                  session_.rows_of(table.layout) + " GROUP BY 1";
    command.doing = "count the key blocks of " + table.layout.name;
    command.on_row = [&counts = found->second.server](const pg::Row& row) {
      counts.emplace(row.text(0), row.integer(1));
    };
    commands.push_back(std::move(command));
  }
  session_.connection(waiter_).pipeline(std::move(commands), waiter_);

  commands.clear();
  for (TableChanges& table : changes_) {
    const auto found = comparisons.find(table.layout.name);
    if (found == comparisons.end()) continue;
    auto& [here, server] = found->second;
    std::vector<std::string> blocks_to_fetch;
    for (const auto& [block, count] : here) {
      const auto on_server = server.find(block);
      const std::int64_t other = on_server == server.end() ? 0 : on_server->second;
      if (count > other) table.blocks_to_thin.push_back(block);
      if (count > other) table.gone += count - other;
      if (count < other) blocks_to_fetch.push_back(block);
    }
    for (const auto& [block, count] : server) {
      if (!here.contains(block)) blocks_to_fetch.push_back(block);
    }
    const std::string condition = session_.block_expression(table.layout) + " = ANY ($1::text[])";
    if (!table.blocks_to_thin.empty()) {
      commands.push_back(
          rows_command(table.layout, table.layout.key_columns(), condition, table.keys));
      commands.back().parameters = {pg::text_array(as_parameters(table.blocks_to_thin))};
    }
    // Rows that the horizon rule cannot have missed are here again after damage or a foreign hand.
    if (!blocks_to_fetch.empty()) {
      commands.push_back(
          rows_command(table.layout, table.layout.columns, condition, table.changed));
      commands.back().parameters = {pg::text_array(as_parameters(blocks_to_fetch))};
    }
  }
  session_.connection(waiter_).pipeline(std::move(commands), waiter_);
}

}  // namespace playmirror::sync
