"""P6: the round trips of a sync, counted by a proxy between mirror and server, not by ourselves.

Floor: one. Ours: `sync()` on an open connection, after nothing happened on the server, after a
transaction of somebody else, and with a play to push. Each piece takes 20 ms through the proxy, so
that the time shows what is waited for.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta, timezone

import playmirror
from measure import Line, expect
from place import ELSEWHERE, ROOT, Library

sys.path.insert(0, str(ROOT / "tests/python/support"))
from cut_proxy import CutProxy

DELAY = 0.020
BEGIN = datetime(2050, 1, 1, tzinfo=timezone.utc)


def run(library: Library, runs: int) -> list[Line]:
    lines = []
    cluster = library.place.cluster
    with (
        CutProxy(cluster.host, cluster.port) as proxy,
        playmirror.open(library.synced()) as mirror,
        playmirror.connect(proxy.dsn(library.dsn)) as server,
    ):
        track = mirror.sql("SELECT id FROM tracks LIMIT 1").column("id")[0]
        server.sync(mirror)
        proxy.delay = DELAY

        def nothing(_: int) -> None:
            pass

        def elsewhere(_: int) -> None:
            library.floor(ELSEWHERE)

        def record(run: int) -> None:
            mirror.plays.add(
                track_id=track, played_at=BEGIN + timedelta(seconds=run), skipped=False
            )

        for what, prepare, target in (
            ("sync, nothing happened on the server", nothing, "1"),
            ("sync, nothing new, with a sweep", elsewhere, "2"),
            ("sync that pushes one play", record, "3"),
        ):
            trips, seconds = [], []
            for number in range(runs):
                server.pull(mirror)
                prepare(number)
                before, begin = proxy.last.round_trips, time.perf_counter()
                report = server.sync(mirror)
                seconds.append(time.perf_counter() - begin)
                trips.append(proxy.last.round_trips - before)
                expect((report.complete, mirror.pending()), (True, []), "a complete sync")
            notes = {
                "round trips by our own count": report.wire.round_trips,
                "median ms, 20 ms each way": round(sorted(seconds)[runs // 2] * 1e3),
            }
            lines.append(Line("P6", what, "round trips", trips, target=target, notes=notes))
    return lines
