"""Tables in parts: what a partition brings that was filled long before it was attached."""

from __future__ import annotations

import playmirror as pm
import pytest
from psycopg.conninfo import conninfo_to_dict
from support.faults import add_play, add_tracks
from support.music_db import MusicDb

PARTITIONED = """
ALTER TABLE play_history RENAME TO old_plays;
CREATE TABLE play_history (LIKE old_plays INCLUDING DEFAULTS, PRIMARY KEY (id, played_at))
    PARTITION BY RANGE (played_at);
CREATE TABLE plays_2025 PARTITION OF play_history
    FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE plays_2026 PARTITION OF play_history FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO play_history (track_id, played_at, listened_ms)
    SELECT 't1', timestamp '2025-03-01' + n * interval '1 hour', 1 FROM generate_series(1, 40) n;
INSERT INTO play_history (track_id, played_at, listened_ms)
    SELECT 't1', timestamp '2026-03-01' + n * interval '1 hour', 1 FROM generate_series(1, 40) n;
"""

#: The year anew, filled beforehand and put in its place at one stroke.
REFILL = """
CREATE TABLE refilled (LIKE plays_2025 INCLUDING ALL);
INSERT INTO refilled (id, track_id, played_at, listened_ms)
    SELECT id, track_id, played_at, 777 FROM plays_2025
"""
SWAP = """
BEGIN;
ALTER TABLE play_history DETACH PARTITION plays_2025;
ALTER TABLE play_history ATTACH PARTITION refilled FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
COMMIT
"""


@pytest.fixture
def music_db(music_db: MusicDb) -> MusicDb:
    add_tracks(music_db, "t1")
    music_db.execute(PARTITIONED)
    return music_db


def pull_and_compare(server: pm.Server, mirror: pm.Mirror, db: MusicDb) -> pm.SyncReport:
    """Compared by SQL of our own: a verify could share the fault."""
    report = server.pull(mirror, confirm_deletes=True)
    query = "SELECT id, listened_ms FROM play_history ORDER BY id"
    assert list(mirror.sql(query)) == db.execute(query)
    assert report.complete
    return report


def test_a_partition_that_takes_the_place_of_another_is_read(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    pull_and_compare(server, mirror, music_db)
    music_db.execute(REFILL)
    for _ in range(2):  # the horizon passes what was filled
        music_db.execute("INSERT INTO artists (id) SELECT count(*)::text FROM artists")
        pull_and_compare(server, mirror, music_db)
    music_db.execute(SWAP)
    assert pull_and_compare(server, mirror, music_db).pulled["play_history"].updated == 40

    # Once it was read, it is no longer read as a whole.
    music_db.execute("INSERT INTO play_history (played_at) VALUES ('2026-07-01')")
    plays = pull_and_compare(server, mirror, music_db).pulled["play_history"]
    assert (plays.inserted, plays.unchanged) == (1, 0)


def test_a_partition_that_hides_deletes_by_its_number_of_rows(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    music_db.execute("CREATE TABLE early (LIKE plays_2025 INCLUDING ALL); "
                     "INSERT INTO early (id, played_at) SELECT 1000 + n, timestamp '2024-05-01' "
                     "+ n * interval '1 hour' FROM generate_series(1, 30) n")  # fmt: skip
    for _ in range(2):
        music_db.execute("INSERT INTO artists (id) SELECT count(*)::text FROM artists")
        pull_and_compare(server, mirror, music_db)
    music_db.execute("BEGIN; ALTER TABLE play_history ATTACH PARTITION early FOR VALUES FROM "
                     "('2024-01-01') TO ('2025-01-01'); DELETE FROM play_history WHERE id <= 30; "
                     "COMMIT")  # fmt: skip
    pull_and_compare(server, mirror, music_db)


def test_a_table_that_begins_to_inherit_is_read(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    music_db.execute("CREATE TABLE more (LIKE artists); INSERT INTO more (id) VALUES ('heir')")
    music_db.execute("INSERT INTO artists (id) VALUES ('old')")
    for _ in range(2):
        music_db.execute("INSERT INTO analysis_snapshots (period_label) VALUES ('x')")
        pull_and_compare(server, mirror, music_db)
    music_db.execute("BEGIN; ALTER TABLE more INHERIT artists; DELETE FROM artists "
                     "WHERE id = 'old'; COMMIT")  # fmt: skip
    pull_and_compare(server, mirror, music_db)
    assert [artist.id for artist in mirror.artists.list()] == ["heir"]


def test_a_foreign_table_among_the_parts_stops_the_table(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    there = conninfo_to_dict(music_db.dsn)
    music_db.execute(
        "CREATE EXTENSION postgres_fdw; CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw "
        f"OPTIONS (host '{there['host']}', port '{there['port']}', dbname '{music_db.name}'); "
        "CREATE USER MAPPING FOR current_user SERVER elsewhere OPTIONS (user 'postgres'); "
        "CREATE TABLE far (LIKE artists); CREATE FOREIGN TABLE near () INHERITS (artists) "
        "SERVER elsewhere OPTIONS (table_name 'far')"
    )
    report = server.pull(mirror)
    assert not report.complete
    assert report.pulled["artists"].problem_code == "schema_mismatch"
    assert "foreign" in report.pulled["artists"].problem
    music_db.execute("DROP FOREIGN TABLE near")
    assert server.pull(mirror).complete


def test_a_play_that_an_attached_partition_has_is_not_sent_again(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    pull_and_compare(server, mirror, music_db)
    play = add_play(mirror, 1)
    music_db.execute("CREATE TABLE late (LIKE plays_2025 INCLUDING ALL)")
    music_db.execute("INSERT INTO late (id, track_id, played_at) VALUES (5000, 't1', %s)",
                     [play.played_at.replace(tzinfo=None)])  # fmt: skip
    for _ in range(2):
        music_db.execute("INSERT INTO artists (id) SELECT count(*)::text FROM artists")
        pull_and_compare_pending(server, mirror)
    music_db.execute("BEGIN; ALTER TABLE play_history DETACH PARTITION plays_2026; "
                     "ALTER TABLE play_history ATTACH PARTITION late FOR VALUES FROM "
                     "('2026-01-01') TO ('2027-01-01'); COMMIT")  # fmt: skip
    report = server.push(mirror)
    assert (report.pushed, report.already_there) == (0, 1)


def pull_and_compare_pending(server: pm.Server, mirror: pm.Mirror) -> None:
    assert server.pull(mirror).complete
    assert mirror.status().queued == 1
