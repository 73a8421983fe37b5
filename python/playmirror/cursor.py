"""Rows of one listing, fetched as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from . import _core
from .closing import Closing

Record = TypeVar("Record")


class Cursor(Closing, Generic[Record]):
    """An iterator over the records of one listing.

    The query has run when the cursor exists, and every row comes from that one moment of the file,
    whatever is synced meanwhile. Rows are read from the file a few at a time.

    An open cursor keeps the mirror's file open and holds back the trimming of SQLite's write-ahead
    log: run it to its end, close() it, or let go of it. A `with` block closes it.

    >>> for play in mirror.plays.list(since="2026-01-01T00:00:00Z"): ...
    >>> with mirror.plays.list() as plays:
    ...     latest = next(plays, None)
    """

    def __init__(self, core: _core.Cursor[Record]) -> None:
        self._core = core

    def __iter__(self) -> Iterator[Record]:
        return self

    def __repr__(self) -> str:
        return "<Cursor>"

    def __next__(self) -> Record:
        return next(self._core)

    def close(self) -> None:
        """Lets go of the file; the cursor is at its end then.

        >>> mirror.plays.list().close()
        """
        self._core.close()
