"""P3: a sync that finds nothing new, on a connection that is open.

Floor: `SELECT 1` through libpq. Two cases: nothing at all happened on the server, which a look at
its snapshot proves; and something happened elsewhere, so that every table is swept and compared.
"""

from __future__ import annotations

import time

import playmirror
from measure import Line, expect, interleave, milliseconds
from place import ELSEWHERE, Library


def run(library: Library, runs: int) -> list[Line]:
    lines = []
    with (
        playmirror.open(library.synced()) as mirror,
        playmirror.connect(library.dsn) as server,
    ):

        def sync(method: str) -> float:
            begin = time.perf_counter()
            report = server.sync(mirror)
            seconds = time.perf_counter() - begin
            expect(report.complete, True, "a complete sync")
            expect(str(report.method), method, "how the pull looked")
            notes["round trips"] = report.wire.round_trips
            return seconds

        def select_1() -> float:
            return library.floor("run SELECT 1")

        def unchanged() -> float:
            return sync("unchanged")

        def sweep() -> float:
            library.floor(ELSEWHERE)
            return sync("sweep")

        server.sync(mirror)
        for what, ours, target in (
            ("sync, nothing happened on the server", unchanged, "3 F"),
            ("sync, nothing new, with a sweep", sweep, "60 ms"),
        ):
            notes: dict[str, int] = {}
            floor_times, our_times = interleave(10 * runs, select_1, ours)
            lines.append(
                Line("P3", what, "ms", milliseconds(our_times), milliseconds(floor_times), target,
                     notes)
            )  # fmt: skip
    return lines
