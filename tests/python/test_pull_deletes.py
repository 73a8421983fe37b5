"""Rows gone on the server go here too, unless they are so many that an error is more likely."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import playmirror as pm
import psycopg
import pytest
from support.comparing import assert_same_rows, file_connection, file_rows
from support.music_db import MusicDb

Check = Callable[[pm.Mirror, MusicDb], None]

# Takes tracks, by a condition, with all that refers to them.
DELETE_TRACKS = """
    CREATE TEMP TABLE gone AS SELECT id FROM tracks WHERE {0};
    DELETE FROM play_history WHERE track_id IN (SELECT id FROM gone);
    DELETE FROM track_artists WHERE track_id IN (SELECT id FROM gone);
    DELETE FROM tracks WHERE id IN (SELECT id FROM gone);
"""
SHARE = (
    "id IN (SELECT id FROM tracks ORDER BY md5(id) LIMIT (SELECT ceil(count(*) * {0}) FROM tracks))"
)


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    return small_db


def test_when_40_percent_vanish_the_pull_stops_and_asks(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    tracks = len(mirror.tracks)
    before = file_rows(mirror.path, "SELECT * FROM tracks ORDER BY id")
    music_db.execute(DELETE_TRACKS.format(SHARE.format(0.4)))
    music_db.execute("UPDATE artists SET image_url = 'changed'")
    gone = tracks - music_db.execute("SELECT count(*) FROM tracks")[0][0]

    for _ in range(2):  # asking once more changes nothing
        report = server.pull(mirror)
        assert (report.pulled["tracks"].held_deletes, report.pulled["tracks"].deleted) == (gone, 0)
        assert any("tracks" in each and "confirm_deletes" in each for each in report.warnings)
        assert not report.complete
        assert file_rows(mirror.path, "SELECT * FROM tracks ORDER BY id") == before
    # The rest of the same moment was applied.
    assert {artist.image_url for artist in mirror.artists.list()} == {"changed"}

    report = server.pull(mirror, confirm_deletes=True)
    assert (report.pulled["tracks"].held_deletes, report.pulled["tracks"].deleted) == (0, gone)
    assert report.complete and not report.warnings
    assert_equal(mirror, music_db)


def test_a_few_deletes_apply_children_and_parents_together(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    music_db.execute(DELETE_TRACKS.format(SHARE.format(0.001)))
    report = server.pull(mirror)
    assert report.pulled["tracks"].deleted == 1
    assert report.pulled["track_artists"].deleted >= 1
    assert report.complete and not report.warnings
    with file_connection(mirror.path) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert_equal(mirror, music_db)


def test_held_rows_that_return_are_no_longer_held(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    music_db.execute("CREATE TABLE kept AS SELECT * FROM play_history; DELETE FROM play_history")
    assert server.pull(mirror).pulled["play_history"].held_deletes == 1_000
    music_db.execute("INSERT INTO play_history SELECT * FROM kept; DROP TABLE kept")
    report = server.pull(mirror)
    plays = report.pulled["play_history"]
    assert (plays.held_deletes, plays.inserted, plays.unchanged) == (0, 0, 1_000)
    assert report.complete
    assert_equal(mirror, music_db)


# The same rows, loaded anew under other ids.
LOAD_ANEW = """
    CREATE TABLE kept AS SELECT * FROM {table};
    DELETE FROM {table};
    UPDATE kept SET id = id + 100000;
    INSERT INTO {table} SELECT * FROM kept WHERE {which};
    DROP TABLE kept;
