"""The verbs that check and repair: verify, repair, doctor."""

from __future__ import annotations

import argparse
import dataclasses
import sys

from ..errors import MirrorUnusable
from ..mirror import Mirror
from ..report import DoctorReport, RepairReport, VerifyReport
from ..status import FileReport
from .answer import Answer
from .exit_codes import DIFFERENT, OK
from .look import paint
from .options import add_confirm_deletes, connect, mirror_path, open_mirror, show_progress, warn
from .terminal import safe, table
from .verb import Verb


def verify(args: argparse.Namespace) -> Answer:
    """The file itself, or its blocks or rows against the server's; with --repair, puts it right."""
    if args.repair:
        return repair(args)
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
        salvaged = Mirror.salvage(mirror_path(args))
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


def _add_verify_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repair", action="store_true", help="put it right, as `repair` does")
    add_confirm_deletes(parser)
    parser.add_argument(
        "--depth",
        choices=("file", "quick", "full"),
        help="the file alone; counts and digests of blocks; every row (default: full with --dsn)",
    )


VERBS = (
    Verb(
        "verify",
        "check and repair",
        verify,
        "check the mirror file; with --dsn, compare every row with the server",
        (
            ("the file alone, without a network", "playmirror verify"),
            ("every row, with the server in the environment", "playmirror verify --dsn ''"),
            ("by digests, in one round trip", "playmirror verify --depth quick"),
        ),
        about="Exits with 1 when something differs.",
        mirror=True,
        server=True,
        add_options=_add_verify_options,
    ),
    Verb(
        "repair",
        "check and repair",
        repair,
        "put right what differs from the server or is damaged",
        (("after `verify` found something", "playmirror repair"),),
        about="Fetches only the blocks of rows that differ. A file that cannot be read is set "
        "aside, never deleted; what was recorded in it is saved, and the rest copied anew.",
        mirror=True,
        server=True,
        add_options=add_confirm_deletes,
    ),
    Verb(
        "doctor",
        "check and repair",
        doctor,
        "say what the role may not do, with the missing GRANT",
        (("before the first sync", "playmirror doctor --dsn service=music"),),
        about="Exits with 1 when there is a problem.",
        server=True,
    ),
)
