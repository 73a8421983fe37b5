"""The rows of the mirrored tables: one frozen dataclass per table, one field per column.

Fields are None where the server holds NULL. JSON columns hold the server's text unchanged; beside
each such field `x` there is `x_json`, the parsed value, parsed anew at every access. Points in time
are described in timestamp.py. Columns that a server has beyond these are reached through
Mirror.sql().

Records are values: immutable, compared and hashed by content, picklable, and good for `match`:

>>> match play:
...     case Play(track_id=str(id), skipped=True): ...

`dataclasses.replace()` makes a changed copy, `dataclasses.asdict()` a dict.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import _core
from .display import Record

if TYPE_CHECKING:
    from .metrics import Metrics, RawMetrics
    from .timestamp import Instant


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)


@dataclass(frozen=True, repr=False)
class Artist(Record):
    """A row of `artists`.

    >>> mirror.artists["0TnOYISbd1XYRBk9myaseg"].genres_json
    """

    id: str  #: Spotify artist id
    name: str | None = None
    genres: str | None = None  #: JSON list of strings
    image_url: str | None = None

    @property
    def genres_json(self) -> Any:
        """`genres`, parsed.

        >>> Artist("kbYTNQ", genres='["cool jazz"]').genres_json
        ['cool jazz']
        """
        return _parsed(self.genres)


@dataclass(frozen=True, repr=False)
class Track(Record):
    """A row of `tracks`.

    >>> mirror.tracks["4uLU6hMCjMI75M1A2tKUQC"].tempo
    """

    id: str  #: Spotify track id
    reccobeats_id: str | None = None  #: UUID at the source of the audio features
    name: str | None = None
    artist: str | None = None  #: display string, may name several artists
    album: str | None = None
    image_url: str | None = None
    duration_ms: int | None = None  #: milliseconds
    popularity: int | None = None  #: 0 to 100
    raw_data: str | None = None  #: JSON: the whole Spotify API response
    danceability: float | None = None  #: 0 to 1
    energy: float | None = None  #: 0 to 1
    key: int | None = None  #: pitch class 0 to 11; -1 is unknown
    loudness: float | None = None  #: dB
    mode: int | None = None  #: 1 major, 0 minor
    speechiness: float | None = None  #: 0 to 1
    acousticness: float | None = None  #: 0 to 1
    instrumentalness: float | None = None  #: 0 to 1
    liveness: float | None = None  #: 0 to 1
    valence: float | None = None  #: 0 to 1
    tempo: float | None = None  #: beats per minute
    time_signature: int | None = None  #: beats per bar
    genres: str | None = None  #: JSON; deprecated, see Artist.genres
    lyrics: str | None = None
    lyrics_summary: str | None = None
    genre_tags: str | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None

    @property
    def raw_data_json(self) -> Any:
        """`raw_data`, parsed.

        >>> Track("4uLU6hMC", raw_data='{"explicit": true}').raw_data_json["explicit"]
        True
        """
        return _parsed(self.raw_data)

    @property
    def genres_json(self) -> Any:
        """`genres`, parsed.

        >>> Track("4uLU6hMC").genres_json is None
        True
        """
        return _parsed(self.genres)


@dataclass(frozen=True, repr=False)
class Play(Record):
    """A row of `play_history`: one listening event of an immutable log.

    >>> mirror.plays.recent(1)[0].played_at
    """

    id: int  #: the server's id; negative until pushed
    track_id: str | None = None
    played_at: Instant | None = None
    context_uri: str | None = None  #: playlist, album, ... it was played from
    listened_ms: int | None = None  #: milliseconds actually listened
    skipped: bool | None = None
    source: str | None = None  #: where the event came from


@dataclass(frozen=True, repr=False)
class Snapshot(Record):
    """A row of `analysis_snapshots`.

    >>> [snapshot.period_label for snapshot in mirror.snapshots.recent(3)]
    """

    id: int  #: the server's id; negative until pushed
    date: Instant | None = None  #: when the analysis was run
    period_start: Instant | None = None
    period_end: Instant | None = None
    period_label: str | None = None  #: such as "last_30_days"
    metrics_payload: str | None = None  #: JSON
    narrative_report: str | None = None  #: JSON
    model_used: str | None = None
    playlist_theme: str | None = None
    playlist_theme_reasoning: str | None = None
    six_hour_playlist_id: str | None = None
    daily_playlist_id: str | None = None
    playlist_composition: str | None = None  #: JSON

    @property
    def metrics_payload_json(self) -> Any:
        """`metrics_payload`, parsed.

        >>> mirror.snapshots.compute("this_year").metrics_payload_json["totals"]["plays"]
        """
        return _parsed(self.metrics_payload)

    def metrics(self) -> Metrics | RawMetrics | None:
        """`metrics_payload`, read: Metrics when playmirror computed it, RawMetrics when another
        program did, None for NULL.

        Raises SchemaMismatch for a payload of a newer playmirror, and for one of ours that was
        damaged since.

        >>> match mirror.snapshots.compute("this_year").metrics():
        ...     case Metrics(totals=totals) if totals:
        ...         print(totals.plays)
        ...     case RawMetrics() as other:
        ...         print(other.text_json)
        """
        if self.metrics_payload is None:
            return None
        return _core.read_metrics(self.metrics_payload)

    @property
    def narrative_report_json(self) -> Any:
        """`narrative_report`, parsed.

        >>> Snapshot(1, narrative_report='{"mood": "calm"}').narrative_report_json["mood"]
        'calm'
        """
        return _parsed(self.narrative_report)

    @property
    def playlist_composition_json(self) -> Any:
        """`playlist_composition`, parsed.

        >>> Snapshot(1, playlist_composition='["4uLU6hMC"]').playlist_composition_json
        ['4uLU6hMC']
        """
        return _parsed(self.playlist_composition)


@dataclass(frozen=True, repr=False)
class PlaylistConfig(Record):
    """A row of `playlist_config`.

    >>> [config.current_theme for config in mirror.playlists]
    """

    key: str  #: such as "six_hour"
    spotify_id: str | None = None
    last_updated: Instant | None = None
    current_theme: str | None = None
    description: str | None = None
    composition: str | None = None  #: JSON

    @property
    def composition_json(self) -> Any:
        """`composition`, parsed.

        >>> [config.composition_json for config in mirror.playlists]
        """
        return _parsed(self.composition)
