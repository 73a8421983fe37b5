"""Importing an extended streaming history of Spotify, as many plays as the library has.

Floor: Python's json module reads the same file. Ours: a new process opens a new mirror, imports the
file and closes the mirror; all of it on disk, in the outbox and in the columns.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from measure import Line, expect, interleave
from place import PLAYS, ROOT, Library

sys.path.insert(0, str(ROOT / "tests/python"))
from support.listening_exports import extended

TRACKS = 50_000

CHILD = """
import sys, time, playmirror
playmirror.open  # imported when it is first used
begin = time.perf_counter()
with playmirror.open(sys.argv[1]) as mirror:
    report = mirror.import_plays(sys.argv[2])
seconds = time.perf_counter() - begin
memory = dict(line.split(":") for line in open("/proc/self/status"))["VmHWM"]
print(seconds, report.recorded, int(memory.split()[0]) / 1024)
"""


def write_history(path: Path, plays: int) -> None:
    """One play every three minutes, of tracks in no order."""
    begin = datetime(2015, 1, 1)
    with path.open("w") as file:
        file.write("[")
        for n in range(plays):
            at = (begin + timedelta(seconds=180 * n)).strftime("%Y-%m-%dT%H:%M:%SZ")
            file.write((",\n" if n else "") + json.dumps(extended(n * 7919 % TRACKS, at)))
        file.write("]")


def run(library: Library, runs: int) -> list[Line]:
    plays = PLAYS[library.size]
    history = library.path("history").with_suffix(".json")
    write_history(history, plays)
    peaks: list[float] = []

    def floor() -> float:
        begin = time.perf_counter()
        with history.open() as file:
            expect(len(json.load(file)), plays, "plays in the file")
        return time.perf_counter() - begin

    def ours() -> float:
        command = [sys.executable, "-c", CHILD, library.path("imported"), history]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds, recorded, memory = done.stdout.split()
        expect(int(recorded), plays, "plays recorded")
        peaks.append(float(memory))
        return float(seconds)

    floor_times, our_times = interleave(runs, floor, ours)
    return [
        Line("imp", "import of a Spotify history, durable", "s", our_times, floor_times,
             notes={
                 "plays": plays,
                 "bytes of the file": history.stat().st_size,
                 "plays a second": round(plays / sorted(our_times)[len(our_times) // 2]),
                 "peak of memory, in MB": round(max(peaks), 1),
             }),
    ]  # fmt: skip
