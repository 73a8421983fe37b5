"""One music database on a test server: made from a template, filled, looked into, dropped."""

from __future__ import annotations

import itertools
import os
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from cluster import ClusterError
from databases import (
    TEMPLATE,
    Server,
    alembic,
    create_database,
    create_plain_role,
    drop_database,
    make_template,
)

ROOT = Path(__file__).resolve().parents[3]
SMALL_TEMPLATE = "music_template_small"
_numbers = itertools.count(1)


class MusicDb:
    """A database of a server. `dsn` is a superuser's; connections made here end with close()."""

    def __init__(self, server: Server, name: str):
        self.server = server
        self.name = name
        self.dsn = server.dsn(name)
        self._connections: list[psycopg.Connection] = []

    @classmethod
    def create(
        cls, server: Server, *, template: str = TEMPLATE, name: str | None = None
    ) -> MusicDb:
        """A copy of the template, or of any database nobody is in, under a name of its own."""
        name = name or f"music_{os.getpid()}_{next(_numbers)}"
        create_database(server, name, template)
        return cls(server, name)

    def __enter__(self) -> MusicDb:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self, user: str | None = None, **options: object) -> psycopg.Connection:
        """A connection in autocommit mode, a superuser's unless `user` is given."""
        dsn = self.server.dsn(self.name, user) if user else self.dsn
        connection = psycopg.connect(dsn, **{"autocommit": True, **options})
        self._connections.append(connection)
        return connection

    def execute(self, query: str, parameters: object = None) -> list[tuple]:
        """One statement, committed; its rows if it has any. Without parameters, also several."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    def version(self) -> int:
        """The server's, such as 15."""
        [(number,)] = self.execute("SHOW server_version_num")
        return int(number) // 10_000

    def needs(self, version: int) -> None:
        """Skips the test on an older server."""
        if self.version() < version:
            pytest.skip(f"needs PostgreSQL {version}")

    def settle(self) -> None:
        """Waits until every other session here has ended its transaction: a sync does not wait for
        the answer to its ROLLBACK, and the next one takes a round trip more when it comes late."""
        for _ in range(200):
            if not self.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend' "
                "AND state <> 'idle'"
            ):
                return
            time.sleep(0.05)
        raise AssertionError("a session does not end its transaction")

    def fill(self, size: str = "small", *, plays: int | None = None, seed: int = 1) -> None:
        """Fills the six empty tables with a made-up library."""
        much = ["--size", size] if plays is None else ["--plays", str(plays)]
        command = [str(generator()), *much, "--seed", str(seed), "--dsn", self.dsn]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise ClusterError(f"the generator failed:\n{done.stderr}")

    def alembic(self, *arguments: str) -> str:
        return alembic(self.server, self.name, *arguments)

    def plain_role(self, role: str = "laptop") -> str:
        """The DSN of a role that may do what playmirror needs in this database and nothing else."""
        return create_plain_role(self.server, self.name, role)

    def close(self) -> None:
        """Drops it, ending whoever is still in it."""
        for connection in self._connections:
            connection.close()
        drop_database(self.server, self.name)


def make_templates(server: Server) -> None:
    """The empty template, and one that holds the library `small`, unless they are there."""
    make_template(server)
    there = server.psql(f"SELECT count(*) FROM pg_database WHERE datname = '{SMALL_TEMPLATE}'")
    if there == "0":
        MusicDb.create(server, name=SMALL_TEMPLATE).fill("small")


def generator() -> Path:
    """PLAYMIRROR_GENERATOR, else the newest one that a build has left."""
    if told := os.environ.get("PLAYMIRROR_GENERATOR"):
        return Path(told)
    built = (ROOT / "build").glob("*/tests/generator/music-generator")
    newest = max(built, key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        raise ClusterError("there is no music-generator: build the target of that name")
    return newest
