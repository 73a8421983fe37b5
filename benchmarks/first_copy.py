"""P1 and P2: the first copy of everything, its time and its peak of memory.

Floor: binary COPY of the same six tables to nowhere. Ours: a new process opens a new mirror,
connects, pulls, and closes both; indexes and derived columns included, all of it on disk.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

import playmirror
from measure import Line, expect, interleave
from place import TABLES, Library

# Runs in a process of its own, whose peak of memory is then that of a first copy alone.
CHILD = """
import json, sys, time, playmirror

def memory():
    fields = dict(line.split(":") for line in open("/proc/self/status"))
    return int(fields["VmHWM"].split()[0]) / 1024

playmirror.open, playmirror.connect  # each is imported when it is first used
before = memory()
begin = time.perf_counter()
mirror = playmirror.open(sys.argv[1])
server = playmirror.connect(sys.argv[2])
report = server.pull(mirror)
server.close()
mirror.close()
seconds = time.perf_counter() - begin
print(json.dumps({
    "seconds": seconds, "cpu": time.process_time(), "peak": memory(), "before": before,
    "complete": report.complete, "trips": report.wire.round_trips,
    "rows": {name: table.inserted for name, table in report.pulled.items()},
}))
"""


def run(library: Library, runs: int) -> list[Line]:
    reports: list[dict] = []
    server_cpu: dict[str, list[float]] = {"floor": [], "ours": []}
    rows = {
        table: int(library.place.cluster.psql(f"SELECT count(*) FROM {table}", library.database))
        for table in TABLES
    }

    def timed_on_server(who: str, work) -> float:
        before = library.place.server_cpu()
        seconds = work()
        time.sleep(0.05)  # a backend that ends is counted by its parent a moment later
        server_cpu[who].append(library.place.server_cpu() - before)
        return seconds

    def floor() -> float:
        steps = [f"run COPY {table} TO STDOUT (FORMAT binary)" for table in TABLES]
        return timed_on_server("floor", lambda: library.floor(*steps))

    def ours() -> float:
        path = library.path("first-copy")

        def child() -> float:
            done = subprocess.run(
                [sys.executable, "-c", CHILD, path, library.dsn],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            reports.append(json.loads(done.stdout) | {"path": path})
            return reports[-1]["seconds"]

        seconds = timed_on_server("ours", child)
        expect(reports[-1]["complete"], True, "a complete copy")
        expect(reports[-1]["rows"], rows, "rows of each table")
        return seconds

    ours()
    check_equal(library, reports[-1]["path"])
    floor_times, our_times = interleave(runs, floor, ours)
    last = reports[-1]
    counted = reports[-runs:]
    return [
        Line("P1", "first copy of everything, durable", "s", our_times, floor_times,
             "2.5 F", {
                 "rows": sum(rows.values()),
                 "bytes to copy": library.floor.bytes,
                 "bytes of the mirror": last["path"].stat().st_size,
                 "round trips": last["trips"],
                 "our processor seconds": round(last["cpu"], 2),
                 "server's processor seconds, ours": round(server_cpu["ours"][-1], 2),
                 "server's processor seconds, floor": round(server_cpu["floor"][-1], 2),
             }),
        Line("P2", "first copy, peak memory of the process", "MB",
             [report["peak"] for report in counted], target="128 MB",
             notes={"of it before the copy, in MB": round(last["before"], 1)}),
    ]  # fmt: skip


def check_equal(library: Library, path) -> None:
    with playmirror.open(path) as mirror, playmirror.connect(library.dsn) as server:
        report = server.verify(mirror)
        expect((report.equal, report.skipped), (True, {}), "the copy against the server")
