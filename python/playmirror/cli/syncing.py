"""The verbs that use the server: sync, pull, push, verify, repair, doctor."""

from __future__ import annotations

import argparse
import dataclasses
import sys

from ..errors import MirrorUnusable
from ..mirror import Mirror
from ..report import DoctorReport, RepairReport, SyncReport, VerifyReport
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
    """The file itself, or its blocks or rows against the server's."""
    depth = args.depth or ("file" if args.dsn is None else "full")
    if depth == "file":
        with open_mirror(args) as mirror:
            file = mirror.verify(progress=show_progress())
        return Answer(file, lambda: _file_text(file), OK if file.ok else DIFFERENT)
    with open_mirror(args) as mirror, connect(args) as server:
        report = server.verify(mirror, depth=depth, progress=show_progress())
    return Answer(report, lambda: _verify_text(report), OK if report.equal else DIFFERENT)


def _file_text(report: FileReport) -> str:
    if report.ok:
        return f"the file is sound ({report.outbox_entries} pending entries checked)"
    rows = [(problem.where, problem.what) for problem in report.problems]
    return table(("where", "what"), rows, out=sys.stdout)


def _verify_text(report: VerifyReport) -> str:
    unit = "blocks" if report.depth == "quick" else "rows"
    verdict = "equal" if report.equal else f"not equal: {report.difference_count:,} {unit} differ"
    by_digests = (
        f", {report.blocks_compared:,} blocks by their digests" if report.blocks_compared else ""
    )
    lines = [f"{verdict} ({report.rows_compared:,} rows compared with the server{by_digests})"]
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
    if report.blocks:
        different = [
            (
                each.table,
                each.block,
                each.rows_here,
                each.rows_on_server,
                "changed after the last pull" if each.newer_on_server else "",
            )
            for each in report.blocks
        ]
        names = ("table", "keys", "rows here", "on the server", "")
        lines += ["", table(names, different, out=sys.stdout)]
    return "\n".join(lines)


def repair(args: argparse.Namespace) -> Answer:
    """Puts damage right, whatever can still be opened."""
    salvaged = None
    try:
        mirror = open_mirror(args)
    except MirrorUnusable as error:
        if error.code not in ("damaged", "not_a_mirror"):
            raise
        salvaged = Mirror.salvage(args.db or Mirror.default_path())
        mirror = open_mirror(args)
    with mirror, connect(args) as server:
        if salvaged is not None:
            server.pull(mirror, progress=show_progress())
        report = server.repair(
            mirror, confirm_deletes=args.confirm_deletes, progress=show_progress()
        )
    if salvaged is not None:
        report = dataclasses.replace(report, salvaged=salvaged)
    for warning in report.warnings:
        warn(safe(warning))
    return Answer(report, lambda: _repair_text(report), OK if report.complete else DIFFERENT)


def _repair_text(report: RepairReport) -> str:
    salvaged = report.salvaged
    lines = []
    if salvaged.set_aside is not None:
        lines.append(f"the damaged file is now {safe(str(salvaged.set_aside))}")
        lines.append(f"{salvaged.saved:,} pending rows were saved from it")
    lines += [safe(f"lost: {each.where}: {each.what}") for each in salvaged.lost]
    lines += [f"pending entry {entry} is damaged: set aside" for entry in report.damaged_entries]
    lines += [
        f"{safe(name)} is as it was before: {safe(each.problem)}"
        for name, each in report.tables.items()
        if each.problem
    ]
    rows = [
        (name, each.blocks_fetched, each.rows_fetched, each.inserted, each.updated, each.deleted)
        for name, each in report.tables.items()
        if each.rows_fetched or each.blocks_fetched
    ]
    if rows:
        names = ("repaired", "blocks", "rows fetched", "inserted", "updated", "deleted")
        lines += ["", table(names, rows, out=sys.stdout)]
    elif report.complete:
        lines.append("nothing to repair: every block equals the server's")
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
