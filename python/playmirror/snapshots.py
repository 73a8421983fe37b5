"""Analysis snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _core
from .collection import Collection
from .cursor import Cursor
from .enums import Order
from .new_row import Json, json_text
from .record_list import Records
from .records import Snapshot
from .table import Table
from .timestamp import InstantLike

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .period import PeriodLike
    from .stats_filter import FilterButPeriod


class Snapshots(Collection[int, Snapshot]):
    """The analysis snapshots of one mirror: `mirror.snapshots`. Safe to share between threads.

    >>> mirror.snapshots.compute("last_30_days", tz="Europe/Berlin").metrics_payload_json["totals"]
    """

    def __init__(self, core: _core.Snapshots) -> None:
        self._core = core

    def find(self, id: int) -> Snapshot | None:
        """By id. A provisional id still resolves after the snapshot got its server id.

        >>> mirror.snapshots.find(1)
        """
        return self._core.find(id)

    def recent(self, limit: int = 10) -> Records[Snapshot]:
        """The latest snapshots, newest first. `limit` 0 means all.

        >>> [snapshot.date for snapshot in mirror.snapshots.recent(3)]
        """
        return self._core.recent(limit)

    def list(
        self,
        *,
        since: InstantLike | None = None,
        until: InstantLike | None = None,
        period_label: str | None = None,
        pending: bool | None = None,
        order: Order | str = Order.NEWEST_FIRST,
        limit: int = 0,
    ) -> Cursor[Snapshot]:
        """The snapshots that match every given filter.

        `since` and `until` are about `date`, the first inclusive, the second not; `pending` True
        means only those not yet on the server; `limit` 0 means no limit.

        >>> for snapshot in mirror.snapshots.list(period_label="last_30_days"): ...
        """
        return Cursor(
            self._core.list(
                since=since,
                until=until,
                period_label=period_label,
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
        period_label: str | None = None,
        pending: bool | None = None,
        order: Order | str = Order.NEWEST_FIRST,
        limit: int = 0,
    ) -> int:
        """How many snapshots list() would give with the same filters.

        >>> mirror.snapshots.count(period_label="last_30_days")
        """
        return self._core.count(
            since=since,
            until=until,
            period_label=period_label,
            pending=pending,
            order=order,
            limit=limit,
        )

    def table(
        self,
        *,
        since: InstantLike | None = None,
        until: InstantLike | None = None,
        period_label: str | None = None,
        pending: bool | None = None,
        order: Order | str = Order.NEWEST_FIRST,
        limit: int = 0,
    ) -> Table:
        """What list() gives with the same filters, as columns.

        >>> mirror.snapshots.table().column("date")
        """
        return self._core.table(
            since=since,
            until=until,
            period_label=period_label,
            pending=pending,
            order=order,
            limit=limit,
        )

    def add(
        self,
        *,
        date: InstantLike,
        period_label: str | None = None,
        period_start: InstantLike | None = None,
        period_end: InstantLike | None = None,
        metrics_payload: Json = None,
        narrative_report: Json = None,
        model_used: str | None = None,
        playlist_theme: str | None = None,
        playlist_theme_reasoning: str | None = None,
        six_hour_playlist_id: str | None = None,
        daily_playlist_id: str | None = None,
        playlist_composition: Json = None,
    ) -> Snapshot:
        """Records a snapshot here and queues it for the server, in one durable transaction.

        A snapshot is identified by `date` and `period_label`: if the mirror already has it, returns
        that one and changes nothing. `metrics_payload`, `narrative_report` and
        `playlist_composition` are JSON: text is taken as JSON text, Metrics and RawMetrics as the
        text that they were read from, anything else is written as JSON; what is no JSON raises
        InvalidArgument. Otherwise like Plays.add().

        >>> mirror.snapshots.add(
        ...     date=datetime.now(timezone.utc),
        ...     period_label="last_30_days",
        ...     metrics_payload={"plays": 412},
        ... )
        """
        return self._core.add(
            date=date,
            period_label=period_label,
            period_start=period_start,
            period_end=period_end,
            metrics_payload=json_text("metrics_payload", metrics_payload),
            narrative_report=json_text("narrative_report", narrative_report),
            model_used=model_used,
            playlist_theme=playlist_theme,
            playlist_theme_reasoning=playlist_theme_reasoning,
            six_hour_playlist_id=six_hour_playlist_id,
            daily_playlist_id=daily_playlist_id,
            playlist_composition=json_text("playlist_composition", playlist_composition),
        )

    def compute(self, period: PeriodLike, **filter: Unpack[FilterButPeriod]) -> Snapshot:
        """Computes the statistics of a period and records them as a snapshot.

        The payload is that of Stats.metrics_payload(); the snapshot's date is the filter's `now`,
        by default the system clock's. One of that date and label is returned as it is if it was
        computed of the same period by the same filter, else InvalidArgument is raised.

        >>> mirror.snapshots.compute(Period.last_days(30), tz="Europe/Berlin")
        """
        return self._core.compute(period, **filter)
