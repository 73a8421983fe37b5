"""Rows of the server that share a key. A mirror has room for one of them, and equal counts would no
longer mean equal sets: the table stops, with the reason, until each row has a key of its own."""

from __future__ import annotations

import playmirror as pm
import pytest
from support.music_db import MusicDb

#: As a table is partitioned by time: its primary key must hold the time as well.
PARTITIONED = """
ALTER TABLE play_history RENAME TO old_plays;
CREATE TABLE play_history (LIKE old_plays INCLUDING DEFAULTS, PRIMARY KEY (id, played_at))
    PARTITION BY RANGE (played_at);
CREATE TABLE plays_before PARTITION OF play_history FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
CREATE TABLE plays_since PARTITION OF play_history FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
"""

#: With an id twice, and no index that would forbid it.
KEYLESS = "ALTER TABLE play_history DROP CONSTRAINT play_history_pkey"

#: Rows of another table, which inherits from this one, belong to it without its index.
INHERITED = "CREATE TABLE more_plays () INHERITS (play_history)"


def add(db: MusicDb, id: int, at: str, table: str = "play_history") -> None:
    db.execute(f"INSERT INTO {table} (id, played_at) VALUES (%s, %s)", [id, at])


def same_plays(mirror: pm.Mirror, db: MusicDb) -> bool:
    here = mirror.sql("SELECT id, CAST(played_at AS TEXT) AS at FROM play_history ORDER BY 1, 2")
    there = db.execute("SELECT id, played_at::text FROM play_history ORDER BY 1, 2")
    return list(here) == there


@pytest.fixture(params=[PARTITIONED, KEYLESS, INHERITED], ids=["partitioned", "keyless", "heirs"])
def second_table(request: pytest.FixtureRequest, music_db: MusicDb) -> str:
    """The table that takes an id for the second time."""
    music_db.execute(request.param)
    return "more_plays" if request.param == INHERITED else "play_history"


def test_keys_that_are_unique_without_a_promise_are_followed(
    music_db: MusicDb, second_table: str, server: pm.Server, mirror: pm.Mirror
) -> None:
    add(music_db, 1, "2025-05-01")
    server.pull(mirror)
    add(music_db, 2, "2026-05-01", second_table)
    music_db.execute("DELETE FROM play_history WHERE id = 1")
    report = server.pull(mirror, confirm_deletes=True)
    assert report.complete
    assert same_plays(mirror, music_db)


def test_a_key_that_comes_twice_stops_the_table_until_it_is_gone(
    music_db: MusicDb, second_table: str, server: pm.Server, mirror: pm.Mirror
) -> None:
    for id in (1, 2, 3):
        add(music_db, id, f"2025-05-0{id}")
    server.pull(mirror)

    # The counts of the server do not change: one row less, and one id twice.
    add(music_db, 1, "2026-05-01", second_table)
    music_db.execute("DELETE FROM play_history WHERE id = 3")
    music_db.execute("INSERT INTO artists (id) VALUES ('a')")
    for _ in range(2):
        report = server.pull(mirror)
        plays = report.pulled["play_history"]
        assert not report.complete
        assert plays.problem_code == "schema_mismatch"
        assert "public.play_history" in plays.problem
        assert mirror.status().tables["play_history"].problem == plays.problem
        assert {play.id for play in mirror.plays.list()} == {1, 2, 3}  # as it was
        assert "a" in mirror.artists  # the other tables go on

    music_db.execute("DELETE FROM play_history WHERE played_at = '2025-05-01'")
    report = server.pull(mirror, confirm_deletes=True)
    assert report.complete
    assert same_plays(mirror, music_db)
    assert server.pull(mirror).method == "unchanged"


def test_a_first_copy_that_met_a_key_twice_ends_right(
    music_db: MusicDb, second_table: str, server: pm.Server, mirror: pm.Mirror
) -> None:
    add(music_db, 1, "2025-05-01")
    add(music_db, 1, "2026-05-01", second_table)
    report = server.pull(mirror)
    assert not report.complete
    assert report.pulled["play_history"].problem_code == "schema_mismatch"
    assert not mirror.status().tables["play_history"].complete
    music_db.execute("DELETE FROM play_history WHERE played_at >= '2026-01-01'")
    assert server.pull(mirror).complete
    assert same_plays(mirror, music_db)
