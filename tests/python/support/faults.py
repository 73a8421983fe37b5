"""What the tests of broken lines and odd moments share: a small library, and points to cut at."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import playmirror as pm
import psycopg
from psycopg.conninfo import conninfo_to_dict

from support.cut_proxy import CutProxy, Direction, Traffic
from support.music_db import MusicDb

START = datetime(2026, 1, 31, 6, tzinfo=timezone.utc)

#: All that may be raised when the line breaks: nobody answers, or nobody knows what was committed.
BROKEN_LINE = (pm.ServerUnavailable, pm.InDoubt)


def add_tracks(db: MusicDb, *ids: str) -> None:
    for track in ids:
        db.execute("INSERT INTO tracks (id, name) VALUES (%s, %s)", [track, f"Track {track}"])


def add_play(mirror: pm.Mirror, number: int, track: str = "t1", **fields: object) -> pm.Play:
    """The play with this number: each has an instant of its own."""
    return mirror.plays.add(track_id=track, played_at=played_at(number), **fields)


def played_at(number: int) -> datetime:
    return START + timedelta(seconds=number)


def wait_until(db: MusicDb, query: str, *, seconds: float = 20) -> None:
    """Returns when the query says true; fails when it never does."""
    with db.connect() as connection:
        deadline = time.monotonic() + seconds
        while connection.execute(query).fetchone() != (True,):
            assert time.monotonic() < deadline, f"this did not become true: {query}"
            time.sleep(0.02)


def plays_on_server(db: MusicDb | psycopg.Connection) -> tuple[int, int]:
    """All plays, and the different ones: equal unless one was sent twice."""
    [(plays, different)] = db.execute(
        "SELECT count(*), count(DISTINCT (track_id, played_at)) FROM play_history"
    )
    return plays, different


@contextmanager
def memory_directory() -> Iterator[Path]:
    """A directory whose files cost no disk time, where the system has one."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as directory:
        yield Path(directory)


def proxy_of(db: MusicDb) -> CutProxy:
    server = conninfo_to_dict(db.dsn)
    return CutProxy(str(server["host"]), int(server["port"]))


def seed() -> int:
    """PLAYMIRROR_TEST_SEED, or 1, so that the suite repeats itself; `./dev soak` draws others.
    Shown by pytest when the test fails."""
    value = int(os.environ.get("PLAYMIRROR_TEST_SEED") or 1)
    print(f"PLAYMIRROR_TEST_SEED={value}")
    return value


def cut_points(
    clean: Traffic, direction: Direction, *, stride: int, every_byte_of_last: int, phase: int
) -> list[int]:
    """Where to cut an exchange like `clean`: after each of its last bytes, and at every stride
    before them, beginning at `phase`. PLAYMIRROR_TEST_EVERY_BYTE=1 takes them all."""
    total = clean[direction]
    dense = total - every_byte_of_last
    if os.environ.get("PLAYMIRROR_TEST_EVERY_BYTE") == "1":
        dense = 0
    return [*range(phase % stride, dense, stride), *range(max(dense, 0), total + 1)]
