"""P4: a pull of 1,000 new plays.

Floor: `COPY` of just those rows, by their ids. Ours: the pull that finds and stores them, by a
sweep, and between two sweeps by their ids.
"""

from __future__ import annotations

import time

import playmirror
from measure import Line, expect, interleave, milliseconds
from place import BY_IDS, Library, looks_by_ids

NEW = 1_000

# Plays of tracks from all over the library, one second apart, later than all before.
LISTEN = f"""
    run INSERT INTO play_history (track_id, played_at, listened_ms, skipped, source)
    SELECT t.id, greatest((SELECT max(played_at) FROM play_history), '2030-01-01')
           + row_number() OVER () * interval '1 s', 180000, false, 'import'
    FROM (SELECT id FROM tracks ORDER BY md5(id) LIMIT {NEW}) t
"""


def run(library: Library, runs: int) -> list[Line]:
    lines = []
    with (
        playmirror.open(library.synced()) as mirror,
        playmirror.connect(library.dsn) as server,
    ):

        def pull(method: str, options: playmirror.PullOptions) -> float:
            library.floor(LISTEN)
            begin = time.perf_counter()
            report = server.pull(mirror, **options)
            seconds = time.perf_counter() - begin
            expect(str(report.method), method, "how the pull looked")
            expect(report.pulled["play_history"].inserted, NEW, "new plays pulled")
            notes["round trips"] = report.wire.round_trips
            return seconds

        def floor() -> float:
            seconds = library.floor(
                "run COPY (SELECT * FROM play_history "
                f"WHERE id > (SELECT max(id) - {NEW} FROM play_history)) TO STDOUT (FORMAT binary)"
            )
            expect(library.floor.rows, NEW + 1, "rows and trailer")  # ids without a gap
            return seconds

        def sweep() -> float:
            return pull("sweep", {})

        def by_ids() -> float:
            return pull("by_ids", BY_IDS)

        library.floor(LISTEN)
        server.pull(mirror, **BY_IDS)
        cases = [(f"pull of {NEW:,} new plays, with a sweep", sweep, "3 F + sweep")]
        if looks_by_ids(library):
            cases.append((f"pull of {NEW:,} new plays, between sweeps", by_ids, "3 F"))
        for what, ours, target in cases:
            notes: dict[str, float] = {}
            floor_times, our_times = interleave(5 * runs, floor, ours)
            lines.append(
                Line("P4", what, "ms", milliseconds(our_times), milliseconds(floor_times), target,
                     notes)
            )  # fmt: skip
    return lines
