"""The verbs that keep in step with the server: sync, pull, push, watch."""

from __future__ import annotations

import argparse
import sys

from ..report import SyncReport
from ..server import PullOptions
from .answer import Answer
from .options import (
    add_confirm_deletes,
    connect,
    instant,
    open_mirror,
    show_progress,
    usual_zone,
    warn,
)
from .terminal import safe, table
from .verb import Verb
from .watching import keep_in_step


def sync(args: argparse.Namespace) -> Answer:
    """Push, then pull; with --watch, again whenever there is something new."""
    if args.watch:
        return watch(args)
    with open_mirror(args, create=True) as mirror, connect(args) as server:
        report = server.sync(mirror, pull=_pull_options(args), progress=show_progress())
    return _answer(report)


def watch(args: argparse.Namespace) -> Answer:
    """Syncs until Ctrl-C."""
    return keep_in_step(args, _pull_options(args))


def pull(args: argparse.Namespace) -> Answer:
    """The server's present state, into the mirror."""
    with open_mirror(args, create=True) as mirror, connect(args) as server:
        report = server.pull(mirror, progress=show_progress(), **_pull_options(args))
    return _answer(report, pushes=False)


def push(args: argparse.Namespace) -> Answer:
    """What was recorded here, to the server."""
    with open_mirror(args) as mirror, connect(args) as server:
        report = server.push(mirror, progress=show_progress())
    return _answer(report)


def _pull_options(args: argparse.Namespace) -> PullOptions:
    options: PullOptions = {
        "confirm_deletes": args.confirm_deletes,
        "accept_server": args.accept_server,
    }
    if args.leave_out is not None:
        options["leave_out"] = [column for column in args.leave_out if column != "nothing"]
    if args.plays_since is not None:
        text = "-infinity" if args.plays_since == "ever" else args.plays_since
        options["plays_since"] = instant("--plays-since", text, usual_zone())
    if args.sweep_interval is not None:
        options["sweep_interval"] = args.sweep_interval
    return options


def _answer(report: SyncReport, *, pushes: bool = True) -> Answer:
    for warning in report.warnings:
        warn(safe(warning))
    for name, pulled in report.pulled.items():
        if pulled.problem:
            warn(f"{safe(name)} is as it was before: {safe(pulled.problem)}")
    return Answer(report, lambda: _sync_text(report, pushes))


def _sync_text(report: SyncReport, pushes: bool) -> str:
    counts = {
        "already there": report.already_there,
        "waiting": report.waiting,
        "rejected": report.rejected,
    }
    parts = [f"pushed {report.pushed}", *(f"{n} {name}" for name, n in counts.items() if n)]
    done = f"{', '.join(parts)}, in" if pushes else "pulled in"
    lines = [f"{done} {report.duration.total_seconds():.2f} s"]
    for row in report.rows:
        reason = f": {row.entry.message}" if row.entry.message else ""
        lines.append(safe(f"  {row.kind} {row.entry.table} {row.entry.key}{reason}"))
    rows = [
        (name, pulled.inserted, pulled.updated, pulled.deleted, pulled.held_deletes)
        for name, pulled in report.pulled.items()
    ]
    if rows:
        names = ("pulled" if pushes else "table", "inserted", "updated", "deleted", "held back")
        lines += ["", table(names, rows, out=sys.stdout)]
        if not report.complete:
            lines += ["", "The first copy is not complete: the next pull goes on with it."]
    return "\n".join(lines)


def _add_pull_options(parser: argparse.ArgumentParser) -> None:
    add_confirm_deletes(parser)
    parser.add_argument(
        "--accept-server",
        action="store_true",
        help="adopt a server that is not the one this mirror was made from",
    )
    parser.add_argument(
        "--leave-out",
        action="append",
        choices=["raw_data", "lyrics", "nothing"],
        help="do without this column of tracks from now on; may be given twice",
    )
    parser.add_argument(
        "--plays-since",
        metavar="TIME",
        help="do without earlier plays from now on: an instant, its zone included, or the date of "
        "a day that begins then (in the zone `tz` of the settings, else UTC); `ever` takes the "
        "limit off",
    )
    parser.add_argument(
        "--sweep-interval",
        type=float,
        metavar="S",
        help="in a large library, look for anything but new plays only so many seconds after the "
        "last time (default: 300 when watching, else 0)",
    )


def _add_interval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--interval",
        type=float,
        default=2.0,
        metavar="S",
        help="seconds between two looks at the server (default: 2)",
    )


def _add_sync_options(parser: argparse.ArgumentParser) -> None:
    _add_pull_options(parser)
    parser.add_argument("--watch", action="store_true", help="go on until Ctrl-C, as `watch` does")
    _add_interval(parser)


def _add_watch_options(parser: argparse.ArgumentParser) -> None:
    _add_pull_options(parser)
    _add_interval(parser)


VERBS = (
    Verb(
        "sync",
        "keep in step with the server",
        sync,
        "push what was recorded here, then pull what changed",
        (
            ("with a server named in ~/.pg_service.conf", "playmirror sync --dsn service=music"),
            ("the same with the server in the environment, for cron", "playmirror sync --json"),
            (
                "a small mirror: no lyrics, no API responses, recent plays only",
                "playmirror sync --leave-out lyrics --leave-out raw_data --plays-since 2025-01-01",
            ),
        ),
        mirror=True,
        server=True,
        add_options=_add_sync_options,
    ),
    Verb(
        "pull",
        "keep in step with the server",
        pull,
        "bring the mirror to the server's present state",
        (
            ("what changed since the last time", "playmirror pull"),
            ("after many rows were deleted there, on purpose", "playmirror pull --confirm-deletes"),
        ),
        mirror=True,
        server=True,
        add_options=_add_pull_options,
    ),
    Verb(
        "push",
        "keep in step with the server",
        push,
        "send what was recorded here, each row exactly once",
        (("what `playmirror pending` lists", "playmirror push"),),
        mirror=True,
        server=True,
    ),
    Verb(
        "watch",
        "keep in step with the server",
        watch,
        "sync again whenever there is something new, until Ctrl-C",
        (
            ("with a look at the server every ten seconds", "playmirror watch --interval 10"),
            ("one JSON document a line, for another program", "playmirror watch --json"),
        ),
        about="What is recorded here is pushed at once. A server that is away is waited for; any "
        "other error ends it.",
        mirror=True,
        server=True,
        add_options=_add_watch_options,
    ),
)
