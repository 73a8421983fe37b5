"""The right to read a table is taken away in the middle of a call. No lock stands in the way of a
`REVOKE`, so it may come between the look at the catalog and any question behind it."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
import threading
import time
from collections.abc import Callable

import playmirror as pm
import pytest
from databases import TABLES
from psycopg.conninfo import conninfo_to_dict
from support import hooks
from support.faults import add_play
from support.model_backend import ROLE
from support.music_db import MusicDb

#: Steps behind which a pull asks more: of another catalog than it had seen; by which keys differ.
STEPS = {
    "pull.opened": "ALTER TABLE artists ADD COLUMN mood varchar DEFAULT 'calm'",
    "pull.read": "DELETE FROM play_history WHERE id = (SELECT min(id) FROM play_history)",
}


def once(step: str, act: Callable[[], object]) -> Callable[[str], None]:
    done: list[str] = []

    def call(name: str) -> None:
        if name == step and not done:
            done.append(name)
            act()

    return call


@pytest.mark.parametrize("step", STEPS)
def test_that_table_stops_and_the_rest_is_pulled(
    step: str, small_db: MusicDb, mirror: pm.Mirror, assert_equal: Callable[..., None]
) -> None:
    taken = "play_history"
    with pm.connect(small_db.plain_role()) as server:
        server.pull(mirror)
        small_db.execute(STEPS[step])
        small_db.execute("UPDATE tracks SET popularity = 7")
        with hooks.at_steps(
            once(step, lambda: small_db.execute(f"REVOKE SELECT ON {taken} FROM {ROLE}"))
        ):
            report = server.pull(mirror)
        assert [table for table in TABLES if report.pulled[table].problem] == [taken]
        assert report.pulled[taken].problem_code == "permission_denied"
        assert report.pulled["tracks"].updated > 0
        small_db.execute(f"GRANT SELECT ON {taken} TO {ROLE}")
        assert server.pull(mirror).complete
    assert_equal(mirror, small_db)


class Gap:
    """Between a client and a server: what stands before `mark` goes on, then `act` is called, then
    the rest goes on as well. Serves one connection."""

    def __init__(self, dsn: str, mark: bytes) -> None:
        parts = conninfo_to_dict(dsn)
        self._target = (str(parts["host"]), int(parts["port"] or 0))
        self._mark = mark
        self.act: Callable[[], object] | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.dsn = f"{dsn} host=127.0.0.1 port={self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self._listener:
            client, _ = self._listener.accept()
        with client, socket.create_connection(self._target) as server, contextlib.suppress(OSError):
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()
            while piece := client.recv(1 << 16):
                place = piece.find(self._mark)
                if place >= 0 and self.act is not None:
                    act, self.act = self.act, None
                    server.sendall(piece[:place])
                    time.sleep(0.3)  # the server is at the end of it
                    act()
                    piece = piece[place:]
                server.sendall(piece)

    @staticmethod
    def _answer(server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := server.recv(1 << 16):
                client.sendall(piece)


def test_a_push_of_other_tables_goes_on(small_db: MusicDb, mirror: pm.Mirror) -> None:
    gap = Gap(small_db.plain_role(), b"::text, xmin::text")
    with pm.connect(gap.dsn) as server:
        server.pull(mirror)
        small_db.execute("INSERT INTO playlist_config (key) VALUES ('weekly')")
        server.pull(mirror)  # a push asks for this row, to know the server by it
        add_play(mirror, 1, next(iter(mirror.tracks.list(limit=1))).id)
        gap.act = lambda: small_db.execute(f"REVOKE SELECT ON playlist_config FROM {ROLE}")
        assert server.push(mirror).pushed == 1
        assert gap.act is None
    assert mirror.pending() == []


def test_that_table_is_skipped_and_the_rest_is_verified(
    small_db: MusicDb, mirror: pm.Mirror
) -> None:
    gap = Gap(small_db.plain_role(), b"COPY (SELECT")
    with pm.connect(small_db.plain_role()) as server:
        server.pull(mirror)
    small_db.execute("UPDATE tracks SET popularity = 7 WHERE id = (SELECT min(id) FROM tracks)")
    with pm.connect(gap.dsn) as server:
        gap.act = lambda: small_db.execute(f"REVOKE SELECT ON play_history FROM {ROLE}")
        report = server.verify(mirror)
        assert gap.act is None
    assert not report.equal
    assert [*report.skipped] == ["play_history"]
    assert "may not read public.play_history" in report.skipped["play_history"]
    assert [each.table for each in report.differences] == ["tracks"]


def test_that_table_is_left_and_the_rest_is_repaired(
    small_db: MusicDb, mirror: pm.Mirror, assert_equal: Callable[..., None]
) -> None:
    taken = "play_history"
    revoke = f"REVOKE SELECT ON {taken} FROM {ROLE}"
    with pm.connect(small_db.plain_role()) as server:
        server.pull(mirror)
        with contextlib.closing(sqlite3.connect(mirror.path)) as file:
            file.executescript(
                f"UPDATE tracks SET popularity = -7; UPDATE {taken} SET source = 'x' WHERE id < 9;"
            )
        with hooks.at_steps(once("repair.compared", lambda: small_db.execute(revoke))):
            report = server.repair(mirror)
        assert not report.complete
        assert [table for table in TABLES if report.tables[table].problem] == [taken]
        assert report.tables["tracks"].updated > 0
        assert mirror.plays.count(source="x") > 0
        small_db.execute(f"GRANT SELECT ON {taken} TO {ROLE}")
        assert server.repair(mirror).complete
    assert_equal(mirror, small_db)
