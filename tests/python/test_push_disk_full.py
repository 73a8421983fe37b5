"""The disk of the laptop fills up: a StorageError, nothing lost or doubled, and all is well when
there is room again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import playmirror as pm
import pytest
from support.fault_disk import SmallDisk, small_disk
from support.faults import add_play, add_tracks, memory_directory, plays_on_server
from support.music_db import MusicDb

Equal = Callable[[pm.Mirror, MusicDb], None]
PAGE = 4096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", megabytes=8) as disk:
        yield disk


@pytest.mark.slow
def test_no_room_at_any_step_of_recording_and_pushing(
    music_db: MusicDb, disk: SmallDisk, assert_equal: Equal
) -> None:
    add_tracks(music_db, "t1")
    recorded = 0
    troubles = {"record": 0, "push": 0, "pull": 0}
    with pm.open(disk.path / "music.db") as mirror, pm.connect(music_db.dsn) as server:
        server.pull(mirror)
        for pages in range(0, 48):
            number = 10 * pages
            disk.leave(pages * PAGE)
            try:
                for offset in range(8):
                    add_play(mirror, number + offset, source="x" * 1_000)
                    recorded += 1
            except pm.StorageError as error:
                troubles["record"] += 1
                expect_full(error)
            for call in ("push", "pull"):
                try:
                    getattr(server, call)(mirror)
                except pm.StorageError as error:
                    troubles[call] += 1
                    expect_full(error)
                assert len(mirror.plays) == recorded
            disk.empty()
            server.sync(mirror)
            assert mirror.pending() == []
            assert plays_on_server(music_db) == (recorded, recorded)
        assert mirror.verify().ok
        assert_equal(mirror, music_db)
    assert min(troubles["record"], troubles["push"]) >= 3, troubles


def expect_full(error: pm.StorageError) -> None:
    assert error.code == "storage_full"
    assert error.retryable
    assert "space" in error.hint


def test_a_first_copy_that_does_not_fit(
    small_db: MusicDb, disk: SmallDisk, assert_equal: Equal
) -> None:
    with pm.open(disk.path / "music.db") as mirror:
        mirror.artists.add(id="recorded before", name="the first copy")
        disk.leave(1 << 20)
        with pytest.raises(pm.StorageError) as caught:
            mirror.pull(small_db.dsn)
        expect_full(caught.value)
        assert not mirror.status().complete
        assert mirror.verify().ok
        assert [entry.key for entry in mirror.pending()] == ["recorded before"]
    disk.empty()
    disk.resize(64)
    with pm.open(disk.path / "music.db") as mirror:
        assert mirror.sync(small_db.dsn).pushed == 1
        assert_equal(mirror, small_db)


def test_no_room_to_make_a_mirror(disk: SmallDisk) -> None:
    disk.leave(0)
    with pytest.raises(pm.StorageError) as caught:
        pm.open(disk.path / "music.db")
    expect_full(caught.value)
    disk.empty()
    with pm.open(disk.path / "music.db") as mirror:
        assert mirror.pending() == []


# Python ignores SIGXFSZ, which would otherwise kill the process: a write past the limit then fails.
CHILD = """
import resource, sys
import playmirror as pm
from datetime import datetime, timedelta, timezone

path, dsn, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
start = datetime(2026, 1, 31, 6, tzinfo=timezone.utc)
with pm.open(path) as mirror, pm.connect(dsn) as server:
    first = len(mirror.plays)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        for number in range(first, first + 2_000):
            mirror.plays.add(track_id="t1", played_at=start + timedelta(seconds=number))
            print(number, flush=True)
            if number % 5 == 0:
                server.sync(mirror)
    except pm.StorageError as error:
        assert error.hint
        print(error.code)
"""


@pytest.mark.slow
def test_a_limit_on_the_size_of_files(music_db: MusicDb, assert_equal: Equal) -> None:
    add_tracks(music_db, "t1")
    with memory_directory() as directory:
        path = directory / "music.db"
        with pm.open(path) as mirror:
            mirror.pull(music_db.dsn)
        told: list[str] = []
        for limit in (0, 100, PAGE, 60 * PAGE, 120 * PAGE + 1, 250 * PAGE, 500 * PAGE, 1000 * PAGE):
            child = subprocess.run(
                [sys.executable, "-c", CHILD, str(path), music_db.dsn, str(limit)],
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert child.returncode == 0, child.stderr
            *numbers, code = child.stdout.split()
            assert code == "storage_failed", limit
            told += numbers
            with pm.open(path) as mirror:
                assert mirror.verify().ok
                mirror.sync(music_db.dsn)
                assert mirror.pending() == []
                plays, different = plays_on_server(music_db)
                assert plays == different == len(mirror.plays) >= len(set(told))
        with pm.open(path) as mirror:
            assert_equal(mirror, music_db)
        assert len(told) > 20
