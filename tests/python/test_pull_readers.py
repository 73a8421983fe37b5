"""A reader never sees half of a pull, in whatever way it reads the file."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import playmirror as pm
import pytest
from support.comparing import file_connection
from support.music_db import MusicDb

# Each transaction of the server writes its number into one row of every table.
FIRST = """
    INSERT INTO artists (id) VALUES ('a0');
    INSERT INTO tracks (id, name) VALUES ('t', '0');
    INSERT INTO track_artists VALUES ('t', 'a0');
    INSERT INTO play_history (id, source) VALUES (1, '0');
    INSERT INTO analysis_snapshots (id, model_used) VALUES (1, '0');
    INSERT INTO playlist_config (key, description) VALUES ('p', '0');
"""
NEXT = """
    INSERT INTO artists (id) VALUES ('a{new}');
    UPDATE track_artists SET artist_id = 'a{new}';
    DELETE FROM artists WHERE id = 'a{old}';
    UPDATE tracks SET name = '{new}', lyrics = repeat('{new} ', 5000);
    UPDATE play_history SET source = '{new}';
    UPDATE analysis_snapshots SET model_used = '{new}';
    UPDATE playlist_config SET description = '{new}';
"""
POLL = """
    SELECT (SELECT substr(id, 2) FROM artists), (SELECT name FROM tracks),
           (SELECT substr(artist_id, 2) FROM track_artists), (SELECT source FROM play_history),
           (SELECT model_used FROM analysis_snapshots), (SELECT description FROM playlist_config)
"""
GENERATIONS = 40
POLLS = 1_000


def by_sqlite(path: Path, poll: Callable[[tuple], None], enough: Callable[[], bool]) -> None:
    """Another program: one read transaction, one SELECT per table, with time between them."""
    questions = ["SELECT substr(id, 2) FROM artists", "SELECT name FROM tracks",
                 "SELECT substr(artist_id, 2) FROM track_artists",
                 "SELECT source FROM play_history", "SELECT model_used FROM analysis_snapshots",
                 "SELECT description FROM playlist_config"]  # fmt: skip
    with file_connection(path) as connection:
        while not enough():
            connection.execute("BEGIN")
            row = []
            for question in questions:
                row += [value for (value,) in connection.execute(question)]
                time.sleep(0.0002)
            connection.execute("COMMIT")
            poll(tuple(row))


def by_sql(path: Path, poll: Callable[[tuple], None], enough: Callable[[], bool]) -> None:
    with pm.open(path) as mirror:
        while not enough():
            (row,) = mirror.sql(POLL).rows()
            poll(row)
            time.sleep(0.001)


@pytest.mark.parametrize("read", [by_sqlite, by_sql], ids=lambda read: read.__name__)
def test_a_reader_that_polls_never_sees_half_a_pull(
    read: Callable[..., None], music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    music_db.execute(FIRST)
    server.pull(mirror)
    seen: list[tuple] = []
    failures: list[BaseException] = []
    pulled = threading.Event()

    def poll() -> None:
        try:
            read(mirror.path, seen.append, lambda: pulled.is_set() and len(seen) >= POLLS)
        except BaseException as error:
            failures.append(error)

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        for generation in range(1, GENERATIONS + 1):
            music_db.execute(NEXT.format(old=generation - 1, new=generation))
            server.pull(mirror)
    finally:
        pulled.set()
        reader.join(60)

    assert not failures
    assert len(seen) >= POLLS
    halves = [row for row in seen if len(row) != 6 or len(set(row)) != 1]
    assert not halves
    states = [int(row[0]) for row in seen]
    print(f"{len(set(states))} states seen in {len(seen)} polls")
    assert len(set(states)) > GENERATIONS / 2  # it did read while pulls went on
    assert states == sorted(states)  # never back in time
    assert mirror.sql(POLL).rows() == [(str(GENERATIONS),) * 6]
