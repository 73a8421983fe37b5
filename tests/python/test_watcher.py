"""A watched mirror stays in step with its server, through every kind of trouble, and says so."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import playmirror as pm
import pytest
from cluster import Cluster
from databases import make_template
from support.cut_proxy import Cut
from support.faults import add_play, add_tracks, plays_on_server, proxy_of
from support.music_db import MusicDb
from support.watching import NEVER, QUICK, Event, Log, eventually

Equal = Callable[[pm.Mirror, MusicDb], None]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def music_db(music_db: MusicDb) -> MusicDb:
    add_tracks(music_db, "t1", "t2")
    return music_db


def xid_now(db: MusicDb) -> int:
    return int(db.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")[0][0])


# In step ---------------------------------------------------------------------------------------


def test_what_changes_there_arrives_here_and_the_reverse(
    mirror: pm.Mirror, music_db: MusicDb, log: Log, assert_equal: Equal
) -> None:
    with mirror.watch(music_db.dsn, interval=QUICK, on_event=log) as watcher:
        first = log.wait_until("current")
        assert first.report is not None
        assert first.report.method == "first_copy"
        music_db.execute("INSERT INTO artists (id) VALUES ('a')")
        log.wait_for(lambda event: event.report and event.report.pulled["artists"].inserted)
        add_play(mirror, 1)
        log.wait_for(lambda event: event.report and event.report.pushed)
        assert watcher.state == "current"
    assert log.states() == ["connecting", "current", "current", "current", "stopped"]
    assert watcher.state == "stopped"
    assert_equal(mirror, music_db)


def test_a_record_of_this_process_is_sent_at_once(
    mirror: pm.Mirror, music_db: MusicDb, log: Log
) -> None:
    with mirror.watch(music_db.dsn, interval=NEVER, on_event=log):
        log.wait_until("current")
        add_play(mirror, 1)
        log.wait_for(lambda event: event.report and event.report.pushed)
    assert plays_on_server(music_db) == (1, 1)


def test_a_record_of_another_process_is_sent_at_once(
    mirror: pm.Mirror, music_db: MusicDb, log: Log
) -> None:
    record = (
        "import playmirror as pm, sys\n"
        "with pm.open(sys.argv[1]) as mirror:\n"
        "    mirror.plays.add(track_id='t1', played_at='2026-01-31T06:00:00Z')\n"
    )
    with mirror.watch(music_db.dsn, interval=NEVER, on_event=log):
        log.wait_until("current")
        subprocess.run([sys.executable, "-c", record, mirror.path], check=True, timeout=60)
        log.wait_for(lambda event: event.report and event.report.pushed)
    assert plays_on_server(music_db) == (1, 1)


def test_what_is_recorded_during_a_sync_is_not_forgotten(
    mirror: pm.Mirror, music_db: MusicDb, log: Log
) -> None:
    def record(event: Event) -> None:
        log(event)
        if event.state == "current" and len(log.events) < 6:
            add_play(mirror, len(log.events))

    with mirror.watch(music_db.dsn, interval=NEVER, on_event=record):
        eventually(lambda: plays_on_server(music_db) == (4, 4))
        eventually(lambda: mirror.status().pending == 0)


def test_wake_polls_at_once(mirror: pm.Mirror, music_db: MusicDb, log: Log) -> None:
    with mirror.watch(music_db.dsn, interval=NEVER, on_event=log) as watcher:
        log.wait_until("current")
        music_db.execute("INSERT INTO artists (id) VALUES ('a')")
        watcher.wake()
        log.wait_for(lambda event: event.report and event.report.pulled["artists"].inserted)


def test_a_poll_that_finds_nothing_is_one_round_trip_and_tells_nothing(
    mirror: pm.Mirror, music_db: MusicDb, log: Log
) -> None:
    with proxy_of(music_db) as proxy:
        with mirror.watch(proxy.dsn(music_db.dsn), interval=QUICK, on_event=log):
            log.wait_until("current")
            eventually(lambda: proxy.last.round_trips > 20)  # the server's own work may end first
            before, up = proxy.last.round_trips, proxy.last.up
            eventually(lambda: proxy.last.round_trips >= before + 20)
            trips, sent = proxy.last.round_trips - before, proxy.last.up - up
        assert len(proxy.connections) == 1
        assert sent / trips < 1_000  # the question for the snapshot alone; an opening is longer
    assert log.states() == ["connecting", "current", "stopped"]


# Trouble that heals ----------------------------------------------------------------------------


def test_a_pulled_cable_is_waited_out(
    mirror: pm.Mirror, music_db: MusicDb, log: Log, assert_equal: Equal
) -> None:
    with (
        proxy_of(music_db) as proxy,
        mirror.watch(
            proxy.dsn(music_db.dsn),
            server={"timeout": 0.2, "connect_timeout": 0.2},
            interval=QUICK,
            max_backoff=0.1,
            on_event=log,
        ) as watcher,
    ):
        log.wait_until("current")
        proxy.cut = Cut("up", after=1, how="black_hole")
        proxy.last.cut = Cut("up", after=proxy.last.up + 1, how="black_hole")
        away = log.wait_until("retrying")
        assert isinstance(away.error, pm.ServerUnavailable)
        assert 0 < away.retry_in.total_seconds() <= 0.1
        for number in range(20):
            add_play(mirror, number)
        music_db.execute("INSERT INTO artists (id) VALUES ('a')")
        assert watcher.state == "retrying"
        healed = len(log.events)
        proxy.cut = None
        back = log.wait_until("current", after=healed)
        assert back.report is not None
        assert back.report.pushed == 20
    assert plays_on_server(music_db) == (20, 20)
    assert_equal(mirror, music_db)


@pytest.mark.parametrize("after", range(0, 900, 225))
def test_a_push_cut_anywhere_is_settled_by_itself(
    mirror: pm.Mirror, music_db: MusicDb, log: Log, after: int
) -> None:
    with (
        proxy_of(music_db) as proxy,
        mirror.watch(
            proxy.dsn(music_db.dsn), interval=QUICK, max_backoff=0.05, on_event=log
        ) as watcher,
    ):
        log.wait_until("current")
        proxy.last.cut = Cut("down", after=after, behind=b"pg_advisory_xact_lock")
        add_play(mirror, 1)
        eventually(lambda: mirror.status().pending == 0)
        assert proxy.connections[0].was_cut
        assert watcher.state != "stopped"
    assert plays_on_server(music_db) == (1, 1)


def test_a_server_that_comes_later_is_waited_for(
    mirror: pm.Mirror, music_db: MusicDb, log: Log
) -> None:
    with proxy_of(music_db) as proxy:
        proxy.cut = Cut("up", after=1)
        watcher = mirror.watch(
            proxy.dsn(music_db.dsn), interval=QUICK, max_backoff=0.05, on_event=log
        )
        with watcher:
            log.wait_until("retrying")
            proxy.cut = None
            log.wait_until("current")
    assert log.states()[:2] == ["connecting", "retrying"]


def test_wake_ends_a_backoff(mirror: pm.Mirror, music_db: MusicDb, log: Log) -> None:
    with proxy_of(music_db) as proxy:
        proxy.cut = Cut("up", after=1)
        dsn = proxy.dsn(music_db.dsn)
        with mirror.watch(dsn, interval=NEVER, max_backoff=NEVER, on_event=log) as watcher:
            log.wait_until("retrying")
            proxy.cut = None
            watcher.wake()
            log.wait_until("current")


def test_the_same_seed_backs_off_alike(mirror: pm.Mirror, music_db: MusicDb) -> None:
    def waits(seed: int) -> list[float]:
        log = Log()
        with (
            proxy_of(music_db) as proxy,
            mirror.watch(
                f"{music_db.dsn} host=127.0.0.1 port={closed_port(proxy)}",
                interval=QUICK,
                max_backoff=0.08,
                seed=seed,
                on_event=log,
            ),
        ):
            log.wait_for(lambda _: len(log.events) > 5)
        return [event.retry_in.total_seconds() for event in log.events[1:5]]

    def closed_port(proxy: object) -> int:
        proxy.close()  # type: ignore[attr-defined]
        return 1

    first = waits(5)
    assert waits(5) == first != waits(6)
    assert first[0] <= QUICK
    assert 0.03 < first[3] <= 0.08


@pytest.fixture
def own_db() -> Iterator[MusicDb]:
    """A database on a server that the test may stop."""
    with Cluster() as cluster:
        make_template(cluster)
        with MusicDb.create(cluster) as db:
            add_tracks(db, "t1")
            yield db


def test_a_restarted_server_is_followed(
    mirror: pm.Mirror, own_db: MusicDb, log: Log, assert_equal: Equal
) -> None:
    cluster = own_db.server
    assert isinstance(cluster, Cluster)
    with mirror.watch(own_db.dsn, interval=QUICK, max_backoff=0.1, on_event=log):
        log.wait_until("current")
        cluster.stop("immediate")
        log.wait_until("retrying")
        add_play(mirror, 1)
        cluster.start()
        log.wait_for(lambda event: event.report and event.report.pushed)
    assert plays_on_server(own_db) == (1, 1)
    assert_equal(mirror, own_db)


def test_another_sync_of_the_same_mirror_is_waited_out(
    mirror_path: Path, music_db: MusicDb, log: Log
) -> None:
    with (
        pm.open(mirror_path, busy_timeout=0.05) as mirror,
        proxy_of(music_db) as proxy,
        mirror.watch(music_db.dsn, interval=QUICK, max_backoff=0.05, on_event=log),
    ):
        log.wait_until("current")
        with pm.open(mirror_path) as other:
            proxy.delay = 0.1
            with pm.connect(proxy.dsn(music_db.dsn)) as server:
                server.pull(other)
        busy = log.wait_until("retrying")
        assert isinstance(busy.error, pm.MirrorBusy)
        log.wait_until("current", after=log.events.index(busy))


# What cannot be pushed ---------------------------------------------------------------------------


def test_a_row_that_waits_is_sent_when_what_it_needs_has_come(
    mirror: pm.Mirror, music_db: MusicDb, log: Log
) -> None:
    with mirror.watch(music_db.dsn, interval=QUICK, on_event=log):
        log.wait_until("current")
        music_db.execute("DELETE FROM tracks WHERE id = 't2'")
        add_play(mirror, 1, track="t2")
        waits = log.wait_for(lambda event: event.report and event.report.waiting)
        after = len(log.events)
        music_db.execute("INSERT INTO tracks (id, name) VALUES ('t2', 'back')")
        log.wait_for(lambda event: event.report and event.report.pushed, after=after)
    assert waits.report is not None
    assert waits.report.rows[0].entry.table == "play_history"
    assert mirror.status().pending == 0
    assert sum(bool(event.report and event.report.waiting) for event in log.events) <= 2


def test_a_row_that_waits_costs_the_server_no_transaction_at_every_poll(
    mirror: pm.Mirror, music_db: MusicDb, log: Log
) -> None:
    with (
        proxy_of(music_db) as proxy,
        mirror.watch(proxy.dsn(music_db.dsn), interval=QUICK, on_event=log),
    ):
        log.wait_until("current")
        music_db.execute("DELETE FROM tracks WHERE id = 't2'")
        add_play(mirror, 1, track="t2")
        log.wait_for(lambda event: event.report and event.report.waiting)
        eventually(
            lambda: (
                not music_db.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'playmirror' "
                    "AND state <> 'idle'"
                )
            )
        )
        time.sleep(5 * QUICK)  # the polls that still see our own push
        xid, trips = xid_now(music_db), proxy.last.round_trips
        eventually(lambda: proxy.last.round_trips > trips + 10)
        assert xid_now(music_db) - xid <= 1


def test_a_push_that_fails_does_not_end_the_pulls(
    mirror: pm.Mirror, music_db: MusicDb, log: Log
) -> None:
    with mirror.watch(
        music_db.dsn,
        push={"lock_timeout": 0.05},
        interval=QUICK,
        max_backoff=0.1,
        on_event=log,
    ):
        log.wait_until("current")
        blocker = music_db.connect(autocommit=False)
        blocker.execute("SELECT pg_advisory_xact_lock(8100957003887243890)")
        add_play(mirror, 1)
        failed = log.wait_for(lambda event: event.state == "current" and event.error)
        assert failed.error is not None
        assert failed.error.retryable
        music_db.execute("INSERT INTO artists (id) VALUES ('a')")
        log.wait_for(lambda event: event.report and event.report.pulled["artists"].inserted)
        blocker.rollback()
        log.wait_for(lambda event: event.report and event.report.pushed)
    assert "retrying" not in log.states()
    assert plays_on_server(music_db) == (1, 1)


def test_trouble_with_one_table_is_told_once_and_heals(
    mirror: pm.Mirror, music_db: MusicDb, log: Log
) -> None:
    with mirror.watch(music_db.dsn, interval=QUICK, on_event=log):
        log.wait_until("current")
        music_db.execute("ALTER TABLE playlist_config RENAME COLUMN key TO other")
        log.wait_for(lambda event: event.report and event.report.pulled["playlist_config"].problem)
        told = len(log.events)
        time.sleep(10 * QUICK)
        assert len(log.events) == told
        music_db.execute("ALTER TABLE playlist_config RENAME COLUMN other TO key")
        log.wait_for(
            lambda event: event.report and not event.report.pulled["playlist_config"].problem,
            after=told,
        )


# Trouble that does not heal ----------------------------------------------------------------------


def test_another_server_ends_it(
    mirror: pm.Mirror, music_db: MusicDb, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    mirror.pull(music_db.dsn)
    with MusicDb.create(music_db.server) as other:
        watcher = mirror.watch(other.dsn, interval=QUICK, on_event=log)
        with pytest.raises(pm.ServerChanged):
            watcher.wait(20)
        with pytest.raises(pm.ServerChanged), watcher:  # not lost, however it is left
            pass
        last = log.events[-1]
        assert (last.state, type(last.error)) == ("stopped", pm.ServerChanged)
        assert any(record.levelno == logging.ERROR for record in caplog.records)

        log.events.clear()
        with mirror.watch(
            other.dsn,
            interval=QUICK,
            pull={"accept_server": True, "confirm_deletes": True},
            on_event=log,
        ):
            log.wait_until("current")
            assert len(mirror.tracks) == 0


def test_the_word_about_a_server_counts_once(
    mirror: pm.Mirror, music_db: MusicDb, log: Log
) -> None:
    tracks = [f"more {number}" for number in range(20)]
    add_tracks(music_db, *tracks)
    with mirror.watch(music_db.dsn, interval=QUICK, pull={"confirm_deletes": True}, on_event=log):
        log.wait_until("current")
        music_db.execute("DELETE FROM tracks")
        held = log.wait_for(lambda event: event.report and event.report.warnings)
    assert held.report is not None
    assert held.report.pulled["tracks"].held_deletes == 22
    assert len(mirror.tracks) == 22


def test_an_exception_of_a_callback_is_raised_and_logged(
    mirror: pm.Mirror, music_db: MusicDb, caplog: pytest.LogCaptureFixture
) -> None:
    class Oops(Exception):
        pass

    def fail(event: Event) -> None:
        if event.state == "current":
            raise Oops(event.state)

    watcher = mirror.watch(music_db.dsn, interval=QUICK, on_event=fail)
    with pytest.raises(Oops):
        watcher.wait(20)
    with pytest.raises(Oops), watcher:
        pass
    assert "Oops" in caplog.text
    assert watcher.state == "stopped"
    with pytest.raises(ZeroDivisionError), watcher:  # the one in flight is not covered by ours
        raise ZeroDivisionError


def test_an_exception_of_progress_is_raised(mirror: pm.Mirror, music_db: MusicDb) -> None:
    def fail(progress: pm.Progress) -> None:
        raise LookupError(progress.phase)

    with pytest.raises(LookupError), mirror.watch(music_db.dsn, progress=fail) as watcher:
        watcher.wait(20)


def test_a_closed_mirror_ends_it(mirror_path: Path, music_db: MusicDb, log: Log) -> None:
    mirror = pm.open(mirror_path)
    watcher = mirror.watch(music_db.dsn, interval=QUICK, on_event=log)
    log.wait_until("current")
    mirror.close()
    with pytest.raises(pm.Error) as error:
        watcher.wait(20)
    assert error.value.code == "closed"


@pytest.mark.parametrize("options", [{"interval": 0}, {"max_backoff": -1.0}])
def test_options_without_sense_are_refused(mirror: pm.Mirror, options: dict[str, float]) -> None:
    with pytest.raises(pm.InvalidArgument):
        mirror.watch("", **options)  # type: ignore[arg-type]


def test_wrong_types_are_refused(mirror: pm.Mirror) -> None:
    with pytest.raises(TypeError):
        mirror.watch("", on_event=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        mirror.watch("", push={"nonsense": 1})  # type: ignore[typeddict-unknown-key]


# Ends --------------------------------------------------------------------------------------------


def test_it_stops_within_a_second_whatever_it_waits_for(
    mirror: pm.Mirror, music_db: MusicDb, log: Log
) -> None:
    def seconds_to_stop(watcher: pm.Watcher) -> float:
        begun = time.monotonic()
        watcher.stop()
        return time.monotonic() - begun

    with proxy_of(music_db) as proxy:
        dsn = proxy.dsn(music_db.dsn)
        resting = mirror.watch(dsn, interval=NEVER, on_event=log)
        log.wait_until("current")
        assert seconds_to_stop(resting) < 1

        log.events.clear()
        asking = mirror.watch(dsn, interval=QUICK, on_event=log)
        log.wait_until("current")
        proxy.last.cut = Cut("up", after=proxy.last.up + 1, how="black_hole")
        eventually(lambda: proxy.last.was_cut)
        assert seconds_to_stop(asking) < 1

        proxy.cut = Cut("up", after=1, how="black_hole")
        connecting = mirror.watch(dsn)
        eventually(lambda: proxy.last.was_cut)
        assert seconds_to_stop(connecting) < 1


def test_a_callback_may_stop_it_and_cannot_wait_for_it(
    mirror: pm.Mirror, music_db: MusicDb
) -> None:
    errors: list[pm.Error] = []
    started = threading.Event()

    def stop(event: Event) -> None:
        started.wait(20)
        if event.state == "current":
            try:
                watcher.wait()
            except pm.InvalidArgument as error:
                errors.append(error)
            watcher.stop()

    watcher = mirror.watch(music_db.dsn, on_event=stop)
    started.set()
    assert watcher.wait(20)
    assert len(errors) == 1


def test_the_interpreter_goes_on_and_a_callback_uses_the_mirror(
    mirror: pm.Mirror, music_db: MusicDb
) -> None:
    seen: list[tuple[str, int]] = []

    def look(event: Event) -> None:
        seen.append((threading.current_thread().name, len(mirror.tracks)))

    with mirror.watch(music_db.dsn, interval=QUICK, on_event=look) as watcher:
        assert not watcher.wait(0.05)
        eventually(lambda: len(seen) >= 2)
    assert seen[-1][1] == 2
    assert all(name != threading.current_thread().name for name, _ in seen)
