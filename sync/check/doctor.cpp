#include "sync/check/doctor.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace playmirror::sync {
namespace {

constexpr std::array kWrittenTables{"artists", "tracks", "track_artists", "play_history",
                                    "analysis_snapshots"};

class Findings {
 public:
  void ok(std::string what) { add(Finding::Level::ok, std::move(what), ""); }
  void advice(std::string what, std::string remedy) {
    add(Finding::Level::advice, std::move(what), std::move(remedy));
  }
  void problem(std::string what, std::string remedy) {
    report_.ok = false;
    add(Finding::Level::problem, std::move(what), std::move(remedy));
  }
  [[nodiscard]] DoctorReport take() { return std::move(report_); }

 private:
  void add(Finding::Level level, std::string what, std::string remedy) {
    report_.findings.push_back({level, std::move(what), std::move(remedy)});
  }
  DoctorReport report_;
};

struct RoleFacts {
  std::string role = {};
  std::string database = {};
  bool schema_usage = false;
  bool encrypted = false;
  bool in_recovery = false;
  bool read_only = false;
};

/// A sequence that an insert into a written table uses, and whether our role may.
struct SequenceFact {
  std::string name = {};  ///< qualified and quoted
  bool usable = false;
};

void examine_tables(const ServerSession& session, const Catalog& catalog, const std::string& role,
                    Findings& findings) {
  const std::string to_role = " TO " + pg::quoted(role) + ";";
  for (const auto& [name, table] : catalog.tables) {
    const std::string qualified = session.qualified(name);
    if (table.kind == 0) {
      findings.problem("There is no table " + name + " in schema " + session.options().schema + ".",
                       "Run the backend's migrations, or choose another schema.");
      continue;
    }
    if (!table.readable) {
      findings.problem("The role may not read " + name + ".",
                       "GRANT SELECT ON " + qualified + to_role);
    } else if (table.problem) {
      findings.problem(table.problem->message + ".", table.problem->hint);
    }
    const bool written = std::ranges::find(kWrittenTables, name) != kWrittenTables.end();
    if (written && !table.insertable) {
      findings.problem("The role may not insert into " + name +
                           (name == "play_history" || name == "analysis_snapshots"
                                ? "."
                                : ", which a new track recorded offline needs."),
                       "GRANT INSERT ON " + qualified + to_role);
    }
    for (const ServerColumn& column : table.columns) {
      const schema::TableLayout& known = schema::record_layout(name);
      if (written && column.not_null && !column.has_default && !known.find(column.layout.name)) {
        findings.problem("Column " + column.layout.name + " of " + name +
                             " demands a value that playmirror does not know.",
                         "ALTER TABLE " + qualified + " ALTER COLUMN " +
                             pg::quoted(column.layout.name) + " SET DEFAULT ...;");
      }
    }
  }
}

}  // namespace

DoctorReport examine(ServerSession& session, pg::Waiter& waiter) {
  Findings findings;
  RoleFacts facts;
  Catalog catalog;
  std::vector<SequenceFact> sequences;
  const std::string& schema = session.options().schema;

  pg::Connection& server = session.connection(waiter);
  server.abandon_transaction();
  std::vector<pg::Command> commands(3);
  commands[0].sql =
      "SELECT current_user, pg_catalog.current_database(), "
      "coalesce((SELECT pg_catalog.has_schema_privilege(oid, 'USAGE') "
      "FROM pg_catalog.pg_namespace WHERE nspname = $1), false), "
      "coalesce((SELECT ssl FROM pg_catalog.pg_stat_ssl "
      "WHERE pid = pg_catalog.pg_backend_pid()), false) "
      "OR pg_catalog.inet_server_addr() IS NULL "
      "OR pg_catalog.inet_server_addr() <<= '127.0.0.0/8' "
      "OR pg_catalog.host(pg_catalog.inet_server_addr()) = '::1', "
      "pg_catalog.pg_is_in_recovery(), "
      "pg_catalog.current_setting('default_transaction_read_only') = 'on'";
  commands[0].parameters = {schema};
  commands[0].doing = "look at the role";
  commands[0].on_result = [&](const pg::Result& result) {
    const pg::Row row = result[0];
    facts = {row.text(0),    row.text(1),    row.boolean(2),
             row.boolean(3), row.boolean(4), row.boolean(5)};
  };
  commands[1].sql = catalog_sql(schema, server.server_version());
  commands[1].doing = "read the catalog";
  commands[1].on_result = [&](const pg::Result& result) { catalog = read_catalog(result, schema); };
  commands[2].sql =
      // Either privilege lets one draw numbers.
      "SELECT n.nspname, s.relname, pg_catalog.has_sequence_privilege(s.oid, 'USAGE, UPDATE') "
      "FROM pg_catalog.pg_class t "
      "JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace AND tn.nspname = $1 "
      "JOIN pg_catalog.pg_depend d ON d.refobjid = t.oid AND d.deptype IN ('a', 'i') "
      "AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass "
      "AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass "
      "JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S' "
      "JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace "
      "WHERE t.relname IN ('play_history', 'analysis_snapshots') AND d.deptype = 'a' "
      "ORDER BY 1, 2";
  commands[2].parameters = {schema};
  commands[2].doing = "look at the sequences";
  commands[2].on_row = [&](const pg::Row& row) {
    sequences.push_back({pg::quoted(row.text(0)) + "." + pg::quoted(row.text(1)), row.boolean(2)});
  };
  server.pipeline(std::move(commands), waiter);

  findings.ok("Connected to " + server.name() + " as " + facts.role + ", PostgreSQL " +
              std::to_string(server.server_version() / 10000) + ".");
  if (!facts.schema_usage) {
    findings.problem(
        "The role may not use schema " + schema + ".",
        "GRANT USAGE ON SCHEMA " + pg::quoted(schema) + " TO " + pg::quoted(facts.role) + ";");
  }
  examine_tables(session, catalog, facts.role, findings);
  for (const SequenceFact& sequence : sequences) {
    if (sequence.usable) continue;
    findings.problem(
        "The role may not draw numbers from " + sequence.name + ", which a pushed row needs.",
        "GRANT USAGE ON SEQUENCE " + sequence.name + " TO " + pg::quoted(facts.role) + ";");
  }
  if (!catalog.has_alembic_version) {
    findings.advice("The role cannot read alembic_version: reports will not name the migration.",
                    "GRANT SELECT ON " + session.qualified("alembic_version") + " TO " +
                        pg::quoted(facts.role) + ";");
  }
  if (!facts.encrypted) {
    findings.advice("The connection is not encrypted.",
                    "Set sslmode=verify-full with the server's CA certificate.");
  }
  if (facts.in_recovery) {
    findings.advice("The server is a standby: it can be pulled from, not pushed to.",
                    "Connect to the primary to push.");
  } else if (facts.read_only) {
    findings.problem(
        "default_transaction_read_only is on: the server can be pulled from, not "
        "pushed to.",
        "ALTER ROLE " + pg::quoted(facts.role) + " IN DATABASE " + pg::quoted(facts.database) +
            " SET default_transaction_read_only = off;");
  }
  return findings.take();
}

}  // namespace playmirror::sync
