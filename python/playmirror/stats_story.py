"""What stands out in a history: phases, returns, round numbers, years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .display import Drawn, Record
from .timestamp import Instant


@dataclass(frozen=True, repr=False)
class Obsession(Record):
    """An artist that took a large part of a week.

    >>> [(each.week, each.name) for each in mirror.stats.obsessions()]
    """

    week: date  #: its first day
    artist_id: str
    name: str | None
    plays: int  #: that credit the artist
    week_plays: int  #: all plays of that week
    share: float  #: plays / week_plays


@dataclass(frozen=True, repr=False)
class Loyalty(Record):
    """How regularly an artist is played.

    >>> [(each.name, each.median_days) for each in mirror.stats.loyalty()]
    """

    artist_id: str
    name: str | None
    plays: int
    median_days: float  #: between one play and the next
    first_at: Instant | None
    last_at: Instant | None


@dataclass(frozen=True, repr=False)
class Comeback(Record):
    """The first play of a track after a long time without.

    >>> [(each.name, each.days) for each in mirror.stats.comebacks(gap_days=30)]
    """

    track_id: str
    name: str | None
    artist: str | None
    last_at: Instant  #: the play before
    back_at: Instant
    days: float  #: between the two


@dataclass(frozen=True, repr=False)
class Milestone(Record):
    """Every n-th play.

    >>> [(each.number, each.name) for each in mirror.stats.milestones(every=500)]
    """

    number: int  #: of the play, counted from 1
    id: int  #: of the play
    played_at: Instant
    track_id: str | None
    name: str | None
    artist: str | None


@dataclass(frozen=True, repr=False)
class Moods(Drawn):
    """Plays by the mood of their track: valence and energy, each below 0.5 or not.

    >>> mirror.stats.moods().plot()
    """

    plays: int
    happy: int  #: high valence, high energy
    angry: int  #: low valence, high energy
    calm: int  #: high valence, low energy
    sad: int  #: low valence, low energy
    unknown: int  #: one of the two is not known
    unknown_share: float | None
    grid: list[int]  #: plays by tenth of energy, then of valence: 100


@dataclass(frozen=True, repr=False)
class Completion(Drawn):
    """How much of its track a play lasted. Of plays whose listened_ms and duration are known.

    >>> mirror.stats.completion().completed_share
    """

    plays: int
    known: int
    tenths: list[int]  #: plays by tenth of the duration: 10, then whole
    completed_share: float | None  #: of the known, those of 0.9 or more


@dataclass(frozen=True, repr=False)
class EvolutionPoint(Record):
    """One of the leading tracks, artists or genres in one bucket of time.

    >>> [(each.local_start, each.name, each.rank) for each in mirror.stats.evolution()]
    """

    key: str  #: id; of a genre its name
    name: str | None
    local_start: str  #: as in ActivityBucket
    start: Instant
    plays: int
    rank: int | None  #: among them; none without plays
