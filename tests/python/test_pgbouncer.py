"""Through a PgBouncer that gives each transaction to whatever connection is free, everything holds:
nothing of ours may live longer on the server than a transaction."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import playmirror as pm
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from support.cut_proxy import Cut, CutProxy
from support.faults import BROKEN_LINE, add_play, add_tracks, memory_directory, plays_on_server
from support.music_db import MusicDb
from support.pgbouncer import pooled

Equal = Callable[[pm.Mirror, MusicDb], None]


def test_the_whole_way_through_a_pool(
    small_db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    with pooled(small_db, connections=2) as dsn, pm.connect(dsn) as server:
        assert server.pull(mirror).complete
        with small_db.connect(autocommit=False) as late:
            late.execute("UPDATE tracks SET popularity = 1")
            small_db.execute("DELETE FROM play_history WHERE id < 5")
            server.pull(mirror)
            late.commit()
        track = next(iter(mirror.tracks)).id
        for number in range(50):
            add_play(mirror, number, track)
        assert server.sync(mirror, push={"batch_rows": 7}).pushed == 50
        assert server.sync(mirror).method == "unchanged"
        assert_equal(mirror, small_db)
        assert server.verify(mirror).equal
        assert server.doctor().ok


def test_nothing_of_ours_stays_on_a_pooled_connection(small_db: MusicDb, mirror: pm.Mirror) -> None:
    small_db.execute(f"ALTER DATABASE {small_db.name} SET DateStyle = 'German'")
    asked = ("DateStyle", "search_path", "row_security", "lock_timeout", "synchronous_commit")
    left = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
        "SELECT count(*) FROM pg_prepared_statements",
    )
    with (
        pooled(small_db, connections=1) as dsn,
        psycopg.connect(dsn, autocommit=True) as other,
        pm.connect(dsn) as server,
    ):
        before = [other.execute(f"SHOW {name}").fetchone() for name in asked]
        server.pull(mirror)
        add_play(mirror, 1, next(iter(mirror.tracks)).id)
        server.sync(mirror)
        assert [other.execute(f"SHOW {name}").fetchone() for name in asked] == before
        assert [other.execute(query).fetchone() for query in left] == [(0,), (0,)]


@pytest.mark.slow
def test_many_devices_share_few_connections(music_db: MusicDb, assert_equal: Equal) -> None:
    add_tracks(music_db, "t1")
    with pooled(music_db, 3) as dsn, memory_directory() as directory, ExitStack() as stack:
        devices = []
        for device in range(16):
            mirror = stack.enter_context(pm.open(directory / f"{device}.db"))
            mirror.tracks.add(id="t1")
            for number in range(20):
                add_play(mirror, 10 * device + number)  # half of them as its neighbour
            devices.append(mirror)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda mirror: mirror.sync(dsn, push={"batch_rows": 3}), devices))
        assert plays_on_server(music_db) == (170, 170)
        assert all(mirror.pending() == [] for mirror in devices)
        devices[0].sync(dsn)
        assert_equal(devices[0], music_db)


@pytest.mark.slow
def test_a_line_to_the_pool_that_breaks(
    music_db: MusicDb, mirror_path: Path, assert_equal: Equal
) -> None:
    """The pool itself decides when the server learns of it."""
    add_tracks(music_db, "t1")
    music_db.execute("ALTER SEQUENCE play_history_id_seq RESTART 100000")  # ids of one length
    with pooled(music_db, connections=2) as dsn, pm.open(mirror_path) as mirror:
        mirror.pull(dsn)
        target = conninfo_to_dict(dsn)
        with CutProxy(str(target["host"]), int(target["port"])) as proxy:
            for number in range(6):  # a push asks for the newest rows, of which there are few
                add_play(mirror, number)
                mirror.push(proxy.dsn(dsn))
                total = proxy.last.down
                mirror.pull(dsn)
            in_doubt = 0
            points = [*range(0, total - 120, 60), *range(total - 120, total, 4)]
            for number, after in enumerate(points, start=6):
                add_play(mirror, number)
                proxy.cut = Cut("down", after)
                try:
                    mirror.push(proxy.dsn(dsn))
                except BROKEN_LINE as error:
                    in_doubt += isinstance(error, pm.InDoubt)
                mirror.sync(dsn)
                assert mirror.pending() == []
                assert plays_on_server(music_db) == (number + 1, number + 1)
        assert in_doubt > 3
        assert_equal(mirror, music_db)
