"""The plays as columns follow what is pulled, recorded, pushed and deleted, row for row."""

import random
import sqlite3
from contextlib import closing

import playmirror as pm
import pytest
from support.comparing import file_rows
from support.music_db import MusicDb

PLAYS = """
    INSERT INTO play_history (track_id, played_at, context_uri, listened_ms, skipped, source)
    SELECT t.id, timestamp '2015-01-01' + random() * interval '3000 days',
           CASE WHEN n % 3 = 0 THEN 'spotify:playlist:' || n % 20 END,
           CASE WHEN n % 4 > 0 THEN n * 977 % 400000 END, (ARRAY[true, false, NULL])[n % 3 + 1],
           CASE WHEN n % 5 > 0 THEN 'import' END
    FROM generate_series(1, {0}) n
    JOIN (SELECT id, row_number() OVER () AS place FROM tracks) t
      ON t.place = 1 + n % (SELECT count(*) FROM tracks)
"""


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    return small_db


def problems(mirror: pm.Mirror) -> list[tuple[str, str]]:
    """What differs between columns and rows, by the library's own comparison of all values."""
    return [(problem.where, problem.what) for problem in mirror.verify().problems]


def sealed(mirror: pm.Mirror) -> int:
    """How many plays the blocks hold."""
    [(plays,)] = file_rows(mirror.path, "SELECT coalesce(sum(plays), 0) FROM playmirror_blocks")
    return int(plays)


def test_a_first_copy_builds_them(music_db: MusicDb, server: pm.Server, mirror: pm.Mirror) -> None:
    server.pull(mirror)
    assert sealed(mirror) == len(mirror.plays) == 1000
    assert problems(mirror) == []


def test_they_follow_pulls_pushes_and_deletes(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    chance = random.Random(7)
    tracks = [track.id for track in mirror.tracks.list()]
    for day in range(1, 6):
        music_db.execute(PLAYS.format(300 * day))
        music_db.execute("""
            DELETE FROM play_history WHERE id % 31 = 3;
            UPDATE play_history SET skipped = NOT skipped, listened_ms = NULL WHERE id % 29 = 4;
            UPDATE play_history SET played_at = NULL WHERE id % 997 = 5;
            UPDATE tracks SET name = name || '!' WHERE ascii(id) % 7 = 1;
            UPDATE artists SET genres = '["new"]' WHERE ascii(id) % 7 = 2;
            DELETE FROM track_artists WHERE ascii(track_id) % 11 = 3;
        """)
        for minute in range(40):
            mirror.plays.add(
                track_id=chance.choice(tracks),
                played_at=f"2024-03-{day:02}T12:{minute:02}:00Z",
                listened_ms=chance.randrange(300_000),
            )
        assert problems(mirror) == []
        server.sync(mirror)
        assert problems(mirror) == []
    assert sealed(mirror) > 1000


def test_a_damaged_block_is_named_and_built_anew(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    mirror.close()
    with closing(sqlite3.connect(mirror.path)) as connection:
        connection.execute(
            "UPDATE playmirror_block_data SET data = zeroblob(40) WHERE part & 7 = 2"
        )
        connection.commit()
    with pm.open(mirror.path) as again:
        assert any("playmirror_blocks" in where for where, _ in problems(again))
        again.artists.add(id="any write")
        assert problems(again) == []
