"""Answers as JSON documents."""

from __future__ import annotations

import base64
import dataclasses
import enum
import json
import math
from datetime import date, datetime, timedelta
from pathlib import Path

from .errors import Error
from .record_list import Records
from .table import Table
from .timestamp import Timestamp


def to_json(document: object, *, indent: int | None = 2) -> str:
    """One JSON document in ASCII, so that no character in it can do anything to a terminal."""
    return json.dumps(_plain(document), allow_nan=False, indent=indent)


def _plain(value: object) -> object:
    """The value in JSON's own types. Instants are ISO 8601 in UTC, lengths of time seconds."""
    if isinstance(value, enum.Enum):
        return value.value
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (datetime, Timestamp)):
        return Timestamp(value).to_string()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple, Records)):
        return [_plain(item) for item in value]
    if isinstance(value, Error):
        return {"class": type(value).__name__, "message": str(value), **value.details()}
    if isinstance(value, Table):
        return _plain(value.to_dicts())
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: _plain(getattr(value, name)) for name in names}
    raise TypeError(f"{type(value).__name__} has no JSON form")
