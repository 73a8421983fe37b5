"""Between any two steps of a first copy, a pull, a push and a repair, the process is killed, or a
migration is made from another connection. Whatever it is: the file stays readable, nothing is taken
from it that the server has, and when the migration is undone, the next sync makes all equal, each
play on the server once."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import playmirror as pm
import psycopg
import pytest
from databases import TABLES
from support import hooks
from support.comparing import assert_same_rows
from support.faults import add_play, memory_directory, plays_on_server
from support.forker import Forker
from support.model_backend import BEGINNING, ROLE, Migration
from support.music_db import MusicDb

MIGRATIONS = {
    "add a column": Migration(
        "ALTER TABLE tracks ADD COLUMN mood varchar NOT NULL DEFAULT 'calm'",
        "ALTER TABLE tracks DROP COLUMN mood",
    ),
    "demand a column": Migration(
        "ALTER TABLE play_history ADD COLUMN device integer NOT NULL DEFAULT 1;"
        "ALTER TABLE play_history ALTER device DROP DEFAULT",
        "ALTER TABLE play_history DROP COLUMN device",
    ),
    "drop a column": Migration(
        "ALTER TABLE tracks DROP COLUMN tempo",
        "ALTER TABLE tracks ADD COLUMN tempo float DEFAULT 90",
    ),
    "rename a column": Migration(
        "ALTER TABLE play_history RENAME source TO origin",
        "ALTER TABLE play_history RENAME origin TO source",
    ),
    "retype a column": Migration(
        "ALTER TABLE artists ALTER name TYPE json USING to_json(name)",
        "ALTER TABLE artists ALTER name TYPE varchar USING name #>> '{}'",
    ),
    "rewrite a table": Migration(
        "ALTER TABLE playlist_config ALTER composition TYPE jsonb",
        "ALTER TABLE playlist_config ALTER composition TYPE json",
    ),
    "empty a table": Migration(
        "CREATE TABLE kept AS TABLE track_artists; TRUNCATE track_artists",
        "INSERT INTO track_artists TABLE kept; DROP TABLE kept",
    ),
    "rename a table": Migration(
        "ALTER TABLE analysis_snapshots RENAME TO old_snapshots",
        "ALTER TABLE old_snapshots RENAME TO analysis_snapshots",
    ),
    "replace a table": Migration(
        "CREATE TABLE copy (LIKE playlist_config INCLUDING ALL);"
        "INSERT INTO copy SELECT key, 'of the copy' FROM playlist_config;"
        "DROP TABLE playlist_config; ALTER TABLE copy RENAME TO playlist_config;"
        f"GRANT SELECT ON playlist_config TO {ROLE}",
        "UPDATE playlist_config SET description = 'again'",
    ),
    "put a view in its place": Migration(
        "ALTER TABLE tracks RENAME TO tracks_table; CREATE VIEW tracks AS TABLE tracks_table;"
        f"GRANT SELECT ON tracks TO {ROLE}",
        "DROP VIEW tracks; ALTER TABLE tracks_table RENAME TO tracks",
    ),
    "hide rows": Migration(
        "ALTER TABLE playlist_config ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE playlist_config DISABLE ROW LEVEL SECURITY",
    ),
    "take rights away": Migration(
        f"REVOKE INSERT, SELECT ON play_history FROM {ROLE}",
        f"GRANT INSERT, SELECT ON play_history TO {ROLE}",
    ),
    "shadow a table": Migration(
        f"CREATE SCHEMA {ROLE}; CREATE TABLE {ROLE}.tracks AS TABLE public.tracks WITH NO DATA;"
        f"GRANT ALL ON SCHEMA {ROLE} TO {ROLE}; GRANT ALL ON {ROLE}.tracks TO {ROLE}",
        f"DROP SCHEMA {ROLE} CASCADE",
    ),
}


#: What a sync may end with that a migration has come across; docs/errors.md tells of each.
REFUSALS = {
    "row_security",
    "schema_mismatch",
    "permission_denied",
    "server_refused",
}


@contextlib.contextmanager
def at_most_refused() -> Iterator[None]:
    """Any error is one of those, and says what to do."""
    try:
        yield
    except pm.Error as error:
        assert error.code in REFUSALS, error.code
        assert error.hint, error


@dataclass
class Bench:
    """A database, and the files that a first copy and a sync begin with."""

    db: MusicDb
    directory: Path

    def __post_init__(self) -> None:
        self.db.execute(BEGINNING)
        self.dsn = self.db.plain_role()
        self.sql: psycopg.Connection = self.db.connect()
        self.sql.execute("SET TimeZone = 'UTC'")
        self._begun = self.directory / "begun.db"
        with pm.open(self._begun) as mirror, pm.connect(self.dsn) as server:
            server.pull(mirror)
            add_play(mirror, 1, source="device")
        self.sql.execute(
            "UPDATE tracks SET tempo = tempo + 1; UPDATE playlist_config SET description = 'new';"
            "DELETE FROM play_history WHERE listened_ms = 5"
        )

    def file(self, operation: str) -> Path:
        path = self.directory / "music.db"
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        if operation != "first copy":
            shutil.copy(self._begun, path)
        if operation == "repair":
            damage(path, "rows")
        return path

    def steps(self, operation: str) -> list[str]:
        steps: list[str] = []
        with hooks.at_steps(steps.append), pm.open(self.file(operation)) as mirror:
            self.run(operation, mirror)
        self.take_back()
        return steps

    def run(self, operation: str, mirror: pm.Mirror) -> set[str]:
        """Does it; the tables that are whole behind it."""
        with pm.connect(self.dsn, timeout=20) as server:
            if operation == "repair":
                repaired = server.repair(mirror).tables
                broken = {name for name, table in repaired.items() if table.problem}
            else:
                broken = set()
            pulled = server.sync(mirror).pulled
        return {name for name in TABLES if not pulled[name].problem} - broken

    def run_as_far_as_possible(self, operation: str, mirror: pm.Mirror) -> None:
        """What can be read is as on the server."""
        with at_most_refused():
            assert_same_rows(mirror.path, self.sql, sorted(self.run(operation, mirror)))

    def check(self, operation: str, mirror: pm.Mirror) -> None:
        mirror.retry()
        self.run(operation, mirror)
        assert mirror.pending() == []
        assert mirror.verify().ok
        with pm.connect(self.dsn, timeout=20) as server:
            assert server.verify(mirror).equal
        assert_same_rows(mirror.path, self.sql, TABLES)
        expected = 7 if operation == "first copy" else 8
        assert plays_on_server(self.sql) == (expected, expected)

    def take_back(self) -> None:
        self.sql.execute("DELETE FROM play_history WHERE source = 'device'")


@pytest.fixture
def bench(music_db: MusicDb) -> Iterator[Bench]:
    with memory_directory() as directory:
        yield Bench(music_db, directory)


@pytest.mark.parametrize("operation", ["first copy", "sync"])
def test_a_process_killed_at_any_step(
    operation: str, bench: Bench, record_property: Callable[[str, object], None]
) -> None:
    steps = bench.steps(operation)
    assert len(steps) > 10
    record_property("cases", len(steps))
    with Forker() as forker:
        for number, step in enumerate(steps, start=1):
            path = bench.file(operation)
            child = forker.run("support.jobs:killed_at_step", path, bench.dsn, number)
            print(f"killed at step {number}, {step}")
            assert child.code == -9
            with pm.open(path) as mirror:
                mirror.plays.recent(10)
                bench.check(operation, mirror)
            bench.take_back()


def damage(path: Path, kind: str) -> None:
    """By a foreign hand: other values, or a page that SQLite cannot read."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        if kind == "rows":
            connection.executescript(
                "UPDATE tracks SET name = 'damaged'; DELETE FROM artists;"
                "UPDATE play_history SET source = 'damaged' WHERE id > 0"
            )
            return
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'tracks'"
        [page] = connection.execute(query).fetchone()
        [size] = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


