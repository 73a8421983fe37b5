"""One operation on a mirror file under a file fault, and what must hold behind it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import playmirror as pm
import psycopg
from databases import TABLES

from support import listening_exports as exports
from support.comparing import assert_same_rows, file_connection
from support.faults import add_play, memory_directory
from support.forker import Ended, Forker
from support.music_db import ROOT, MusicDb

#: What goes wrong, and whether it goes on. Power is lost with several seeds.
KINDS = (
    ("kill", False),
    ("torn", False),
    ("power", False),
    ("eio", False),
    ("eio", True),
    ("enospc", False),
    ("enospc", True),
    ("short", False),
    ("short", True),
)
CHANGES = """
    UPDATE tracks SET tempo = tempo + 1, lyrics = repeat('la ', 3000);
    INSERT INTO play_history (track_id, listened_ms) SELECT 't1', generate_series(1, 40);
    DELETE FROM play_history WHERE listened_ms = 7;
    UPDATE playlist_config SET description = 'new';
"""


def preloaded(name: str) -> Path:
    """The newest library of tests/faults of that name that a build has left. Those of a sanitizer
    (asan-ubsan, tsan, fuzz) can be loaded into programs of their own kind only."""
    found = (ROOT / "build").glob(f"*/tests/faults/lib{name}.so")
    built = [path for path in found if path.parts[-4] not in ("asan-ubsan", "tsan", "fuzz")]
    newest = max(built, key=lambda path: path.stat().st_mtime, default=None)
    assert newest is not None, f"there is no lib{name}.so: build the preset dev"
    return newest


@dataclass(frozen=True)
class Fault:
    kind: str
    call: int
    for_ever: bool = False
    seed: int = 0


Content = list[list[tuple]]


class Bench:
    """Mirror files in the states that the operations begin with, and a server that stays as it is
    but for what is pushed. One connection to it serves every sync behind a fault."""

    def __init__(self, db: MusicDb, server: pm.Server, forker: Forker, directory: Path) -> None:
        self.db = db
        self.sql: psycopg.Connection = db.connect()
        self.server = server
        self.cases = 0
        self._forker = forker
        self._directory = directory
        self._beginnings = directory / "beginnings"
        self._beginnings.mkdir()
        self._work = directory / "work"
        self._prepare()

    def _prepare(self) -> None:
        with pm.open(self._beginnings / "old.db") as mirror:
            self.server.pull(mirror)
        self.sql.execute(CHANGES)
        shutil.copy(self._beginnings / "old.db", self._beginnings / "push.db")
        with pm.open(self._beginnings / "push.db") as mirror:
            for number in range(3):
                add_play(mirror, number, source="fault")
            mirror.snapshots.add(date="2026-01-31T06:00:00Z", model_used="fault")
        self.old = content(self._beginnings / "old.db")
        rows = [
            exports.extended(
                number,
                f"2025-01-31T06:00:0{number}Z",
                master_metadata_track_name="One",  # which the server has
                master_metadata_album_artist_name=None,
                spotify_track_uri=None,
            )
            for number in range(3)
        ]
        exports.write(self._beginnings / "history.json", rows)

    def run(self, operation: str, fault: Fault, *, without: str = "") -> tuple[Path, Ended]:
        """The operation on a file of its own."""
        self.cases += 1
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir()
        path = self._work / "music.db"
        beginning = "push.db" if operation == "push" else "old.db"
        if operation not in ("create", "copy"):
            shutil.copy(self._beginnings / beginning, path)
        ended = self._forker.run(
            "support.jobs:with_file_fault", operation, path, self.db.dsn, self._work,
            fault.kind, fault.call, fault.for_ever, fault.seed, without,
        )  # fmt: skip
        return path, ended

    def calls(self, operation: str, kind: str) -> int:
        """How many calls such a fault could meet."""
        _, ended = self.run(operation, Fault(kind, 0))
        assert ended.code == 0, ended
        self._take_back()
        return dict(each for each in ended.told if isinstance(each, list))["calls"]

    def check(self, operation: str, fault: Fault, *, without: str = "") -> None:
        """Runs it; then the file is sound and whole, and the next sync ends it all."""
        path, ended = self.run(operation, fault, without=without)
        try:
            dies = fault.kind in ("kill", "torn", "power")
            assert ended.code == (-9 if dies else 0), ended
            if operation == "pull":
                found = content(path)
                assert found == self.old or self.is_new(path), "neither the old state nor the new"
            with pm.open(path) as mirror:
                report = mirror.verify()
                assert report.ok, report.problems
                self._assert_recorded(operation, mirror, ended)
                self.server.sync(mirror)
                assert mirror.pending() == []
                assert_same_rows(path, self.sql, TABLES)
                self._assert_sent_once(operation, ended)
        finally:
            self._take_back()

    def is_new(self, path: Path) -> bool:
        try:
            assert_same_rows(path, self.sql, TABLES)
        except AssertionError:
            return False
        return True

    def _assert_recorded(self, operation: str, mirror: pm.Mirror, ended: Ended) -> None:
        told = {each for each in ended.told if not isinstance(each, list)}
        if operation == "create":
            assert "recorded" not in told or mirror.artists.get("recorded at once")
        if operation in ("add", "import_plays"):
            assert mirror.plays.count(source="fault") >= len(told), "a recorded play is lost"
        if operation == "import_plays":
            assert mirror.plays.count(source="fault") in (0, 3), "a part of an import"
        if operation == "push":
            assert mirror.plays.count(source="fault") == 3, "a recorded play is lost"

    def _assert_sent_once(self, operation: str, ended: Ended) -> None:
        (there, different), = self.sql.execute(
            "SELECT count(*), count(DISTINCT (track_id, played_at)) FROM play_history "
            "WHERE source = 'fault'"
        ).fetchall()  # fmt: skip
        told = sum(not isinstance(each, list) for each in ended.told)
        least = {"push": 3, "add": told, "import_plays": told}.get(operation, 0)
        assert there == different >= least, (there, different, least)

    def _take_back(self) -> None:
        """The server as it was, so that every case begins alike."""
        self.sql.execute(
            "DELETE FROM play_history WHERE source = 'fault';"
            "DELETE FROM analysis_snapshots WHERE model_used = 'fault';"
            "DELETE FROM artists WHERE id = 'recorded at once'"
        )


@contextmanager
def bench(db: MusicDb) -> Iterator[Bench]:
    with (
        Forker(LD_PRELOAD=str(preloaded("file_faults"))) as forker,
        memory_directory() as directory,
        pm.connect(db.dsn) as server,
    ):
        yield Bench(db, server, forker, directory)


def content(path: Path) -> Content:
    """Every row of the mirrored tables, read at one moment by plain SQLite."""
    with file_connection(path) as connection:
        connection.execute("BEGIN")
        return [
            connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in TABLES
        ]
