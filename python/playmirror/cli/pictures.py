"""The verbs that draw: top, activity, heatmap."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any

from ..mirror import Mirror
from ..stats_enums import Attribution, Unit, Weekday
from .answer import Answer
from .completion.words import suggest
from .drawing import bar, fitting, hours, scale, shades, ticks
from .filter_options import add_filter, given_filter
from .look import columns, paint
from .options import open_mirror
from .terminal import Column, room_beside, safe, table
from .verb import Verb

_WHAT = {
    "tracks": ("track", "artist"),
    "artists": ("artist",),
    "albums": ("album", "artist"),
    "genres": ("genre",),
    "contexts": ("context",),
}
_BARS = (12, 20, 30, 40)  # how wide bars are, as there is room
_LEAST_BAR = 4  # columns in which a bar still says something
_LEAST_FOR_BARS = 60  # columns of a terminal, beside a table
_UNITS = ("day", "week", "month", "quarter", "year")
_LINES = 40  # of a picture of activity, unless a unit was asked for
_UNKNOWN = "not known"


def _width() -> int:
    """Of the picture: the terminal's, or that of a usual one."""
    return columns(sys.stdout) or shutil.get_terminal_size().columns


def top(args: argparse.Namespace) -> Answer:
    """The most played tracks, artists, albums, genres or contexts."""
    given = given_filter(args)
    with open_mirror(args) as mirror:
        rows = getattr(mirror.stats, f"top_{args.what}")(**given)
    return Answer(rows, lambda: top_text(rows, args.what, args.by or "plays"))


