"""A push whose connection breaks at any byte: the error is typed, and after the next sync the play
is on the server once, whatever had become of it.

Every byte is tried from the moment the row is sent; before that, where nothing can be committed, a
sample. PLAYMIRROR_TEST_EVERY_BYTE=1 tries all of them.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path

import playmirror as pm
import psycopg
import pytest
from support.cut_proxy import Cut, Direction, Traffic
from support.faults import (
    BROKEN_LINE,
    add_play,
    add_tracks,
    cut_points,
    memory_directory,
    plays_on_server,
    proxy_of,
    seed,
)
from support.music_db import MusicDb, make_templates

from cluster import Cluster, ClusterError  # isort: skip


#: So many that thousands can come before their numbers get a digit longer.
USE_UP_TRANSACTIONS = """DO $$
DECLARE now bigint;
BEGIN
  LOOP
    now := pg_current_xact_id()::text::bigint;
    EXIT WHEN length((now + 5000)::text) = length(now::text);
    COMMIT;
  END LOOP;
END $$"""


class Line:
    """A mirror that pushes some plays at a time through a proxy, each a batch of its own, and syncs
    past it."""

    def __init__(self, db: MusicDb, path: Path, batches: int = 1) -> None:
        self.db = db
        self.batches = batches
        self.watcher = db.connect()
        self.proxy = proxy_of(db)
        add_tracks(db, "t1")
        # Numbers that stay of one length, so that every push sends as many bytes.
        db.execute("ALTER SEQUENCE play_history_id_seq RESTART 100000")
        db.execute(USE_UP_TRANSACTIONS)
        self.mirror = pm.open(path)
        self.straight = pm.connect(db.dsn)
        self.straight.pull(self.mirror)
        self.played = 0
        self.in_doubt = 0
        self.lost_answers = 0  #: what a client that simply tries again would have doubled

    def push_through(self, *, timeout: float = 10) -> Traffic:
        """What it took, from connecting to the answer to the last COMMIT."""
        for _ in range(self.batches):
            self.played += 1
            add_play(self.mirror, self.played)
        dsn = self.proxy.dsn(self.db.dsn)
        with pm.connect(dsn, timeout=timeout, connect_timeout=timeout) as server:
            assert server.push(self.mirror, batch_rows=1).pushed == self.batches
            return copy(self.proxy.last)

    def clean_push(self) -> Traffic:
        """Like push_through(); the next push finds everything as this one did."""
        for _ in range(5):  # a push asks for the newest rows, of which there are four at most
            traffic = self.push_through()
            self.straight.pull(self.mirror)
        return traffic

    def push_cut(self, cut: Cut, *, timeout: float = 10) -> pm.Error | None:
        """Pushes through the cut, then syncs past it; each play must be there once."""
        self.proxy.cut = cut
        error = None
        try:
            self.push_through(timeout=timeout)
        except BROKEN_LINE as broken:
            error = broken
            assert error.retryable, cut
        arrived = plays_on_server(self.watcher) == (self.played, self.played)
        pending = self.mirror.pending()
        if error is None:
            assert arrived and not pending, cut
            return None
        self.in_doubt += isinstance(error, pm.InDoubt)
        if arrived:
            assert isinstance(error, pm.InDoubt), cut
            self.lost_answers += 1
        assert sum(entry.state == "in_doubt" for entry in pending) <= 1, cut
        report = self.straight.sync(self.mirror)
        outcome = (report.pushed, report.already_there, report.rejected)
        assert outcome == (len(pending), 0, 0), cut
        assert plays_on_server(self.watcher) == (self.played, self.played), cut
        assert self.mirror.pending() == [], cut
        return error

    def close(self) -> None:
        self.straight.close()
        self.mirror.close()
        self.proxy.close()


@pytest.fixture
def batches() -> int:
    return 1


@pytest.fixture
def line(music_db: MusicDb, batches: int) -> Iterator[Line]:
    with memory_directory() as directory:
        line = Line(music_db, directory / "music.db", batches)
        yield line
        line.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("batches", "direction", "last"),
    [(1, "up", 120), (1, "down", 300), (3, "up", 60), (3, "down", 60)],
)
def test_a_reset_at_any_byte(
    line: Line,
    direction: Direction,
    last: int,
    assert_equal: Callable[..., None],
    record_property: Callable[[str, object], None],
) -> None:
    clean = line.clean_push()
    points = cut_points(clean, direction, stride=53, every_byte_of_last=last, phase=seed())
    record_property("cases", len(points))
    errors = [line.push_cut(Cut(direction, after)) for after in points]
    print(f"{len(points)} cuts, {line.in_doubt} in doubt, {line.lost_answers} lost answers")
    assert errors.count(None) <= 16  # an id or a transaction number that got a digit longer
    assert line.in_doubt >= 10
    assert line.lost_answers > 0 or direction == "up"  # there, the cut races with the COMMIT
    assert_equal(line.mirror, line.db)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("direction", "last"), [("up", 12), ("down", 64)])
def test_the_server_does_not_notice_at_once(
    line: Line,
    direction: Direction,
    last: int,
    assert_equal: Callable[..., None],
    record_property: Callable[[str, object], None],
) -> None:
    """Our old backend lives on for a while, and may still be about to commit."""
    clean = line.clean_push()
    points = cut_points(clean, direction, stride=499, every_byte_of_last=last, phase=seed())
    record_property("cases", len(points))
    for after in points:
        line.push_cut(Cut(direction, after, "half_open", linger=0.3))
    assert line.in_doubt >= 10
    assert_equal(line.mirror, line.db)


@pytest.mark.slow
@pytest.mark.parametrize("missing", [15, 14, 6, 5, 1, 0])
def test_the_old_backend_lives_for_five_seconds(line: Line, missing: int) -> None:
    """Around the message of ten bytes that runs COMMIT, and the one of five bytes behind it."""
    clean = line.clean_push()
    start = time.monotonic()
    line.push_cut(Cut("up", clean.up - missing, "half_open", linger=5))
    assert time.monotonic() - start < 8


def test_a_line_that_falls_silent_is_given_up_in_time(line: Line) -> None:
    clean = line.clean_push()
    for after in (0, 50, clean.down - 300, clean.down - 64, clean.down - 1):
        start = time.monotonic()
        error = line.push_cut(Cut("down", after, "black_hole"), timeout=0.5)
        assert error is not None
        assert time.monotonic() - start < 8, after


def test_a_copy_made_while_a_push_is_in_doubt(
    line: Line, tmp_path: Path, assert_equal: Callable[..., None]
) -> None:
    clean = line.clean_push()
    line.proxy.cut = Cut("down", clean.down - 63)
    with pytest.raises(pm.InDoubt) as caught:
        line.push_through()
    assert caught.value.outcome == "in_doubt" and caught.value.hint
    [entry] = line.mirror.pending()
    assert entry.state == "in_doubt"
    assert line.mirror.status().in_doubt == 1
    with pytest.raises(pm.InvalidArgument):  # it may be on the server
        line.mirror.discard(entry.entry)
    line.mirror.close()
    shutil.copy(line.mirror.path, tmp_path / "copy.db")
    for path in (line.mirror.path, tmp_path / "copy.db"):
        with pm.open(path) as mirror:
            assert mirror.sync(line.db.dsn).pushed == 1  # each of them sent it
            assert mirror.pending() == []
            assert_equal(mirror, line.db)
    assert plays_on_server(line.db) == (line.played, line.played)


def test_a_row_whose_key_a_trigger_changed_is_found_again(line: Line) -> None:
    line.db.execute(
        """
        CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.played_at := NEW.played_at + interval '1 day'; RETURN NEW; END $$;
        CREATE TRIGGER change BEFORE INSERT ON play_history
        FOR EACH ROW EXECUTE FUNCTION change()
        """
    )
    clean = line.clean_push()
    error = line.push_cut(Cut("down", clean.down - 63))
    assert isinstance(error, pm.InDoubt)
    assert line.lost_answers == 1


def test_a_row_that_the_backend_deleted_meanwhile_is_not_sent_again(
    line: Line, assert_equal: Callable[..., None]
) -> None:
    clean = line.clean_push()
    line.proxy.cut = Cut("down", clean.down - 63)
    with pytest.raises(pm.InDoubt):
        line.push_through()
    [entry] = line.mirror.pending()
    line.db.execute("DELETE FROM play_history WHERE id = (SELECT max(id) FROM play_history)")
    line.straight.pull(line.mirror)  # which must not make the mirror believe that it knows all
    assert [pending.entry for pending in line.mirror.pending()] == [entry.entry]
    report = line.straight.sync(line.mirror)
    assert (report.pushed, report.already_there) == (1, 0)
    assert line.mirror.pending() == []
    assert_equal(line.mirror, line.db)
    assert plays_on_server(line.db) == (line.played - 1, line.played - 1)


def test_after_a_crash_the_number_of_a_transaction_proves_nothing(
    tmp_path: Path, assert_equal: Callable[..., None]
) -> None:
    """A push that the server forgot in a crash, and whose number it gave to somebody else."""
    with Cluster({"wal_writer_delay": "10s"}) as cluster:
        make_templates(cluster)
        with MusicDb.create(cluster) as db:
            line = Line(db, tmp_path / "music.db")
            line.clean_push()
            line.proxy.cut = Cut("up", 0, "half_open", linger=30, behind=b"COMMIT\0")
            with pytest.raises(pm.InDoubt):
                line.push_through()
            [(pid, xid)] = db.execute(
                "SELECT pid, backend_xid::text::int FROM pg_stat_activity "
                "WHERE backend_xid IS NOT NULL"
            )
            witness = db.connect()
            os.kill(pid, signal.SIGKILL)
            wait_until_it_ends(witness)
            wait_until_it_answers(cluster, db.name)
            with db.connect() as stranger:
                next_number = "SELECT pg_current_xact_id()::text::int"
                while stranger.execute(next_number).fetchone()[0] < xid:
                    pass
                fate = stranger.execute("SELECT pg_xact_status(%s::text::xid8)", [xid])
                assert fate.fetchone() == ("committed",)
            line.straight.close()
            assert line.mirror.sync(db.dsn).pushed == 1
            assert plays_on_server(db) == (line.played, line.played)
            assert_equal(line.mirror, db)
            line.close()


def wait_until_it_ends(witness: psycopg.Connection) -> None:
    """A crash ends every connection, as soon as the server has noticed it."""
    for _ in range(200):
        try:
            witness.execute("SELECT 1")
        except psycopg.OperationalError:
            return
        time.sleep(0.05)
    raise AssertionError("the server goes on as if nothing had happened")


def wait_until_it_answers(cluster: Cluster, database: str) -> None:
    for _ in range(200):
        try:
            cluster.psql("SELECT 1", database)
            return
        except ClusterError:
            time.sleep(0.05)
    raise AssertionError("the server does not come back after a crash")
