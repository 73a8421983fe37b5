"""The verbs about what was recorded here: add-play, pending, retry, discard."""

from __future__ import annotations

import argparse
import sys

from .answer import Answer
from .options import open_mirror
from .terminal import cell, table
from .verb import Verb


def add_play(args: argparse.Namespace) -> Answer:
    """Records a play; no network."""
    with open_mirror(args) as mirror:
        play = mirror.plays.add(
            track_id=args.track,
            played_at=args.at,
            listened_ms=args.listened_ms,
            skipped=args.skipped,
            context_uri=args.context,
            source=args.source,
        )
    where = "recorded, not sent yet" if play.id < 0 else "already known"
    return Answer(
        play,
        lambda: f"play {play.id}: {cell(play.track_id)} at {cell(play.played_at)} ({where})",
    )


def pending(args: argparse.Namespace) -> Answer:
    """What is not known to be on the server."""
    with open_mirror(args) as mirror:
        entries = mirror.pending()
    rows = [
        (each.entry, each.state, each.table, each.key, each.attempts, each.sqlstate, each.message)
        for each in entries
    ]
    names = ("entry", "state", "table", "key", "attempts", "sqlstate", "message")
    return Answer(
        entries, lambda: table(names, rows, out=sys.stdout) if rows else "nothing is pending"
    )


def retry(args: argparse.Namespace) -> Answer:
    """Puts refused rows back in the queue."""
    with open_mirror(args) as mirror:
        retried = mirror.retry(args.entry)
    return Answer({"retried": retried}, lambda: f"{retried} back in the queue")


def discard(args: argparse.Namespace) -> Answer:
    """Drops a recorded row for good."""
    with open_mirror(args) as mirror:
        mirror.discard(args.entry)
    return Answer({"discarded": args.entry}, lambda: f"entry {args.entry} is discarded")


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


def _add_entry_to_retry(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "entry", metavar="ENTRY", type=int, nargs="?", help="number in `pending` (default: all)"
    )


def _add_entry(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("entry", metavar="ENTRY", type=int, help="number in `pending`")


VERBS = (
    Verb(
        "add-play",
        "record",
        add_play,
        "record a play; no network",
        (
            (
                "heard to its end",
                "playmirror add-play --track 4uLU6hMCjMI75M1A2tKUQC "
                "--at 2026-01-31T06:00:00Z --listened-ms 183000 --not-skipped",
            ),
        ),
        about="The next push sends it. A play that is already known is not added again.",
        mirror=True,
        add_options=_add_play_options,
    ),
    Verb(
        "pending",
        "record",
        pending,
        "list what is not known to be on the server",
        (("with what each needs to be sent", "playmirror pending --json"),),
        mirror=True,
    ),
    Verb(
        "retry",
        "record",
        retry,
        "put refused or waiting rows back in the queue",
        (("all of them", "playmirror retry"),),
        mirror=True,
        add_options=_add_entry_to_retry,
    ),
    Verb(
        "discard",
        "record",
        discard,
        "drop a recorded row for good",
        (("entry 13 of `playmirror pending`", "playmirror discard 13"),),
        mirror=True,
        add_options=_add_entry,
    ),
)
