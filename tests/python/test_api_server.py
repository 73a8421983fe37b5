"""The server side from Python: reports, progress, stopping, sharing."""

import logging
import math
import os
import signal
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from support.music_db import MusicDb

AT = datetime(2026, 1, 31, 6, tzinfo=timezone.utc)


@pytest.fixture
def server(small_db: MusicDb) -> Iterator[pm.Server]:
    with pm.connect(small_db.plain_role()) as server:
        yield server


@pytest.fixture
def mirror(mirror_path: Path, server: pm.Server) -> Iterator[pm.Mirror]:
    """A mirror of `small_db`, whole."""
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
        yield mirror


@pytest.fixture
def blocked(server: pm.Server, small_db: MusicDb) -> Iterator[None]:
    """A migration holds a table that every pull needs."""
    migration = small_db.connect(autocommit=False)
    migration.execute("LOCK TABLE tracks IN ACCESS EXCLUSIVE MODE")
    yield
    migration.rollback()


@pytest.mark.parametrize("arguments", [(), ("service=music",)])
@pytest.mark.parametrize(
    ("cls", "how"), [(pm.Server, "playmirror.connect"), (pm.Watcher, "mirror.watch")]
)
def test_what_is_not_made_by_its_name_says_how(
    cls: type[Any], how: str, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(TypeError, match=how):
        cls(*arguments)


@pytest.mark.parametrize("call", ["sync", "verify", "repair", "doctor", "track"])
def test_a_connection_that_broke_unused_is_made_again(
    server: pm.Server, mirror: pm.Mirror, small_db: MusicDb, call: str
) -> None:
    small_db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'playmirror' AND datname = current_database()"
    )
    time.sleep(0.2)
    if call == "track":
        assert server.track("nobody knows") is None
    else:
        getattr(server, call)(*([] if call == "doctor" else [mirror]))


def test_a_sync_of_a_file_that_was_replaced_does_not_find_it_unchanged(
    server: pm.Server, mirror_path: Path, tmp_path: Path
) -> None:
    with pm.open(mirror_path) as mirror:
        assert [server.sync(mirror).method for _ in range(2)] == ["first_copy", "unchanged"]
        mirror.copy_to(tmp_path / "backup.db")
        (tmp_path / "backup.db").replace(mirror_path)
        with pytest.raises(pm.MirrorUnusable, match="replaced by another file"):
            server.sync(mirror)
    with pm.open(mirror_path) as mirror:
        assert server.sync(mirror).method == "unchanged"


def test_a_first_sync_reports_what_it_did(
    server: pm.Server, mirror_path: Path, small_db: MusicDb
) -> None:
    with pm.open(mirror_path) as mirror:
        report = server.sync(mirror)
        assert report.method is pm.PullMethod.FIRST_COPY
        assert report.complete
        assert report.pulled["play_history"].inserted == len(mirror.plays) == 1000
        assert (report.pushed, report.already_there, report.waiting, report.rejected) == (0,) * 4
        assert report.rows == []
        assert report.warnings == []
        assert report.alembic_version
        assert report.wire.round_trips > 0
        assert isinstance(report.duration, timedelta)
        status = mirror.status()
        assert status.server == server.name
        assert status.complete
        assert status.last_pull is not None
        again = server.sync(mirror)
        assert again.method is pm.PullMethod.UNCHANGED


def test_a_sync_takes_the_choices_of_a_pull_as_they_are(
    server: pm.Server, mirror_path: Path, small_db: MusicDb
) -> None:
    with pm.open(mirror_path) as mirror:
        mirror.sync(small_db.dsn, leave_out=["lyrics"])
        assert mirror.status().left_out == ["lyrics"]
        small_db.execute("DELETE FROM play_history")
        assert mirror.sync(small_db.dsn).pulled["play_history"].held_deletes == 1000
        report = server.sync(mirror, confirm_deletes=True, pull={"leave_out": []})
        assert report.pulled["play_history"].deleted == 1000
        assert mirror.status().left_out == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"leave_oud": []}, "sync[(][)] got an unexpected keyword argument 'leave_oud'"),
        ({"lock_timeout": 1}, "unexpected keyword argument 'lock_timeout'"),
        ({"leave_out": [], "pull": {"leave_out": []}}, "'leave_out' twice"),
    ],
    ids=str,
)
def test_a_sync_refuses_wrong_choices_before_it_connects(
    options: Any, message: str, mirror_path: Path
) -> None:
    with pm.open(mirror_path) as mirror, pytest.raises(TypeError, match=message):
        mirror.sync("host=127.0.0.1 port=1", **options)


