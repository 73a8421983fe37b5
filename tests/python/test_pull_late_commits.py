"""No committed row is missed: each row here becomes visible below ids that a pull has seen before.

Ids say nothing about the order of commits, and time stamps nothing about when a row can be seen.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import playmirror as pm
import psycopg
import pytest
from support.music_db import MusicDb

Check = Callable[[pm.Mirror, MusicDb], None]

ADD = "INSERT INTO play_history (id, track_id, listened_ms) VALUES (%s, 't', 1)"


@pytest.fixture
def music_db(music_db: MusicDb) -> MusicDb:
    music_db.execute("INSERT INTO tracks (id, name) VALUES ('t', 'Track')")
    return music_db


# Each takes row 10 with a transaction that stays open while the block runs, and commits after it.


@contextmanager
def plain(writer: psycopg.Connection) -> Iterator[None]:
    writer.execute(ADD, [10])
    yield
    writer.commit()


@contextmanager
def savepoint(writer: psycopg.Connection) -> Iterator[None]:
    writer.execute("SAVEPOINT a")
    writer.execute(ADD, [10])
    writer.execute("RELEASE a")
    yield
    writer.commit()


@contextmanager
def after_a_rolled_back_savepoint(writer: psycopg.Connection) -> Iterator[None]:
    writer.execute("UPDATE tracks SET popularity = 5")
    writer.execute("SAVEPOINT a")
    writer.execute(ADD, [9])
    writer.execute("ROLLBACK TO a")
    writer.execute("SAVEPOINT b")
    writer.execute(ADD, [10])
    yield
    writer.commit()


@contextmanager
def exception_block(writer: psycopg.Connection) -> Iterator[None]:
    writer.execute("""
        DO $$ BEGIN
          INSERT INTO play_history (id, track_id) VALUES (10, 't');
        EXCEPTION WHEN unique_violation THEN NULL; END $$
    """)
    yield
    writer.commit()


@contextmanager
def two_phase_commit(writer: psycopg.Connection) -> Iterator[None]:
    name = f"{writer.info.dbname}-late"  # the name is the whole cluster's
    writer.execute(ADD, [10])
    writer.execute(f"PREPARE TRANSACTION '{name}'")
    writer.commit()
    yield
    writer.autocommit = True
    writer.execute(f"COMMIT PREPARED '{name}'")


@contextmanager
def many_subtransactions(writer: psycopg.Connection) -> Iterator[None]:
    """More than the 64 that the server keeps at hand for each transaction."""
    for number in range(200):
        writer.execute("SAVEPOINT a")
        writer.execute(ADD, [10 if number == 0 else -number])
        writer.execute("RELEASE a")
    yield
    writer.commit()


@contextmanager
def an_update(writer: psycopg.Connection) -> Iterator[None]:
    writer.execute("UPDATE tracks SET name = 'Renamed'")
    writer.execute(ADD, [10])
    yield
    writer.commit()


@pytest.mark.parametrize(
    "late",
    [
        plain,
        savepoint,
        after_a_rolled_back_savepoint,
        exception_block,
        two_phase_commit,
        many_subtransactions,
        an_update,
    ],
    ids=lambda late: late.__name__,
)
def test_a_row_that_commits_late_arrives(
    late: Callable[[psycopg.Connection], Iterator[None]],
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
    assert_equal: Check,
) -> None:
    server.pull(mirror)
    with late(music_db.connect(autocommit=False)):
        music_db.execute(ADD, [11])
        server.pull(mirror)
        assert mirror.plays.find(10) is None
        assert mirror.plays.find(11) is not None
    assert server.pull(mirror).pulled["play_history"].inserted >= 1
    assert mirror.plays.find(10) is not None
    assert_equal(mirror, music_db)


@pytest.mark.parametrize("transactions", [1, 31, 32, 33, 34, 223, 224, 225, 300])
def test_any_number_of_transactions_may_come_between(
    transactions: int,
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
    assert_equal: Check,
) -> None:
    """A few are asked for by their numbers, more by a range."""
    music_db.execute(ADD, [1])
    server.pull(mirror)
    with music_db.connect() as writer:
        for number in range(transactions):
            writer.execute("UPDATE play_history SET listened_ms = %s WHERE id = 1", [number])
    report = server.pull(mirror)
    assert (report.method, report.pulled["play_history"].updated) == ("sweep", 1)
    assert_equal(mirror, music_db)


def test_a_row_that_was_uncommitted_during_the_first_copy_arrives(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    with plain(music_db.connect(autocommit=False)):
        music_db.execute(ADD, [11])
        server.pull(mirror)
    server.pull(mirror)
    assert_equal(mirror, music_db)


def test_ids_that_a_session_cached_long_ago_arrive(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    add = "INSERT INTO play_history (track_id) VALUES ('t') RETURNING id"
    music_db.execute("ALTER SEQUENCE play_history_id_seq CACHE 10")
    early = music_db.connect()
    assert early.execute(add).fetchone() == (1,)  # ids 2 to 10 are its own now
    assert music_db.execute(add) == [(11,)]
    server.pull(mirror)
    for number in range(5):  # other transactions pass, as in an hour
        music_db.execute("UPDATE tracks SET popularity = %s", [number])
    server.pull(mirror)
    assert early.execute(add).fetchone() == (2,)
    server.pull(mirror)
    assert mirror.plays.find(2) is not None
    assert_equal(mirror, music_db)


def test_old_ids_of_a_back_fill_arrive(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute(ADD, [1_000_000])
    server.pull(mirror)
    music_db.execute("""
        INSERT INTO play_history (id, track_id, played_at)
        SELECT n, 't', timestamp '2012-01-01' + n * interval '1 hour'
        FROM generate_series(-50, 50) AS n
    """)
    assert server.pull(mirror).pulled["play_history"].inserted == 101
    assert_equal(mirror, music_db)


def test_an_update_without_any_time_stamp_arrives(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute("INSERT INTO artists (id, name) VALUES ('a', 'Old'), ('b', 'Other')")
    server.pull(mirror)
    music_db.execute("UPDATE artists SET name = 'New' WHERE id = 'a'")
    changed = server.pull(mirror).pulled["artists"]
    assert (changed.inserted, changed.updated, changed.unchanged) == (0, 1, 0)
    assert mirror.artists["a"].name == "New"
    assert_equal(mirror, music_db)


def test_a_changed_key_is_one_row_gone_and_one_come(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute("INSERT INTO playlist_config (key, description) VALUES ('six_hour', 'x')")
    music_db.execute(ADD, [7])
    server.pull(mirror)
    music_db.execute("UPDATE playlist_config SET key = 'daily'")
    music_db.execute("UPDATE play_history SET id = 8")
    report = server.pull(mirror)
    for table in ("playlist_config", "play_history"):
        assert (report.pulled[table].inserted, report.pulled[table].deleted) == (1, 1)
    assert_equal(mirror, music_db)


def test_what_was_pushed_before_the_first_copy_is_older_than_its_horizon(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    mirror.tracks.add(id="t")
    mirror.plays.add(track_id="t", played_at="2026-05-05T05:05:05Z")
    assert server.push(mirror).pushed == 1
    music_db.execute("UPDATE tracks SET popularity = 1")
    assert server.pull(mirror).complete
    assert_equal(mirror, music_db)


@pytest.mark.parametrize("change", ["listened_ms = 2", "played_at = now(), listened_ms = 2"])
def test_a_transaction_from_before_a_push_may_change_what_was_pushed(
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
    assert_equal: Check,
    change: str,
) -> None:
    """The row is older then than the push: not a sign of a server that was set back."""
    server.sync(mirror)
    with music_db.connect(autocommit=False) as older:
        older.execute("UPDATE tracks SET popularity = 1")
        play = mirror.plays.add(track_id="t", played_at="2026-05-05T05:05:05Z")
        assert server.push(mirror).pushed == 1
        older.execute(f"UPDATE play_history SET {change}")
        older.commit()
    another = mirror.plays.add(track_id="t", played_at="2026-05-05T05:05:06Z")
    report = server.sync(mirror)
    assert report.pulled["play_history"].updated == 1
    assert (mirror.plays[play.id].listened_ms, mirror.plays[another.id].listened_ms) == (2, None)
    assert_equal(mirror, music_db)
