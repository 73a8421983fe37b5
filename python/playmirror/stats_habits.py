"""How music is listened to: skipped, discovered, repeated, mixed."""

from __future__ import annotations

from dataclasses import dataclass

from .display import Drawn, Record
from .record_list import Records
from .timestamp import Instant


@dataclass(frozen=True, repr=False)
class SkipRate(Record):
    """How often plays are skipped, of those where it is known.

    >>> [(each.name, each.rate) for each in mirror.stats.skips("artist", min_known=3)]
    """

    key: str | None  #: id, URI, or hour `00` to `23`; none: all plays
    name: str | None
    known: int
    skipped: int
    rate: float | None  #: skipped / known


@dataclass(frozen=True, repr=False)
class Discovery(Drawn):
    """What was played for the first time ever, under the same filters but the period.

    >>> mirror.stats.discovery(period="2026-03").new_play_share
    """

    plays: int
    tracks: int  #: different ones in the period
    artists: int
    albums: int
    new_tracks: int  #: whose first play lies in the period
    new_artists: int
    new_albums: int
    new_plays: int  #: of tracks that are new in the period
    track_rate: float | None  #: new_tracks / tracks
    artist_rate: float | None
    album_rate: float | None
    new_play_share: float | None  #: new_plays / plays
    history_start: Instant | None  #: the first play of all
    censored: bool  #: the period starts less than 90 days after it, so much seems new


@dataclass(frozen=True, repr=False)
class DiscoveryBucket(Record):
    """What Discovery tells, of one hour, day, week, month, quarter or year of the local calendar.

    >>> [(month.local_start, month.new_tracks) for month in mirror.stats.discovery_trend()]
    """

    local_start: str  #: as in ActivityBucket
    start: Instant
    end: Instant  #: exclusive
    plays: int
    tracks: int  #: different ones
    artists: int
    albums: int
    new_tracks: int  #: whose first play ever lies in the bucket
    new_artists: int
    new_albums: int
    new_plays: int  #: of tracks that are new in the bucket
    censored: bool  #: it starts less than 90 days after the history


@dataclass(frozen=True, repr=False)
class RepeatRun(Record):
    """One track again and again.

    >>> mirror.stats.repeats().longest_run
    """

    track_id: str
    name: str | None
    plays: int
    first_at: Instant
    last_at: Instant


@dataclass(frozen=True, repr=False)
class RepeatedTrack(Record):
    """A track that is played again on the days it is played.

    >>> [(each.name, each.score) for each in mirror.stats.repeats().most_repeated]
    """

    track_id: str
    name: str | None
    artist: str | None
    plays: int
    days: int  #: local days on which it was played
    score: float  #: plays / days


@dataclass(frozen=True, repr=False)
class Repeats(Record):
    """How much of the listening is repetition.

    >>> mirror.stats.repeats().repeat_share
    """

    plays: int  #: of known tracks
    tracks: int  #: different ones
    plays_per_track: float | None
    repeat_share: float | None  #: 1 - tracks / plays
    longest_run: RepeatRun | None  #: a skipped play ends a run
    most_repeated: Records[RepeatedTrack]  #: by score, then plays, then id; `limit` rows


@dataclass(frozen=True, repr=False)
class Diversity(Record):
    """How evenly plays are spread. Plays whose entity is not known are left out.

    >>> mirror.stats.diversity("artist").effective
    """

    richness: int  #: different ones
    plays: float  #: their weight together
    shannon: float | None  #: entropy in nats
    effective: float | None  #: exp(shannon): as many equal ones
    evenness: float | None  #: shannon / ln richness; none below 2
    simpson: float | None  #: 1 - sum of squared shares
    gini: float | None  #: 0: all equal
    top_1_share: float | None
    top_10_share: float | None
    top_100_share: float | None
