"""The devices of the model: mirror files, what their users recorded, and what must show there."""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import playmirror as pm
from databases import TABLES
from psycopg import Connection

from support.comparing import assert_same_rows, file_rows
from support.cut_proxy import Cut, CutProxy
from support.faults import BROKEN_LINE, START
from support.forker import Forker
from support.model_backend import DEVICE

Key = tuple[str, str, str]

_numbers = itertools.count(1)
#: What a device may answer while a migration or a privilege stands in its way.
HINDERED = (pm.SchemaMismatch, pm.AccessDenied)
#: What it answers while somebody who has not committed yet stands there.
LOCK_TIMEOUT = "55P03"


#: Few rows to a batch, so that most pushes have several.
OPTIONS: dict[str, dict] = {
    "pull": {},
    "push": {"batch_rows": 2},
    "sync": {"push": {"batch_rows": 2}},
}


@dataclass
class Backup:
    """A copy of the file, and what had been recorded in it."""

    path: Path
    own: set[Key]


@dataclass
class Device:
    """One mirror file and its user."""

    path: Path
    own: set[Key] = field(default_factory=set)  #: recorded here, whether sent or not
    backup: Backup | None = None
    mirror: pm.Mirror = field(init=False)
    server: pm.Server | None = None

    def __post_init__(self) -> None:
        self.mirror = pm.open(self.path)

    # Recording -------------------------------------------------------------------------------

    def add_play(self, track: str, second: int, listened_ms: int) -> Key | None:
        """The play's key when it is this device's, pending or not."""
        when = START + timedelta(seconds=second)
        try:
            play = self.mirror.plays.add(
                track_id=track, played_at=when, listened_ms=listened_ms, source=DEVICE
            )
        except pm.Error as error:
            assert error.code == "unknown_reference", error
            assert self.mirror.tracks.get(track) is None
            return None
        assert self.mirror.plays[play.id] == play
        return self._recorded(play.id, ("play", track, _text(second)))

    def add_snapshot(self, second: int, label: str) -> Key | None:
        when = START + timedelta(seconds=second)
        snapshot = self.mirror.snapshots.add(date=when, period_label=label, model_used=DEVICE)
        return self._recorded(snapshot.id, ("snapshot", _text(second), label))

    def add_track(self, number: int) -> None:
        """A track with an artist of its own."""
        name = f"{DEVICE}-{number}"
        if self.mirror.artists.get(name) is None:
            self.mirror.artists.add(id=name)
            self.own.add(("artist", name, ""))
        if self.mirror.tracks.get(name) is None:
            self.mirror.tracks.add(id=name, name="New", artist_ids=[name])
            self.own.add(("track", name, ""))

    def _recorded(self, row: int, key: Key) -> Key | None:
        if row < 0:
            self.own.add(key)
        return key if key in self.own else None

    # The server ------------------------------------------------------------------------------

    def followed(self) -> tuple[str, ...] | None:
        """System identifier, timeline and database of the server that the file belongs to."""
        meta = dict(file_rows(self.path, "SELECT key, value FROM playmirror_meta"))
        keys = ("system_identifier", "timeline", "database")
        return tuple(meta[key] for key in keys) if "database" in meta else None

    def connect(self, dsn: str) -> pm.Server:
        if self.server is None:
            self.server = pm.connect(dsn, timeout=20)
        return self.server

    def leave(self) -> None:
        if self.server is not None:
            self.server.close()
            self.server = None

    def sync_cut(self, dsn: str, proxy: CutProxy, cut: Cut) -> None:
        proxy.cut = cut
        try:
            with pm.connect(proxy.dsn(dsn), timeout=10) as server:
                server.sync(self.mirror, **OPTIONS["sync"])
        except (*BROKEN_LINE, *HINDERED, pm.ServerChanged) as error:
            assert isinstance(error, HINDERED) or error.retryable or error.code == "server_changed"
        except pm.Error as error:
            assert error.sqlstate == LOCK_TIMEOUT and error.retryable

    def sync_killed(self, dsn: str, proxy: CutProxy, forker: Forker, after: int) -> None:
        """Another process syncs this file, and dies when the server has sent so many bytes."""
        proxy.cut = Cut("down", after, "black_hole")
        before = len(proxy.connections)
        child = forker.start("support.jobs:sync", self.path, proxy.dsn(dsn))
        while not child.wait(0.002) and not any(c.was_cut for c in proxy.connections[before:]):
            pass
        child.kill()
        assert child.finish().code in (0, -9)

    # The file --------------------------------------------------------------------------------

    def copied(self) -> Device:
        """Another device that goes on from a copy of this file."""
        path = self.path.with_name(f"device{next(_numbers)}.db")
        self._copy(path)
        return Device(path, set(self.own))

    def back_up(self) -> None:
        path = self.path.with_suffix(".backup")
        self._copy(path)
        self.backup = Backup(path, set(self.own))

    def restore(self) -> set[Key]:
        """Goes back to the backup; returns what had been recorded since."""
        assert self.backup is not None
        self.mirror.close()
        self.leave()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        shutil.copy(self.backup.path, self.path)
        lost = self.own - self.backup.own
        self.own = set(self.backup.own)
        self.mirror = pm.open(self.path)
        return lost

    def _copy(self, target: Path) -> None:
        self.mirror.close()  # moves the log into the file, so that a plain copy is whole
        target.unlink(missing_ok=True)
        shutil.copy(self.path, target)
        self.mirror = pm.open(self.path)

    def close(self) -> None:
        self.leave()
        self.mirror.close()

    # What must hold --------------------------------------------------------------------------

    def assert_own_rows_show(self, touched: Iterable[Key]) -> None:
        """Whatever was recorded here is here, once."""
        found = Counter(
            file_rows(
                self.path,
                "SELECT 'play', track_id, played_at FROM play_history WHERE source = ?1 UNION ALL "
                "SELECT 'snapshot', date, period_label FROM analysis_snapshots "
                "WHERE model_used = ?1 UNION ALL "
                "SELECT 'track', id, '' FROM tracks WHERE id LIKE ?1 || '-%' UNION ALL "
                "SELECT 'artist', id, '' FROM artists WHERE id LIKE ?1 || '-%'",
                [DEVICE],
            )
        )
        missing = self.own - found.keys() - set(touched)
        assert not missing, f"recorded and not to be seen: {sorted(missing)[:5]}"
        double = [key for key, times in found.items() if times > 1]
        assert not double, f"to be seen twice: {double[:5]}"

    def assert_follows(self, report: pm.SyncReport, sql: Connection) -> None:
        """After a pull: every table without a problem shows what the server has at this moment."""
        whole = [
            name
            for name in TABLES
            if not report.pulled[name].problem and not report.pulled[name].held_deletes
        ]
        assert_same_rows(self.path, sql, whole)


def _text(second: int) -> str:
    return (START + timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S")
