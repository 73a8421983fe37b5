"""`watch` and `sync --watch`: the mirror stays in step with the server until Ctrl-C."""

from __future__ import annotations

import argparse
import sys

from ..enums import WatchState
from ..json_output import to_json
from ..report import SyncReport
from ..server import PullOptions
from ..timestamp import Timestamp
from ..watcher import WatchEvent
from .answer import Answer
from .look import paint
from .options import dsn_of, open_mirror, server_options, show_progress
from .terminal import safe


def keep_in_step(args: argparse.Namespace, pull: PullOptions) -> Answer:
    """Prints each event as it happens: a line for people, with --json one document a line."""
    sweep_interval = pull.pop("sweep_interval", 300.0)
    with (
        open_mirror(args, create=True) as mirror,
        mirror.watch(
            dsn_of(args),
            server=server_options(args),
            pull=pull,
            interval=args.interval,
            sweep_interval=sweep_interval,
            on_event=_print_json if args.json else _print_text,
            progress=show_progress(),
        ) as watcher,
    ):
        watcher.wait()
    raise AssertionError("a watcher that nobody stops ends by an error")


def _print_json(event: WatchEvent) -> None:
    print(to_json({"at": Timestamp.now(), **vars(event)}, indent=None), flush=True)


_COLOURS = {
    WatchState.CONNECTING: "2",
    WatchState.CURRENT: "32",
    WatchState.RETRYING: "33",
    WatchState.STOPPED: "31",
}


def _print_text(event: WatchEvent) -> None:
    told = [safe(part) for part in (_report_text(event.report), _error_text(event)) if part]
    state = paint(f"{event.state:10}", _COLOURS[event.state], sys.stdout)
    print(f"{Timestamp.now().to_string()}  {state}  {'; '.join(told)}".rstrip(), flush=True)
    if event.report is not None:
        for warning in event.report.warnings:
            print(f"    {safe(warning)}", file=sys.stderr)
        for name, pulled in event.report.pulled.items():
            if pulled.problem:
                print(f"    {name} is as it was before: {safe(pulled.problem)}", file=sys.stderr)


def _report_text(report: SyncReport | None) -> str:
    if report is None:
        return ""
    pushed = {
        "pushed": report.pushed,
        "already there": report.already_there,
        "waiting": report.waiting,
        "rejected": report.rejected,
    }
    parts = [f"{count:,} {name}" for name, count in pushed.items() if count]
    for name, table in report.pulled.items():
        counts = {
            "inserted": table.inserted,
            "updated": table.updated,
            "deleted": table.deleted,
            "held back": table.held_deletes,
        }
        moved = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
        if moved:
            parts.append(f"{name}: {moved}")
    return "; ".join(parts) or "nothing new"


def _error_text(event: WatchEvent) -> str:
    if event.error is None:
        return ""
    if event.state is WatchState.RETRYING:
        return f"{event.error}; again in {event.retry_in.total_seconds():.1f} s"
    if event.state is WatchState.CURRENT:
        return f"not pushed: {event.error}"
    return str(event.error)