def top_text(rows: Sequence[Any], what: str, by: str) -> str:
    if not rows:
        return "no plays"
    measure = _MEASURES[by]
    names = [Column("rank"), *(Column(name) for name in _WHAT[what]), Column("plays")]
    names.append(Column("time", right=True, fixed=True))
    if by in ("days", "skips"):
        names.append(Column(by))
    cells = [
        [
            *(each.rank, *_names(each, what), each.plays, hours(_time(each))),
            *([measure(each)] if by in ("days", "skips") else ()),
        ]
        for each in rows
    ]
    room = room_beside(names, cells, out=sys.stdout)
    if (columns(sys.stdout) or 0) >= _LEAST_FOR_BARS and room is not None and room >= _BARS[0]:
        most = max(map(measure, rows))
        space = fitting(_BARS, min(_width() // 3, room))
        names.append(Column("", fixed=True, code="36"))
        for each, line in zip(rows, cells, strict=True):
            line.append(bar(measure(each), most, space, sys.stdout))
    return table(names, cells, out=sys.stdout)


def _names(each: Any, what: str) -> list[str]:
    if what == "tracks":
        return [each.name or each.track_id, each.artist or ""]
    if what == "albums":
        return [each.name or _UNKNOWN, each.artist or ""]
    name = {"artists": "name", "genres": "genre", "contexts": "context_uri"}[what]
    return [getattr(each, name) or _UNKNOWN]


def _time(each: Any) -> int:
    return int(each.time.measured_ms + each.time.estimated_ms)


_MEASURES: dict[str, Callable[[Any], int]] = {
    "plays": lambda each: int(each.plays),
    "time": _time,
    "days": lambda each: int(each.days),
    "skips": lambda each: int(each.skips),
}


def activity(args: argparse.Namespace) -> Answer:
    """Plays or time by day, week, month, ... as bars."""
    given = given_filter(args)
    with open_mirror(args) as mirror:
        unit, buckets = _buckets(mirror, args.unit, given)
    return Answer(buckets, lambda: _activity_text(buckets, unit, _measure_of(args)))


def _buckets(mirror: Mirror, unit: str | None, given: dict[str, Any]) -> tuple[str, Any]:
    """The series of the unit, or of the finest one that makes no more than `_LINES` lines."""
    if unit is not None:
        return unit, mirror.stats.activity(unit, **given)
    for coarser in reversed(_UNITS):
        buckets = mirror.stats.activity(coarser, **given)
        if unit is not None and len(buckets) > _LINES:
            break
        unit, found = coarser, buckets
    assert unit is not None
    return unit, found


def _activity_text(buckets: Sequence[Any], unit: str, by: str) -> str:
    if not buckets:
        return "no plays"
    measure = _MEASURES[by]
    most = max(map(measure, buckets))
    names = [Column(unit, fixed=True), Column("plays"), Column("time", right=True, fixed=True)]
    rows: list[list[object]] = [
        [_label(each.local_start, unit), each.plays, hours(_time(each))] for each in buckets
    ]
    space = max(_width() - 36, _BARS[0])
    title = f"{by} by {unit}"
    room = room_beside(names, rows, out=sys.stdout)
    if room is not None:
        space, title = min(space, room), title[: max(room, 0)]
    if space >= _LEAST_BAR:
        names.append(Column(title, fixed=True, code="36"))
        for each, line in zip(buckets, rows, strict=True):
            line.append(bar(measure(each), most, space, sys.stdout))
    return table(names, rows, out=sys.stdout)


def _label(local_start: str, unit: str) -> str:
    """What people call a bucket that begins there."""
    year, month = local_start[:-6], local_start[-5:-3]
    if unit == "year":
        return year
    if unit == "quarter":
        return f"{year} Q{(int(month) + 2) // 3}"
    return local_start[:-3] if unit == "month" else local_start.replace("T", " ")


def heatmap(args: argparse.Namespace) -> Answer:
    """Plays or time by hour and day of the week, as shaded cells."""
    given = given_filter(args)
    with open_mirror(args) as mirror:
        cells = mirror.stats.heatmap(args.attribution, **given)
    zone, first = given.get("tz", "UTC"), given.get("week_start", "monday")
    return Answer(cells, lambda: heatmap_text(cells, _measure_of(args), zone, first))


def heatmap_text(cells: Sequence[Any], by: str, zone: str, first: str) -> str:
    measure = _MEASURES[by]
    most = max(map(measure, cells))
    if most <= 0:
        return "no plays"
    width = fitting((1, 2, 3, 4), (_width() - 5) // 24)
    days = [str(day) for day in Weekday]
    begin = days.index(str(first).lower())
    lines = [paint("     " + ticks(width, 3 if width > 1 else 6, 24), "1", sys.stdout)]
    for day in days[begin:] + days[:begin]:
        row = [cell for cell in cells if str(cell.weekday) == day]
        shaded = shades(map(measure, row), most, width, sys.stdout)
        lines.append(f"{paint(day[:3].title(), '1', sys.stdout)}  {shaded}")
    busiest = max(cells, key=measure)
    value = hours(measure(busiest)) if by == "time" else f"{measure(busiest):,} plays"
    lines += [
        "",
        f"{scale(sys.stdout)}; most on {str(busiest.weekday).title()} at {busiest.hour}:00: "
        f"{value} (hours of {safe(zone)})",
    ]
    return "\n".join(lines)


def _measure_of(args: argparse.Namespace) -> str:
    return "time" if args.by == "time" else "plays"


def _add_top(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        metavar="WHAT",
        nargs="?",
        choices=tuple(_WHAT),
        default="tracks",
        help=f"{', '.join(_WHAT)} (default: tracks)",
    )
    add_filter(parser)


def _add_activity(parser: argparse.ArgumentParser) -> None:
    unit = parser.add_argument(
        "--unit",
        metavar="UNIT",
        help="hour, day, week, month, quarter, year (default: the finest that makes at most "
        f"{_LINES} lines)",
    )
    suggest(unit, list(Unit))
    add_filter(parser)


def _add_heatmap(parser: argparse.ArgumentParser) -> None:
    attribution = parser.add_argument(
        "--attribution",
        metavar="HOW",
        default="at_timestamp",
        help="at_timestamp, or spread over the hours that a play covers (default: at_timestamp)",
    )
    suggest(attribution, list(Attribution))
    add_filter(parser)


VERBS = (
    Verb(
        "top",
        "ask",
        top,
        "list what is played most, with bars on a terminal",
        (
            ("the five most played tracks", "playmirror top --limit 5"),
            (
                "the artists of this year, by time listened",
                "playmirror top artists --period this_year --tz Europe/Berlin --by time",
            ),
            (
                "genres of the last month, for a script",
                "playmirror top genres --period previous_month --json",
            ),
        ),
        mirror=True,
        add_options=_add_top,
    ),
    Verb(
        "activity",
        "ask",
        activity,
        "draw plays by day, week, month, quarter or year",
        (
            ("the last thirty days", "playmirror activity --period last_30_days"),
            (
                "hours listened by month, skipped plays left out",
                "playmirror activity --unit month --by time --skips exclude",
            ),
        ),
        mirror=True,
        add_options=_add_activity,
    ),
    Verb(
        "heatmap",
        "ask",
        heatmap,
        "draw the hours of the week that are listened in",
        (
            ("by the clock of Berlin", "playmirror heatmap --tz Europe/Berlin"),
            ("of one artist", "playmirror heatmap --artist-id miles --period 2026"),
        ),
        mirror=True,
        add_options=_add_heatmap,
    ),
)
