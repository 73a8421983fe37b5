"""Many devices that push at once, and servers that take no rows."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import playmirror as pm
import pytest
from databases import create_database, make_template
from support.faults import add_play, add_tracks, memory_directory, plays_on_server, seed
from support.music_db import MusicDb

from cluster import Cluster  # isort: skip

FEW_DEVICES = 20
MANY_DEVICES = int(os.environ.get("PLAYMIRROR_TEST_DEVICES") or 100)


@pytest.mark.slow
def test_twenty_devices_push_at_once(music_db: MusicDb, assert_equal: Callable[..., None]) -> None:
    """Each has plays of its own and plays that others have too; nothing is lost, doubled or locked
    up."""
    add_tracks(music_db, "t1", "t2")
    draw = random.Random(seed())
    recorded = set()
    with memory_directory() as directory, ExitStack() as stack:
        devices = []
        for number in range(FEW_DEVICES):
            mirror = stack.enter_context(pm.open(directory / f"{number}.db"))
            mirror.tracks.add(id="t1")
            mirror.tracks.add(id="new", name=f"recorded by {number}")
            for _ in range(25):
                when, track = draw.randrange(200), draw.choice(["t1", "new"])
                recorded.add((when, track))
                add_play(mirror, when, track, source=f"device {number}")
            devices.append(mirror)
        with ThreadPoolExecutor(FEW_DEVICES) as pool:
            options = {"batch_rows": 10, "lock_timeout": 60.0}
            reports = list(pool.map(lambda mirror: mirror.push(music_db.dsn, **options), devices))
        assert plays_on_server(music_db) == (len(recorded), len(recorded))
        assert sum(report.pushed for report in reports) == len(recorded) + 1
        assert all(report.rejected == report.waiting == 0 for report in reports)
        assert all(mirror.pending() == [] for mirror in devices)
        assert music_db.execute("SELECT count(*) FROM tracks WHERE id = 'new'") == [(1,)]
        for mirror in draw.sample(devices, 3):
            mirror.sync(music_db.dsn)
            assert_equal(mirror, music_db)


@pytest.mark.slow
@pytest.mark.timeout(0 if MANY_DEVICES > 100 else 300)
def test_a_hundred_devices_push_a_hundred_plays_each(
    music_db: MusicDb, record_property: Callable[[str, object], None]
) -> None:
    """PLAYMIRROR_TEST_DEVICES: so many instead."""
    add_tracks(music_db, "t1")
    with memory_directory() as directory:
        empty = directory / "empty.db"
        with pm.open(empty) as mirror:
            mirror.pull(music_db.dsn)

        def record_and_push(device: int) -> pm.SyncReport:
            path = shutil.copy(empty, directory / f"{device}.db")
            with pm.open(path) as mirror:
                for number in range(100):
                    add_play(mirror, 100 * device + number)
                report = mirror.push(music_db.dsn, lock_timeout=60.0)
                assert mirror.pending() == []
            path.unlink()
            return report

        with ThreadPoolExecutor(min(MANY_DEVICES, 100)) as pool:
            reports = list(pool.map(record_and_push, range(MANY_DEVICES)))
    plays = 100 * MANY_DEVICES
    assert sum(report.pushed for report in reports) == plays
    assert plays_on_server(music_db) == (plays, plays)
    record_property("cases", MANY_DEVICES)
    print(f"{MANY_DEVICES} devices: {plays} plays, each on the server once")


@pytest.mark.slow
def test_a_standby_takes_no_rows_and_none_is_lost(tmp_path: Path) -> None:
    with Cluster() as primary, pm.open(tmp_path / "music.db") as mirror:
        make_template(primary)
        create_database(primary, "music")
        primary.psql("INSERT INTO tracks (id) VALUES ('t1')", "music")
        mirror.pull(primary.dsn("music"))
        add_play(mirror, 1)
        with Cluster.standby_of(primary) as standby:
            standby.wait_for_replay(primary)
            with pm.connect(standby.dsn("music")) as server:
                with pytest.raises(pm.Error) as caught:
                    server.push(mirror)
                assert caught.value.code == "server_refused"
                assert "standby" in str(caught.value)
                assert "primary" in caught.value.hint
                primary.psql("INSERT INTO tracks (id) VALUES ('t2')", "music")
                standby.wait_for_replay(primary)
                with pytest.raises(pm.Error, match="standby"):
                    server.sync(mirror)
                assert "t2" in mirror.tracks  # the pull ran all the same
            assert len(mirror.pending()) == 1
        assert mirror.sync(primary.dsn("music")).pushed == 1
        assert primary.psql("SELECT count(*) FROM play_history", "music") == "1"
