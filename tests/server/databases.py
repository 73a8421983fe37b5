"""Music databases on a test server: one template made by the migrations, copies of it per test.

Every function takes the server first: a `Cluster`, or `Attached(dsn)` for one that somebody else
started (tests under with_server.py find it in PLAYMIRROR_TEST_DSN). This directory is no package:
users outside it put it on `sys.path`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Protocol

import psycopg
from cluster import SUPERUSER, ClusterError, psql
from psycopg.conninfo import make_conninfo

HERE = Path(__file__).resolve().parent
TEMPLATE = "music_template"
TABLES = (
    "artists",
    "tracks",
    "track_artists",
    "play_history",
    "analysis_snapshots",
    "playlist_config",
)
WRITTEN_TABLES = ("artists", "tracks", "track_artists", "play_history", "analysis_snapshots")
SEQUENCES = ("play_history_id_seq", "analysis_snapshots_id_seq")


class Server(Protocol):
    def dsn(self, dbname: str = ..., user: str = ...) -> str: ...
    def psql(self, sql: str, dbname: str = ..., user: str = ...) -> str: ...


class Attached:
    """A running server that is not ours to start or stop."""

    def __init__(self, dsn: str):
        self._dsn = dsn

    def dsn(self, dbname: str = "postgres", user: str = SUPERUSER) -> str:
        # Each keyword once: a service file that is made of it counts the first, a string the last.
        return make_conninfo(self._dsn, dbname=dbname, user=user)

    def psql(self, sql: str, dbname: str = "postgres", user: str = SUPERUSER) -> str:
        return psql(self.dsn(dbname, user), sql)


def alembic(server: Server, database: str, *arguments: str) -> str:
    """Runs alembic on a database, as in `alembic(server, "music", "downgrade", "-1")`."""
    done = subprocess.run(
        [
            sys.executable, "-m", "alembic", "-c", str(HERE / "alembic.ini"),
            "-x", f"dsn={server.dsn(database)}", *arguments,
        ],
        capture_output=True,
        text=True,
    )  # fmt: skip
    if done.returncode != 0:
        raise ClusterError(f"alembic {' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout


def make_template(server: Server) -> None:
    """Makes the empty music database that create_database() copies, unless it is there."""
    if server.psql(f"SELECT count(*) FROM pg_database WHERE datname = '{TEMPLATE}'") == "0":
        server.psql(f"CREATE DATABASE {TEMPLATE}")
        alembic(server, TEMPLATE, "upgrade", "head")


def create_database(server: Server, name: str, template: str = TEMPLATE) -> str:
    """Makes a copy of the template (or of any database nobody is in) and returns its DSN."""
    _execute(server, f"CREATE DATABASE {quote(name)} TEMPLATE {quote(template)}")
    return server.dsn(name)


def drop_database(server: Server, name: str) -> None:
    """Drops a database, ending whoever is still in it."""
    _execute(server, f"DROP DATABASE IF EXISTS {quote(name)} WITH (FORCE)")


def _execute(server: Server, statement: str) -> None:
    """Without a program of its own, as every test does it twice."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(statement)


def create_plain_role(
    server: Server, database: str, role: str = "laptop", password: str | None = None
) -> str:
    """A role with just the rights that playmirror needs in this database; returns its DSN.

    The role is the server's: a second database may grant to the same one. The DSN never holds the
    password; to have it asked for, call `Cluster.require_password(role)`.
    """
    if server.psql(f"SELECT count(*) FROM pg_roles WHERE rolname = {literal(role)}") == "0":
        server.psql(f"CREATE ROLE {quote(role)} LOGIN")
    if password is not None:
        server.psql(f"ALTER ROLE {quote(role)} PASSWORD {literal(password)}")
    server.psql(
        f"""
        GRANT SELECT ON {", ".join(TABLES)}, alembic_version TO {quote(role)};
        GRANT INSERT ON {", ".join(WRITTEN_TABLES)} TO {quote(role)};
        GRANT USAGE ON SEQUENCE {", ".join(SEQUENCES)} TO {quote(role)};
        """,
        database,
    )
    return server.dsn(database, role)


def drop_role(server: Server, role: str) -> None:
    """Drops a role once every database in which it holds rights is gone."""
    server.psql(f"DROP ROLE IF EXISTS {quote(role)}")


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
