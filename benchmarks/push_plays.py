"""P5: a push of 1,000 plays recorded here.

Floor: `COPY` into a temporary table and `INSERT ... ON CONFLICT DO NOTHING`, in one transaction.
Ours: the push, from the connection open and the plays recorded to every one of them known to be on
the server: found not to be there yet, inserted, and the mirror's rows renumbered, durably. Two
cases: nobody else wrote since the last pull, so that nothing can be there already; and somebody
did, so that the push has to look.
"""

from __future__ import annotations

import itertools
import time
from datetime import datetime, timedelta, timezone

import playmirror
from measure import Line, expect, interleave, milliseconds
from place import ELSEWHERE, Library

NEW = 1_000
BEGIN = datetime(2040, 1, 1, tzinfo=timezone.utc)
COLUMNS = "track_id, played_at, listened_ms, skipped, source"


def run(library: Library, runs: int) -> list[Line]:
    lines = []
    moments = (BEGIN + timedelta(seconds=n) for n in itertools.count())
    payload = library.place.directory / f"{library.size}-plays.tsv"
    with (
        playmirror.open(library.synced()) as mirror,
        playmirror.connect(library.dsn) as server,
    ):
        server.sync(mirror)
        tracks = mirror.sql("SELECT id FROM tracks LIMIT ?", [NEW]).column("id")
        tracks = [track for track, _ in zip(itertools.cycle(tracks), range(NEW))]
        library.floor(f"run CREATE TEMP TABLE pushed ON COMMIT DELETE ROWS AS "
                      f"SELECT {COLUMNS} FROM play_history LIMIT 0")  # fmt: skip

        def floor() -> float:
            with open(payload, "w") as file:
                for track, moment in zip(tracks, moments, strict=False):
                    file.write(f"{track}\t{moment:%Y-%m-%d %H:%M:%S}\t180000\tf\tlaptop\n")
            return library.floor(
                f"load {payload} BEGIN; COPY pushed ({COLUMNS}) FROM STDIN",
                f"run INSERT INTO play_history ({COLUMNS}) SELECT {COLUMNS} FROM pushed "
                "ON CONFLICT DO NOTHING; COMMIT",
            )

        def push(*elsewhere: str) -> float:
            for track, moment in zip(tracks, moments, strict=False):
                mirror.plays.add(
                    track_id=track, played_at=moment, listened_ms=180_000, skipped=False,
                    source="laptop",
                )  # fmt: skip
            server.pull(mirror)
            library.floor(*elsewhere)
            begin = time.perf_counter()
            report = server.push(mirror)
            seconds = time.perf_counter() - begin
            expect((report.pushed, mirror.pending()), (NEW, []), "plays pushed, and still pending")
            notes["round trips"] = report.wire.round_trips
            return seconds

        def after_others() -> float:
            return push(ELSEWHERE)

        for what, ours in (("nobody else wrote", push), ("others wrote meanwhile", after_others)):
            notes: dict[str, int] = {}
            floor_times, our_times = interleave(2 * runs, floor, ours)
            lines.append(
                Line("P5", f"push of {NEW:,} plays, {what}", "ms", milliseconds(our_times),
                     milliseconds(floor_times), "2 F", notes)
            )  # fmt: skip
        server.pull(mirror)
        expect(server.verify(mirror).equal, True, "the mirror against the server")
    return lines
