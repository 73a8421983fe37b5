"""A pull ended by SIGKILL leaves the old state or the new one, and the next pull finishes it."""

import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import playmirror as pm
import pytest
from databases import TABLES
from support import pull_child
from support.comparing import file_connection
from support.cut_proxy import Cut, CutProxy
from support.faults import proxy_of
from support.music_db import MusicDb

Check = Callable[[pm.Mirror, MusicDb], None]

POINTS = 12
# What may be on its way to the file when a process dies, however long the copy: 5 % of what a
# library of a million plays sends.
UNDER_WAY = 20 << 20
# One transaction over all tables.
NEXT_STATE = """
    UPDATE tracks SET popularity = coalesce(popularity, 0) + 1;
    UPDATE artists SET image_url = coalesce(image_url, '') || '+';
    INSERT INTO play_history (track_id, listened_ms)
      SELECT id, popularity FROM tracks ORDER BY id LIMIT 50;
    DELETE FROM play_history WHERE id IN (SELECT id FROM play_history ORDER BY id LIMIT 20);
    DELETE FROM track_artists WHERE track_id = (SELECT min(track_id) FROM track_artists);
    UPDATE analysis_snapshots SET model_used = coalesce(model_used, '') || '+';
    UPDATE playlist_config SET description = coalesce(description, '') || '+';
"""


def content(path: Path) -> list[list[tuple]]:
    """Every row of the mirrored tables, read at one moment by plain SQLite."""
    with file_connection(path) as connection:
        connection.execute("BEGIN")
        return [connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
                for name in TABLES]  # fmt: skip


def kill_after(child: pull_child.subprocess.Popen, delay: float) -> None:
    time.sleep(delay)
    child.send_signal(signal.SIGKILL)
    assert pull_child.finish(child) in (0, -signal.SIGKILL)


def is_sound(path: Path) -> bool:
    with file_connection(path) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_killed_pull_leaves_the_old_state_or_the_new(
    small_db: MusicDb, mirror_path: Path, assert_equal: Check
) -> None:
    with pm.open(mirror_path) as mirror, pm.connect(small_db.dsn) as server:
        server.pull(mirror)
    small_db.execute(NEXT_STATE)
    child = pull_child.start(mirror_path, small_db.dsn)
    began = time.monotonic()
    assert pull_child.finish(child) == 0
    length = time.monotonic() - began

    for point in range(POINTS):
        old = content(mirror_path)
        small_db.execute(NEXT_STATE)
        delay = length * point / POINTS
        kill_after(pull_child.start(mirror_path, small_db.dsn), delay)
        print(f"killed {delay:.3f} s of {length:.3f} s into the pull")
        left = content(mirror_path)
        with pm.open(mirror_path) as mirror, pm.connect(small_db.dsn) as server:
            server.pull(mirror, confirm_deletes=True)
            assert_equal(mirror, small_db)
        assert left in (old, content(mirror_path))
    assert is_sound(mirror_path)


def test_a_killed_first_copy_is_readable_and_goes_on(
    small_db: MusicDb, tmp_path: Path, assert_equal: Check
) -> None:
    child = pull_child.start(tmp_path / "whole.db", small_db.dsn)
    began = time.monotonic()
    assert pull_child.finish(child) == 0
    length = time.monotonic() - began

    for point in range(POINTS):
        path = tmp_path / f"cut{point}.db"
        delay = length * point / POINTS
        kill_after(pull_child.start(path, small_db.dsn), delay)
        print(f"killed {delay:.3f} s of {length:.3f} s into the first copy")
        # Only who may write can undo what was interrupted.
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with pm.open(path) as mirror, pm.connect(small_db.dsn) as server:
            mirror.plays.recent(10)
            assert server.pull(mirror).complete and mirror.status().complete
            assert_equal(mirror, small_db)
        assert is_sound(path)


@pytest.mark.parametrize("end", ["connection", "process"])
def test_a_first_copy_cut_at_60_percent_does_not_start_over(
    end: str, music_db: MusicDb, tmp_path: Path, assert_equal: Check
) -> None:
    music_db.fill(plays=20_000)
    with pm.open(tmp_path / "whole.db") as mirror, pm.connect(music_db.dsn) as server:
        whole = server.pull(mirror).wire.bytes_received

    path = tmp_path / "cut.db"
    with proxy_of(music_db) as proxy:
        dsn = proxy.dsn(music_db.dsn)
        if end == "connection":
            proxy.cut = Cut("down", after=whole * 60 // 100)
            with pm.open(path) as mirror, suppress(pm.ServerUnavailable):
                mirror.pull(dsn)  # it may go on by itself
        else:
            proxy.cut = Cut("down", after=whole * 60 // 100, how="black_hole")
            child = pull_child.start(path, dsn)
            wait_for_the_cut(proxy)
            kill_after(child, 0.2)
        proxy.cut = None
        with pm.open(path) as mirror:
            assert mirror.pull(dsn).complete
            assert_equal(mirror, music_db)
        again = sum(each.down for each in proxy.connections) - whole
    print(f"{again} of {whole} bytes travelled twice")
    assert again < UNDER_WAY


def wait_for_the_cut(proxy: CutProxy) -> None:
    deadline = time.monotonic() + 60
    while not proxy.last.was_cut:
        assert time.monotonic() < deadline
        time.sleep(0.01)
