"""The wall clock of the laptop jumps: nothing is decided by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import playmirror as pm
from support.faults import add_tracks, memory_directory, plays_on_server
from support.file_faults import preloaded
from support.forker import Forker
from support.music_db import MusicDb

DAY = 86_400
JUMPS = (-30 * 365 * DAY, -DAY, -3_600, -1, 1, 3_600, 3 * DAY, 10 * 365 * DAY)


def test_a_clock_that_jumps_before_any_step(
    music_db: MusicDb,
    assert_equal: Callable[..., None],
    record_property: Callable[[str, object], None],
) -> None:
    add_tracks(music_db, "t1")
    cases = 0
    with Forker(LD_PRELOAD=str(preloaded("clock_jumps"))) as forker, memory_directory() as folder:
        for seconds in JUMPS:
            for position in range(5):
                cases += 1
                path = Path(folder) / f"{cases}.db"
                with pm.open(path) as mirror:
                    mirror.pull(music_db.dsn)
                music_db.execute("UPDATE tracks SET popularity = %s", [cases])
                ended = forker.run(
                    "support.jobs:with_clock_jump", path, music_db.dsn, seconds, position
                )
                assert (ended.code, ended.told) == (0, [0, 1, 2, 3, 4, 0]), (seconds, position)
                assert plays_on_server(music_db) == (2, 2)
                with pm.open(path) as mirror:
                    mirror.sync(music_db.dsn)
                    assert_equal(mirror, music_db)
                    assert mirror.status().last_pull is not None
                music_db.execute("DELETE FROM play_history")
    record_property("cases", cases)
