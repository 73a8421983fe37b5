"""The verbs that use the server: sync, pull, push, verify, doctor."""

from __future__ import annotations

import argparse
import sys

from ..report import DoctorReport, SyncReport, VerifyReport
from ..server import PullOptions
from ..status import FileReport
from .answer import Answer
from .exit_codes import DIFFERENT, OK
from .options import connect, open_mirror, show_progress, warn
from .terminal import paint, safe, table
from .watching import watch


def sync(args: argparse.Namespace) -> Answer:
    """Push, then pull; with --watch, again whenever there is something new."""
    if args.watch:
        return watch(args, _pull_options(args))
    with open_mirror(args, create=True) as mirror, connect(args) as server:
        report = server.sync(mirror, pull=_pull_options(args), progress=show_progress())
    return _answer(report)


def pull(args: argparse.Namespace) -> Answer:
    """The server's present state, into the mirror."""
    with open_mirror(args, create=True) as mirror, connect(args) as server:
        report = server.pull(mirror, progress=show_progress(), **_pull_options(args))
    return _answer(report)


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
        ever = args.plays_since == "ever"
        options["plays_since"] = "-infinity" if ever else args.plays_since
    return options


def _answer(report: SyncReport) -> Answer:
    for warning in report.warnings:
        warn(safe(warning))
    for name, pulled in report.pulled.items():
        if pulled.problem:
            warn(f"{safe(name)} is as it was before: {safe(pulled.problem)}")
    return Answer(report, lambda: _sync_text(report))


def _sync_text(report: SyncReport) -> str:
    counts = {
        "already there": report.already_there,
        "waiting": report.waiting,
        "rejected": report.rejected,
    }
    parts = [f"pushed {report.pushed}", *(f"{n} {name}" for name, n in counts.items() if n)]
    lines = [f"{', '.join(parts)}, in {report.duration.total_seconds():.2f} s"]
    for row in report.rows:
        reason = f": {row.entry.message}" if row.entry.message else ""
        lines.append(safe(f"  {row.kind} {row.entry.table} {row.entry.key}{reason}"))
    rows = [
        (name, pulled.inserted, pulled.updated, pulled.deleted, pulled.held_deletes)
        for name, pulled in report.pulled.items()
    ]
    if rows:
        names = ("pulled", "inserted", "updated", "deleted", "held back")
        lines += ["", table(names, rows, out=sys.stdout)]
        if not report.complete:
            lines += ["", "The first copy is not complete: the next pull goes on with it."]
    return "\n".join(lines)


def verify(args: argparse.Namespace) -> Answer:
    """The file itself; with --dsn, every row of it against the server's."""
    if args.dsn is None:
        with open_mirror(args) as mirror:
            file = mirror.verify()
        return Answer(file, lambda: _file_text(file), OK if file.ok else DIFFERENT)
    with open_mirror(args) as mirror, connect(args) as server:
        report = server.verify(mirror, progress=show_progress())
    return Answer(report, lambda: _verify_text(report), OK if report.equal else DIFFERENT)


def _file_text(report: FileReport) -> str:
    if report.ok:
        return f"the file is sound ({report.outbox_entries} pending entries checked)"
    rows = [(problem.where, problem.what) for problem in report.problems]
    return table(("where", "what"), rows, out=sys.stdout)


def _verify_text(report: VerifyReport) -> str:
    verdict = "equal" if report.equal else f"not equal: {report.difference_count:,} rows differ"
    lines = [f"{verdict} ({report.rows_compared:,} rows compared with the server)"]
    lines += [f"{safe(name)} was not compared: {safe(why)}" for name, why in report.skipped.items()]
    if report.differences:
        rows = [
            (
                each.table,
                each.key,
                str(each.kind).replace("_", " "),
                ", ".join(each.columns),
                "the next pull brings it" if each.newer_on_server else "",
            )
            for each in report.differences
        ]
        lines += ["", table(("table", "key", "kind", "columns", ""), rows, out=sys.stdout)]
    return "\n".join(lines)


def doctor(args: argparse.Namespace) -> Answer:
    """What the role may not do, and what would help."""
    with connect(args) as server:
        report = server.doctor(progress=show_progress())
    return Answer(report, lambda: _doctor_text(report), OK if report.ok else DIFFERENT)


_COLOURS = {"ok": "32", "advice": "33", "problem": "31"}


def _doctor_text(report: DoctorReport) -> str:
    lines = []
    for finding in report.findings:
        level = paint(f"{finding.level:7}", _COLOURS[finding.level], sys.stdout)
        lines.append(f"{level}  {safe(finding.what)}")
        lines += [f"         {safe(line)}" for line in finding.remedy.splitlines()]
    return "\n".join(lines)
