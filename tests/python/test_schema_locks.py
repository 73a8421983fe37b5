"""Pulls and migrations at the same moment: no table reads as empty, and neither waits long."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timezone

import playmirror as pm
import psycopg
import pytest
from databases import TABLES
from support.music_db import MusicDb

Check = Callable[[pm.Mirror, MusicDb], None]

# Rewrites a table, so that a snapshot taken before it commits sees the table empty.
REWRITES = {
    "artists": "ALTER TABLE artists ALTER COLUMN name TYPE text COLLATE \"C\"",
    "tracks": "ALTER TABLE tracks ALTER COLUMN duration_ms TYPE bigint",
    "track_artists": "CLUSTER track_artists USING track_artists_pkey",
    "play_history": "ALTER TABLE play_history ALTER COLUMN listened_ms TYPE bigint",
    "analysis_snapshots": "ALTER TABLE analysis_snapshots ALTER COLUMN id TYPE bigint",
    "playlist_config": "ALTER TABLE playlist_config ALTER COLUMN last_updated TYPE timestamptz",
}  # fmt: skip


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    return small_db


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as threads:
        yield threads


def commit_something(db: MusicDb) -> None:
    """So that the next pull has to look; what is merely under way changes nothing it could see."""
    db.execute("CREATE TABLE unrelated (); DROP TABLE unrelated")


def wait_until_somebody_waits(db: MusicDb, *, mode: str = "AccessShareLock") -> None:
    """Returns when a session of this database waits for a lock of that kind."""
    deadline = time.monotonic() + 20
    query = (
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
        "WHERE NOT granted AND mode LIKE %s AND datname = %s"
    )
    while db.execute(query, [mode, db.name]) == [(0,)]:
        assert time.monotonic() < deadline, "nobody waits for a lock"
        time.sleep(0.01)


@pytest.mark.parametrize("table", TABLES)
def test_a_rewrite_that_commits_during_a_pull_does_not_empty_a_table(
    table: str,
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
    background: ThreadPoolExecutor,
    assert_equal: Check,
) -> None:
    server.pull(mirror)
    migration = music_db.connect(autocommit=False)
    migration.execute(REWRITES[table])
    migration.execute("INSERT INTO play_history (source) VALUES ('with the migration')")
    commit_something(music_db)
    pull = background.submit(server.pull, mirror, lock_timeout=20)
    wait_until_somebody_waits(music_db)
    migration.commit()
    report = pull.result(30)
    assert not any(each.deleted or each.held_deletes for each in report.pulled.values())
    assert report.complete
    assert_equal(mirror, music_db)


def test_a_table_truncated_and_filled_again_during_a_pull_is_taken_whole(
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
    background: ThreadPoolExecutor,
    assert_equal: Check,
) -> None:
    server.pull(mirror)
    backend = music_db.connect(autocommit=False)
    backend.execute("CREATE TEMP TABLE kept AS SELECT * FROM play_history")
    backend.execute("TRUNCATE play_history")
    backend.execute("INSERT INTO play_history SELECT * FROM kept")
    commit_something(music_db)
    pull = background.submit(server.pull, mirror, lock_timeout=20)
    wait_until_somebody_waits(music_db)
    backend.commit()
    plays = pull.result(30).pulled["play_history"]
    assert (plays.deleted, plays.held_deletes) == (0, 0)
    assert_equal(mirror, music_db)


def test_a_truncated_table_keeps_its_rows_until_deletes_are_confirmed(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    plays = len(mirror.plays)
    music_db.execute("TRUNCATE play_history")
    report = server.pull(mirror)
    assert report.pulled["play_history"].held_deletes == plays == len(mirror.plays)
    server.pull(mirror, confirm_deletes=True)
    assert len(mirror.plays) == 0
    assert_equal(mirror, music_db)


def test_a_first_copy_waits_for_a_rewrite_and_takes_its_result(
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
    background: ThreadPoolExecutor,
    assert_equal: Check,
) -> None:
    migration = music_db.connect(autocommit=False)
    migration.execute(REWRITES["tracks"])
    commit_something(music_db)
    pull = background.submit(server.pull, mirror, lock_timeout=20)
    wait_until_somebody_waits(music_db)
    migration.commit()
    assert pull.result(30).complete
    assert_equal(mirror, music_db)


def test_pulls_beside_endless_rewrites_never_lose_a_row(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """The moments at which a migration commits are the machine's here."""
    server.pull(mirror)
    stop = threading.Event()

    def migrate() -> None:
        with psycopg.connect(music_db.dsn, autocommit=True) as connection:
            while not stop.is_set():
                for new_type in ("bigint", "integer"):
                    for table, column in (
                        ("play_history", "listened_ms"),
                        ("tracks", "popularity"),
                    ):
                        connection.execute(f"ALTER TABLE {table} ALTER {column} TYPE {new_type}")

    with ThreadPoolExecutor() as threads:
        migrating = threads.submit(migrate)
        try:
            for _ in range(15):
                report = server.pull(mirror, lock_timeout=20)
                for table in report.pulled.values():
                    assert (table.deleted, table.held_deletes, table.inserted) == (0, 0, 0)
        finally:
            stop.set()
        migrating.result(30)
    server.pull(mirror)
    assert_equal(mirror, music_db)


