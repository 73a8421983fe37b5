"""P10: a new process opens a mirror and asks for the ten tracks played most; or for the totals.

Floor: a new process opens the same file by SQLite alone and selects one play by its id. None counts
the start of the process. Totals count albums, which every track's raw_data is read for: they
have no floor, and no target.
"""

from __future__ import annotations

from columns import answer
from measure import Line, expect, interleave, milliseconds
from place import Library


def run(library: Library, runs: int) -> list[Line]:
    path = library.synced()
    play, plays = library.place.cluster.psql(
        "SELECT max(id), count(*) FROM play_history", library.database
    ).split("|")

    def floor() -> float:
        return float(answer("floor", path, play)[0])

    def ours() -> float:
        seconds, found = answer("first", path)
        expect(found, "10", "tracks")
        return float(seconds)

    def totals() -> float:
        seconds, found = answer("totals", path)
        expect(found, plays, "plays")
        return float(seconds)

    floor_times, our_times = interleave(runs * 6, floor, ours)
    return [
        Line("P10", "open and ask for the top 10, new process", "ms", milliseconds(our_times),
             milliseconds(floor_times), "20 F"),
        Line("P10", "open and ask for the totals, new process", "ms",
             milliseconds([totals() for _ in range(runs)])),
    ]  # fmt: skip
