"""Migrations that the backend might write next, run by Alembic as it would run them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, pool

from support.music_db import MusicDb


@contextlib.contextmanager
def migration(db: MusicDb, revision: str | None = None) -> Iterator[Operations]:
    """`op` of a revision's script, in one transaction; `revision` becomes the version."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(db.dsn),
        poolclass=pool.NullPool,
    )
    with engine.begin() as connection:
        op = Operations(MigrationContext.configure(connection))
        yield op
        if revision is not None:
            op.execute(f"UPDATE alembic_version SET version_num = '{revision}'")
