#!/usr/bin/env python3
"""Runs the tests of all that can go wrong, and writes what they did into docs/reliability.md.

    ./dev reliability [TEST...]

With arguments, only the rows whose tests have one of them in their names; the others stay as they
are. A row of the table is a fault, the tests that make it happen, how many cases they went through
(what a test records as `cases`, else the test itself), and whether all of them held.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- written by ./dev reliability -->\n", "<!-- end -->\n"
PYTHON = "tests/python/"


@dataclass(frozen=True)
class Fault:
    what: str
    files: tuple[str, ...]
    only: str = ""  #: pytest's -k


FAULTS = (
    Fault("Random programs of recording, syncing, server writes, migrations, cuts, kills, copies, "
          "restores, restarts and fail-overs", ("test_model.py",)),
    Fault("A file call is the last (kill, torn write), the power fails there, or it is refused "
          "(EIO, ENOSPC, short), once or for ever: new file, first copy, pull, push, recording, "
          "import",
          ("test_file_faults.py",), "every_file_call"),
    Fault("SIGKILL at each step of the protocol", ("faults/test_steps.py",), "killed"),
    Fault("SIGKILL at any moment", ("test_pull_killed.py", "test_push_killed.py")),
    Fault("A migration of 13 kinds at any step of a first copy, a push, a pull or a repair",
          ("faults/test_steps.py",), "migration"),
    Fault("The line breaks at a byte of a pull or a push: reset, half open, silent",
          ("test_cut_pull.py", "test_cut_push.py")),
    Fault("The line to a PgBouncer in transaction mode breaks; its connections are shared",
          ("test_pgbouncer.py",)),
    Fault("The disk is full", ("test_push_disk_full.py",)),
    Fault("Commits out of order, savepoints, exception blocks, prepared transactions, cached ids",
          ("test_pull_late_commits.py", "test_pull_writers.py")),
    Fault("Another server: dump and restore, fail-over with and without a lost tail, set back, "
          "standby, wrong database", ("test_identity.py", "test_identity_standby.py")),
    Fault("Many devices push at once; copies and backups of a file push too",
          ("test_push_devices.py", "test_push_identity.py")),
    Fault("The server refuses rows, or lacks what they need",
          ("test_push_refused.py", "test_push_tables.py")),
    Fault("Rows vanish or are hidden, rights are missing",
          ("test_pull_deletes.py", "test_schema_privileges.py", "test_schema_locks.py")),
    Fault("The schema changes between syncs", ("test_schema_migrations.py",)),
    Fault("A mirror of a part follows, grows and shrinks, and its first copy is cut",
          ("test_partial.py",)),
    Fault("A watched mirror meets lost lines, restarts, other servers and rows that wait; its "
          "process is stopped or killed", ("test_watcher.py", "test_watcher_programs.py")),
    Fault("Damaged, foreign and hostile files", ("test_bad_input_files.py",)),
    Fault("Rows differ from the server's: each is found",
          ("test_verify.py", "test_verify_quick.py", "test_verify_file.py")),
    Fault("A damaged file is repaired, or renewed with what was recorded", ("test_repair.py",)),
    Fault("Copies are made beside writers, and killed", ("test_copy.py",)),
    Fault("Histories of other services: overlapping, repeated, cut short, hostile",
          ("test_import.py", "test_import_large.py")),
    Fault("Odd values of every type, both ways", ("test_types_odd_values.py",)),
    Fault("Several processes and threads on one file; fork; Ctrl-C",
          ("test_processes.py", "test_api_threads.py")),
    Fault("The wall clock jumps, by a second to thirty years", ("test_clock.py",)),
    Fault("Passwords in messages, logs and the file", ("test_secrets.py",)),
    Fault("A safeguard is taken away: something must fail", ("faults/test_safeguards.py",),
          "without"),
)  # fmt: skip


@dataclass
class Outcome:
    cases: int
    failed: int
    seconds: float


def run(fault: Fault) -> Outcome:
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--timeout",
            "0",
            "--numprocesses",
            str(os.cpu_count()),
            "--dist",
            "worksteal",
            "-o",
            "junit_family=xunit1",  # the one that holds how many cases a test went through
            "--junitxml",
            report.name,
        ]
        command += [PYTHON + file for file in fault.files]
        command += ["-k", fault.only] if fault.only else []
        environment = dict(os.environ)
        if any("faults/" in file for file in fault.files):
            environment["PYTHONPATH"] = str(ROOT / "build" / "dev" / "python")
        # A job in the background ignores Ctrl-C, and so would all that it starts.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        subprocess.run(command, cwd=ROOT, env=environment)
        tests = list(ElementTree.parse(report.name).iter("testcase"))
    ran = [test for test in tests if test.find("skipped") is None]
    failed = sum(test.find("failure") is not None or test.find("error") is not None for test in ran)
    return Outcome(sum(map(cases, ran)), failed, sum(float(test.get("time", 0)) for test in ran))


def cases(test: ElementTree.Element) -> int:
    for property_ in test.iter("property"):
        if property_.get("name") == "cases":
            return int(property_.get("value", 1))
    return 1


def replay() -> Outcome:
    """Every kept input of the fuzz targets, as the build of preset dev runs them."""
    programs = ROOT / "build" / "dev" / "tests" / "fuzz"
    outcome = Outcome(0, 0, 0)
    for corpus in sorted((ROOT / "tests" / "fuzz" / "corpus").iterdir()):
        outcome.cases += len(list(corpus.iterdir()))
        began = time.monotonic()
        outcome.failed += subprocess.run([programs / f"{corpus.name}_fuzz", corpus]).returncode != 0
        outcome.seconds += time.monotonic() - began
    return outcome


def row_of(what: str, tests: tuple[str, ...], outcome: Outcome) -> str:
    files = ", ".join(f"`{file}`" for file in tests)
    return f"| {what} | {files} | {outcome.cases:,} | {outcome.failed} | {outcome.seconds:.0f} s |"


def main(wanted: list[str]) -> int:
    page = PAGE.read_text()
    old = {line.split("|")[1].strip(): line for line in page.splitlines() if line.startswith("| ")}
    parts = [(fault.what, fault.files, partial(run, fault)) for fault in FAULTS]
    parts.append(("Inputs that fuzzing found worth keeping", ("tests/fuzz",), replay))
    rows = [
        old[what]
        if wanted and not any(name in file for file in tests for name in wanted)
        else row_of(what, tests, outcome())
        for what, tests, outcome in parts
    ]
    total = sum(int(row.split("|")[3].replace(",", "")) for row in rows)
    table = "\n".join(
        [
            "| what goes wrong | tests | cases | failed | time |",
            "| --- | --- | --- | --- | --- |",
            *rows,
        ]
    )
    day = time.strftime("%Y-%m-%d")
    text = f"{BEGIN}\n{total:,} cases, {day}, {os.cpu_count()} cores:\n\n{table}\n\n{END}"
    pattern = re.escape(BEGIN) + ".*" + re.escape(END)
    PAGE.write_text(re.sub(pattern, lambda _: text, page, flags=re.DOTALL))
    print(text)
    return 1 if any(row.split("|")[4].strip() != "0" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
