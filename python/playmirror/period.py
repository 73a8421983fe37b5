"""Spans of time to count in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from . import _core
from .display import Record
from .stats_enums import Weekday
from .timestamp import Instant, InstantLike, ZoneLike


@dataclass(frozen=True, repr=False)
class Span(Record):
    """A half-open span of instants: start <= t < end. A side that is None is open.

    >>> playmirror.Period.year(2026).resolve("Europe/Berlin").start.isoformat()
    '2025-12-31T23:00:00+00:00'
    """

    start: Instant | None
    end: Instant | None


class Period:
    """A period by name: a year, the last 30 days, this week.

    Which instants it covers depends on the time zone, on the day that weeks begin with, and for the
    ones counted from today on `now`; resolve() says. Days, weeks, months, quarters and years are
    those of the local calendar, so a day may last 23 or 25 hours. A plain value.

    >>> Period.last_days(30).label()
    'last_30_days'
    >>> Period.parse("2026-01") == Period.month(2026, 1)
    True
    """

    __slots__ = ("_core",)

    def __init__(self) -> None:
        """All time."""
        self._core = _core.Period()

    @classmethod
    def _of(cls, core: _core.Period) -> Period:
        period = cls.__new__(cls)
        period._core = core
        return period

    @classmethod
    def all_time(cls) -> Period:
        """Everything, plays without a time included.

        >>> Period.all_time().label()
        'all_time'
        """
        return cls()

    @classmethod
    def between(cls, start: InstantLike | None, end: InstantLike | None) -> Period:
        """From `start` to `end`, the end not included; None leaves a side open.

        Raises InvalidArgument when the end lies before the start.

        >>> Period.between("2026-01-01T00:00:00Z", None)
        """
        return cls._of(_core.Period.between(start, end))

    @classmethod
    def year(cls, year: int) -> Period:
        """A calendar year, 1 to 9999.

        >>> Period.year(2026).label()
        '2026'
        """
        return cls._of(_core.Period.year(year))

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """A calendar month. Raises InvalidArgument for one that does not exist.

        >>> Period.month(2026, 1).label()
        '2026-01'
        """
        return cls._of(_core.Period.month(year, month))

    @classmethod
    def day(cls, year: int, month: int, day: int) -> Period:
        """A calendar day. Raises InvalidArgument for one that does not exist.

        >>> Period.day(2026, 1, 31).label()
        '2026-01-31'
        """
        return cls._of(_core.Period.day(year, month, day))

    @classmethod
    def last_days(cls, days: int) -> Period:
        """The `days` whole days before today: 1 is yesterday.

        >>> Period.last_days(7).label()
        'last_7_days'
        """
        return cls._of(_core.Period.last_days(days))

    @classmethod
    def this_day(cls) -> Period:
        """The day that `now` lies in, whole: its end may be in the future.

        >>> Period.this_day().resolve("Europe/Berlin").start
        """
        return cls.parse("this_day")

    @classmethod
    def this_week(cls) -> Period:
        """The week that `now` lies in, whole.

        >>> Period.this_week().resolve("Europe/Berlin").start
        """
        return cls.parse("this_week")

    @classmethod
    def this_month(cls) -> Period:
        """The month that `now` lies in, whole.

        >>> Period.this_month().resolve("Europe/Berlin").start
        """
        return cls.parse("this_month")

    @classmethod
    def this_quarter(cls) -> Period:
        """The quarter that `now` lies in, whole.

        >>> Period.this_quarter().resolve("Europe/Berlin").start
        """
        return cls.parse("this_quarter")

    @classmethod
    def this_year(cls) -> Period:
        """The year that `now` lies in, whole.

        >>> Period.this_year().resolve("Europe/Berlin").start
        """
        return cls.parse("this_year")

    @classmethod
    def previous_day(cls) -> Period:
        """The day before this one.

        >>> Period.previous_day().resolve("Europe/Berlin").start
        """
        return cls.parse("previous_day")

    @classmethod
    def previous_week(cls) -> Period:
        """The week before this one.

        >>> Period.previous_week().resolve("Europe/Berlin").start
        """
        return cls.parse("previous_week")

    @classmethod
    def previous_month(cls) -> Period:
        """The month before this one.

        >>> Period.previous_month().resolve("Europe/Berlin").start
        """
        return cls.parse("previous_month")

    @classmethod
    def previous_quarter(cls) -> Period:
        """The quarter before this one.

        >>> Period.previous_quarter().resolve("Europe/Berlin").start
        """
        return cls.parse("previous_quarter")

    @classmethod
    def previous_year(cls) -> Period:
        """The year before this one.

        >>> Period.previous_year().resolve("Europe/Berlin").start
        """
        return cls.parse("previous_year")

    @classmethod
    def parse(cls, label: str) -> Period:
        """Reads what label() writes, `custom` aside. Raises InvalidArgument.

        >>> Period.parse("3_months_ago").previous().label()
        '4_months_ago'
        """
        return cls._of(_core.Period.parse(label))

    def label(self) -> str:
        """The name as the server spells such things, such as `last_30_days`, `2026-01`, `all_time`.

        `custom` for between().

        >>> Period.last_days(30).label()
        'last_30_days'
        """
        return self._core.label()

    def previous(self) -> Period:
        """The period before this one, equally long by the calendar.

        The month before a month, whatever their days; before between() with two ends, as many
        microseconds. Raises InvalidArgument for an open period.

        >>> Period.month(2026, 1).previous().label()
        '2025-12'
        """
        return self._of(self._core.previous())

    def resolve(
        self,
        zone: ZoneLike = "UTC",
        now: InstantLike | None = None,
        week_start: Weekday | str = "monday",
    ) -> Span:
        """The instants covered.

        `zone` is an IANA name, or a ZoneInfo; `now` is read from the system clock when it is None,
        and matters to the periods counted from today only. Raises InvalidArgument for an unknown
        zone.

        >>> Period.this_week().resolve("Europe/Berlin", now="2026-01-31T06:00:00Z")
        """
        return self._core.resolve(zone, now, week_start)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Period):
            return NotImplemented
        return bool(self._core == other._core)

    def __hash__(self) -> int:
        return hash(self._state())

    def __repr__(self) -> str:
        label, start, end = self._state()
        return f"Period({f'{start} to {end}' if label == 'custom' else label})"

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        label, start, end = self._state()
        if label == "custom":
            return Period.between, (start, end)
        return Period.parse, (label,)

    def _state(self) -> tuple[str, Instant | None, Instant | None]:
        """The label, and the ends of a custom period."""
        label = self.label()
        span = self.resolve() if label == "custom" else Span(None, None)
        return label, span.start, span.end


#: What playmirror takes for a period: a Period, or the name of one.
PeriodLike: TypeAlias = Period | str
