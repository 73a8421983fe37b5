"""Numbers for people, where a person looks: lengths of time, percentages, thousands.

A pipe and --json have every field as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timezone

from .drawing import hours

_TIME = ("time_measured_ms", "time_estimated_ms")
_TIME_DETAILS = ("time_plays_measured", "time_plays_estimated", "time_plays_unknown")
_PARTS = ("share", "rate")  # of a whole, 0 to 1


def value(name: str, number: object) -> object:
    """A value as people read it."""
    if isinstance(number, datetime):
        return f"{number.astimezone(timezone.utc):%Y-%m-%d %H:%M}Z"
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return number
    if name.endswith("_ms") or name.startswith("ms_"):
        return hours(round(number))
    if isinstance(number, float):
        return f"{number:.1%}" if name.endswith(_PARTS) else _short(number)
    return f"{number:,}" if abs(number) >= 10_000 else number


def title(name: str) -> str:
    """A field's name as people read it."""
    if name.startswith("ms_"):
        name = f"time_{name[3:]}"
    return name.removesuffix("_ms").replace("_", " ")


def facts(pairs: Iterable[tuple[str, object]]) -> list[tuple[str, object]]:
    """Names and values for people; what is not known is left out."""
    return [
        (title(name), value(name, each)) for name, each in pairs if each is not None and each != ""
    ]


def listing(
    names: Sequence[str], rows: Iterable[Sequence[object]]
) -> tuple[list[str], list[list[object]], list[bool]]:
    """A list for people: names, rows, and which columns go to the right.

    Times are one column, and ids give way to names.
    """
    dropped = set(_TIME_DETAILS) | {"position", "of"}
    if "name" in names:
        dropped |= {name for name in names if name.endswith("_id") or name in ("id", "key")}
    timed = all(name in names for name in _TIME)
    if timed:
        dropped |= set(_TIME)
    kept = [index for index, name in enumerate(names) if name not in dropped]
    first = [index for index in kept if names[index] == "rank"]
    order = first + [index for index in kept if index not in first]
    shown, right = [], [False] * len(order)
    for row in rows:
        cells = [value(names[index], row[index]) for index in order]
        right = [
            was or isinstance(row[index], (int, float))
            for was, index in zip(right, order, strict=True)
        ]
        if timed:
            cells.append(hours(sum(int(row[names.index(each)] or 0) for each in _TIME)))  # type: ignore[call-overload]
        shown.append(cells)
    titles = [title(names[index]) for index in order]
    return ([*titles, "time"], shown, [*right, True]) if timed else (titles, shown, right)


def _short(number: float) -> str:
    if 0 < abs(number) < 1:
        return f"{number:.3g}"
    return f"{number:,.2f}".rstrip("0").rstrip(".")
