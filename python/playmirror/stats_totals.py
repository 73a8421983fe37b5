"""Everything at once: sums, comparisons, and how good the data are."""

from __future__ import annotations

from dataclasses import dataclass

from .display import Drawn, Record
from .period import Span
from .record_list import Records
from .stats_top import TimeTotal
from .timestamp import Instant


@dataclass(frozen=True, repr=False)
class Totals(Record):
    """All plays in sum. Ratios are missing where they would divide by nothing, and without plays.

    >>> mirror.stats.totals(period="this_year").active_days
    """

    plays: int
    time: TimeTotal
    tracks: int  #: different ones, as track_identity counts
    artists: int  #: credited, as artist_credit counts
    albums: int
    genres: int
    active_days: int  #: local days with a play
    first_at: Instant | None
    last_at: Instant | None
    plays_per_active_day: float | None
    ms_per_active_day: float | None
    calendar_days: int | None  #: that a bounded period has had until now
    plays_per_calendar_day: float | None
    ms_per_calendar_day: float | None


@dataclass(frozen=True, repr=False)
class ComparedNumber(Record):
    """A number in two periods.

    >>> [(each.name, each.delta) for each in mirror.stats.compare(period="2026").numbers]
    """

    name: str  #: such as "plays"
    value: int
    base: int
    delta: int  #: value - base
    ratio: float | None  #: value / base; none when base is 0


@dataclass(frozen=True, repr=False)
class RankMove(Record):
    """A track or an artist in two ranked lists.

    >>> [(each.name, each.rank_change) for each in mirror.stats.compare(period="2026").artists]
    """

    id: str
    name: str | None
    plays: int
    base_plays: int
    rank: int | None  #: none: left
    base_rank: int | None  #: none: entered
    rank_change: int | None  #: places won; negative: lost


@dataclass(frozen=True, repr=False)
class Comparison(Drawn):
    """Two periods side by side.

    >>> mirror.stats.compare(period="2026").plot()
    """

    span: Span
    base_span: Span
    numbers: Records[ComparedNumber]  #: of Totals
    #: the first `limit` of either list: by rank, then those that left by their base rank
    tracks: Records[RankMove]
    artists: Records[RankMove]  #: likewise


@dataclass(frozen=True, repr=False)
class DataQuality(Drawn):
    """How many of the plays counted have which gap or oddity.

    >>> mirror.stats.data_quality().plot()
    """

    plays: int
    null_listened: int
    negative_listened: int
    over_long: int  #: listened longer than the track lasts
    null_skipped: int
    null_source: int
    null_context: int
    no_time: int  #: played_at is NULL or infinite
    future: int  #: played_at is after `now`
    equal_timestamps: int  #: at an instant that another play has
    duplicate_candidates: int  #: that `Dedupe.near` would drop
    no_track: int  #: the track is NULL or not in `tracks`
    no_duration: int
    no_artists: int
    no_genres: int
    no_features: int  #: every audio feature is NULL
    out_of_range_features: int  #: one is outside of its documented range
    #: The mirror leaves out earlier plays (Server.pull()), and the period reaches back further:
    #: every statistic over it counts too few.
    plays_since: Instant | None
