"""One mirror in several processes and threads: nobody meets a locked file, no play is lost, and
nobody has to wait for somebody else's network."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import playmirror as pm
import pytest
from support.faults import START, add_play, add_tracks, plays_on_server, proxy_of, wait_until
from support.music_db import MusicDb

Equal = Callable[[pm.Mirror, MusicDb], None]

# Reads and records until it is told to stop; prints the number of its recorded plays.
RECORDER = """
import sys, threading
from datetime import datetime, timedelta, timezone
import playmirror as pm

path, first = sys.argv[1], int(sys.argv[2])
start = datetime(2026, 1, 31, 6, tzinfo=timezone.utc)
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
recorded, seen = 0, 0
with pm.open(path) as mirror:
    while not stop.is_set():
        when = start + timedelta(seconds=first + recorded)
        play = mirror.plays.add(track_id="t1", played_at=when)
        recorded += 1
        assert mirror.plays[play.id].track_id == "t1"
        now = len(mirror.plays)
        assert now >= seen, (now, seen)
        seen = now
        mirror.stats.top_tracks(limit=3)
        mirror.sql("SELECT count(*) FROM play_history JOIN tracks ON tracks.id = track_id")
        list(mirror.plays.list(since=start))
print(recorded)
"""

# Syncs until it is told to stop, while rows come and go on the server; says when it has begun.
SYNCER = """
import sys, threading
import playmirror as pm

stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
syncs = 0
with pm.open(sys.argv[1]) as mirror, pm.connect(sys.argv[2]) as server:
    while not stop.is_set():
        server.sync(mirror)
        syncs += 1
        if syncs == 1:
            print("syncing", flush=True)
print(syncs)
"""


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stop(process: subprocess.Popen[str]) -> str:
    told, complaint = process.communicate(timeout=60)
    assert process.returncode == 0, complaint
    return told.splitlines()[-1]


@pytest.mark.slow
def test_one_process_syncs_and_two_read_and_record(
    music_db: MusicDb, mirror_path: Path, assert_equal: Equal
) -> None:
    seconds = float(os.environ.get("PLAYMIRROR_TEST_SECONDS") or 8)
    add_tracks(music_db, "t1")
    with pm.open(mirror_path) as mirror:
        mirror.pull(music_db.dsn)
    recorders = [start(RECORDER, mirror_path, number * 1_000_000) for number in range(2)]
    syncer = start(SYNCER, mirror_path, music_db.dsn)
    server_side = music_db.connect()
    deadline = time.monotonic() + seconds
    changes = 0
    while time.monotonic() < deadline:
        changes += 1
        server_side.execute("UPDATE tracks SET name = %s", [f"name {changes}"])
        server_side.execute("INSERT INTO artists (id) VALUES (%s)", [f"artist {changes}"])
        time.sleep(0.05)
    recorded = sum(int(stop(process)) for process in recorders)
    syncs = int(stop(syncer))
    assert syncs > 3
    assert recorded > 20
    with pm.open(mirror_path) as mirror:
        mirror.sync(music_db.dsn)
        assert plays_on_server(music_db) == (recorded, recorded)
        assert mirror.verify().ok
        assert_equal(mirror, music_db)


def test_two_processes_that_sync_take_turns(
    music_db: MusicDb, mirror_path: Path, assert_equal: Equal
) -> None:
    add_tracks(music_db, "t1")
    with pm.open(mirror_path) as mirror:
        mirror.pull(music_db.dsn)
        syncers = [start(SYNCER, mirror_path, music_db.dsn) for _ in range(2)]
        for syncer in syncers:
            assert syncer.stdout and syncer.stdout.readline() == "syncing\n"
        for number in range(100):
            add_play(mirror, number)
        assert all(int(stop(syncer)) > 1 for syncer in syncers)
        mirror.sync(music_db.dsn)
        assert plays_on_server(music_db) == (100, 100)
        assert_equal(mirror, music_db)


def test_a_sync_under_way_is_named_and_disturbs_nobody(
    music_db: MusicDb, mirror_path: Path
) -> None:
    add_tracks(music_db, "t1")
    migration = music_db.connect(autocommit=False)
    with pm.open(mirror_path, busy_timeout=0.3) as mirror:
        mirror.pull(music_db.dsn)
        migration.execute("LOCK TABLE tracks IN ACCESS EXCLUSIVE MODE")
        with pm.open(mirror_path) as second, ThreadPoolExecutor(1) as pool:
            pulling = pool.submit(second.pull, music_db.dsn, lock_timeout=60)
            wait_until(music_db, "SELECT count(*) = 1 FROM pg_locks WHERE NOT granted")
            with pytest.raises(pm.MirrorBusy) as caught:
                mirror.pull(music_db.dsn)
            assert f"process {os.getpid()} " in str(caught.value)
            assert caught.value.retryable
            start = time.monotonic()
            play = add_play(mirror, 1)
            assert mirror.plays[play.id] == play
            assert time.monotonic() - start < 0.3
            migration.rollback()
            assert pulling.result(timeout=30).complete


def test_a_callback_of_a_sync_does_not_wait_for_its_own(
    music_db: MusicDb, mirror_path: Path
) -> None:
    """Neither through the same mirror nor through another one of the same file."""
    refused = []

    def sync_again(_: pm.Progress) -> None:
        for again in (mirror, second):
            start = time.monotonic()
            with pytest.raises(pm.InvalidArgument) as caught:
                again.sync(music_db.dsn)
            assert "callback" in str(caught.value)
            assert time.monotonic() - start < 2
            refused.append(again)

    with pm.open(mirror_path) as mirror, pm.open(mirror_path) as second:
        assert mirror.sync(music_db.dsn, progress=sync_again).complete
        assert refused
        assert second.sync(music_db.dsn).complete


def test_eight_threads_ask_while_one_syncs(
    small_db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    small_db.execute("UPDATE tracks SET popularity = 0")
    mirror.pull(small_db.dsn)
    track = mirror.stats.top_tracks(1)[0].track_id
    done = threading.Event()

    def sync() -> None:
        with pm.connect(small_db.dsn) as server:
            for number in range(30):
                small_db.execute("UPDATE tracks SET popularity = %s", [number])
                add_play(mirror, number, track)
                server.sync(mirror)

    def ask(_: int) -> int:
        answers, seen = 0, 0
        while not done.is_set():
            now = len(mirror.plays)
            assert now >= seen
            seen = now
            # All rows of one pull, or none of it.
            popularities = mirror.sql("SELECT DISTINCT popularity FROM tracks").column("popularity")
            assert len(popularities) == 1
            assert mirror.stats.top_tracks(5)[0].plays > 0
            answers += 1
        return answers

    with ThreadPoolExecutor(9) as pool:
        asking = [pool.submit(ask, number) for number in range(8)]
        syncing = pool.submit(sync)
        syncing.result(timeout=90)
        done.set()
        assert all(answers.result(timeout=30) > 3 for answers in asking)
    assert len(mirror.plays) == 1_030
    assert_equal(mirror, small_db)


# Ctrl-C ----------------------------------------------------------------------------------------

COPYING = """
import sys, threading, time
import playmirror as pm

