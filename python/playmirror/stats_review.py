"""Much about one thing: a track, an artist, a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from .display import Drawn, Record
from .record_list import Records
from .stats_habits import Discovery, RepeatedTrack
from .stats_music import AudioProfile, Eras, Genres
from .stats_rhythm import ActivityBucket, Session, Streak
from .stats_top import TimeTotal, TopAlbum, TopArtist, TopTrack
from .stats_totals import Comparison, Totals
from .timestamp import Instant

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class Peak(Record):
    """The week or month with most plays; the earliest of equals.

    >>> mirror.stats.entity_profile("0TnOYISbd1XYRBk9myaseg").best_week
    """

    first_day: date
    plays: int


@dataclass(frozen=True, repr=False)
class RankNeighbour(Record):
    """Who stands next to a track or an artist in the ranking.

    >>> mirror.stats.entity_profile("0TnOYISbd1XYRBk9myaseg").neighbours
    """

    id: str
    name: str | None
    plays: int
    position: int
    rank: int


@dataclass(frozen=True, repr=False)
class EntityProfile(Record):
    """One track or artist in a history.

    Without plays, all but the id and the name is zero or None.

    >>> mirror.stats.entity_profile("0TnOYISbd1XYRBk9myaseg").best_month
    """

    id: str  #: of the track that stands for all it is
    name: str | None
    plays: int
    time: TimeTotal
    days: int  #: local days with a play
    skips: int
    first_at: Instant | None
    last_at: Instant | None
    share: float | None  #: of all plays counted
    position: int | None  #: 1, 2, 3, 4
    rank: int | None  #: 1, 2, 2, 4
    of: int  #: how many there are to rank
    best_week: Peak | None
    best_month: Peak | None
    neighbours: Records[RankNeighbour]  #: two before and two behind it, by position


@dataclass(frozen=True, repr=False)
class YearInReview(Drawn):
    """A year of listening. Ranked lists have `limit` rows.

    >>> mirror.stats.year_in_review(2026).plot()
    """

    year: int
    totals: Totals
    tracks: Records[TopTrack]
    artists: Records[TopArtist]
    albums: Records[TopAlbum]
    genres: Genres
    months: Records[ActivityBucket]  #: all twelve
    discovery: Discovery
    longest_streak: Streak | None
    longest_session: Session | None
    most_replayed: RepeatedTrack | None  #: most plays per day it was played
    eras: Eras  #: by decade
    audio: AudioProfile
    compare: Comparison  #: with the year before

    def plot(self) -> Figure:  # type: ignore[override]  # several pictures have no one Axes
        """Draws it: several pictures in a Figure of its own. Raises ImportError without matplotlib.

        >>> mirror.stats.year_in_review(2026).plot().savefig("2026.png")
        """
        from .plots import draw

        drawn: Figure = draw(self, type(self), None, {})
        return drawn