@pytest.mark.parametrize("call", ["sync", "pull", "push", "verify", "repair"])
def test_what_is_no_mirror_is_refused_by_name(server: pm.Server, call: str) -> None:
    for wrong in ("music.db", None, server):
        with pytest.raises(TypeError, match=r"mirror must be a playmirror\.Mirror, not "):
            getattr(server, call)(wrong)
    with pytest.raises(TypeError, match=r"not str"):
        pm.Watcher.start("music.db")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["push", "pull"])
def test_options_that_are_no_dict_are_refused_by_name(
    server: pm.Server, mirror_path: Path, name: str
) -> None:
    wrong: Any = {name: ["confirm_deletes"]}
    with pm.open(mirror_path) as mirror:
        for call in (server.sync, pm.Watcher.start):
            with pytest.raises(TypeError, match=f"{name} must be a dict of keyword arguments"):
                call(mirror, **wrong)


def test_progress_counts_the_bytes_of_its_own_call(
    server: pm.Server, mirror: pm.Mirror, tmp_path: Path
) -> None:
    assert server.verify(mirror).equal
    told: list[int] = []
    with pm.open(tmp_path / "another.db") as another:
        report = server.pull(another, progress=lambda step: told.append(step.bytes))
    assert told == sorted(told)
    assert 0 < told[-1] <= report.wire.bytes_received


def test_a_negative_number_of_differences_is_refused(server: pm.Server, mirror: pm.Mirror) -> None:
    with pytest.raises(pm.InvalidArgument, match="max_differences must not be negative"):
        server.verify(mirror, max_differences=-1)
    assert server.verify(mirror, max_differences=0).equal


def test_a_recorded_play_arrives_once_and_keeps_its_first_id(
    server: pm.Server, mirror: pm.Mirror, small_db: MusicDb
) -> None:
    track = mirror.stats.top_tracks(1)[0].track_id
    play = mirror.plays.add(track_id=track, played_at=AT, skipped=True)
    assert server.push(mirror).pushed == 1
    assert server.push(mirror).pushed == 0
    rows = small_db.execute(
        "SELECT id, skipped FROM play_history WHERE track_id = %s AND played_at = %s",
        [track, AT.replace(tzinfo=None)],
    )
    assert rows == [(mirror.plays[play.id].id, True)]
    assert mirror.pending() == []


def test_a_refused_row_is_data_and_can_be_retried(
    server: pm.Server, mirror: pm.Mirror, small_db: MusicDb
) -> None:
    small_db.execute(
        "ALTER TABLE play_history ADD CONSTRAINT short CHECK (listened_ms < 1000) NOT VALID"
    )
    track = mirror.stats.top_tracks(1)[0].track_id
    mirror.plays.add(track_id=track, played_at=AT, listened_ms=5000)
    mirror.plays.add(track_id=track, played_at=AT + timedelta(hours=1), listened_ms=5)
    report = server.push(mirror)
    assert (report.pushed, report.rejected) == (1, 1)
    (row,) = report.rows
    assert row.kind is pm.RowOutcome.Kind.REJECTED
    (entry,) = mirror.pending()
    assert entry.state is pm.PendingState.REJECTED
    assert (entry.sqlstate, entry.constraint, entry.attempts) == ("23514", "short", 1)
    assert mirror.status().rejected == 1

    small_db.execute("ALTER TABLE play_history DROP CONSTRAINT short")
    assert mirror.retry(entry.entry) == 1
    assert server.sync(mirror).pushed == 1


def test_verify_lists_what_differs(server: pm.Server, mirror: pm.Mirror, small_db: MusicDb) -> None:
    assert server.verify(mirror).equal
    ((id,),) = small_db.execute(
        "UPDATE artists SET name = 'X' WHERE id = (SELECT min(id) FROM artists) RETURNING id"
    )
    report = server.verify(mirror)
    assert not report.equal
    assert report.differences == [
        pm.Difference("artists", id, pm.Difference.Kind.DIFFERENT, ["name"], newer_on_server=True)
    ]
    assert report.difference_count == 1


