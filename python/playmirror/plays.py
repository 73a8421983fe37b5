"""The log of listening events."""

from __future__ import annotations

from . import _core
from .collection import Collection
from .cursor import Cursor
from .enums import Order
from .record_list import Records
from .records import Play
from .table import Table
from .timestamp import InstantLike


class Plays(Collection[int, Play]):
    """The plays of one mirror: `mirror.plays`. Safe to share between threads.

    >>> mirror.plays.count(skipped=True)
    """

    def __init__(self, core: _core.Plays) -> None:
        self._core = core

    def find(self, id: int) -> Play | None:
        """By id. A provisional id still resolves after the play got its server id.

        >>> mirror.plays.find(1)
        """
        return self._core.find(id)

    def recent(self, limit: int = 10) -> Records[Play]:
        """The latest plays, newest first. `limit` 0 means all.

        >>> for play in mirror.plays.recent(10):
        ...     print(play.played_at, play.track_id)
        """
        return self._core.recent(limit)

    def list(
        self,
        *,
        since: InstantLike | None = None,
        until: InstantLike | None = None,
        track_id: str | None = None,
        artist_id: str | None = None,
        source: str | None = None,
        context_uri: str | None = None,
        skipped: bool | None = None,
        pending: bool | None = None,
        order: Order | str = Order.NEWEST_FIRST,
        limit: int = 0,
    ) -> Cursor[Play]:
        """The plays that match every given filter.

        `since` is inclusive, `until` is not; `artist_id` is any credited artist of the track; a
        play whose `skipped` is unknown matches neither True nor False; `pending` True means only
        those not yet on the server; `limit` 0 means no limit.

        >>> skips = mirror.plays.list(since="2026-01-01T00:00:00Z", skipped=True)
        """
        return Cursor(
            self._core.list(
                since=since,
                until=until,
                track_id=track_id,
                artist_id=artist_id,
                source=source,
                context_uri=context_uri,
                skipped=skipped,
                pending=pending,
                order=order,
                limit=limit,
            )
        )

    def count(
        self,
        *,
        since: InstantLike | None = None,
        until: InstantLike | None = None,
        track_id: str | None = None,
        artist_id: str | None = None,
        source: str | None = None,
        context_uri: str | None = None,
        skipped: bool | None = None,
        pending: bool | None = None,
        order: Order | str = Order.NEWEST_FIRST,
        limit: int = 0,
    ) -> int:
        """How many plays list() would give with the same filters.

        >>> mirror.plays.count(since="2026-01-01T00:00:00Z", skipped=True)
        """
        return self._core.count(
            since=since,
            until=until,
            track_id=track_id,
            artist_id=artist_id,
            source=source,
            context_uri=context_uri,
            skipped=skipped,
            pending=pending,
            order=order,
            limit=limit,
        )

    def table(
        self,
        *,
        since: InstantLike | None = None,
        until: InstantLike | None = None,
        track_id: str | None = None,
        artist_id: str | None = None,
        source: str | None = None,
        context_uri: str | None = None,
        skipped: bool | None = None,
        pending: bool | None = None,
        order: Order | str = Order.NEWEST_FIRST,
        limit: int = 0,
    ) -> Table:
        """What list() gives with the same filters, as columns.

        >>> mirror.plays.table(limit=100).to_polars()
        """
        return self._core.table(
            since=since,
            until=until,
            track_id=track_id,
            artist_id=artist_id,
            source=source,
            context_uri=context_uri,
            skipped=skipped,
            pending=pending,
            order=order,
            limit=limit,
        )

    def add(
        self,
        *,
        track_id: str,
        played_at: InstantLike,
        listened_ms: int | None = None,
        skipped: bool | None = None,
        context_uri: str | None = None,
        source: str | None = None,
    ) -> Play:
        """Records a play here and queues it for the server, in one durable transaction.

        Never touches the network. A play is identified by `track_id` and `played_at`: if the mirror
        already has it, returns that one and changes nothing. `listened_ms` is in milliseconds,
        `context_uri` the playlist, album or other place it was played from, `source` where the
        event comes from. Waits for other writers up to the
        mirror's `busy_timeout`. Raises InvalidArgument for an unknown track (add it first), a naive
        or infinite time, text that holds NUL or is over 64 MB; MirrorBusy; StorageError.

        >>> play = mirror.plays.add(
        ...     track_id="4uLU6hMCjMI75M1A2tKUQC",
        ...     played_at=datetime.now(timezone.utc),
        ...     listened_ms=183_000,
        ...     skipped=False,
        ... )
        >>> play.id < 0  # provisional until pushed
        True
        """
        return self._core.add(
            track_id=track_id,
            played_at=played_at,
            listened_ms=listened_ms,
            skipped=skipped,
            context_uri=context_uri,
            source=source,
        )
