"""Many devices that push at once, and servers that take no rows."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
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


#: What the server makes of a recorded time, and how much later another one is that it makes the
#: same of.
CHANGES = {
    "rounded": ("timestamp(0)", "UTC", timedelta(seconds=0.6), timedelta(microseconds=1)),
    "rounded, with a zone": (
        "timestamptz(3)", "UTC", timedelta(microseconds=123200), timedelta(microseconds=100)
    ),
    "shown twice by the clocks": (
        "timestamp", "Europe/Berlin", timedelta(minutes=5), timedelta(hours=1)
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_that_pulls_a_play_under_another_time_does_not_send_it_again(
    music_db: MusicDb, mirror: pm.Mirror, tmp_path: Path, change: str
) -> None:
    type_, zone, past, apart = CHANGES[change]
    add_tracks(music_db, "t1", "t2", "t3")
    music_db.execute(f"SET TimeZone = 'UTC'; ALTER TABLE play_history ALTER played_at TYPE {type_};"
                     f"ALTER TABLE analysis_snapshots ALTER date TYPE {type_}")  # fmt: skip
    moment = datetime(2026, 10, 25, 0, 30, tzinfo=timezone.utc) + past
    with ExitStack() as stack:
        ours, theirs = (
            stack.enter_context(pm.connect(music_db.dsn, played_at_zone=zone)) for _ in range(2)
        )
        ours.pull(mirror)
        mirror.plays.add(track_id="t1", played_at=moment)
        mirror.snapshots.add(date=moment, period_label="week")
        mirror.copy_to(tmp_path / "copy.db")
        copy = stack.enter_context(pm.open(tmp_path / "copy.db"))
        assert ours.sync(mirror).pushed == 2
        theirs.pull(copy)
        assert theirs.sync(copy).pushed == 0
        for each in (mirror, copy):
            assert (len(each.plays), len(each.snapshots), each.pending()) == (1, 1, [])
        # One that was sent from here is not taken for the next one.
        for at in (moment + apart, moment):
            mirror.plays.add(track_id="t2", played_at=at)
            assert ours.sync(mirror).pushed == 1
        # Nor is one that was sent a moment ago, in the batch before.
        for at in (moment + apart, moment):
            mirror.plays.add(track_id="t3", played_at=at)
        assert ours.sync(mirror, push={"batch_rows": 1}).pushed == 2
        theirs.sync(copy)
        for each in (mirror, copy):
            assert len(each.plays) == 5
            assert ours.verify(each).equal


@pytest.mark.parametrize("batch_rows", [1, 2, 50])
@pytest.mark.parametrize("change", CHANGES)
def test_plays_that_get_one_time_on_the_server_are_all_sent(
    music_db: MusicDb, mirror: pm.Mirror, change: str, batch_rows: int
) -> None:
    """That which has this time already comes last: nothing shows that it is another one, but that
    the others were sent from here."""
    type_, zone, past, apart = CHANGES[change]
    add_tracks(music_db, "t1", "t2")
    music_db.execute(f"SET TimeZone = 'UTC'; ALTER TABLE play_history ALTER played_at TYPE {type_}")
    moment = datetime(2026, 10, 25, 0, 30, tzinfo=timezone.utc) + past
    [(kept,)] = music_db.execute(
        f"SELECT %s::timestamp::{type_}::timestamp", [(moment + apart).replace(tzinfo=None)]
    )
    times = {moment, moment + apart, kept.replace(tzinfo=timezone.utc)}
    with pm.connect(music_db.dsn, played_at_zone=zone) as server:
        server.pull(mirror)
        for track in ("t1", "t2"):
            for at in sorted(times, key=lambda at: (at.replace(tzinfo=None) == kept, at)):
                mirror.plays.add(track_id=track, played_at=at)
        # A row that is refused has the others asked for one by one.
        music_db.execute("ALTER TABLE play_history ADD CHECK (listened_ms > 0) NOT VALID")
        mirror.plays.add(track_id="t2", played_at="2026-02-01T00:00:00Z", listened_ms=-1)
        report = server.sync(mirror, push={"batch_rows": batch_rows})
        assert (report.pushed, report.already_there, report.rejected) == (2 * len(times), 0, 1)
        assert plays_on_server(music_db)[0] == 2 * len(times)
        assert server.verify(mirror).equal


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
