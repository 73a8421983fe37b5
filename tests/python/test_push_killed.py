"""A process that records, pushes and pulls is killed at any moment: nothing it has recorded is
lost, nothing is sent twice, and the file is good."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import playmirror as pm
import pytest
from support.faults import add_tracks, memory_directory, plays_on_server, seed
from support.music_db import MusicDb

# Prints the number of each play once it is recorded: what was printed must not get lost.
CHILD = """
import sys
from datetime import datetime, timedelta, timezone
import playmirror as pm

path, dsn, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
start = datetime(2026, 1, 31, 6, tzinfo=timezone.utc)
with pm.open(path) as mirror, pm.connect(dsn) as server:
    print("ready", flush=True)
    for number in range(first, first + 1_000_000):
        mirror.plays.add(track_id="t1", played_at=start + timedelta(seconds=number))
        print(number, flush=True)
        if number % 3 == 0:
            server.sync(mirror)
        elif number % 3 == 1:
            server.push(mirror)
"""
KILLS = 40


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_process_killed_at_any_moment_loses_and_doubles_nothing(
    music_db: MusicDb, assert_equal: Callable[..., None]
) -> None:
    add_tracks(music_db, "t1")
    draw = random.Random(seed())
    recorded: set[int] = set()
    in_doubt = 0
    with memory_directory() as directory:
        path = directory / "music.db"
        with pm.open(path) as mirror:
            mirror.pull(music_db.dsn)
        for kill in range(KILLS):
            recorded |= run_and_kill(path, music_db.dsn, kill * 100_000, draw.uniform(0, 0.1))
            with pm.open(path) as mirror:
                in_doubt += mirror.status().in_doubt > 0
                assert mirror.verify().ok
                if kill % 4 == 3:
                    mirror.sync(music_db.dsn)
        with pm.open(path) as mirror:
            mirror.sync(music_db.dsn)
            assert mirror.pending() == []
            assert_equal(mirror, music_db)
    plays, different = plays_on_server(music_db)
    [(there,)] = music_db.execute(
        "SELECT array_agg(extract(epoch FROM played_at - '2026-01-31 06:00')::int) "
        "FROM play_history"
    )
    assert plays == different
    assert recorded <= set(there)
    # What was recorded in the instant between the record and its being told.
    assert len(set(there) - recorded) <= KILLS
    print(f"{plays} plays, {KILLS} kills, {in_doubt} of them with a push in doubt")


def run_and_kill(path: Path, dsn: str, first: int, after: float) -> set[int]:
    """The numbers that the child told before it died, `after` seconds after its start."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), dsn, str(first)], stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(after)
        child.kill()
        told = child.stdout.read()
    assert child.returncode == -signal.SIGKILL
    complete = told[: told.rfind("\n") + 1]
    return {int(line) for line in complete.split()}