def test_a_pull_gives_up_behind_a_migration_and_does_not_hold_it_up(
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
    background: ThreadPoolExecutor,
    assert_equal: Check,
) -> None:
    server.pull(mirror)
    reading = music_db.connect(autocommit=False)
    reading.execute("SELECT count(*) FROM tracks")
    migrating: Future = background.submit(
        music_db.execute,
        "SET lock_timeout = '30s'; ALTER TABLE tracks ADD mood varchar DEFAULT 'calm' NOT NULL",
    )
    wait_until_somebody_waits(music_db, mode="AccessExclusiveLock")
    commit_something(music_db)

    began = time.monotonic()
    with pytest.raises(pm.Error) as error:
        server.pull(mirror, lock_timeout=0.3)
    assert 0.3 <= time.monotonic() - began < 2
    assert error.value.retryable
    assert error.value.sqlstate == "55P03"

    released = time.monotonic()
    reading.rollback()
    migrating.result(20)
    assert time.monotonic() - released < 2
    server.pull(mirror)
    assert_equal(mirror, music_db)


def test_a_first_copy_locks_only_the_table_that_it_reads(
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
    background: ThreadPoolExecutor,
    assert_equal: Check,
) -> None:
    waited = []

    def migrate(progress: pm.Progress) -> None:
        if progress.table == "track_artists" and not waited:
            began = time.monotonic()
            music_db.execute("SET lock_timeout = '5s'; ALTER TABLE tracks ADD COLUMN mood varchar")
            waited.append(time.monotonic() - began)

    report = server.pull(mirror, progress=migrate)
    assert report.complete
    assert waited and waited[0] < 2
    assert_equal(mirror, music_db)


def test_a_pull_does_not_wait_for_serializable_writers(
    music_db: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """As a deferrable transaction does; the settings of the database are not ours to obey."""
    for setting in ("isolation = 'serializable'", "deferrable = on"):
        music_db.execute(f"ALTER DATABASE {music_db.name} SET default_transaction_{setting}")
    with pm.connect(music_db.dsn, timeout=3) as server, music_db.connect(autocommit=False) as other:
        server.pull(mirror)
        commit_something(music_db)
        other.execute("SELECT * FROM tracks; UPDATE tracks SET popularity = 1")
        assert server.pull(mirror, sweep_interval=600).complete
        other.rollback()
    assert_equal(mirror, music_db)


@pytest.mark.parametrize(
    ("change", "wait"),
    [
        ("ALTER played_at TYPE timestamptz USING played_at AT TIME ZONE 'Europe/Berlin'", False),
        ("ADD COLUMN weather text NOT NULL", True),
        ("ALTER played_at TYPE date", True),
        ("RENAME track_id TO song", True),
    ],
)
def test_a_migration_under_way_when_a_push_begins_is_what_the_push_meets(
    music_db: MusicDb,
    mirror: pm.Mirror,
    background: ThreadPoolExecutor,
    change: str,
    wait: bool,
) -> None:
    """The rows are not made for the columns of before: they arrive as recorded, or wait."""
    music_db.execute("DELETE FROM play_history; INSERT INTO tracks (id) VALUES ('t1')")
    moment = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)
    with pm.connect(music_db.dsn, played_at_zone="Europe/Berlin") as server:
        server.pull(mirror)
        mirror.plays.add(track_id="t1", played_at=moment)
        migration = music_db.connect(autocommit=False)
        migration.execute("ALTER TABLE play_history " + change)
        push = background.submit(server.push, mirror, lock_timeout=20)
        wait_until_somebody_waits(music_db, mode="RowExclusiveLock")
        migration.commit()
        report = push.result(30)
        assert (report.pushed, report.waiting) == ((0, 1) if wait else (1, 0))
        if not wait:
            server.pull(mirror)
            assert [play.played_at for play in mirror.plays] == [moment]


