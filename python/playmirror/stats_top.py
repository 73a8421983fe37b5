"""The rows of ranked lists.

`position` counts 1, 2, 3, ...; `rank` is shared by equals: 1, 2, 2, 4; `of` is how many there are
to rank, whatever the limit. `share` is the part of all plays counted, 0 to 1. Days are days of the
filter's time zone; times are those of finite plays.
"""

from __future__ import annotations

from dataclasses import dataclass

from .display import Record
from .timestamp import Instant


@dataclass(frozen=True, repr=False)
class TimeTotal(Record):
    """Listening time in milliseconds, told apart by how it is known. The plays add up to all.

    >>> mirror.stats.totals().time.measured_ms
    """

    measured_ms: int  #: sum of listened_ms where it is known and not negative
    estimated_ms: int  #: sum of durations, for plays without it
    plays_measured: int
    plays_estimated: int
    plays_unknown: int  #: neither is known, or `TimeBasis.measured_only`


@dataclass(frozen=True, repr=False)
class RecentPlay(Record):
    """A play with the names of what was played.

    >>> [(play.name, play.played_at) for play in mirror.stats.recent_plays(3)]
    """

    id: int  #: of the play; negative until pushed
    track_id: str
    name: str | None  #: of the track
    artist: str | None  #: the track's display string
    played_at: Instant | None


@dataclass(frozen=True, repr=False)
class TopTrack(Record):
    """A track and its plays.

    >>> [(track.rank, track.name) for track in mirror.stats.top_tracks(limit=3)]
    """

    track_id: str  #: the lowest of those that track_identity joins
    name: str | None
    artist: str | None  #: the track's display string
    plays: int
    position: int
    rank: int
    of: int
    share: float
    time: TimeTotal
    days: int  #: on which it was played
    skips: int
    first_at: Instant | None
    last_at: Instant | None


@dataclass(frozen=True, repr=False)
class TopArtist(Record):
    """An artist and the plays that credit it.

    >>> [(artist.rank, artist.name) for artist in mirror.stats.top_artists(limit=3)]
    """

    artist_id: str | None  #: none: plays whose artist is not known
    name: str | None
    plays: int  #: in which the artist is credited
    weight: float  #: plays as ArtistCredit counts them
    position: int
    rank: int
    of: int
    share: float  #: of `weight`
    time: TimeTotal  #: of those plays
    days: int
    skips: int
    first_at: Instant | None
    last_at: Instant | None


@dataclass(frozen=True, repr=False)
class TopAlbum(Record):
    """An album and its plays.

    >>> [album.name for album in mirror.stats.top_albums(limit=3)]
    """

    album_id: str | None  #: none: known by its name only, or not at all
    name: str | None  #: none: plays whose album is not known
    artist: str | None  #: the display string of its tracks
    by_name: bool  #: recognised by name and artist
    plays: int
    position: int
    rank: int
    of: int
    share: float
    time: TimeTotal
    days: int
    skips: int
    first_at: Instant | None
    last_at: Instant | None


@dataclass(frozen=True, repr=False)
class TopGenre(Record):
    """A genre and its plays.

    >>> [(genre.genre, genre.share) for genre in mirror.stats.top_genres(limit=3)]
    """

    genre: str | None  #: lower case; none: plays whose genre is not known
    plays: int  #: that have the genre
    weight: float  #: plays as GenreWeight counts them
    position: int
    rank: int
    of: int
    share: float  #: of `weight`
    time: TimeTotal  #: of those plays
    days: int
    skips: int
    first_at: Instant | None
    last_at: Instant | None


@dataclass(frozen=True, repr=False)
class TopContext(Record):
    """A playlist, album or other place, and the plays from it.

    >>> [context.context_uri for context in mirror.stats.top_contexts(limit=3)]
    """

    context_uri: str | None  #: none: plays without one
    plays: int
    position: int
    rank: int
    of: int
    share: float
    time: TimeTotal
    days: int
    skips: int
    first_at: Instant | None
    last_at: Instant | None


@dataclass(frozen=True, repr=False)
class GenreCount(Record):
    """A genre and how many artists carry it.

    >>> [(each.genre, each.artists) for each in mirror.stats.genre_artist_counts()[:3]]
    """

    genre: str  #: as the server spells it
    artists: int  #: list entries of that name over all artists
