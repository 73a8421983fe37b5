"""P3: a sync that finds nothing new, on a connection that is open.

Floor: `SELECT 1` through libpq. Three cases: nothing at all happened on the server, which a look at
its snapshot proves; something happened elsewhere, so that every table is swept and compared; and
the same between two sweeps, when new plays are looked for by their ids.
"""

from __future__ import annotations

import statistics
import time

import playmirror
from measure import Line, expect, interleave, milliseconds
from place import BY_IDS, ELSEWHERE, TABLES, Library, looks_by_ids


def run(library: Library, runs: int) -> list[Line]:
    lines = []
    with (
        playmirror.open(library.synced()) as mirror,
        playmirror.connect(library.dsn) as server,
    ):

        def sync(method: str, pull: playmirror.PullOptions | None = None) -> float:
            begin = time.perf_counter()
            report = server.sync(mirror, pull=pull)
            seconds = time.perf_counter() - begin
            expect(report.complete, True, "a complete sync")
            expect(str(report.method), method, "how the pull looked")
            notes["round trips"] = report.wire.round_trips
            return seconds

        def select_1() -> float:
            return library.floor("run SELECT 1")

        def count_rows() -> float:
            """What it takes at least to see that no row is gone."""
            return sum(library.floor(f"run SELECT count(*) FROM {table}") for table in TABLES)

        def unchanged() -> float:
            return sync("unchanged")

        def sweep() -> float:
            library.floor(ELSEWHERE)
            return sync("sweep")

        def by_ids() -> float:
            library.floor(ELSEWHERE)
            return sync("by_ids", BY_IDS)

        library.floor(ELSEWHERE)
        server.sync(mirror, pull=BY_IDS)  # a sweep, which asks up to which id plays are settled
        cases = [
            ("sync, nothing happened on the server", unchanged, "3 F"),
            ("sync, nothing new, with a sweep", sweep, "60 ms"),
        ]
        if looks_by_ids(library):
            cases.append(("sync, nothing new, between sweeps", by_ids, "server below 5 ms"))
        for what, ours, target in cases:
            notes: dict[str, float] = {}
            before = library.place.server_cpu()
            floor_times, our_times = interleave(10 * runs, select_1, ours)
            spent = library.place.server_cpu() - before
            notes["server's processor ms for each"] = round(spent * 1e3 / (10 * runs + 1), 2)
            if ours is sweep:
                counted = statistics.median(count_rows() for _ in range(runs))
                notes["ms in which the server counts the rows"] = round(counted * 1e3, 1)
            lines.append(
                Line("P3", what, "ms", milliseconds(our_times), milliseconds(floor_times), target,
                     notes)
            )  # fmt: skip
    return lines