steps = 0
def count():
    global steps
    while True:
        time.sleep(0.01)
        steps += 1

threading.Thread(target=count, daemon=True).start()
with pm.open(sys.argv[1]) as mirror, pm.connect(sys.argv[2]) as server:
    print("ready", flush=True)
    try:
        server.pull(mirror)
    except KeyboardInterrupt:
        print("stopped", time.time(), steps, flush=True)
"""


def test_ctrl_c_stops_a_first_copy_within_a_second(
    small_db: MusicDb, mirror_path: Path, assert_equal: Equal
) -> None:
    """The line is so slow that the copy would take minutes; another thread goes on meanwhile."""
    with proxy_of(small_db) as proxy:
        proxy.delay = 0.2
        with start(COPYING, mirror_path, proxy.dsn(small_db.dsn)) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            time.sleep(1)
            assert child.poll() is None, "the copy was over too soon"
            asked = time.time()
            child.send_signal(signal.SIGINT)
            word, when, steps = child.stdout.readline().split()
            assert word == "stopped"
            assert float(when) - asked < 1
            assert int(steps) > 20
            _, complaint = child.communicate(timeout=20)
            assert child.returncode == 0, complaint
    with pm.open(mirror_path) as mirror:
        assert mirror.verify().ok
        assert not mirror.status().complete
        mirror.pull(small_db.dsn)
        assert_equal(mirror, small_db)


# Fork ----------------------------------------------------------------------------------------


def in_child(work: Callable[[], None]) -> int:
    """The exit code of a forked child that does `work`."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(f"in the child: {error!r}", file=sys.stderr)
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_touches_nothing_of_its_parents(
    music_db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    add_tracks(music_db, "t1")
    with pm.connect(music_db.dsn) as server:
        server.pull(mirror)
        add_play(mirror, 1)
        cursor = mirror.plays.list()

        def use_the_parents() -> None:
            calls: dict[str, Callable[[], object]] = {
                "sync": lambda: server.sync(mirror),
                "pull": lambda: server.pull(mirror),
                "recent": mirror.plays.recent,
                "add": lambda: add_play(mirror, 2),
                "sql": lambda: mirror.sql("SELECT 1"),
                "status": mirror.status,
            }
            for name, call in calls.items():
                with pytest.raises(pm.Error) as caught:
                    call()
                assert caught.value.code == "closed", name
                assert caught.value.hint, name
            server.doctor()  # on a connection of the child's own
            with pm.open(mirror.path) as own:
                add_play(own, 3)
                server.sync(own)

        assert in_child(use_the_parents) == 0
        assert in_child(server.close) == 0
        # The parent's connections have noticed nothing.
        assert len(list(cursor)) >= 1
        add_play(mirror, 4)
        assert server.sync(mirror).pushed == 1
        assert plays_on_server(music_db) == (3, 3)
        assert_equal(mirror, music_db)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_threads_of_its_parent(
    music_db: MusicDb, mirror: pm.Mirror
) -> None:
    add_tracks(music_db, "t1")
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            mirror.stats.totals()

    def is_refused(call: Callable[[], object]) -> Callable[[], None]:
        def work() -> None:
            signal.alarm(20)  # no child outlives its test
            with pytest.raises(pm.Error) as caught:
                call()
            assert caught.value.code == "closed"

        return work

    with pm.connect(music_db.dsn) as server, ThreadPoolExecutor() as pool:
        server.pull(mirror)
        with music_db.connect(autocommit=False) as migration:
            music_db.execute("UPDATE tracks SET tempo = 1")  # so that there is something to pull
            migration.execute("LOCK TABLE tracks IN ACCESS EXCLUSIVE MODE")
            waiting = pool.submit(server.pull, mirror, lock_timeout=10)
            wait_until(music_db, "SELECT count(*) = 1 FROM pg_locks "
                       "WHERE relation = 'tracks'::regclass AND NOT granted")  # fmt: skip
            assert in_child(is_refused(server.doctor)) == 0
        waiting.result()
        asking = [pool.submit(ask) for _ in range(2)]
        codes = [in_child(is_refused(mirror.stats.totals)) for _ in range(50)]
        stop.set()
        for each in asking:
            each.result()
    assert set(codes) == {0}


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_children_of_a_pool_open_their_own(music_db: MusicDb, mirror: pm.Mirror) -> None:
    add_tracks(music_db, "t1")
    mirror.pull(music_db.dsn)

    def record(first: int) -> Callable[[], None]:
        def work() -> None:
            with pm.open(mirror.path) as own:
                for number in range(first, first + 10):
                    own.plays.add(track_id="t1", played_at=START + timedelta(seconds=number))

        return work

    assert [in_child(record(100 * number)) for number in range(4)] == [0] * 4
    assert len(mirror.plays) == 40
    assert mirror.sync(music_db.dsn).pushed == 40


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_opens_its_own_whatever_threads_of_its_parent_do(
    music_db: MusicDb, mirror: pm.Mirror
) -> None:
    """It takes no lock of theirs for its own, nor waits for one."""
    add_tracks(music_db, "t1")
    mirror.pull(music_db.dsn)
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            mirror.sql("SELECT count(*) FROM play_history")

    def record() -> None:
        for number in itertools.count(1_000):
            if stop.is_set():
                return
            add_play(mirror, number)

    def open_and_record(number: int) -> Callable[[], None]:
        def work() -> None:
            signal.alarm(10)  # no child outlives its test
            with pm.open(mirror.path) as own:
                add_play(own, number)
                own.stats.totals()

        return work

    with ThreadPoolExecutor() as pool:
        working = [pool.submit(each) for each in (ask, ask, record)]
        try:
            for number in range(50):
                assert in_child(open_and_record(number)) == 0
        finally:
            stop.set()
        for each in working:
            each.result()
    assert mirror.plays.count(until=START + timedelta(seconds=999)) == 50
    assert mirror.verify().ok


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_mirror_that_a_forked_child_has_open_is_in_use(mirror: pm.Mirror) -> None:
    """Also when its parent, which had it open before, has closed it."""
    len(mirror.plays)
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        with pm.open(mirror.path) as own:
            len(own.plays)
            os.write(tell, b"open")
            while os.getppid() != 1:
                time.sleep(0.1)
        os._exit(0)
    os.read(told, 4)
    mirror.close()
    try:
        with pytest.raises(pm.MirrorBusy, match=str(pid)):
            pm.Mirror.salvage(mirror.path)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(told)
        os.close(tell)
