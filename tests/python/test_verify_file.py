"""Mirror.verify(): the file alone, without a server.

Damage is done by another SQLite program, which keeps no digests.
"""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import playmirror as pm
import pytest
from databases import TABLES
from support.music_db import MusicDb
from support.offline_library import open_library
from test_verify import DAMAGE, damage


def grow(path: Path) -> None:
    """A table that SQLite's check works on for some time."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE heavy (id INTEGER PRIMARY KEY, text TEXT)")
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) "
            "INSERT INTO heavy SELECT i, 'text ' || i FROM n"
        )


def test_a_long_check_can_be_stopped(mirror_path: Path) -> None:
    with open_library(mirror_path) as mirror:
        grow(mirror_path)
        stop = threading.Event()
        stop.set()  # looked at when the check has run for a moment
        with pytest.raises(pm.Cancelled):
            mirror.verify(stop=stop)
        assert mirror.verify().ok  # the connection can be used again


def test_a_check_reports_its_phase(mirror_path: Path) -> None:
    phases: list[str] = []
    with open_library(mirror_path) as mirror:
        assert mirror.verify(progress=lambda now: phases.append(now.phase)).ok
    assert set(phases) == {"verify"}


# Digests ---------------------------------------------------------------------------------------


def problems(mirror: pm.Mirror) -> list[str]:
    """Where rows are not what was written; the columns made of them then differ too."""
    return [each.where for each in mirror.verify().problems if "keys" in each.where]


def test_a_changed_value_is_found_by_table_and_keys(small_db: MusicDb, mirror: pm.Mirror) -> None:
    with pm.connect(small_db.dsn) as server:
        server.pull(mirror)
        assert mirror.verify().ok
        assert mirror.verify().blocks > len(TABLES)
        for table, column, change in DAMAGE:
            key = {"playlist_config": "key"}.get(table, "id")
            query = f"SELECT max({key}) AS k FROM {table} WHERE {column} IS NOT NULL"
            (row,) = mirror.sql(query).column("k")
            damage(mirror, f"{change} WHERE {key} = {row!r}")
            [where] = problems(mirror)
            assert where.startswith(f"{table}, keys "), change
            if isinstance(row, int):
                first, last = map(int, where.split("keys ")[1].split(" to "))
                assert first <= row <= last
            else:
                assert str(row).startswith(where.split("keys ")[1].removesuffix("..."))
            server.repair(mirror)
            assert mirror.verify().ok


def test_digests_follow_whatever_playmirror_writes(small_db: MusicDb, mirror: pm.Mirror) -> None:
    with pm.connect(small_db.dsn) as server:

        def step(*statements: str) -> None:
            for statement in statements:
                small_db.execute(statement)
            server.sync(mirror, pull={"confirm_deletes": True})
            report = mirror.verify()
            assert report.problems == []
            assert report.blocks > 0

        step()
        artist = next(iter(mirror.artists.list(limit=1))).id
        mirror.tracks.add(id="new", tempo=0.5, artist_ids=[artist])
        play = mirror.plays.add(track_id="new", played_at="2026-05-05T05:05:05Z", skipped=True)
        gone = mirror.plays.add(track_id="new", played_at="2026-05-06T05:05:05Z")
        assert mirror.verify().ok
        mirror.discard(next(e.entry for e in mirror.pending() if e.row_id == gone.id))
        assert mirror.verify().ok
        step()
        assert mirror.plays[play.id].id > 0
        step("UPDATE tracks SET tempo = 'NaN', energy = '-0', lyrics = 'é🎵', valence = 5")
        step("DELETE FROM play_history WHERE id % 3 = 0", "UPDATE play_history SET skipped = NULL")
        step("ALTER TABLE tracks ADD mood text NOT NULL DEFAULT 'calm', ADD year real DEFAULT 7")
        step("UPDATE tracks SET year = 8")
        step("ALTER TABLE tracks DROP COLUMN mood", "INSERT INTO tracks (id, year) VALUES ('é', 2)")
        step("DELETE FROM track_artists", "TRUNCATE playlist_config")
    damage(mirror, "UPDATE tracks SET year = 9 WHERE id = 'new'")
    assert problems(mirror) == ["tracks, keys ne..."]


def test_damage_keeps_showing_when_its_block_is_written_to(
    small_db: MusicDb, mirror: pm.Mirror
) -> None:
    with pm.connect(small_db.dsn) as server:
        server.pull(mirror)
        damage(mirror, "UPDATE play_history SET source = 'damaged' WHERE id = 500")
        small_db.execute("UPDATE play_history SET listened_ms = 1 WHERE id BETWEEN 501 AND 600")
        server.pull(mirror)
        [where] = problems(mirror)
        assert where.startswith("play_history, keys ")
        server.repair(mirror)
        assert mirror.verify().ok


def test_a_pending_row_is_put_right_from_its_image(small_db: MusicDb, mirror: pm.Mirror) -> None:
    with pm.connect(small_db.dsn) as server:
        server.pull(mirror)
        track = next(iter(mirror.tracks.list(limit=1))).id
        play = mirror.plays.add(track_id=track, played_at="2026-05-05T05:05:05Z", source="mine")
        damage(mirror, f"UPDATE play_history SET source = 'not mine' WHERE id = {play.id}")
        assert not mirror.verify().ok
        server.repair(mirror)
        assert mirror.plays[play.id] == play
        assert mirror.verify().ok
        assert server.push(mirror).pushed == 1
