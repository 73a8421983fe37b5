"""The world of a safeguard's scenario."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import playmirror as pm
import psycopg
import pytest
from cluster import Cluster
from databases import TABLES, Server, make_template
from support.comparing import assert_same_rows
from support.model_backend import BEGINNING
from support.music_db import MusicDb

#: What a backend may do at any time.
ADD = "INSERT INTO play_history (track_id, listened_ms) VALUES ('t1', 1)"


@dataclass
class World:
    """A database, and devices that follow it."""

    server: Server
    directory: Path
    stack: ExitStack

    def __post_init__(self) -> None:
        self.db = self.stack.enter_context(MusicDb.create(self.server))
        self.db.execute(BEGINNING)
        self.mirror = self.device()

    def device(self, copy_of: pm.Mirror | None = None) -> pm.Mirror:
        path = self.directory / f"{len(list(self.directory.iterdir()))}.db"
        if copy_of is not None:
            copy_of.close()
            shutil.copy(copy_of.path, path)
        mirror = self.stack.enter_context(pm.open(path))
        if copy_of is None:
            self.pull(mirror)
        return mirror

    def pull(self, mirror: pm.Mirror | None = None, **options: object) -> pm.SyncReport:
        with pm.connect(self.db.dsn, timeout=6) as server:
            return server.pull(mirror or self.mirror, **options)

    def push(self, mirror: pm.Mirror | None = None, **options: object) -> pm.SyncReport:
        with pm.connect(self.db.dsn) as server:
            return server.push(mirror or self.mirror, **options)

    def other_cluster(self, **settings: str) -> MusicDb:
        """A database of a server of its own, which the mirror of this world now follows."""
        cluster = self.stack.enter_context(Cluster(settings))
        make_template(cluster)
        self.db = MusicDb.create(cluster)
        self.db.execute(BEGINNING)
        self.mirror = self.device()
        return self.db

    def cluster_with_standby(self) -> tuple[MusicDb, Cluster]:
        """Such a database, and a standby of its server."""
        db = self.other_cluster()
        return db, self.stack.enter_context(Cluster.standby_of(db.server))

    def assert_nothing_comes_from(self, standby: Cluster) -> None:
        """It lags behind what the mirror holds, which stays as the primary has it."""
        with (
            pm.connect(standby.dsn(self.db.name)) as server,
            pytest.raises(pm.ServerChanged) as error,
        ):
            server.pull(self.mirror)
        assert error.value.code == "server_behind"
        self.assert_equal()

    def assert_equal(self, db: MusicDb | None = None) -> None:
        with psycopg.connect((db or self.db).dsn, autocommit=True) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            assert_same_rows(self.mirror.path, connection, TABLES)
