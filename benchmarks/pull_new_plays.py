"""P4: a pull of 1,000 new plays.

Floor: `COPY` of just those rows, by their ids. Ours: the pull that finds and stores them.
"""

from __future__ import annotations

import time

import playmirror
from measure import Line, expect, interleave, milliseconds
from place import Library

NEW = 1_000

# Plays of tracks from all over the library, one second apart, later than all before.
LISTEN = f"""
    run INSERT INTO play_history (track_id, played_at, listened_ms, skipped, source)
    SELECT t.id, greatest((SELECT max(played_at) FROM play_history), '2030-01-01')
           + row_number() OVER () * interval '1 s', 180000, false, 'import'
    FROM (SELECT id FROM tracks ORDER BY md5(id) LIMIT {NEW}) t
"""


def run(library: Library, runs: int) -> list[Line]:
    notes: dict[str, int] = {}
    with (
        playmirror.open(library.synced()) as mirror,
        playmirror.connect(library.dsn) as server,
    ):
        server.sync(mirror)

        def floor() -> float:
            seconds = library.floor(
                "run COPY (SELECT * FROM play_history "
                f"WHERE id > (SELECT max(id) - {NEW} FROM play_history)) TO STDOUT (FORMAT binary)"
            )
            expect(library.floor.rows, NEW + 1, "rows and trailer")  # ids without a gap
            return seconds

        def ours() -> float:
            library.floor(LISTEN)
            begin = time.perf_counter()
            report = server.pull(mirror)
            seconds = time.perf_counter() - begin
            expect(report.pulled["play_history"].inserted, NEW, "new plays pulled")
            notes["round trips"] = report.wire.round_trips
            return seconds

        library.floor(LISTEN)
        server.pull(mirror)
        floor_times, our_times = interleave(5 * runs, floor, ours)
    return [
        Line("P4", f"pull of {NEW:,} new plays", "ms", milliseconds(our_times),
             milliseconds(floor_times), "3 F + sweep", notes)
    ]  # fmt: skip
