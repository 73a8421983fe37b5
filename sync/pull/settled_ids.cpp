#include "sync/pull/settled_ids.hpp"

#include "core/test_hooks.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace playmirror::sync {
namespace {

/// How many plays may have ids that the sequence has not reached: they come anew with every pull.
constexpr std::int64_t kMostBeyond = 1'000;

/// The sequences that the ids of a table come from: that of an identity column, or the one in
/// `nextval('...'::regclass)`. Any other default leaves the list empty.
std::string sequences_of(const ServerTable& table, const schema::ColumnLayout& id) {
  const std::string relation = std::to_string(table.relation);
  const std::string column = std::to_string(id.number);
  return "(SELECT d.objid FROM pg_catalog.pg_depend d "
         "WHERE d.classid = 'pg_catalog.pg_class'::regclass "
         "AND d.refclassid = 'pg_catalog.pg_class'::regclass "
         "AND d.refobjid = " +
         relation + " AND d.refobjsubid = " + column +
         " AND d.deptype = 'i' "
         "UNION SELECT d.refobjid FROM pg_catalog.pg_attrdef a "
         "JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::regclass "
         "AND d.objid = a.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass "
         "JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind = 'S' "
         "WHERE a.adrelid = " +
         relation + " AND a.adnum = " + column +
         " AND pg_catalog.pg_get_expr(a.adbin, a.adrelid) ~ "
         "'^(pg_catalog\\.)?nextval\\(''[^'']+''::(pg_catalog\\.)?regclass\\)$')";
}

pg::Command command(std::string sql, std::string_view path = {}) {
  pg::Command result;
  result.sql = std::move(sql);
  result.kept_under = path;
  result.doing = "see which plays are settled";
  return result;
}

}  // namespace

std::string SettledPlays::to_text() const {
  return std::to_string(relation) + '/' + std::to_string(upto);
}

std::optional<SettledPlays> SettledPlays::parse(const std::string& text) {
  SettledPlays settled;
  const char* const end = text.data() + text.size();
  const auto relation = std::from_chars(text.data(), end, settled.relation);
  if (relation.ec != std::errc() || relation.ptr == end || *relation.ptr != '/') return {};
  const auto upto = std::from_chars(relation.ptr + 1, end, settled.upto);
  if (upto.ec != std::errc() || upto.ptr != end) return {};
  return settled;
}

std::vector<pg::Command> SettledIds::commands(const ServerSession& session,
                                              const ServerTable& plays,
                                              std::chrono::milliseconds lock_timeout) {
  relation_ = plays.relation;
  largest_.reset();
  drawn_.reset();
  counts_ = is_free_ = false;

  std::vector<pg::Command> commands;
  // Whatever the role has set: one that is serializable and deferrable waits for others to end.
  commands.push_back(command("BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY"));
  for (std::string& setting : ServerSession::pinned_settings(lock_timeout)) {
    commands.push_back(command(std::move(setting)));
  }
  commands.push_back(command("SELECT max(id) FROM " + session.qualified(plays.name), kCatalogOnly));
  commands.back().on_result = [this](const pg::Result& result) {
    if (!result[0].is_null(0)) largest_ = result[0].integer(0);
  };
  const std::string sequences = sequences_of(plays, plays.find("id")->layout);
  commands.push_back(command(
      "SELECT counts, drawn, (SELECT count(*) FROM (SELECT FROM " + session.qualified(plays.name) +
          " WHERE id > drawn LIMIT " + std::to_string(kMostBeyond + 1) +
          ") beyond) FROM (SELECT seqcache = 1 AND seqincrement > 0 AND NOT seqcycle "
          "AND NOT pg_catalog.pg_is_in_recovery() AS counts, "
          "CASE WHEN pg_catalog.has_sequence_privilege(seqrelid, 'USAGE, SELECT') THEN "
          "coalesce(pg_catalog.pg_sequence_last_value(seqrelid), seqstart - seqincrement) END AS "
          "drawn "
          "FROM pg_catalog.pg_sequence WHERE seqrelid IN " +
          sequences + " OFFSET 0) sequence",
      kCatalogOnly));
  commands.back().on_result = [this](const pg::Result& result) {
    if (result.size() != 1) return;
    counts_ = result[0].boolean(0) && result[0].integer(2) <= kMostBeyond;
    if (!result[0].is_null(1)) drawn_ = result[0].integer(1);
  };
  // A prepared transaction has no process.
  commands.push_back(
      command("SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'relation' "
              "AND database = (SELECT oid FROM pg_catalog.pg_database "
              "WHERE datname = pg_catalog.current_database()) "
              "AND pid IS DISTINCT FROM pg_catalog.pg_backend_pid() AND relation IN " +
                  sequences + ")",
              kCatalogOnly));
  commands.back().on_result = [this](const pg::Result& result) { is_free_ = result[0].boolean(0); };
  commands.push_back(command("COMMIT"));
  return commands;
}

bool SettledIds::confirm(const SettledPlays& earlier) const {
  return counts_ && relation_ == earlier.relation && largest_ >= earlier.upto &&
         (!drawn_ || *drawn_ >= earlier.upto);
}

std::optional<SettledPlays> SettledIds::now() const {
  if (!counts_ || !largest_) return std::nullopt;
  if (!is_free_ && PLAYMIRROR_SAFEGUARD("sequence lock")) return std::nullopt;
  // An id that nobody drew may lie far above those that will be.
  return SettledPlays{relation_, drawn_ ? std::min(*largest_, *drawn_) : *largest_};
}

}  // namespace playmirror::sync