def test_doctor_prints_the_missing_grant(small_db: MusicDb) -> None:
    dsn = small_db.plain_role()
    with pm.connect(dsn) as server:
        assert server.doctor().ok
        small_db.execute("REVOKE INSERT ON play_history FROM laptop")
        report = server.doctor()
    assert not report.ok
    problems = [each for each in report.findings if each.level is pm.Finding.Level.PROBLEM]
    assert any("GRANT INSERT" in each.remedy and "play_history" in each.remedy for each in problems)


def test_progress_is_told_on_the_calling_thread(server: pm.Server, mirror_path: Path) -> None:
    told: list[tuple[pm.Progress, int]] = []
    with pm.open(mirror_path) as mirror:
        server.pull(mirror, progress=lambda now: told.append((now, threading.get_ident())))
    assert {thread for _, thread in told} == {threading.get_ident()}
    assert all(now.phase and now.rows >= 0 for now, _ in told)
    assert {"tracks", "play_history"} <= {now.table for now, _ in told}


def test_an_exception_from_progress_ends_the_call(server: pm.Server, mirror_path: Path) -> None:
    def give_up(now: pm.Progress) -> None:
        raise LookupError("seen enough")

    with pm.open(mirror_path) as mirror:
        with pytest.raises(LookupError, match="seen enough"):
            server.pull(mirror, progress=give_up)
        assert mirror.verify().ok
        assert server.pull(mirror).complete


@pytest.mark.usefixtures("blocked")
def test_a_set_stop_ends_a_call_that_waits(server: pm.Server, mirror_path: Path) -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    with pm.open(mirror_path) as mirror, pytest.raises(pm.Cancelled) as caught:
        server.pull(mirror, lock_timeout=30, stop=stop)
    assert time.monotonic() - began < 1.3
    assert caught.value.code is pm.ErrorCode.CANCELLED


@pytest.mark.usefixtures("blocked")
def test_ctrl_c_ends_a_call_that_waits(server: pm.Server, mirror_path: Path) -> None:
    began = time.monotonic()
    with pm.open(mirror_path) as mirror:
        with pytest.raises(KeyboardInterrupt):
            threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()
            server.pull(mirror, lock_timeout=30)
        assert time.monotonic() - began < 10
        assert mirror.verify().ok


@pytest.mark.usefixtures("blocked")
def test_python_goes_on_while_a_call_waits(server: pm.Server, mirror_path: Path) -> None:
    with pm.open(mirror_path) as mirror:

        def wait() -> None:
            with pytest.raises(pm.Error):
                server.pull(mirror, lock_timeout=1)

        thread = threading.Thread(target=wait)
        thread.start()
        steps = 0
        while thread.is_alive():
            time.sleep(0.01)
            steps += 1
    assert steps > 20