@pytest.mark.parametrize("kind", ["rows", "page"])
def test_a_repair_killed_at_any_step(
    kind: str, bench: Bench, record_property: Callable[[str, object], None]
) -> None:
    def broken() -> Path:
        for leftover in bench.directory.glob("music.db*"):
            leftover.unlink()
        path = bench.file("sync")
        damage(path, kind)
        return path

    steps: list[str] = []
    with pm.open(broken()) as mirror, pm.connect(bench.dsn) as server, hooks.at_steps(steps.append):
        report = server.repair(mirror)
    assert (report.salvaged.set_aside is not None) == (kind == "page")
    assert len(steps) > 3
    record_property("cases", len(steps))
    with Forker() as forker:
        for number, step in enumerate(steps, start=1):
            path = broken()
            child = forker.run("support.jobs:killed_at_step", path, bench.dsn, number, "repair")
            print(f"killed at step {number}, {step}")
            assert child.code == -9
            with pm.open(path) as mirror:
                with pm.connect(bench.dsn, timeout=20) as server:
                    server.repair(mirror)
                bench.check("sync", mirror)
            bench.take_back()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", MIGRATIONS)
def test_a_migration_at_any_step(
    name: str, bench: Bench, record_property: Callable[[str, object], None]
) -> None:
    migration = MIGRATIONS[name]
    cases, made_at_once = 0, 0
    for operation in ("first copy", "sync", "repair"):
        for number, step in enumerate(bench.steps(operation), start=1):
            print(f"{operation}, step {number}: {step}")
            made = migrate_at_step(bench, operation, number, migration)
            cases += 1
            made_at_once += made
            with pm.open(bench.directory / "music.db") as mirror:
                bench.run_as_far_as_possible(operation, mirror)
                bench.sql.execute(migration.down)
                bench.check(operation, mirror)
            bench.take_back()
    print(f"{name}: {cases} cases, {made_at_once} of them not kept waiting by a lock")
    record_property("cases", cases)
    assert made_at_once > cases // 4


def migrate_at_step(bench: Bench, operation: str, number: int, migration: Migration) -> bool:
    """With the migration at the n-th step, or behind the operation if a lock keeps it waiting."""
    path = bench.file(operation)
    taken: list[str] = []
    made: list[str] = []

    def migrate(step: str) -> None:
        taken.append(step)
        if len(taken) != number:
            return
        try:
            bench.sql.execute("SET lock_timeout = '30ms'")
            bench.sql.execute(migration.up)
            made.append(step)
        except psycopg.errors.LockNotAvailable:
            pass
        finally:
            # Behind the operation, a connection that was closed may hold its locks a while longer.
            bench.sql.execute("RESET lock_timeout")

    with hooks.at_steps(migrate), pm.open(path) as mirror, at_most_refused():
        bench.run(operation, mirror)
    if not made:
        bench.sql.execute(migration.up)
    return bool(made)
