"""The options that verbs share, and what they open."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any

from ..mirror import Mirror
from ..server import Server
from .look import paint, set_color

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
    parser.add_argument(
        "--db",
        metavar="FILE",
        help="the mirror file (default: PLAYMIRROR_DB, else the user's data directory)",
    )


def add_dsn(parser: argparse.ArgumentParser) -> None:
    """--dsn, for the verbs that use a server."""
    parser.add_argument(
        "--dsn",
        help="the server, as libpq takes it: service=music (default: PLAYMIRROR_DSN, else PG*)",
    )


def add_confirm_deletes(parser: argparse.ArgumentParser) -> None:
    """For the verbs that could delete rows here."""
    parser.add_argument(
        "--confirm-deletes",
        action="store_true",
        help="apply deletes even when an unlikely share of a table would vanish",
    )


def open_mirror(args: argparse.Namespace, *, create: bool = False) -> Mirror:
    """The mirror of --db. A verb that only asks does not make an empty one."""
    return Mirror.open(args.db, create=create)


def dsn_of(args: argparse.Namespace) -> str | None:
    """What --dsn says."""
    if args.dsn and _PASSWORD.search(args.dsn):
        warn("everybody on this machine can read the password in --dsn; ~/.pgpass can hold it")
    dsn: str | None = args.dsn
    return dsn


def connect(args: argparse.Namespace) -> Server:
    """The server of --dsn."""
    return Server.connect(dsn_of(args), progress=show_progress())


def show_progress() -> bool:
    """Progress is for people who look at standard error."""
    return sys.stderr.isatty()


def warn(message: str) -> None:
    """One line on standard error."""
    print(paint("warning:", "33", sys.stderr), message, file=sys.stderr)