def test_threads_that_share_a_server_take_turns(
    server: pm.Server, mirror: pm.Mirror, small_db: MusicDb
) -> None:
    track = mirror.stats.top_tracks(1)[0].track_id

    def record_and_sync(number: int) -> None:
        mirror.plays.add(track_id=track, played_at=AT + timedelta(seconds=number))
        server.sync(mirror)

    threads = [threading.Thread(target=record_and_sync, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mirror.pending() == []
    assert server.verify(mirror).equal
    assert len(mirror.plays) == 1008


def test_a_callback_cannot_use_its_own_server(server: pm.Server, mirror_path: Path) -> None:
    with pm.open(mirror_path) as mirror, pytest.raises(pm.InvalidArgument, match="callback"):
        server.pull(mirror, progress=lambda now: server.verify(mirror))
    names: list[str] = []
    with pm.open(mirror_path) as mirror:
        server.pull(mirror, progress=lambda now: names.append(server.name))
    assert set(names) == {server.name}


def test_a_server_tells_its_name_while_it_is_in_use(
    server: pm.Server, mirror: pm.Mirror, mirror_path: Path, blocked: None, small_db: MusicDb
) -> None:
    name = server.name
    seen: set[str] = set()
    small_db.execute("UPDATE artists SET name = 'changed'")
    stop = threading.Event()

    def pull() -> None:
        with pytest.raises(pm.Cancelled):
            server.pull(
                mirror, lock_timeout=30, stop=stop, progress=lambda _: seen.add(server.name)
            )

    thread = threading.Thread(target=pull)
    thread.start()
    time.sleep(0.5)
    began = time.monotonic()
    assert repr(server) == f"<Server {name}>"
    assert time.monotonic() - began < 5
    stop.set()
    thread.join()
    assert seen <= {name}
    assert name.endswith(small_db.name)


@pytest.mark.parametrize("wrong", [{"progress": 5}, {"stop": 5}, {"pull": {"delte_limit": 1}}])
def test_a_senseless_option_is_a_type_error(
    server: pm.Server, mirror: pm.Mirror, wrong: dict[str, object]
) -> None:
    with pytest.raises(TypeError):
        server.sync(mirror, **wrong)  # type: ignore[arg-type]


def test_options_of_both_halves_are_given_to_sync(
    server: pm.Server, mirror: pm.Mirror, small_db: MusicDb
) -> None:
    small_db.execute("DELETE FROM play_history WHERE id <= 500")
    held = server.sync(mirror).pulled["play_history"]
    assert (held.deleted, held.held_deletes) == (0, 500)
    options = pm.PullOptions(confirm_deletes=True)
    assert server.sync(mirror, pull=options).pulled["play_history"].deleted == 500


@pytest.mark.parametrize("call", [pm.Mirror.sync, pm.Mirror.pull, pm.Mirror.push])
def test_a_mirror_connects_by_itself(
    call: Callable[..., pm.SyncReport],
    mirror_path: Path,
    small_db: MusicDb,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pm.open(mirror_path) as mirror:
        assert call(mirror, small_db.dsn).pushed == 0
        monkeypatch.setenv("PLAYMIRROR_DSN", small_db.dsn)
        assert call(mirror).pushed == 0


def test_a_server_never_shows_its_role_or_password(small_db: MusicDb) -> None:
    with pm.connect(small_db.dsn + " password=hush") as server:
        assert "hush" not in repr(server)
        assert server.name.endswith(f"/{small_db.name}")
        assert "@" not in server.name


def test_what_went_wrong_with_a_table_is_logged(
    server: pm.Server, mirror: pm.Mirror, small_db: MusicDb, caplog: pytest.LogCaptureFixture
) -> None:
    small_db.execute("ALTER TABLE artists RENAME COLUMN genres TO kinds")
    with caplog.at_level(logging.INFO, logger="playmirror"):
        report = server.pull(mirror)
    problem = report.pulled["artists"]
    assert problem.problem_code == pm.ErrorCode.SCHEMA_MISMATCH
    assert problem.problem in caplog.text
    assert "pull with" in caplog.text


def test_odd_values_keep_their_type_and_bits(music_db: MusicDb, mirror_path: Path) -> None:
    music_db.execute(
        """
        INSERT INTO tracks (id, name, tempo, energy, valence, raw_data, duration_ms, created_at)
        VALUES ('a', '', 'NaN', '-0.0', '-Infinity', '{ "a":"\\ud83d", "b" : 1e400 }', -2147483648,
                'infinity'),
               ('b', NULL, 1e-323, 0.1, 'Infinity', NULL, NULL, '0044-03-15 12:00:00 BC'),
               ('c', '🎷', NULL, NULL, NULL, '"\\u0000"', 2147483647,
                '294276-12-31 23:59:59.999999')
        """
    )
    with pm.open(mirror_path) as mirror:
        mirror.pull(music_db.dsn)
        a, b, c = mirror.tracks
    assert a.name == ""
    assert math.isnan(a.tempo or 0)
    assert struct.pack("d", a.energy) == struct.pack("d", -0.0)
    assert (a.valence, b.valence) == (-math.inf, math.inf)
    assert a.raw_data == '{ "a":"\\ud83d", "b" : 1e400 }'
    assert (a.duration_ms, c.duration_ms) == (-(2**31), 2**31 - 1)
    assert a.created_at == pm.Timestamp.infinity()
    assert (b.name, b.tempo, b.energy, b.raw_data) == (None, 1e-323, 0.1, None)
    assert b.created_at == pm.Timestamp.parse("0044-03-15 12:00:00Z BC")
    assert (c.name, c.raw_data) == ("🎷", '"\\u0000"')
    assert str(c.created_at) == "294276-12-31T23:59:59.999999Z"