def add_a_play(mirror: pm.Mirror) -> None:
    track = next(mirror.tracks.list(limit=1)).id
    mirror.plays.add(track_id=track, played_at="2026-07-01T12:00:00Z")


def test_a_table_that_is_dropped_while_a_push_waits_for_it(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, background: ThreadPoolExecutor
) -> None:
    server.pull(mirror)
    add_a_play(mirror)
    mirror.snapshots.add(date="2026-07-01T12:00:00Z", period_label="week")
    migration = music_db.connect(autocommit=False)
    migration.execute("DROP TABLE analysis_snapshots")
    push = background.submit(server.push, mirror, lock_timeout=20)
    wait_until_somebody_waits(music_db, mode="RowExclusiveLock")
    migration.commit()
    report = push.result(30)
    assert (report.pushed, report.waiting) == (1, 1)


def test_a_migration_in_two_steps_and_a_push_do_not_lock_each_other_up(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, background: ThreadPoolExecutor
) -> None:
    server.pull(mirror)
    add_a_play(mirror)
    with music_db.connect(autocommit=False) as migration:
        migration.execute("CREATE INDEX ON play_history (played_at)")
        push = background.submit(server.push, mirror, lock_timeout=20)
        wait_until_somebody_waits(music_db, mode="RowExclusiveLock")
        migration.execute("SET lock_timeout = '10s'; ALTER TABLE play_history ADD mood text")
    assert push.result(30).pushed == 1


@pytest.mark.parametrize(
    ("call", "first"),
    [
        *((call, "tracks") for call in ("pull", "push", "verify", "repair")),
        *((call, "play_history") for call in ("pull", "push", "verify", "repair")),
        ("pull", "alembic_version"),
        ("push", "playlist_config"),
    ],
)
def test_a_migration_of_several_tables_is_not_ended_for_our_sake(
    call: str,
    first: str,
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
    background: ThreadPoolExecutor,
    assert_equal: Check,
) -> None:
    """It takes longer to its second table than the server takes to look for a deadlock, which ends
    whoever waits by then: so we hold no lock while we wait for one."""
    server.pull(mirror)
    music_db.execute("UPDATE playlist_config SET description = 'It is asked for by a push'")
    server.pull(mirror)
    if call == "push":
        add_a_play(mirror)
        mirror.tracks.add(id="new")
    second = "play_history" if first == "tracks" else "tracks"
    with music_db.connect(autocommit=False) as migration:
        migration.execute(f"ALTER TABLE {first} ADD mood text")
        commit_something(music_db)
        options = {} if call in ("verify", "repair") else {"lock_timeout": 10}
        calling = background.submit(getattr(server, call), mirror, **options)
        wait_until_somebody_waits(music_db, mode="%Lock")
        time.sleep(1.1)  # deadlock_timeout
        migration.execute(f"SET lock_timeout = '8s'; ALTER TABLE {second} ADD mood text")
        migration.commit()
    calling.result(20)
    server.sync(mirror)
    assert_equal(mirror, music_db)
