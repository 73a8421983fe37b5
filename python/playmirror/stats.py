"""Listening statistics, computed from the mirror file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .records import Record

if TYPE_CHECKING:
    from . import _core
    from .record_list import Records
    from .timestamp import Instant


@dataclass(frozen=True, repr=False)
class RecentPlay(Record):
    """A play with the names of what was played."""

    id: int  #: of the play; negative until pushed
    track_id: str
    name: str | None = None  #: of the track
    artist: str | None = None  #: the track's display string
    played_at: Instant | None = None


@dataclass(frozen=True, repr=False)
class TopTrack(Record):
    """A track and how often it was played."""

    track_id: str
    name: str | None = None
    artist: str | None = None  #: the track's display string
    plays: int = 0
    position: int = 0  #: 1, 2, 3, ...
    rank: int = 0  #: equal counts share a rank: 1, 2, 2, 4


@dataclass(frozen=True, repr=False)
class GenreCount(Record):
    """A genre and how many artists carry it."""

    genre: str  #: as the server spells it
    artists: int = 0  #: list entries of that name over all artists


class Stats:
    """Listening statistics of one mirror: `mirror.stats`. Safe to share between threads.

    No network, and no lock that a writer could wait for. Raises Error.
    """

    def __init__(self, core: _core.Stats) -> None:
        self._core = core

    def recent_plays(self, limit: int = 10) -> Records[RecentPlay]:
        """The latest plays of known tracks, newest first.

        Plays without a time come before all others, as the server sorts them; plays of one instant
        by id descending. `limit` 0 means all.

        >>> [play.name for play in mirror.stats.recent_plays(3)]
        """
        return self._core.recent_plays(limit)

    def top_tracks(self, limit: int = 10) -> Records[TopTrack]:
        """Tracks by number of plays descending, then id ascending. `limit` 0 means all.

        >>> for top in mirror.stats.top_tracks(limit=3):
        ...     print(top.rank, top.name, top.plays)
        """
        return self._core.top_tracks(limit)

    def genre_artist_counts(self) -> Records[GenreCount]:
        """How many artists carry each genre, most frequent first, then by genre.

        Counted from the lists in `artists.genres`; no plays are involved. A value that is not a
        JSON list counts nothing.

        >>> dict((row.genre, row.artists) for row in mirror.stats.genre_artist_counts())
        """
        return self._core.genre_artist_counts()
