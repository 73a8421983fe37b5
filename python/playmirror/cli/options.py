"""The options that verbs share, and what they open."""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Any

from ..enums import ErrorCode
from ..errors import Error, InvalidArgument
from ..mirror import Mirror
from ..period import Period
from ..server import Server, ServerOptions
from ..timestamp import Instant, Timestamp
from .completion.words import FILES, suggest
from .look import paint, set_color
from .settings import read_settings

#: What every option that takes a TIME takes, see instant().
TIME_HELP = "an instant, its zone included, or the date of a day that begins then (see --tz)"
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PASSWORD = re.compile(r"(^|[\s?&])password\s*=|://[^/@\s]*:[^/@\s]*@", re.IGNORECASE)


class _SetColor(argparse.Action):
    """Takes effect at once, so that --help behind it is coloured as well."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        set_color(values)
        setattr(namespace, self.dest, values)


def add_output(parser: argparse.ArgumentParser) -> None:
    """--json and --color, for every verb."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document and nothing else"
    )
    parser.add_argument(
        "--color",
        action=_SetColor,
        choices=("auto", "always", "never"),
        default="auto",
        help="colours (default: auto, on a terminal; NO_COLOR and FORCE_COLOR count)",
    )


def add_db(parser: argparse.ArgumentParser) -> None:
    """--db, for the verbs that use a mirror file."""
    db = parser.add_argument(
        "--db",
        metavar="FILE",
        help="the mirror file (default: PLAYMIRROR_DB, else see `playmirror config`)",
    )
    suggest(db, FILES)


def add_dsn(
    parser: argparse.ArgumentParser, default: str = "PLAYMIRROR_DSN, else the settings, else PG*"
) -> None:
    """--dsn, for the verbs that use a server."""
    parser.add_argument(
        "--dsn", help=f"the server, as libpq takes it: service=music (default: {default})"
    )
    zone = parser.add_argument(
        "--played-at-zone",
        metavar="ZONE",
        help="whose local time played_at has on the server, such as Europe/Berlin (default: UTC)",
    )
    suggest(zone, ("UTC",))


def add_confirm_deletes(parser: argparse.ArgumentParser) -> None:
    """For the verbs that could delete rows here."""
    parser.add_argument(
        "--confirm-deletes",
        action="store_true",
        help="apply deletes even when an unlikely share of a table would vanish",
    )


def open_mirror(args: argparse.Namespace, *, create: bool = False) -> Mirror:
    """The mirror of --db. A verb that only asks does not make an empty one."""
    file = mirror_path(args)
    try:
        return Mirror.open(file, create=create)
    except Error as error:
        if not create and not os.path.lexists(file):
            error.hint = (
                "`playmirror sync` makes one of a server's library, `playmirror demo --keep FILE` "
                "one with a made-up library."
            )
        raise


def mirror_path(args: argparse.Namespace) -> Path:
    """--db, else PLAYMIRROR_DB, else the settings file, else the default."""
    named: str | None = args.db
    if named is None and not os.environ.get("PLAYMIRROR_DB"):
        named = read_settings().get("db")
    if named == "":
        raise InvalidArgument(
            "the path of the mirror is empty",
            code=ErrorCode.INVALID_ARGUMENT,
            hint="Give --db the path of a file, or leave it out.",
        )
    return Mirror.default_path() if named is None else Path(os.path.expanduser(named))


def dsn_of(args: argparse.Namespace) -> str | None:
    """--dsn, else what the settings file says, unless PLAYMIRROR_DSN goes before it."""
    if args.dsn and _PASSWORD.search(args.dsn):
        warn("everybody on this machine can read the password in --dsn; ~/.pgpass can hold it")
    if args.dsn or os.environ.get("PLAYMIRROR_DSN", "").strip():
        dsn: str | None = args.dsn
        return dsn
    return read_settings().get("dsn")


def connect(args: argparse.Namespace) -> Server:
    """The server of --dsn."""
    return Server.connect(dsn_of(args), progress=show_progress(), **server_options(args))


def server_options(args: argparse.Namespace) -> ServerOptions:
    """--played-at-zone, else what the settings file says."""
    zone = args.played_at_zone or read_settings().get("played_at_zone")
    return {"played_at_zone": zone} if zone else {}


def usual_zone() -> str:
    """Whose days count unless an option says."""
    return read_settings().get("tz") or "UTC"


def instant(option: str, text: str | None, zone: str) -> Instant | None:
    """A point in time as people write it: a date alone is the start of that day in the zone."""
    if text is None:
        return None
    if _DATE.fullmatch(text):
        return Period.parse(text).resolve(zone).start
    try:
        return Timestamp.parse(text)
    except InvalidArgument as error:
        raise InvalidArgument(
            f"{option}: {error}",
            code=error.code,
            hint="Write an instant with its zone, such as 2026-01-31T06:00:00Z, or a date alone, "
            "2026-01-31, for the start of that day.",
        ) from error


def show_progress() -> bool:
    """Progress is for people who look at standard error."""
    return sys.stderr.isatty()


def warn(message: str) -> None:
    """One line on standard error."""
    print(paint("warning:", "33", sys.stderr), message, file=sys.stderr)
