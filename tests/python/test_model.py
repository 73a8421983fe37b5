"""A random program of devices, backend and misfortune; then quiet, a sync, and everything is right.

The library is the real one and so is the server; plain SQL tells what should be there. hypothesis
draws the steps and shrinks a program that fails. What must hold, whatever happened:

- after a pull, the file shows what the server has at that moment, table by table;
- what a device recorded shows there at all times, once;
- after quiet and a sync, nothing is pending, all files equal the server, and each recorded row is
  on the server exactly once. Rows that the backend took away are not asked for again.

PLAYMIRROR_TEST_STEPS steps are taken (25,000), drawn from PLAYMIRROR_TEST_SEED (1). Very many are
taken in parts, with the seeds that follow, so that processors can share them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import hypothesis
import playmirror as pm
import psycopg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from support.cut_proxy import Cut
from support.faults import memory_directory, seed
from support.forker import Forker
from support.model_backend import MIGRATIONS, TRACKS, Backend
from support.model_devices import HINDERED, LOCK_TIMEOUT, OPTIONS, Device, Key

STEPS = int(os.environ.get("PLAYMIRROR_TEST_STEPS") or 25_000)
PART = 100_000  # steps that one process takes
PROGRAM = 100  # steps of one program at most; some are shorter

any_number = st.integers(0, 1 << 16)
seconds = st.integers(0, 40)
tracks = st.sampled_from([*TRACKS, "device-1", "device-2"])


class Model(RuleBasedStateMachine):
    backend: ClassVar[Backend]
    forker: ClassVar[Forker]
    directory: ClassVar[Path]
    taken: ClassVar[int] = 0  #: steps of all programs

    @initialize(misfortunes=st.sampled_from([0] * 30 + [1, 1, 2]))
    def begin(self, misfortunes: int) -> None:
        self.backend.reset()
        self.misfortunes = misfortunes  #: how often something slow may still happen
        self.restarted = False  #: a row that is gone since may also have been lost: false alarms
        self.on_server: set[Key] = set()  #: rows that only the server still has
        self.touched: set[Key] = set()  #: rows that the backend took away or changed
        self.devices = [Device(self.directory / "first.db")]

    def device(self, number: int) -> Device:
        return self.devices[number % len(self.devices)]

    def nobody_has(self, keys: set[Key]) -> None:
        """Files forgot these rows; the server has to keep those that it got."""
        self.on_server |= keys & self.backend.recorded().keys()

    # A person at a device --------------------------------------------------------------------

    @rule(number=any_number, track=tracks, second=seconds)
    def record_play(self, number: int, track: str, second: int) -> None:
        self.device(number).add_play(track, second, listened_ms=second % 11)

    @rule(number=any_number, second=seconds, label=st.sampled_from(["", "week"]))
    def record_snapshot(self, number: int, second: int, label: str) -> None:
        self.device(number).add_snapshot(second, label)

    @rule(number=any_number, which=st.integers(1, 3))
    def record_track(self, number: int, which: int) -> None:
        self.device(number).add_track(which)

    @rule(number=any_number, which=any_number)
    def discard(self, number: int, which: int) -> None:
        device = self.device(number)
        plays = [entry for entry in device.mirror.pending() if entry.table == "play_history"]
        if not plays:
            return
        entry = plays[which % len(plays)]
        play = device.mirror.plays[entry.row_id]
        if entry.state == "in_doubt":
            with pytest.raises(pm.InvalidArgument):
                device.mirror.discard(entry.entry)
            return
        device.mirror.discard(entry.entry)
        key = ("play", play.track_id, pm.Timestamp(play.played_at).to_postgres_string())
        device.own.remove(key)
        self.nobody_has({key})

    @rule(number=any_number)
    def retry(self, number: int) -> None:
        self.device(number).mirror.retry()

    @precondition(lambda self: len(self.devices) < 3)
    @rule(number=any_number)
    def copy_the_file(self, number: int) -> None:
        self.devices.append(self.device(number).copied())

    @rule(number=any_number)
    def back_up(self, number: int) -> None:
        self.device(number).back_up()

    @rule(number=any_number)
    def restore_the_backup(self, number: int) -> None:
        device = self.device(number)
        if device.backup is not None:
            self.nobody_has(device.restore())

    # Devices and the server ------------------------------------------------------------------

    @rule(number=any_number, call=st.sampled_from(["sync", "sync", "pull", "push"]))
    def sync(self, number: int, call: str) -> None:
        device = self.device(number)
        server = device.connect(self.backend.dsn)
        followed = device.followed()
        changed = followed not in (None, self.backend.identity())
        try:
            report = getattr(server, call)(device.mirror, **OPTIONS[call])
        except pm.ServerChanged:
            # That the right ones come is asserted below.
            assert changed or self.restarted
            return
        except HINDERED:
            assert self.backend.migrated
            return
        except pm.Error as error:
            # A writer that has not committed yet holds the same key.
            assert error.sqlstate == LOCK_TIMEOUT and error.retryable
            return
        if call == "push":
            assert not changed or report.pushed == 0
            return
        assert not changed
        assert device.followed() == self.backend.identity()
        device.assert_follows(report, self.backend.sql)

    sync_again = sync

    @rule(number=any_number)
    def follow_the_server(self, number: int) -> None:
        """As its user says when the server changed."""
        device = self.device(number)
        server = device.connect(self.backend.dsn)
        report = server.pull(device.mirror, accept_server=True, confirm_deletes=True)
        device.assert_follows(report, self.backend.sql)

    @rule(
        number=any_number,
        direction=st.sampled_from(["up", "down"]),
        after=st.integers(0, 24_000),
        how=st.sampled_from(["reset", "half_open"]),
        at_commit=st.booleans(),
    )
    def sync_cut(self, number: int, direction: str, after: int, how: str, at_commit: bool) -> None:
        """Anywhere, or around a COMMIT."""
        after = after if direction == "down" else after // 4
        if at_commit:
            after %= 64 if direction == "down" else 2
        behind = b"COMMIT" if at_commit else b""
        cut = Cut(direction, after, how, linger=0.05, behind=behind)
        self.device(number).sync_cut(self.backend.dsn, self.backend.proxy, cut)

    @rule(number=any_number, after=st.integers(0, 24_000))
    def sync_killed(self, number: int, after: int) -> None:
        device = self.device(number)
        device.sync_killed(self.backend.dsn, self.backend.proxy, self.forker, after)

    # The backend -----------------------------------------------------------------------------

    @rule(choices=any_number, steps=st.integers(1, 6))
    def write(self, choices: int, steps: int) -> None:
        self.backend.write(choices, steps)

    write_again = write
    write_once_more = write

    @rule(which=any_number, delete=st.booleans())
    def touch_a_recorded_play(self, which: int, delete: bool) -> None:
        plays = sorted(key for key in self.backend.recorded() if key[0] == "play")
        if not plays:
            return
        key = plays[which % len(plays)]
        change = "DELETE FROM play_history" if delete else "UPDATE play_history SET skipped = true"
        # A constraint that came later lets a row stay, but not be written anew.
        with suppress(psycopg.errors.CheckViolation):
            self.backend.sql.execute(
                f"{change} WHERE track_id = %s AND played_at::text = %s AND source = 'device'",
                key[1:],
            )
        if delete:
            self.touched.add(key)

    @rule(track=st.sampled_from(TRACKS))
    def delete_a_track(self, track: str) -> None:
        """With all that refers to it, unless somebody is at work on it."""
        self.backend.writers.finish()
        plays = {key for key in self.backend.recorded() if key[:2] == ("play", track)}
        for table, column in (
            ("play_history", "track_id"), ("track_artists", "track_id"), ("tracks", "id"),
        ):  # fmt: skip
            self.backend.sql.execute(f"DELETE FROM {table} WHERE {column} = %s", [track])
        self.touched |= plays

    @rule()
    def bring_back_tracks(self) -> None:
        self.backend.writers.finish()
        self.backend.bring_back_tracks()

    @rule(number=st.integers(0, len(MIGRATIONS) - 1))
    def migrate(self, number: int) -> None:
        self.backend.migrate(number)

    # Misfortune ------------------------------------------------------------------------------

    @precondition(lambda self: self.misfortunes > 0)
    @rule(mode=st.sampled_from(["fast", "immediate"]))
    def restart_the_server(self, mode: str) -> None:
        self.misfortunes -= 1
        self.restarted = True
        self.backend.restart(mode)

    @precondition(lambda self: self.misfortunes > 0 and not self.backend.migrated)
    @rule()
    def make_a_standby(self) -> None:
        self.backend.make_standby()

    @precondition(lambda self: self.misfortunes > 0 and self.backend.has_standby)
    @rule(lose_the_tail=st.booleans())
    def fail_over(self, lose_the_tail: bool) -> None:
        self.misfortunes -= 1
        self.backend.fail_over(lose_the_tail)
        self.on_server &= self.backend.recorded().keys()
        self.leave()

    @precondition(lambda self: self.misfortunes > 0)
    @rule()
    def dump_and_restore(self) -> None:
        self.misfortunes -= 1
        self.leave()
        self.backend.dump_and_restore()

    def leave(self) -> None:
        for device in self.devices:
            device.leave()

    # What must hold --------------------------------------------------------------------------

    @invariant()
    def recorded_rows_show(self) -> None:
        Model.taken += 1
        for device in self.devices:
            device.assert_own_rows_show(self.touched)

    def teardown(self) -> None:
        if not hasattr(self, "devices"):
            return
        try:
            self.quiet()
        finally:
            for device in self.devices:
                device.close()
            for path in self.directory.iterdir():
                path.unlink()

    def quiet(self) -> None:
        """The backend rests, and every device syncs twice: once to send, once to get all."""
        self.backend.rest()
        self.backend.bring_back_tracks()
        for device in self.devices:
            server = device.connect(self.backend.dsn)
            device.mirror.retry()
            if device.followed() not in (None, self.backend.identity()):
                with pytest.raises(pm.ServerChanged):
                    server.pull(device.mirror)
                server.pull(device.mirror, accept_server=True, confirm_deletes=True)
            try:
                report = server.sync(device.mirror)
            except pm.ServerChanged:
                assert self.restarted
                server.pull(device.mirror, accept_server=True, confirm_deletes=True)
                report = server.sync(device.mirror)
            assert device.mirror.pending() == [], report
        there = self.backend.recorded()
        for device in self.devices:
            assert device.server is not None
            report = device.server.pull(device.mirror, confirm_deletes=True, accept_server=True)
            assert report.complete
            device.assert_follows(report, self.backend.sql)
            assert device.mirror.verify().ok
        double = [key for key, times in there.items() if times > 1]
        assert not double, f"on the server twice: {double[:5]}"
        owed = self.on_server.union(*(device.own for device in self.devices)) - self.touched
        assert not owed - there.keys(), f"lost: {sorted(owed - there.keys())[:5]}"


@pytest.fixture
def world() -> Iterator[None]:
    Model.backend = Backend()
    try:
        with Forker() as Model.forker, memory_directory() as Model.directory:
            yield
    finally:
        Model.backend.close()


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(-(-STEPS // PART)))
def test_whatever_happens_nothing_is_lost_doubled_or_wrong(
    part: int, world: None, record_property: Callable[[str, object], None]
) -> None:
    number = seed() + part
    steps = min(STEPS - part * PART, PART)
    settings = hypothesis.settings(
        max_examples=max(steps * 6 // 5 // PROGRAM, 1),
        stateful_step_count=PROGRAM,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=False,
    )
    try:
        run_state_machine_as_test(hypothesis.seed(number)(Model), settings=settings)
    except BaseException:
        print(f"PLAYMIRROR_TEST_SEED={number} PLAYMIRROR_TEST_STEPS={steps} ./dev test whatever")
        raise
    record_property("cases", Model.taken)
    print(f"{Model.taken} steps, seed {number}")
