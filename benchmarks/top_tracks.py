"""P7: the 50 tracks played most, of any period, warm.

Floor: the same question to DuckDB, on a table of its own of the same plays, on all processors. Ours
runs on one. The periods are drawn at random; both are asked for the same ones, and must agree.
"""

from __future__ import annotations

import random
import time

import duckdb
from columns import TopTracks, load_duckdb
from measure import Line, expect, milliseconds
from place import Library

QUESTION = """
    SELECT track_id, count(*) AS plays FROM plays
    WHERE played_at >= make_timestamp(?) AND played_at < make_timestamp(?)
    GROUP BY track_id ORDER BY plays DESC, track_id LIMIT 50
"""


def run(library: Library, runs: int) -> list[Line]:
    database = duckdb.connect()
    load_duckdb(library, database, "plays")
    [(first, last)] = database.execute(
        "SELECT min(epoch_us(played_at)), max(epoch_us(played_at)) FROM plays"
    ).fetchall()
    ours = TopTracks(library.synced())
    ours("-", "-", 1)
    ours(first, (first + last) // 2, 1)  # the running totals are made once
    chance = random.Random(7)
    floor_times, our_times = [], []
    for _ in range(runs * 6):
        since, until = sorted(chance.randrange(first, last + 2) for _ in range(2))
        our_times.append(ours(since, until, 5))
        begin = time.perf_counter()
        found = database.execute(QUESTION, [since, until]).fetchall()
        floor_times.append(time.perf_counter() - begin)
        expect(ours.tracks, found, "the top tracks")
    ours.close()
    return [
        Line("P7", "top 50 tracks of any period, warm", "ms", milliseconds(our_times),
             milliseconds(floor_times), "0.1 F", {"DuckDB": duckdb.__version__}),
    ]  # fmt: skip
