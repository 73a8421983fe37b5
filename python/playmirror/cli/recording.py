"""The verbs about what was recorded here: add-play, pending, retry, discard."""

from __future__ import annotations

import argparse
import sys

from .answer import Answer
from .options import open_mirror
from .terminal import cell, table


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
