"""Pulls beside a backend that never rests: eight sessions that write, roll back and commit late."""

import threading
from collections.abc import Callable

import playmirror as pm
import pytest
from support.music_db import MusicDb
from support.writers import Writers

Check = Callable[[pm.Mirror, MusicDb], None]

SEEDS = range(1, 21)
STEPS = 250


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    return small_db


@pytest.mark.parametrize("seed", SEEDS)
def test_each_pull_among_eight_writers_takes_all_that_is_committed(
    seed: int,
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
    assert_equal: Check,
) -> None:
    writers = Writers(music_db, seed)
    for step in range(STEPS):
        writers.step()
        if writers.random.random() < 0.02:
            # Nothing commits while this thread pulls and compares: equal at this very moment.
            server.pull(mirror, confirm_deletes=True)
            print(f"seed {seed}: pulled after step {step}")
            assert_equal(mirror, music_db)
    writers.finish()
    server.pull(mirror, confirm_deletes=True)
    assert_equal(mirror, music_db)


def test_pulls_beside_eight_threads_that_write_lose_nothing(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """As above with true concurrency: commits fall inside a pull. Its order is the machine's."""
    quiet = threading.Event()
    failures: list[BaseException] = []

    def write(seed: int) -> None:
        try:
            writers = Writers(music_db, seed, sessions=1)
            for _ in range(2_000):
                if quiet.is_set():
                    break
                writers.step()
            writers.finish()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=[1_000 + n]) for n in range(8)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(15):
            server.pull(mirror, confirm_deletes=True)
    finally:
        quiet.set()
        for thread in threads:
            thread.join(60)
    assert not failures
    server.pull(mirror, confirm_deletes=True)
    assert_equal(mirror, music_db)


def test_an_idle_transaction_costs_repeats_and_no_rows(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    idle = music_db.connect(autocommit=False)
    idle.execute("UPDATE artists SET name = 'idle' WHERE id = (SELECT min(id) FROM artists)")
    add = "INSERT INTO play_history (played_at) VALUES (now()) RETURNING id"
    ids = []
    ages = []
    for _ in range(5):
        ids += music_db.execute(add)[0]
        report = server.pull(mirror)
        ages.append(report.horizon_age)
        plays = report.pulled["play_history"]
        # The first plays since the idle transaction began come again each time, and no others.
        assert (plays.inserted, plays.unchanged) == (1, len(ids) - 1)
        assert mirror.plays.find(ids[-1]) is not None
    # How far back it re-reads: more with each transaction that passes.
    assert ages == sorted(set(ages))
    idle.commit()
    assert server.pull(mirror).horizon_age < ages[-1]
    assert_equal(mirror, music_db)
