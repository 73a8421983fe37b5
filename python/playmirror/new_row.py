"""What add() is given, made ready for the core."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, TypeAlias, TypedDict

from .enums import ErrorCode
from .errors import InvalidArgument
from .metrics import Metrics, RawMetrics
from .timestamp import InstantLike

#: A JSON member of a new row: JSON text, taken as it is, or a value that json.dumps() can write.
Json: TypeAlias = Any


class _Keyed(TypedDict):
    """What a new row cannot do without."""

    id: str


class ArtistFields(_Keyed, total=False):
    """The fields of an Artist, as keyword arguments."""

    name: str | None
    genres: Json
    image_url: str | None


class TrackFields(_Keyed, total=False):
    """The fields of a Track, as keyword arguments."""

    reccobeats_id: str | None
    name: str | None
    artist: str | None
    album: str | None
    image_url: str | None
    duration_ms: int | None
    popularity: int | None
    raw_data: Json
    danceability: float | None
    energy: float | None
    key: int | None
    loudness: float | None
    mode: int | None
    speechiness: float | None
    acousticness: float | None
    instrumentalness: float | None
    liveness: float | None
    valence: float | None
    tempo: float | None
    time_signature: int | None
    genres: Json
    lyrics: str | None
    lyrics_summary: str | None
    genre_tags: str | None
    created_at: InstantLike | None
    updated_at: InstantLike | None


def json_text(name: str, value: Json) -> str | None:
    """The text of a JSON member; None stays None, the SQL NULL. Raises InvalidArgument for NaN."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Metrics | RawMetrics):
        return value.text
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise InvalidArgument(
            f"{name} cannot be written as JSON: {error}",
            code=ErrorCode.INVALID_ARGUMENT,
            hint="JSON has neither NaN nor infinity: use None.",
        ) from error
    except TypeError as error:
        raise TypeError(f"{name} cannot be written as JSON: {error}") from error


def fields_of(cls: type[Any], record: object, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a record that is given whole, or as keyword arguments, but not as both."""
    if record is None:
        record = cls(**fields)
    elif fields:
        raise TypeError(f"give a {cls.__name__} or its fields, not both")
    elif not isinstance(record, cls):
        name = cls.__name__
        given = type(record).__name__
        raise TypeError(f"{name.lower()} must be playmirror.{name}, not {given}")
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(cls)}
