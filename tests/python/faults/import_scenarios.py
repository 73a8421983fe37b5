"""What the safeguards of imports keep from happening."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import playmirror as pm
from support import listening_exports as exports
from support.faults import plays_on_server
from support.file_faults import Fault, bench
from world import World

BEGIN = datetime(2023, 11, 14, 22, 13, 20, tzinfo=timezone.utc)


def listen(number: int, seconds: int, **changes: Any) -> exports.Row:
    at = BEGIN + timedelta(seconds=seconds)
    return exports.extended(number, at.strftime("%Y-%m-%dT%H:%M:%SZ"), **changes)


def history(world: World, *rows: exports.Row) -> Path:
    return exports.write(world.directory / "history.json", rows)


def imported(world: World, *rows: exports.Row) -> pm.ImportReport:
    return world.mirror.import_plays(history(world, *rows))


def the_same_export_again(world: World) -> None:
    rows = [listen(number, 200 * number) for number in range(5)]
    imported(world, *rows)
    world.push()
    assert imported(world, *rows).recorded == 0
    assert world.mirror.plays.count() == 8 + 5


def a_row_twice_in_an_export(world: World) -> None:
    report = imported(world, listen(1, 0), listen(1, 0))
    assert (report.recorded, report.repeated) == (1, 1)


def a_play_that_the_backend_noted(world: World, *more: exports.Row) -> pm.ImportReport:
    """Half a minute earlier than Spotify did."""
    world.db.execute(
        "INSERT INTO tracks (id, name, artist) VALUES (%s, 'Song 1', 'Artist 1')",
        [exports.spotify_id(1)],
    )
    world.db.execute(
        "INSERT INTO play_history (track_id, played_at, source) VALUES (%s, %s, 'backend')",
        [exports.spotify_id(1), (BEGIN - timedelta(seconds=30)).replace(tzinfo=None)],
    )
    world.pull()
    return imported(world, listen(1, 0), *more)


def a_play_that_has_another_record(world: World) -> None:
    assert a_play_that_the_backend_noted(world).recorded == 0


def a_song_again_right_away(world: World) -> None:
    report = a_play_that_the_backend_noted(world, listen(1, 60))
    assert (report.matched, report.recorded) == (1, 1), "a listen is lost"


def an_import_and_a_push(world: World) -> None:
    imported(world, listen(1, 0))
    world.push()
    assert plays_on_server(world.db) == (9, 9), "an imported play is lost"


def a_title_that_is_no_text(world: World) -> None:
    file = history(world, listen(1, 0), listen(2, 200))
    file.write_bytes(file.read_bytes().replace(b"Song 1", b"Song \xff"))
    world.mirror.import_plays(file)
    world.push()
    assert world.mirror.pending() == [], "the server refuses it for ever"
    assert plays_on_server(world.db) == (9, 9)


def a_clock_that_was_wrong(world: World) -> None:
    imported(world, exports.extended(1, "2300-01-01T00:00:00Z"), listen(2, 0))
    newest = world.mirror.plays.recent(1)[0].played_at
    assert newest is not None and newest.year == 2026  # type: ignore[union-attr]


def what_was_meant_to_be_private(world: World) -> None:
    imported(world, listen(1, 0, incognito_mode=True), listen(2, 200))
    world.push()
    assert plays_on_server(world.db) == (9, 9)


def a_power_cut_behind_an_import(world: World, without: str = "") -> None:
    """In a process of its own, which has its own safeguards."""
    with bench(world.db) as files:
        for call in range(1, files.calls("import_plays", "power") + 1):
            files.check("import_plays", Fault("power", call), without=without)


SCENARIOS: dict[str, Callable[[World], None]] = {
    "same instant": the_same_export_again,
    "repeated rows": a_row_twice_in_an_export,
    "same song close by": a_play_that_has_another_record,
    "one play for a listen": a_song_again_right_away,
    "entries of imported plays": an_import_and_a_push,
    "text of the server": a_title_that_is_no_text,
    "possible times": a_clock_that_was_wrong,
    "private sessions": what_was_meant_to_be_private,
    "settled import": a_power_cut_behind_an_import,
}