"""


@pytest.mark.parametrize("way", ["pull", "repair"])
@pytest.mark.parametrize("table", ["play_history", "analysis_snapshots"])
def test_rows_that_have_other_ids_now_do_not_vanish(
    table: str,
    way: str,
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
    assert_equal: Check,
) -> None:
    server.pull(mirror)
    music_db.execute(LOAD_ANEW.format(table=table, which="true"))
    assert getattr(server, way)(mirror).complete
    assert_equal(mirror, music_db)


def test_rows_that_vanish_are_held_beside_those_that_have_other_ids(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    track = music_db.execute("SELECT min(id) FROM tracks")[0][0]
    # Of those at no time nobody can say which play it was; 3 and 5 go both.
    music_db.execute(
        f"UPDATE play_history SET track_id = '{track}', played_at = CASE WHEN id NOT IN (1, 1000) "
        "THEN timestamp '2026-01-01' + (CASE id WHEN 5 THEN 3 ELSE id END) * interval '1 min' END"
    )
    server.pull(mirror)
    mirror.plays.add(track_id=track, played_at="2026-03-01T00:00:00Z")
    music_db.execute(LOAD_ANEW.format(table="play_history", which="id % 2 = 0"))
    for _ in range(2):
        report = server.pull(mirror)
        assert report.pulled["play_history"].held_deletes == 501
    plays = file_rows(mirror.path, "SELECT track_id, played_at, id FROM play_history")
    assert len(plays) == 1_000 + 1 + 1
    known = [(track, time) for track, time, _ in plays if time is not None]
    assert (len(known), len(set(known))) == (999, 998)
    server.pull(mirror, confirm_deletes=True)
    server.sync(mirror)
    assert_equal(mirror, music_db)


def test_the_limit_is_the_callers(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    music_db.execute("DELETE FROM play_history WHERE id % 10 = 0")
    assert server.pull(mirror, delete_limit=0.05).pulled["play_history"].held_deletes == 100
    assert server.pull(mirror, delete_limit=0.15).pulled["play_history"].deleted == 100
    assert_equal(mirror, music_db)


def test_deletes_hidden_behind_as_many_inserts_are_found(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    music_db.execute("""
        DELETE FROM play_history WHERE id IN (3, 400, 999);
        INSERT INTO play_history (id, source) VALUES (5001, 'new'), (0, 'new'), (-7, 'new');
        DELETE FROM track_artists WHERE track_id = (SELECT min(track_id) FROM track_artists);
    """)
    plays = server.pull(mirror).pulled["play_history"]
    assert (plays.inserted, plays.deleted) == (3, 3)
    assert_equal(mirror, music_db)


def test_deletes_are_counted_against_what_two_users_of_a_file_have_pulled(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    server.pull(mirror)
    track = next(mirror.tracks.list(limit=1)).id
    with pm.open(mirror.path) as other, pm.connect(music_db.dsn) as its_server:
        for mine, yours, user in [(10, 20, other), (30, 40, mirror), (50, 60, other)]:
            music_db.execute(f"""
                DELETE FROM play_history WHERE id IN ({mine}, {yours});
                INSERT INTO play_history (source) VALUES ('new')
            """)
            user.plays.add(track_id=track, played_at=f"2024-05-0{mine // 10}T10:00:00Z")
            plays = (server if user is mirror else its_server).pull(user).pulled["play_history"]
            assert (plays.inserted, plays.deleted) == (1, 2)
    music_db.execute("DELETE FROM play_history WHERE id = 70")
    assert server.pull(mirror).pulled["play_history"].deleted == 1
    server.push(mirror)
    server.pull(mirror)
    assert_equal(mirror, music_db)


def test_rows_that_a_foreign_hand_took_come_back_once_the_file_is_opened_again(
    music_db: MusicDb, server: pm.Server, mirror_path: Path
) -> None:
    for _ in range(3):
        with pm.open(mirror_path) as mirror:
            for _ in range(2):
                music_db.execute("UPDATE playlist_config SET last_updated = now()")
                server.pull(mirror)
            with psycopg.connect(music_db.dsn) as connection:
                assert_same_rows(mirror_path, connection, ["play_history"])
        with closing(sqlite3.connect(mirror_path)) as file, file:
            file.execute("DELETE FROM play_history WHERE id % 9 = 1")


def test_rows_that_a_foreign_hand_took_come_back_once_their_table_is_well_again(
    music_db: MusicDb, server: pm.Server, mirror_path: Path
) -> None:
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
    with closing(sqlite3.connect(mirror_path)) as file, file:
        file.execute("DELETE FROM play_history WHERE id % 9 = 1")
    with pm.open(mirror_path) as mirror:
        music_db.execute("ALTER TABLE play_history RENAME source TO origin")
        for _ in range(2):
            assert server.pull(mirror).pulled["play_history"].problem
        music_db.execute("ALTER TABLE play_history RENAME origin TO source")
        server.pull(mirror)
        with psycopg.connect(music_db.dsn) as connection:
            assert_same_rows(mirror_path, connection, ["play_history"])


def test_a_row_deleted_and_written_again_under_its_id_is_an_update(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    music_db.execute("DELETE FROM play_history WHERE id = 5")
    music_db.execute("INSERT INTO play_history (id, source) VALUES (5, 'another')")
    plays = server.pull(mirror).pulled["play_history"]
    assert (plays.inserted, plays.updated, plays.deleted) == (0, 1, 0)
    assert_equal(mirror, music_db)


def test_what_was_recorded_here_outlives_every_delete_of_the_server(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """A pull alone, before the push: nothing pending is dropped with its neighbours."""
    server.pull(mirror)
    track = next(iter(mirror.tracks.list(limit=1))).id
    play = mirror.plays.add(track_id=track, played_at="2026-05-05T05:05:05Z")
    music_db.execute("DELETE FROM play_history")
    server.pull(mirror, confirm_deletes=True)
    assert [each.id for each in mirror.plays.list()] == [play.id]
    assert len(mirror.pending()) == 1
    server.sync(mirror)
    assert len(mirror.plays) == 1 and not mirror.pending()
    assert_equal(mirror, music_db)
