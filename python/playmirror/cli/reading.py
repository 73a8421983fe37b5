"""The verbs that ask the mirror: status, recent, sql."""

from __future__ import annotations

import argparse
import dataclasses
import io
import sys
from collections.abc import Sequence

from ..status import Status
from ..timestamp import Instant, Timestamp
from . import people
from .answer import Answer
from .look import columns
from .options import open_mirror
from .terminal import pairs, safe, table
from .verb import Verb


def status(args: argparse.Namespace) -> Answer:
    """Where the mirror stands."""
    with open_mirror(args) as mirror:
        now = mirror.status()
    tables = {name: dataclasses.asdict(each) for name, each in now.tables.items()}
    document = {**vars(now), "tables": tables, "pending": now.pending}
    return Answer(document, lambda: _status_text(now))


def _left_out(now: Status) -> str:
    parts = [f"{column} of tracks" for column in now.left_out]
    if now.plays_since is not None:
        parts.append(f"plays before {Timestamp(now.plays_since).to_string()}")
    return ", ".join(parts) or "nothing"


def _status_text(now: Status) -> str:
    states = {
        "queued": now.queued,
        "in doubt": now.in_doubt,
        "waiting": now.waiting,
        "rejected": now.rejected,
    }
    details = ", ".join(f"{count} {name}" for name, count in states.items() if count)
    facts = pairs(
        [
            ("mirror", now.file),
            ("server", now.server or "none yet"),
            ("last pull", now.last_pull or "never"),
            ("last push", now.last_push or "never"),
            ("first copy", "complete" if now.complete else "not complete: pull goes on with it"),
            ("left out", _left_out(now)),
            ("schema", now.alembic_version or "unknown"),
            ("pending", f"{now.pending} ({details})" if details else "0"),
        ],
        out=sys.stdout,
    )
    for entry in now.stuck:
        facts += f"\n  {entry.state}: {safe(entry.table)} {safe(entry.key)}"
        facts += f"\n    {safe(entry.message)}" if entry.message else ""
        facts += f"\n    {safe(entry.needs)}"
    rows = [
        (name, each.rows, "whole" if each.complete else "not yet whole", each.problem)
        for name, each in now.tables.items()
    ]
    if not rows:
        return facts
    return facts + "\n\n" + table(("table", "rows", "copy", "problem"), rows, out=sys.stdout)


def recent(args: argparse.Namespace) -> Answer:
    """The latest plays."""
    with open_mirror(args) as mirror:
        plays = mirror.stats.recent_plays(args.limit)
    return Answer(
        plays,
        lambda: _listing(
            ("played at", "track", "artist", ""),
            [
                (_when(play.played_at), play.name or play.track_id, play.artist, _unsent(play.id))
                for play in plays
            ],
            nothing="no plays",
        ),
    )


def _when(played_at: Instant | None) -> object:
    """For a person who looks, to the minute."""
    return played_at if columns(sys.stdout) is None else people.value("played_at", played_at)


def _unsent(id: int) -> str:
    return "not sent yet" if id < 0 else ""


def sql(args: argparse.Namespace) -> Answer:
    """The answer to one SELECT."""
    query = _standard_input() if args.query == "-" else args.query
    with open_mirror(args) as mirror:
        answer = mirror.sql(query, args.parameters)
    return Answer(
        answer,
        lambda: table([column.name for column in answer.columns], answer, out=sys.stdout),
    )


def _standard_input() -> str:
    if sys.stdin is None:  # the caller has closed it
        return ""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # as the arguments are read
    return sys.stdin.read()


def _listing(names: Sequence[str], rows: Sequence[Sequence[object]], *, nothing: str) -> str:
    return table(names, rows, out=sys.stdout) if rows else nothing


def _add_limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit", type=int, default=10, metavar="N", help="how many (default: 10; 0: all)"
    )


def _add_query(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", metavar="QUERY", help="the SELECT; - reads it from standard input")
    parser.add_argument(
        "parameters", metavar="PARAMETER", nargs="*", help="values for its ?, in order, as text"
    )


VERBS = (
    Verb(
        "status",
        "ask",
        status,
        "say where the mirror stands",
        (
            ("when it was synced, and what is not sent yet", "playmirror status"),
            ("of another file", "playmirror status --db music.db"),
        ),
        mirror=True,
    ),
    Verb(
        "recent",
        "ask",
        recent,
        "list the latest plays",
        (("the last three", "playmirror recent --limit 3"),),
        mirror=True,
        add_options=_add_limit,
    ),
    Verb(
        "sql",
        "ask",
        sql,
        "run one read-only SELECT on the mirror",
        (
            (
                "tables and columns are named as on the server",
                "playmirror sql 'SELECT name, tempo FROM tracks WHERE tempo > ?' 170",
            ),
            ("a query from a pipe", "echo 'SELECT count(*) FROM artists' | playmirror sql -"),
        ),
        mirror=True,
        add_options=_add_query,
    ),
)
