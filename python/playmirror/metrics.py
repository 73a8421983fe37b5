"""The payload of a snapshot that playmirror computed, `playmirror.metrics/1`, as a record.

What Stats.metrics_payload() writes, read back. Fields are named like the keys of the JSON. One that
may be None is one that a payload may lack; what the numbers mean is told by the statistic that each
section is named after, see docs/statistics.md. Reading touches neither the mirror nor the network.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from . import _core
from .display import Record
from .record_list import Records
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
from .timestamp import Instant


@dataclass(frozen=True, repr=False)
class MetricsFilter(Record):
    """Which plays were counted, and how: StatsFilter, with the period resolved. What a payload does
    not say has the filter's default.

    >>> Metrics.parse(mirror.stats.metrics_payload()).filter.tz
    """

    start: Instant | None  #: none: open
    end: Instant | None  #: exclusive; none: open
    label: str  #: such as "last_30_days"; Period.parse() reads it
    tz: str
    week_start: Weekday
    rule: ListenRule
    min_listened_ms: int | None
    null_listened: NullListened
    skips: Skips
    sources: list[str | None]  #: empty: any
    include_contexts: list[str]  #: empty: any
    exclude_contexts: list[str]
    exclude_track_ids: list[str]  #: those of exclusion lists as well
    exclude_artist_ids: list[str]  #: likewise
    track_id: str | None
    artist_id: str | None
    album: str | None
    genre: str | None
    time_basis: TimeBasis
    artist_credit: ArtistCredit
    genre_weight: GenreWeight
    track_identity: TrackIdentity
    dedupe: Dedupe
    dedupe_window_ms: int  #: milliseconds
    played_at_is: PlayedAt
    by: Rank


@dataclass(frozen=True, repr=False)
class MetricsInput(Record):
    """Which rows went in: the same fingerprint proves the same plays.

    >>> Metrics.parse(mirror.stats.metrics_payload()).input.fingerprint
    """

    plays_seen: int
    max_play_id: int | None  #: none: no plays
    fingerprint: str  #: "sha256:" and 64 hexadecimal digits
    left_out: list[str]  #: columns that the mirror did not have


@dataclass(frozen=True, repr=False)
class MetricsTotals(Record):
    """All plays in sum, see Totals. Times are milliseconds.

    >>> Metrics.parse(mirror.stats.metrics_payload()).totals.plays
    """

    plays: int
    measured_ms: int
    estimated_ms: int
    plays_unknown: int
    tracks: int
    artists: int
    albums: int
    genres: int | None
    active_days: int


@dataclass(frozen=True, repr=False)
class MetricsItem(Record):
    """One line of a ranked list.

    >>> Metrics.parse(mirror.stats.metrics_payload()).top.tracks[0].name
    """

    id: str | None  #: of a genre its name; none: an album known by its name
    name: str | None
    plays: int
    ms: int  #: listening time in milliseconds, measured and estimated
    share: float
    position: int
    rank: int


@dataclass(frozen=True, repr=False)
class MetricsTop(Record):
    """The first of each ranked list, as many as StatsFilter.limit asked for.

    >>> Metrics.parse(mirror.stats.metrics_payload()).top.artists.to_dicts()
    """

    tracks: Records[MetricsItem]
    artists: Records[MetricsItem]
    albums: Records[MetricsItem]
    genres: Records[MetricsItem]


@dataclass(frozen=True, repr=False)
class MetricsDay(Record):
    """A local day with plays.

    >>> Metrics.parse(mirror.stats.metrics_payload()).days[0].day
    """

    day: date
    plays: int


@dataclass(frozen=True, repr=False)
class MetricsStreaks(Record):
    """Days in a row, see Streaks.

    >>> Metrics.parse(mirror.stats.metrics_payload()).streaks.longest
    """

    current: int  #: days; 0: none
    longest: int  #: days; 0: none
    longest_start: date | None


@dataclass(frozen=True, repr=False)
class MetricsSessions(Record):
    """Sessions in sum, see Sessions.

    >>> Metrics.parse(mirror.stats.metrics_payload()).sessions.count
    """

    gap_s: int  #: seconds of silence that end a session
    count: int
    median_ms: float | None
    median_plays: float | None
    longest_ms: int | None


@dataclass(frozen=True, repr=False)
class MetricsSkips(Record):
    """Skips over all plays, see SkipRate.

    >>> Metrics.parse(mirror.stats.metrics_payload()).skips.rate
    """

    known: int
    skipped: int
    rate: float | None


@dataclass(frozen=True, repr=False)
class MetricsDiscovery(Record):
    """What was new, see Discovery.

    >>> Metrics.parse(mirror.stats.metrics_payload()).discovery.new_tracks
    """

    new_artists: int
    new_tracks: int
    new_albums: int | None
    new_play_share: float | None
    censored: bool


@dataclass(frozen=True, repr=False)
class MetricsSpread(Record):
    """How evenly plays are spread over one kind of thing, see Diversity.

    >>> Metrics.parse(mirror.stats.metrics_payload()).diversity.artists.effective
    """

    richness: int
    shannon: float | None
    effective: float | None
    evenness: float | None
    gini: float | None


@dataclass(frozen=True, repr=False)
class MetricsDiversity(Record):
    """How evenly plays are spread.

    >>> Metrics.parse(mirror.stats.metrics_payload()).diversity.artists
    """

    artists: MetricsSpread | None


@dataclass(frozen=True, repr=False)
class MetricsEra(Record):
    """Plays of the music of a decade.

    >>> [era.label for era in Metrics.parse(mirror.stats.metrics_payload()).eras]
    """

    label: str  #: such as "1990s"
    plays: int


@dataclass(frozen=True, repr=False)
class MetricsFeature(Record):
    """One audio feature, see FeatureProfile.

    >>> Metrics.parse(mirror.stats.metrics_payload()).audio.tempo.mean
    """

    n: int
    coverage: float | None
    mean: float | None
    stddev: float | None  #: the key `std`
    median: float | None


@dataclass(frozen=True, repr=False)
class MetricsAudio(Record):
    """How the music sounds, see AudioProfile.

    >>> Metrics.parse(mirror.stats.metrics_payload()).audio.valence
    """

    danceability: MetricsFeature | None
    energy: MetricsFeature | None
    loudness: MetricsFeature | None
    speechiness: MetricsFeature | None
    acousticness: MetricsFeature | None
    instrumentalness: MetricsFeature | None
    liveness: MetricsFeature | None
    valence: MetricsFeature | None
    tempo: MetricsFeature | None


@dataclass(frozen=True, repr=False)
class MetricsQuality(Record):
    """How many plays have which gap, see DataQuality.

    >>> Metrics.parse(mirror.stats.metrics_payload()).quality.null_skipped
    """

    null_listened: int
    null_skipped: int
    no_features: int
    no_genres: int | None
    no_time: int | None
    duplicate_candidates: int | None


@dataclass(frozen=True, repr=False)
class MetricsBase(Record):
    """The plays of another period, and what came of them in this one.

    >>> Metrics.parse(mirror.stats.metrics_payload(period="2026")).compare.previous.ratio
    """

    plays: int
    delta: int  #: plays of this period - plays
    ratio: float | None  #: plays of this period / plays; none when that is 0


@dataclass(frozen=True, repr=False)
class MetricsComparison(Record):
    """Beside other periods.

    >>> Metrics.parse(mirror.stats.metrics_payload(period="2026")).compare.previous
    """

    previous: MetricsBase | None  #: the period before


@dataclass(frozen=True, repr=False)
class Metrics(Record):
    """A payload of the form `playmirror.metrics/1`. A section that it lacks is None.

    Keys that this version does not know are in `text`, which is what Snapshots.add() records when
    it is given a Metrics.

    >>> metrics = mirror.snapshots.compute("last_30_days", tz="Europe/Berlin").metrics()
    >>> metrics.totals.plays, [track.name for track in metrics.top.tracks], metrics.clock[20]
    """

    schema: str  #: "playmirror.metrics/1"
    library: str  #: the version of playmirror that computed it
    computed_at: Instant  #: `now` of the filter
    filter: MetricsFilter | None
    input: MetricsInput | None
    totals: MetricsTotals | None
    top: MetricsTop | None
    clock: list[int] | None  #: plays by local hour: 24
    heatmap: list[list[int]] | None  #: plays by local weekday, from Monday, and hour: 7 lists of 24
    days: Records[MetricsDay] | None  #: those with plays, in order
    streaks: MetricsStreaks | None
    sessions: MetricsSessions | None
    skips: MetricsSkips | None
    discovery: MetricsDiscovery | None
    diversity: MetricsDiversity | None
    eras: Records[MetricsEra] | None  #: in order of time
    audio: MetricsAudio | None
    quality: MetricsQuality | None
    compare: MetricsComparison | None  #: None: an open period
    text: str  #: the whole payload, as it was read

    @staticmethod
    def parse(text: str) -> Metrics:
        """Reads a payload.

        Raises InvalidArgument for a text that is not JSON, or does not say that it is a payload of
        ours; SchemaMismatch for one of another version, and for one that says so but does not keep
        to the form: the message names the key. See also Snapshot.metrics().

        >>> Metrics.parse(mirror.stats.metrics_payload(period="this_year")).totals.active_days
        """
        return _core.parse_metrics(text)

    @property
    def text_json(self) -> Any:
        """`text`, parsed.

        >>> Metrics.parse(mirror.stats.metrics_payload()).text_json["totals"]["plays"]
        """
        return json.loads(self.text)


@dataclass(frozen=True, repr=False)
class RawMetrics(Record):
    """A payload that another program wrote: whatever it put there.

    >>> Snapshot(1, metrics_payload='{"mood": "calm"}').metrics().text_json["mood"]
    'calm'
    """

    text: str  #: JSON, as the server has it

    @property
    def text_json(self) -> Any:
        """`text`, parsed.

        >>> RawMetrics('{"mood": "calm"}').text_json
        {'mood': 'calm'}
        """
        return json.loads(self.text)
