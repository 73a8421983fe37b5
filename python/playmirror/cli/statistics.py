"""The verb `stats`: every statistic by its name, the filter as options."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import sys
from collections.abc import Iterator
from typing import Any

from ..enums import ErrorCode
from ..errors import InvalidArgument
from ..record_list import Records
from ..stats import Stats
from .answer import Answer
from .options import open_mirror
from .terminal import pairs, table
from .verb import Verb

#: The statistics, as `playmirror stats` names them.
NAMES = [name for name in vars(Stats) if not name.startswith("_") and name != "metrics_payload"]

#: Options of the filter: the name of each, its metavar, its help. Those in _LISTS may be repeated.
_FILTER = {
    "period": ("PERIOD", "2026, 2026-01, last_30_days, this_week, previous_month, all_time, ..."),
    "now": ("ISO-TIME", 'what "today" is (default: this machine\'s clock)'),
    "tz": ("ZONE", "whose days and hours count, such as Europe/Berlin (default: UTC)"),
    "week_start": ("DAY", "the day that weeks begin with (default: monday)"),
    "rule": ("RULE", "what counts as listening: all, spotify_30s, scrobble"),
    "null_listened": ("KEEP|DROP", "plays of unknown time, when a rule asks for it"),
    "skips": ("WHICH", "include, exclude, exclude_unknown, only"),
    "track_id": ("ID", "that track"),
    "artist_id": ("ID", "tracks that credit that artist"),
    "album": ("ID|NAME", "that album"),
    "genre": ("NAME", "that genre"),
    "time_basis": ("BASIS", "measured_or_duration, measured_only"),
    "artist_credit": ("CREDIT", "each, split, primary"),
    "genre_weight": ("WEIGHT", "full, split"),
    "track_identity": ("WHICH", "id, isrc, fingerprint"),
    "dedupe": ("HOW", "none, near"),
    "played_at_is": ("WHAT", "start, end, unknown"),
    "by": ("METRIC", "order of ranked lists: plays, time, days, skips"),
}
_LISTS = {
    "sources": ("--source", "S", "plays from that source; may be repeated"),
    "include_contexts": ("--context", "URI", "plays from that context; may be repeated"),
    "exclude_contexts": ("--exclude-context", "URI", "not from that one; may be repeated"),
    "exclude_track_ids": ("--exclude-track", "ID", "not that track; may be repeated"),
    "exclude_artist_ids": ("--exclude-artist", "ID", "not that artist; may be repeated"),
    "exclusions": ("--exclude-list", "NAME", "not what that list in the mirror has; likewise"),
}
_NUMBERS = {
    "min_listened_ms": "listened so many milliseconds or longer",
    "dedupe_window": "seconds within which one play can be reported twice (default: 30)",
    "limit": "rows of ranked lists (default: 10; 0: all)",
    "offset": "rows of ranked lists left out before the first",
}
#: What single statistics take beside the filter.
_OWN = {
    "id": (str, "ID", "of the track or artist to profile"),
    "year": (int, "YEAR", "to review"),
    "unit": (str, "UNIT", "hour, day, week, month, quarter, year; of eras: year, decade"),
    "attribution": (str, "HOW", "at_timestamp, spread"),
    "group": (str, "GROUP", "skips by none, track, artist, hour, context"),
    "entity": (str, "ENTITY", "track, artist; of diversity also album, genre, context"),
    "as_of": (str, "ISO-TIME", "what day it is for the current streak"),
    "min_plays": (int, "N", "plays that a day, a week or an artist needs to count"),
    "min_known": (int, "N", "known plays that a skip rate needs"),
    "share": (float, "SHARE", "of a week's plays that makes an obsession (default: 0.3)"),
    "gap_days": (int, "N", "days without that make a comeback (default: 90)"),
    "every": (int, "N", "plays from one milestone to the next (default: 1000)"),
    "gap": (float, "SECONDS", "the silence that ends a session (default: 1800)"),
}


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _add_options(parser: argparse.ArgumentParser) -> None:
    """The name of the statistic, and every option."""
    parser.add_argument(
        "name", metavar="NAME", choices=NAMES, help="the statistic, one of those above"
    )
    which = parser.add_argument_group("which plays, and how they count")
    for name, (metavar, text) in _FILTER.items():
        which.add_argument(_option(name), metavar=metavar, help=text)
    for name, (option, metavar, text) in _LISTS.items():
        which.add_argument(option, dest=name, metavar=metavar, action="append", help=text)
    for name, text in _NUMBERS.items():
        which.add_argument(_option(name), metavar="N", type=int, help=text)
    own = parser.add_argument_group("of single statistics")
    for name, (kind, metavar, text) in _OWN.items():
        own.add_argument(_option(name), metavar=metavar, type=kind, help=text)


def stats(args: argparse.Namespace) -> Answer:
    """One statistic."""
    given = {
        name: getattr(args, name)
        for name in (*_FILTER, *_LISTS, *_NUMBERS, *_OWN)
        if getattr(args, name) is not None
    }
    takes = inspect.signature(getattr(Stats, args.name)).parameters
    for name in given:
        if name not in takes and ("filter" not in takes or name in _OWN):
            raise InvalidArgument(
                f"{args.name} takes no {_option(name)}",
                code=ErrorCode.INVALID_ARGUMENT,
                hint="docs/statistics.md says what each statistic takes.",
            )
    for name, parameter in takes.items():
        if name in _OWN and name not in given and parameter.default is parameter.empty:
            raise InvalidArgument(
                f"{args.name} needs {_option(name)}", code=ErrorCode.INVALID_ARGUMENT
            )
    with open_mirror(args) as mirror:
        answer = getattr(mirror.stats, args.name)(**given)
    return Answer(answer, lambda: _text(answer))


def _text(answer: Any) -> str:
    if isinstance(answer, Records):
        found = answer.table()
        names = [column.name for column in found.columns]
        return table(names, found, out=sys.stdout) if len(found) else "nothing"
    facts, lists = [], []
    for name, value in _facts(answer):
        if isinstance(value, Records):
            lists.append(f"\n{name}\n{_text(value)}")
        else:
            facts.append((name, "" if value is None else value))
    return "\n".join([pairs(facts, out=sys.stdout), *lists])


def _facts(record: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a record, those of records in it under both names."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if dataclasses.is_dataclass(value):
            yield from ((f"{field.name}_{name}", inner) for name, inner in _facts(value))
        else:
            yield field.name, value


VERBS = (
    Verb(
        "stats",
        "ask",
        stats,
        "answer one listening statistic, for any period and filter",
        (
            (
                "this year in numbers, by the days of Berlin",
                "playmirror stats totals --period this_year --tz Europe/Berlin",
            ),
            (
                "the artists of a month, by time listened",
                "playmirror stats top_artists --period 2026-07 --by time --limit 20",
            ),
            ("plays by month, for a script", "playmirror stats activity --unit month --json"),
            (
                "what is skipped most, without the songs for the children",
                "playmirror stats skips --group artist --exclude-list children",
            ),
        ),
        about="The statistics: " + ", ".join(NAMES) + ". docs/statistics.md says what each means.",
        mirror=True,
        add_options=_add_options,
    ),
)
