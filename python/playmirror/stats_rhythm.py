"""When music is played. Only plays at an instant of the years 1 to 9999 have a place here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from .display import Record
from .record_list import Records
from .stats_enums import Weekday
from .stats_top import TimeTotal
from .timestamp import Instant


@dataclass(frozen=True, repr=False)
class ActivityBucket(Record):
    """One hour, day, week, ... of a series without holes.

    >>> [(day.local_start, day.plays) for day in mirror.stats.activity("day", period="2026-01")]
    """

    local_start: str  #: `2026-01-31`, for hours `2026-01-31T05:00`
    start: Instant
    end: Instant  #: exclusive
    plays: int
    time: TimeTotal
    tracks: int  #: different ones
    artists: int  #: different ones


@dataclass(frozen=True, repr=False)
class ClockHour(Record):
    """An hour of the local day, over all days.

    >>> [hour.plays for hour in mirror.stats.clock(tz="Europe/Berlin")]
    """

    hour: int  #: 0 to 23
    plays: int
    time: TimeTotal


@dataclass(frozen=True, repr=False)
class HeatmapCell(Record):
    """An hour of the local week, over all weeks.

    >>> max(mirror.stats.heatmap(), key=lambda cell: cell.plays).weekday
    """

    weekday: Weekday
    hour: int  #: 0 to 23
    plays: int
    time: TimeTotal


@dataclass(frozen=True, repr=False)
class Streak(Record):
    """Local days in a row that all had enough plays.

    >>> mirror.stats.streaks().longest
    """

    first_day: date
    last_day: date
    days: int
    plays: int


@dataclass(frozen=True, repr=False)
class Streaks(Record):
    """The days in a row of a history.

    >>> [streak.days for streak in mirror.stats.streaks().streaks]
    """

    longest: Streak | None  #: the earliest of equals
    current: Streak | None  #: ends on the day of `as_of` or the day before
    streaks: Records[Streak]  #: all, in order of time


@dataclass(frozen=True, repr=False)
class Session(Record):
    """Plays with no long silence between them.

    >>> max(mirror.stats.session_list(), key=lambda session: session.ms).tracks
    """

    start: Instant
    end: Instant
    plays: int
    ms: int  #: listening time, measured and estimated
    tracks: int  #: different ones
    artists: int  #: different ones
    skips: int


@dataclass(frozen=True, repr=False)
class Sessions(Record):
    """Sessions in sum. Lengths are from start to end, in milliseconds. Percentiles interpolate
    between neighbours.

    >>> mirror.stats.sessions().median_length_ms
    """

    gap: timedelta  #: the silence that ends a session
    count: int
    mean_length_ms: float | None
    median_length_ms: float | None
    p90_length_ms: float | None
    mean_plays: float | None
    median_plays: float | None
    p90_plays: float | None
    longest: Session | None  #: by length; the earliest of equals
