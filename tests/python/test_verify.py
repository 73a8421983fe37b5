"""Server.verify(): equal means equal, and each difference is told by table, key and columns.

The file is damaged here by another SQLite program, which knows nothing of playmirror.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import playmirror as pm
import pytest
from databases import TABLES
from support.comparing import file_connection
from support.music_db import MusicDb

Check = Callable[[pm.Mirror, MusicDb], None]
Kind = pm.Difference.Kind


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    return small_db


def damage(mirror: pm.Mirror, statements: str) -> None:
    with closing(sqlite3.connect(mirror.path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.executescript(statements)


def difference(report: pm.VerifyReport) -> pm.Difference:
    assert not report.equal
    assert report.difference_count == 1
    (only,) = report.differences
    return only


def test_a_fresh_copy_is_equal_and_all_of_it_was_compared(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    report = server.verify(mirror)
    assert report.equal
    assert (report.difference_count, report.differences, report.skipped) == (0, [], {})
    rows = sum(music_db.execute(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES)
    assert report.rows_compared == rows


DAMAGE = [
    ("tracks", "name", "UPDATE tracks SET name = name || ' '"),
    ("tracks", "lyrics", "UPDATE tracks SET lyrics = NULL"),
    ("tracks", "tempo", "UPDATE tracks SET tempo = tempo + 1e-9"),
    ("tracks", "duration_ms", "UPDATE tracks SET duration_ms = duration_ms + 1"),
    ("tracks", "raw_data", "UPDATE tracks SET raw_data = replace(raw_data, ':', ': ')"),
    ("tracks", "created_at", "UPDATE tracks SET created_at = '2026-01-01 00:00:00'"),
    ("artists", "genres", "UPDATE artists SET genres = '[]'"),
    ("play_history", "played_at", "UPDATE play_history SET played_at = played_at || '1'"),
    ("play_history", "skipped", "UPDATE play_history SET skipped = NOT coalesce(skipped, 0)"),
    ("play_history", "source", "UPDATE play_history SET source = ''"),
    ("analysis_snapshots", "model_used", "UPDATE analysis_snapshots SET model_used = 'x'"),
    ("playlist_config", "description", "UPDATE playlist_config SET description = 'x'"),
]


@pytest.mark.parametrize(("table", "column", "change"), DAMAGE, ids=lambda part: part[:20])
def test_one_changed_value_is_found(
    table: str,
    column: str,
    change: str,
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
) -> None:
    server.pull(mirror)
    key = {"playlist_config": "key"}.get(table, "id")
    (row,) = mirror.sql(f"SELECT max({key}) AS k FROM {table} WHERE {column} IS NOT NULL").column(
        "k"
    )
    quoted = f"'{row}'" if isinstance(row, str) else row
    damage(mirror, f"{change} WHERE {key} = {quoted}")
    found = difference(server.verify(mirror))
    assert (found.table, found.key, found.kind) == (table, str(row), Kind.DIFFERENT)
    assert found.columns == [column]
    assert not found.newer_on_server


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_row_is_found(
    table: str, music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    key = {"playlist_config": "key", "track_artists": "track_id || ' ' || artist_id"}
    key = key.get(table, "id")
    (row,) = mirror.sql(f"SELECT min({key}) AS k FROM {table}").column("k")
    damage(mirror, f"DELETE FROM {table} WHERE {key} = (SELECT min({key}) FROM {table})")
    found = difference(server.verify(mirror))
    assert (found.table, found.key, found.kind) == (table, str(row), Kind.MISSING_HERE)
    assert not found.newer_on_server


EXTRA = {
    "artists": ("INSERT INTO artists (id) VALUES ('zz')", "zz"),
    "tracks": ("INSERT INTO tracks (id) VALUES ('')", ""),
    "track_artists": ("INSERT INTO track_artists VALUES ('x', 'y')", "x y"),
    "play_history": ("INSERT INTO play_history (id) VALUES (123456789)", "123456789"),
    "analysis_snapshots": ("INSERT INTO analysis_snapshots (id) VALUES (0)", "0"),
    "playlist_config": ("INSERT INTO playlist_config (key) VALUES ('weekly')", "weekly"),
}


@pytest.mark.parametrize("table", TABLES)
def test_an_extra_row_is_found(
    table: str, music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    statement, key = EXTRA[table]
    damage(mirror, statement)
    found = difference(server.verify(mirror))
    assert (found.table, found.key, found.kind) == (table, key, Kind.MISSING_ON_SERVER)


def test_an_extra_row_does_not_hide_behind_a_missing_one(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    damage(mirror, "UPDATE play_history SET id = 123456789 WHERE id = 500")
    report = server.verify(mirror)
    assert {(each.key, each.kind) for each in report.differences} == {
        ("500", Kind.MISSING_HERE),
        ("123456789", Kind.MISSING_ON_SERVER),
    }


def test_a_lost_nan_or_negative_zero_is_a_difference(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    music_db.execute("INSERT INTO tracks (id, tempo, energy) VALUES ('odd', 'NaN', '-0')")
    server.pull(mirror)
    assert server.verify(mirror).equal
    damage(mirror, "DELETE FROM playmirror_odd_values")
    found = difference(server.verify(mirror))
    assert sorted(found.columns) == ["energy", "tempo"]


def test_what_changed_since_the_last_pull_is_marked_as_newer(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    music_db.execute("UPDATE artists SET name = 'New' WHERE id = (SELECT max(id) FROM artists)")
    music_db.execute("INSERT INTO play_history (id) VALUES (-3)")
    report = server.verify(mirror)
    assert not report.equal
    assert {(each.table, each.kind) for each in report.differences} == {
        ("artists", Kind.DIFFERENT),
        ("play_history", Kind.MISSING_HERE),
    }
    assert all(each.newer_on_server for each in report.differences)
    server.pull(mirror)
    assert server.verify(mirror).equal
    assert_equal(mirror, music_db)


def test_a_column_that_is_not_mirrored_yet_is_a_difference(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    music_db.execute("ALTER TABLE tracks ADD COLUMN mood varchar NOT NULL DEFAULT 'calm'")
    found = difference(server.verify(mirror))
    assert (found.table, found.columns) == ("tracks", ["mood"])
    server.pull(mirror)
    assert server.verify(mirror).equal


def test_many_differences_are_counted_and_some_listed(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    damage(mirror, "UPDATE play_history SET source = 'damaged'")
    report = server.verify(mirror, max_differences=10)
    assert (report.difference_count, len(report.differences)) == (len(mirror.plays), 10)


def test_verify_writes_nothing_and_leaves_pending_rows_out(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    """A row recorded here and not sent yet is no difference: it is not the mirror of anything."""
    server.pull(mirror)
    track = next(iter(mirror.tracks.list(limit=1))).id
    mirror.plays.add(track_id=track, played_at="2026-05-05T05:05:05Z")
    mirror.artists.add(id="recorded here")
    with file_connection(mirror.path) as connection:
        before = connection.execute("PRAGMA data_version").fetchall()
        assert server.verify(mirror).equal
        assert connection.execute("PRAGMA data_version").fetchall() == before
    assert len(mirror.pending()) == 2


def test_a_mirror_that_was_never_filled_lacks_every_row(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    report = server.verify(mirror)
    rows = sum(music_db.execute(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES)
    assert not report.equal
    assert report.difference_count == rows
    assert {each.kind for each in report.differences} == {Kind.MISSING_HERE}
