"""What kind of music is played: genres, years, sound."""

from __future__ import annotations

from dataclasses import dataclass

from .display import Drawn, Record
from .record_list import Records
from .stats_enums import Daypart
from .stats_top import TimeTotal, TopGenre
from .timestamp import Instant


@dataclass(frozen=True, repr=False)
class Genres(Drawn):
    """The genres of the plays, and how many plays have none.

    >>> mirror.stats.genres().genres[0].genre
    """

    plays: int
    plays_unknown: int  #: whose artists have no genre, or are not known
    unknown_share: float | None
    genres: Records[TopGenre]  #: known ones, ranked


@dataclass(frozen=True, repr=False)
class DaypartGenre(Record):
    """A genre in one part of the day.

    >>> [(each.genre, each.share) for each in mirror.stats.genre_by_daypart(limit=3)]
    """

    daypart: Daypart
    genre: str | None  #: none: not known
    plays: int
    weight: float  #: plays as GenreWeight counts them
    share: float  #: of the plays in that part of the day


@dataclass(frozen=True, repr=False)
class Era(Record):
    """Plays of music that came out in a year or a decade.

    >>> [(era.label, era.share) for era in mirror.stats.eras().eras]
    """

    label: str  #: `1997` or `1990s`
    first_year: int
    plays: int
    time: TimeTotal
    share: float  #: of all plays


@dataclass(frozen=True, repr=False)
class Eras(Drawn):
    """When the music came out, over all plays.

    >>> mirror.stats.eras("year").plot()
    """

    plays: int
    plays_unknown: int  #: no year, or one before 1800 or after next year
    unknown_share: float | None
    median_year: float | None  #: over plays
    eras: Records[Era]  #: those with plays, in order of time


@dataclass(frozen=True, repr=False)
class FeatureProfile(Record):
    """One audio feature over the plays whose track has it; `n` of them. Each play counts once.

    >>> [(each.feature, each.mean) for each in mirror.stats.audio_profile().features]
    """

    feature: str  #: a column of `tracks`, such as "valence"
    n: int
    coverage: float | None  #: n / plays
    mean: float | None
    stddev: float | None  #: of the population
    min: float | None
    p10: float | None
    median: float | None
    p90: float | None
    max: float | None


@dataclass(frozen=True, repr=False)
class TimeSignatureCount(Record):
    """Plays of tracks with one time signature.

    >>> mirror.stats.audio_profile().time_signatures.to_dicts()
    """

    time_signature: int | None  #: beats per bar; none: not known
    plays: int


@dataclass(frozen=True, repr=False)
class AudioProfile(Drawn):
    """How the music sounds that was played.

    >>> mirror.stats.audio_profile().major_share
    """

    plays: int
    features: Records[FeatureProfile]
    keys: list[int]  #: plays by pitch class 0 to 11
    key_unknown: int
    major: int
    minor: int
    mode_unknown: int
    major_share: float | None  #: of the plays whose mode is known
    time_signatures: Records[TimeSignatureCount]  #: in order, the unknown last


@dataclass(frozen=True, repr=False)
class FeatureTrend(Record):
    """The mean of an audio feature in one bucket of time.

    >>> mirror.stats.audio_trend("month").plot(feature="energy")
    """

    local_start: str  #: as in ActivityBucket
    start: Instant
    end: Instant  #: exclusive
    feature: str
    n: int  #: plays whose track has the feature
    mean: float | None  #: none without any
