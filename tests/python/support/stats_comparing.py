"""What comparisons of a statistic with its SQL share: running filters, and when values agree."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import playmirror as pm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def check(filters: st.SearchStrategy[dict[str, Any]], examples: int = 25) -> Callable[..., Any]:
    """Runs a comparison over generated filters."""

    def run(compare: Callable[[dict[str, Any]], None]) -> None:
        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(filters)
        def each(filter: dict[str, Any]) -> None:
            compare(filter)

        each()

    return run


def same(mine: float | None, theirs: Any) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    return math.isclose(mine, float(theirs), rel_tol=1e-9, abs_tol=1e-12)


def utc(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=timezone.utc) if value is not None else None


TIME = """count(listened) AS plays_measured, coalesce(sum(listened), 0)::bigint AS measured_ms,
    count(estimate) AS plays_estimated, coalesce(sum(estimate), 0)::bigint AS estimated_ms,
    count(*) - count(listened) - count(estimate) AS plays_unknown"""


def time_of(row: dict[str, Any]) -> pm.TimeTotal:
    return pm.TimeTotal(**{name: row[name] for name in pm.TimeTotal.__dataclass_fields__})


ENTITIES = {
    "artist": (
        "SELECT sel.*, c.artist_id AS key, coalesce(c.n, 1) AS n FROM sel "
        "LEFT JOIN credits c USING (track_id)"
    ),
    "genre": (
        "SELECT sel.*, g.genre AS key, coalesce(g.n, 1) AS n FROM sel "
        "LEFT JOIN genres g USING (track_id)"
    ),
    "album": "SELECT sel.*, a.key, 1 AS n FROM sel LEFT JOIN albums a USING (track_id)",
    "context": "SELECT sel.*, context_uri AS key, 1 AS n FROM sel",
    "track": "SELECT sel.*, same AS key, 1 AS n FROM sel WHERE known",
}


def splits(entity: str, filter: dict[str, Any]) -> bool:
    return (entity == "artist" and filter.get("artist_credit") == "split") or (
        entity == "genre" and filter.get("genre_weight") == "split"
    )
