"""Which plays count, and how: the filter of every statistic, as options."""

from __future__ import annotations

import argparse
from typing import Any

from ..enums import ErrorCode
from ..errors import InvalidArgument
from ..period import Period
from ..stats_enums import (
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
from .completion.words import suggest
from .options import TIME_HELP, instant, usual_zone
from .settings import read_settings

_UNITS = ("day", "week", "month", "quarter", "year")

#: Options of the filter: the name of each, its metavar, its help. Those in _LISTS may be repeated.
_FILTER = {
    "period": ("PERIOD", "2026, 2026-01, last_30_days, this_week, previous_month, all_time, ..."),
    "now": ("TIME", 'what "today" is (default: this machine\'s clock)'),
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
    "exclusions": ("--exclude-list", "NAME", "not what that list keeps; may be repeated"),
}
_NUMBERS = {
    "min_listened_ms": (int, "N", "listened so many milliseconds or longer"),
    "dedupe_window": (float, "SECONDS", "within which a play is reported twice (default: 30)"),
    "limit": (int, "N", "rows of ranked lists, not of those by time (default: 10; 0: all)"),
    "offset": (int, "N", "rows of ranked lists left out before the first"),
}


_SUGGESTED = {
    "period": (
        *("all_time", "last_7_days", "last_30_days", "last_365_days"),
        *(f"{which}_{unit}" for which in ("this", "previous") for unit in _UNITS),
    ),
    "tz": ("UTC",),
    "week_start": list(Weekday),
    "rule": list(ListenRule),
    "null_listened": list(NullListened),
    "skips": list(Skips),
    "time_basis": list(TimeBasis),
    "artist_credit": list(ArtistCredit),
    "genre_weight": list(GenreWeight),
    "track_identity": list(TrackIdentity),
    "dedupe": list(Dedupe),
    "played_at_is": list(PlayedAt),
    "by": list(Rank),
}


def option_of(name: str) -> str:
    """How a keyword argument is spelled here: --min-plays."""
    return "--" + name.replace("_", "-")


def add_filter(parser: argparse.ArgumentParser) -> None:
    """Every option of the filter."""
    which = parser.add_argument_group("which plays, and how they count")
    for name, (metavar, text) in _FILTER.items():
        suggest(
            which.add_argument(option_of(name), metavar=metavar, help=text),
            _SUGGESTED.get(name, ()),
        )
    which.add_argument("--since", metavar="TIME", help=f"from then on: {TIME_HELP}")
    which.add_argument("--until", metavar="TIME", help="before then: likewise")
    for name, (option, metavar, text) in _LISTS.items():
        which.add_argument(option, dest=name, metavar=metavar, action="append", help=text)
    for name, (kind, metavar, text) in _NUMBERS.items():
        which.add_argument(option_of(name), metavar=metavar, type=kind, help=text)


def zone_of(args: argparse.Namespace) -> str:
    """Whose days count: --tz, else what the settings file says."""
    return args.tz or usual_zone()


def given_filter(args: argparse.Namespace) -> dict[str, Any]:
    """What was asked for, as keyword arguments of a statistic, with the user's usual zone."""
    settings = read_settings()
    usual = {name: settings.get(name) for name in ("tz", "week_start")}
    return {name: value for name, value in usual.items() if value} | asked_filter(args)


def asked_filter(args: argparse.Namespace) -> dict[str, Any]:
    """What was asked for by options."""
    given = {
        name: getattr(args, name)
        for name in (*_FILTER, *_LISTS, *_NUMBERS)
        if getattr(args, name) is not None
    }
    if "now" in given:
        given["now"] = instant("--now", given["now"], zone_of(args))
    if args.since is not None or args.until is not None:
        if args.period is not None:
            raise InvalidArgument(
                "--period does not go with --since and --until",
                code=ErrorCode.INVALID_ARGUMENT,
                hint="Name a period, or its ends.",
            )
        zone = zone_of(args)
        given["period"] = Period.between(
            instant("--since", args.since, zone), instant("--until", args.until, zone)
        )
    return given
