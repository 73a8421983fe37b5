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
from ..stats_enums import Attribution, Entity, EraUnit, SkipGroup, Unit
from . import people
from .answer import Answer
from .completion.words import suggest
from .filter_options import add_filter, asked_filter, given_filter, option_of, zone_of
from .look import columns, paint
from .options import instant, open_mirror
from .terminal import Column, pairs, table
from .verb import Verb

#: The statistics, as `playmirror stats` names them.
NAMES = [name for name in vars(Stats) if not name.startswith("_") and name != "metrics_payload"]

#: What single statistics take beside the filter.
_OWN = {
    "id": (str, "ID", "of the track or artist to profile"),
    "year": (int, "YEAR", "to review"),
    "unit": (str, "UNIT", "hour, day, week, month, quarter, year; of eras: year, decade"),
    "attribution": (str, "HOW", "at_timestamp (default), spread"),
    "group": (str, "GROUP", "skips by none (default), track, artist, hour, context"),
    "entity": (str, "ENTITY", "artist (default), track; of evolution and diversity also genre"),
    "as_of": (str, "TIME", "what day it is for the current streak (default: --now)"),
    "min_plays": (int, "N", "plays that count: of a day (default: 1), a week (10), an artist (5)"),
    "min_known": (int, "N", "known plays that a skip rate needs (default: 5)"),
    "share": (float, "SHARE", "of a week's plays that makes an obsession (default: 0.3)"),
    "gap_days": (int, "N", "days without that make a comeback (default: 90)"),
    "every": (int, "N", "plays from one milestone to the next (default: 1000)"),
    "base": (str, "PERIOD", "what to compare with (default: the period before)"),
    "gap": (float, "SECONDS", "the silence that ends a session (default: 1800)"),
}


_SUGGESTED = {
    "unit": [*Unit, EraUnit.DECADE],
    "attribution": list(Attribution),
    "group": list(SkipGroup),
    "entity": list(Entity),
}


def _add_options(parser: argparse.ArgumentParser) -> None:
    """The name of the statistic, and every option."""
    parser.add_argument(
        "name", metavar="NAME", choices=NAMES, help="the statistic, one of those above"
    )
    add_filter(parser)
    own = parser.add_argument_group("of single statistics")
    for name, (kind, metavar, text) in _OWN.items():
        made = own.add_argument(option_of(name), metavar=metavar, type=kind, help=text)
        suggest(made, _SUGGESTED.get(name, ()))


def stats(args: argparse.Namespace) -> Answer:
    """One statistic."""
    takes = inspect.signature(getattr(Stats, args.name)).parameters
    given = given_filter(args) if "filter" in takes else asked_filter(args)
    given |= {name: getattr(args, name) for name in _OWN if getattr(args, name) is not None}
    if "as_of" in given:
        given["as_of"] = instant("--as-of", given["as_of"], zone_of(args))
    if "base" in given:
        given["base"] = {**given_filter(args), "period": given["base"]}
    for name in given:
        if name in takes or ("filter" in takes and _in_filter(args.name, name)):
            continue
        ends = [each for each in ("since", "until") if getattr(args, each) is not None]
        option = ends[0] if ends and name == "period" else name
        raise InvalidArgument(
            f"{args.name} takes no {option_of(option)}",
            code=ErrorCode.INVALID_ARGUMENT,
            hint="docs/statistics.md says what each statistic takes.",
        )
    for name, parameter in takes.items():
        if name in _OWN and name not in given and parameter.default is parameter.empty:
            raise InvalidArgument(
                f"{args.name} needs {option_of(name)}", code=ErrorCode.INVALID_ARGUMENT
            )
    with open_mirror(args) as mirror:
        answer = getattr(mirror.stats, args.name)(**given)
    return Answer(answer, lambda: _text(answer))


def _in_filter(statistic: str, name: str) -> bool:
    """Whether what that statistic takes as a filter has the argument."""
    return name not in _OWN and not (statistic == "year_in_review" and name == "period")


def _text(answer: Any) -> str:
    """Every field as it is; for a person who looks, as people read it."""
    for_people = columns(sys.stdout) is not None
    if isinstance(answer, Records):
        found = answer.table()
        names = [column.name for column in found.columns]
        if not len(found):
            return "nothing"
        if not for_people:
            return table(names, found, out=sys.stdout)
        titles, rows, right = people.listing(names, found)
        made = [Column(name, right=each) for name, each in zip(titles, right, strict=True)]
        return table(made, rows, out=sys.stdout)
    facts, lists = [], []
    for name, value in _facts(answer):
        if isinstance(value, Records):
            heading = people.title(name) if for_people else name
            lists.append(f"\n{paint(heading, '1', sys.stdout)}\n{_text(value)}")
        else:
            facts.append((name, "" if value is None else value))
    if for_people:
        facts = people.facts(facts)
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
