"""The options that verbs share, and what they open."""

from __future__ import annotations

import argparse
import re
import sys

from ..mirror import Mirror
from ..server import Server
from .terminal import paint

_PASSWORD = re.compile(r"(^|[\s?&])password\s*=|://[^/@\s]*:[^/@\s]*@", re.IGNORECASE)


def with_json() -> argparse.ArgumentParser:
    """--json, for every verb."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--json", action="store_true", help="print one JSON document and nothing else"
    )
    return parent


def with_db() -> argparse.ArgumentParser:
    """--db, for the verbs that use a mirror file."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--db",
        metavar="FILE",
        help="the mirror file (default: PLAYMIRROR_DB, else the user's data directory)",
    )
    return parent


def with_dsn() -> argparse.ArgumentParser:
    """--dsn, for the verbs that use a server."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--dsn",
        help="the server, as libpq takes it: service=music (default: PLAYMIRROR_DSN, else PG*)",
    )
    return parent


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
