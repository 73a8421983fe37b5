"""A pull whose connection breaks at any byte: the error is typed, the file is the old or the new
state, and the next pull finishes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path

import playmirror as pm
import pytest
from support.cut_proxy import Cut, CutProxy, Direction, Traffic
from support.faults import add_tracks, cut_points, memory_directory, played_at, proxy_of, seed
from support.music_db import MusicDb


@pytest.fixture
def proxy(music_db: MusicDb) -> Iterator[CutProxy]:
    with proxy_of(music_db) as proxy:
        yield proxy


@pytest.fixture
def memory_path() -> Iterator[Path]:
    with memory_directory() as directory:
        yield directory / "music.db"


def pull(mirror: pm.Mirror, db: MusicDb, proxy: CutProxy, *, timeout: float = 10) -> Traffic:
    dsn = proxy.dsn(db.dsn)
    with pm.connect(dsn, timeout=timeout, connect_timeout=timeout) as server:
        server.pull(mirror)
        return copy(proxy.last)


def ids(mirror: pm.Mirror) -> tuple[int, ...]:
    return tuple(mirror.sql("SELECT id FROM play_history ORDER BY id").column("id"))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_reset_at_any_byte(
    music_db: MusicDb,
    proxy: CutProxy,
    memory_path: Path,
    direction: Direction,
    assert_equal: Callable[..., None],
    record_property: Callable[[str, object], None],
) -> None:
    add_tracks(music_db, "t1")
    server_side = music_db.connect()
    number = 0

    def change_the_server() -> None:
        """A play more, another one less, and a track changed."""
        nonlocal number
        number += 1
        server_side.execute(
            "INSERT INTO play_history (track_id, played_at) VALUES ('t1', %s)", [played_at(number)]
        )
        server_side.execute("DELETE FROM play_history WHERE id = %s", [number - 3])
        server_side.execute("UPDATE tracks SET name = %s", [f"name {number}"])

    with pm.open(memory_path) as mirror, pm.connect(music_db.dsn) as straight:
        change_the_server()
        straight.pull(mirror)
        change_the_server()
        clean = pull(mirror, music_db, proxy)
        points = cut_points(clean, direction, stride=97, every_byte_of_last=70, phase=seed())
        record_property("cases", len(points))
        for after in points:
            change_the_server()
            before = ids(mirror)
            proxy.cut = Cut(direction, after)
            try:
                pull(mirror, music_db, proxy)
            except pm.ServerUnavailable as error:
                assert error.retryable
                straight.pull(mirror) if ids(mirror) == before else None
            assert ids(mirror) == tuple(range(max(1, number - 2), number + 1)), after
        straight.pull(mirror)
        assert_equal(mirror, music_db)


@pytest.mark.slow
def test_a_first_copy_cut_again_and_again_comes_to_its_end(
    small_db: MusicDb, memory_path: Path, assert_equal: Callable[..., None]
) -> None:
    with proxy_of(small_db) as proxy, pm.open(memory_path) as mirror:
        with pm.open(memory_path.with_name("whole.db")) as other:
            whole = pull(other, small_db, proxy).down
        cuts = 0
        for share in range(1, 10):
            proxy.cut = Cut("down", whole * share // 10)
            try:
                pull(mirror, small_db, proxy)
                break
            except pm.ServerUnavailable:
                cuts += 1
                assert mirror.verify().ok
                assert not mirror.status().complete
        proxy.cut = None
        pull(mirror, small_db, proxy)
        assert cuts >= 2
        assert mirror.status().complete
        assert_equal(mirror, small_db)


def test_a_line_that_falls_silent_is_given_up_in_time(
    music_db: MusicDb, proxy: CutProxy, mirror: pm.Mirror
) -> None:
    clean = pull(mirror, music_db, proxy)
    for direction, after in [("down", 0), ("up", 20), ("down", clean.down // 2), ("down", 9_000)]:
        proxy.cut = Cut(direction, after, "black_hole")  # type: ignore[arg-type]
        start = time.monotonic()
        with pytest.raises(pm.ServerUnavailable) as caught:
            pull(mirror, music_db, proxy, timeout=0.5)
        assert 0.4 < time.monotonic() - start < 2, (direction, after)
        assert caught.value.retryable and caught.value.hint


def test_a_slow_line_costs_one_round_trip_when_nothing_changed(
    music_db: MusicDb, proxy: CutProxy, mirror: pm.Mirror
) -> None:
    proxy.delay = 0.1
    with pm.connect(proxy.dsn(music_db.dsn)) as server:
        server.pull(mirror)
        time.sleep(0.5)  # what the last call left to say is said
        before = proxy.last.round_trips
        report = server.pull(mirror)
        assert report.method == "unchanged"
        assert proxy.last.round_trips - before == 1
        assert report.duration.total_seconds() < 0.35


def test_verify_and_doctor_say_what_broke_too(
    music_db: MusicDb, proxy: CutProxy, mirror: pm.Mirror
) -> None:
    with pm.connect(proxy.dsn(music_db.dsn)) as server:
        server.pull(mirror)
    for call in (lambda server: server.verify(mirror), lambda server: server.doctor()):
        proxy.cut = None
        with pm.connect(proxy.dsn(music_db.dsn)) as server:
            connected = copy(proxy.last)
            call(server)
        proxy.cut = Cut("down", connected.down + 40)
        with pm.connect(proxy.dsn(music_db.dsn)) as server, pytest.raises(pm.ServerUnavailable):
            call(server)


def test_a_server_object_connects_again_by_itself(
    music_db: MusicDb, proxy: CutProxy, mirror: pm.Mirror
) -> None:
    with pm.connect(proxy.dsn(music_db.dsn)) as server:
        server.pull(mirror)
        music_db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        add_tracks(music_db, "t1")
        try:
            server.pull(mirror)
        except pm.ServerUnavailable:  # the first to notice
            server.pull(mirror)
        assert "t1" in mirror.tracks
        assert len(proxy.connections) == 2
