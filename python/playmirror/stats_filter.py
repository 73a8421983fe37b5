"""Which plays a statistic counts, and how."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from .period import PeriodLike
from .stats_enums import (
    ArtistCredit,
    Dedupe,
    GenreWeight,
    ListenRule,
    NullListened,
    PlayedAt,
    Rank,
    Skips,
    TimeBasis,
    TrackIdentity,
    Weekday,
)
from .timestamp import Duration, InstantLike, ZoneLike


class _Common(TypedDict, total=False):
    """What every statistic takes by keyword only."""

    now: InstantLike | None  #: what "today" is; default: the system clock's time
    #: the zone whose days and hours count, by its IANA name or as a ZoneInfo; default: UTC
    tz: ZoneLike
    week_start: Weekday | str  #: default: monday
    rule: ListenRule | str  #: default: all
    min_listened_ms: int | None  #: listened so many milliseconds or more
    null_listened: NullListened | str  #: default: keep
    skips: Skips | str  #: default: include
    sources: Iterable[str | None]  #: one of these; default: any
    include_contexts: Iterable[str]  #: one of these; default: any
    exclude_contexts: Iterable[str]
    exclude_track_ids: Iterable[str]
    exclude_artist_ids: Iterable[str]  #: any credited artist of the track
    exclusions: Iterable[str]  #: names of lists that mirror.exclusions keeps
    track_id: str | None  #: with all that track_identity joins
    artist_id: str | None  #: any credited artist of the track
    album: str | None  #: raw_data.album.id, or tracks.album
    genre: str | None  #: of any credited artist, in any case
    time_basis: TimeBasis | str  #: default: measured_or_duration
    artist_credit: ArtistCredit | str  #: default: each
    genre_weight: GenreWeight | str  #: default: full
    track_identity: TrackIdentity | str  #: default: id
    dedupe: Dedupe | str  #: default: none
    dedupe_window: Duration  #: of dedupe "near"; default: 30 seconds
    played_at_is: PlayedAt | str  #: default: unknown
    by: Rank | str  #: order of ranked lists; default: plays
    offset: int  #: rows of ranked lists left out before the first
    details: bool  #: of ranked tracks: False fills in plays and ranks only, much faster


class FilterButLimit(_Common, total=False):
    """StatsFilter without `limit`, for the call that takes it by position, too."""

    period: PeriodLike  #: when it was played; default: all time


class FilterButPeriod(_Common, total=False):
    """StatsFilter without `period`, for the call that takes it by position, too."""

    limit: int  #: rows of ranked lists; 0: all; default: 10


class StatsFilter(FilterButLimit, FilterButPeriod, total=False):
    """The keyword arguments of every statistic. Without any, every row counts.

    An enum may be given by its name: `by="time"`. docs/statistics.md explains every choice.

    >>> mine: playmirror.StatsFilter = {"tz": "Europe/Berlin", "skips": "exclude"}
    >>> mirror.stats.totals(**mine).plays
    """
