"""Verbs, options, and how an answer or an error leaves the process."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from .. import __version__
from ..errors import Error
from . import exit_codes, reading, recording, statistics, syncing
from .answer import Answer
from .demo import demo
from .json_output import to_json
from .options import with_db, with_dsn, with_json
from .terminal import paint, safe


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no emoji
    args = _parser().parse_args(arguments)
    try:
        answer: Answer = args.verb(args)
        print(to_json(answer.document) if args.json else answer.text())
        sys.stdout.flush()
    except Error as error:
        _complain(error, as_json=args.json)
        return exit_codes.exit_code(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing left to flush
        return exit_codes.BROKEN_PIPE
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return exit_codes.INTERRUPTED
    return answer.exit_code


def _complain(error: Error, *, as_json: bool) -> None:
    if as_json:
        print(to_json({"error": error}, indent=None), file=sys.stderr)
        return
    print(paint("error:", "31", sys.stderr), safe(str(error)), file=sys.stderr)
    for line in error.hint.splitlines():
        print(f"       {safe(line)}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="playmirror",
        description="A faithful offline copy of a listening history kept in PostgreSQL.",
        epilog="docs/cli.md describes every JSON shape and exit code.",
    )
    parser.add_argument("--version", action="version", version=f"playmirror {__version__}")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    file, server = with_db(), with_dsn()

    def add(
        name: str,
        verb: Callable[[argparse.Namespace], Answer],
        text: str,
        *parents: argparse.ArgumentParser,
    ) -> argparse.ArgumentParser:
        made = verbs.add_parser(
            name, help=text, description=text, parents=[*parents, with_json()], allow_abbrev=False
        )
        made.set_defaults(verb=verb)
        return made

    add("demo", demo, "look at a server's library in a temporary mirror; only reads", server)
    for name, verb, text in (
        ("sync", syncing.sync, "push what was recorded here, then pull what changed"),
        ("pull", syncing.pull, "bring the mirror to the server's present state"),
    ):
        pulling = add(name, verb, text, file, server)
        pulling.add_argument(
            "--confirm-deletes",
            action="store_true",
            help="apply deletes even when an unlikely share of a table would vanish",
        )
        pulling.add_argument(
            "--accept-server",
            action="store_true",
            help="adopt a server that is not the one this mirror was made from",
        )
        _add_choice_of_part(pulling)
        if name == "sync":
            _add_watch_options(pulling)
    add("push", syncing.push, "send what was recorded here, each row exactly once", file, server)
    add("status", reading.status, "say where the mirror stands", file)
    add("pending", recording.pending, "list what is not known to be on the server", file)
    retry = add("retry", recording.retry, "put refused or waiting rows back in the queue", file)
    retry.add_argument("entry", type=int, nargs="?", help="number in `pending` (default: all)")
    discard = add("discard", recording.discard, "drop a recorded row for good", file)
    discard.add_argument("entry", type=int, help="number in `pending`")
    for name, verb, text in (
        ("recent", reading.recent, "list the latest plays"),
        ("top", reading.top, "list the most played tracks"),
    ):
        listing = add(name, verb, text, file)
        listing.add_argument(
            "--limit", type=int, default=10, metavar="N", help="how many (default: 10; 0: all)"
        )
    statistics.add_options(
        add("stats", statistics.stats, "answer one listening statistic; --help lists them", file)
    )
    _add_play_options(add("add-play", recording.add_play, "record a play; no network", file))
    sql = add("sql", reading.sql, "run one read-only SELECT on the mirror", file)
    sql.add_argument("query", help="the SELECT; - reads it from standard input")
    sql.add_argument("parameters", nargs="*", help="values for its ?, in order, as text")
    verifying = add(
        "verify",
        syncing.verify,
        "check the mirror file; with --dsn, compare every row with the server",
        file,
        server,
    )
    verifying.add_argument(
        "--depth",
        choices=("file", "quick", "full"),
        help="the file alone; counts and digests of blocks; every row (default: full with --dsn)",
    )
    repairing = add(
        "repair",
        syncing.repair,
        "put right what differs from the server or is damaged",
        file,
        server,
    )
    repairing.add_argument(
        "--confirm-deletes",
        action="store_true",
        help="apply deletes even when an unlikely share of a table would vanish",
    )
    add("doctor", syncing.doctor, "say what the role may not do, with the missing GRANT", server)
    return parser


def _add_choice_of_part(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--leave-out",
        action="append",
        choices=["raw_data", "lyrics", "nothing"],
        help="do without this column of tracks from now on; may be given twice",
    )
    parser.add_argument(
        "--plays-since",
        metavar="ISO-TIME",
        help="do without earlier plays from now on; `ever` takes the limit off",
    )


def _add_watch_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--watch",
        action="store_true",
        help="stay in step with the server until Ctrl-C; print what happens",
    )
    parser.add_argument(
        "--interval",
        type=float,
        default=2.0,
        metavar="S",
        help="seconds between two looks at the server with --watch (default: 2)",
    )


def _add_play_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--track", required=True, metavar="ID", help="the track's id")
    parser.add_argument(
        "--at", required=True, metavar="ISO-TIME", help="when, with its zone: 2026-01-31T06:00:00Z"
    )
    parser.add_argument("--listened-ms", type=int, metavar="N", help="milliseconds listened")
    skipped = parser.add_mutually_exclusive_group()
    skipped.add_argument("--skipped", action="store_const", const=True, help="it was skipped")
    skipped.add_argument(
        "--not-skipped", dest="skipped", action="store_const", const=False, help="it was not"
    )
    parser.add_argument("--context", metavar="URI", help="playlist or album it was played from")
    parser.add_argument("--source", metavar="S", help="where the event comes from")
