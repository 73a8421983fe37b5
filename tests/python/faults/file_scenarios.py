"""What the safeguards of copies, of salvage and of repair keep from happening."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import playmirror as pm
import pytest
from import_scenarios import BEGIN, imported, listen
from support import hooks
from support.comparing import file_rows
from support.faults import add_play, plays_on_server
from sync_scenarios import push_in_doubt
from world import ADD, World

PAGE = 16_384


def by_another_hand(path: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute(sql, values)
        file.commit()


def change_an_image(path: Path) -> None:
    """Of the only outbox entry from a source "right"."""
    query = "SELECT entry, image FROM playmirror_outbox WHERE instr(image, 'right')"
    [(entry, image)] = file_rows(path, query)
    by_another_hand(
        path,
        "UPDATE playmirror_outbox SET image = ? WHERE entry = ?",
        image.replace(b"right", b"wrong"),
        entry,
    )


def salvage(world: World) -> pm.SalvageReport:
    """Of the world's mirror, which is open again behind it."""
    world.mirror.close()
    report = pm.Mirror.salvage(world.mirror.path)
    world.mirror = world.stack.enter_context(pm.open(world.mirror.path))
    return report


def repair(world: World) -> pm.RepairReport:
    with pm.connect(world.db.dsn) as server:
        return server.repair(world.mirror)


# Copies ----------------------------------------------------------------------------------------


def a_file_that_comes_while_a_copy_is_made(world: World) -> None:
    target = world.directory / "copy.db"

    def come(step: str) -> None:
        if step == "copy.made":
            target.write_bytes(b"a shopping list")

    with hooks.at_steps(come), suppress(pm.InvalidArgument):
        world.mirror.copy_to(target)
    assert target.read_bytes() == b"a shopping list"


def a_copy_onto_a_file_of_another_program(world: World) -> None:
    target = world.directory / "foreign.db"
    by_another_hand(target, "CREATE TABLE tracks (id)")
    before = target.read_bytes()
    with suppress(pm.MirrorUnusable):
        world.mirror.copy_to(target, overwrite=True)
    assert target.read_bytes() == before


def a_copy_onto_one_in_use(world: World) -> None:
    target = world.directory / "copy.db"
    world.mirror.copy_to(target)
    with pm.open(target) as other:
        add_play(other, 1)
        with suppress(pm.MirrorBusy):
            world.mirror.copy_to(target, overwrite=True)
        add_play(other, 2)
    with pm.open(target) as copy:
        assert len(copy.pending()) == 2, "a recorded play is lost"


# Salvage ---------------------------------------------------------------------------------------


def a_renewal_of_a_file_in_use(world: World) -> None:
    path = world.mirror.path
    world.mirror.close()
    user = (
        "import playmirror as pm, sys\n"
        "with pm.open(sys.argv[1]) as mirror:\n"
        "    for second in range(2):\n"
        "        mirror.plays.add(track_id='t1', played_at=f'2026-01-31T06:00:0{second}Z')\n"
        "        print(flush=True)\n"
        "        sys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", user, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with suppress(pm.MirrorBusy):
            pm.Mirror.salvage(path)
        process.communicate(b"\n\n", timeout=20)
        assert process.returncode == 0
    with pm.open(path) as mirror:
        assert len(mirror.pending()) == 2, "a recorded play is lost"


def a_renewal_of_a_foreign_file(world: World) -> None:
    foreign = world.directory / "foreign.db"
    by_another_hand(foreign, "CREATE TABLE tracks (id)")
    before = foreign.read_bytes()
    with suppress(pm.MirrorUnusable):
        pm.Mirror.salvage(foreign)
    assert foreign.read_bytes() == before


def a_renewal_beside_a_log(world: World) -> None:
    """Whose pages the new file does not have."""
    world.db.execute(
        "INSERT INTO play_history (track_id, listened_ms) SELECT 't1', generate_series(1, 3000)"
    )
    world.pull()
    world.mirror.close()  # all into the file
    path = world.directory / "with_log.db"
    with pm.open(world.mirror.path) as mirror:
        add_play(mirror, 1)
        for suffix in ("", "-wal"):
            shutil.copy(f"{mirror.path}{suffix}", f"{path}{suffix}")
    assert Path(f"{path}-wal").stat().st_size > 0
    pm.Mirror.salvage(path)
    world.mirror = world.stack.enter_context(pm.open(path))
    world.pull()
    assert world.mirror.verify().ok
    world.push()
    assert world.db.execute("SELECT count(*) FROM play_history") == [(3009,)]


def a_damaged_entry_in_a_damaged_file(world: World) -> None:
    add_play(world.mirror, 1, source="right")
    change_an_image(world.mirror.path)
    salvage(world)
    world.pull()
    world.push()
    assert plays_on_server(world.db) == (8, 8), "what was never recorded is sent"


def a_page_in_the_middle_of_the_outbox(world: World) -> None:
    imported(world, *(listen(1, 200 * number) for number in range(3000)))
    world.mirror.close()
    middle = str(BEGIN + timedelta(seconds=200 * 1500))[:19].encode()
    content = bytearray(world.mirror.path.read_bytes())
    for begin in range(0, len(content), PAGE):
        page = content[begin : begin + PAGE]
        if middle in page and b"listened_ms" in page:  # an image names its columns
            content[begin : begin + PAGE] = b"\xa5" * PAGE
    world.mirror.path.write_bytes(content)
    assert 2500 < salvage(world).saved < 3000, "recorded plays are lost"


def two_pages_of_the_outbox(world: World) -> None:
    imported(world, *(listen(1, 200 * number) for number in range(3000)))
    world.mirror.close()
    content = bytearray(world.mirror.path.read_bytes())
    for number in (1000, 2000):
        time = str(BEGIN + timedelta(seconds=200 * number))[:19].encode()
        for begin in range(0, len(content), PAGE):
            page = content[begin : begin + PAGE]
            if time in page and b"listened_ms" in page:
                content[begin : begin + PAGE] = b"\xa5" * PAGE
    world.mirror.path.write_bytes(content)
    assert 2500 < salvage(world).saved < 3000, "recorded plays between the pages are lost"


def a_push_that_the_file_forgot(world: World) -> None:
    push_in_doubt(world, "up", "reset")
    by_another_hand(world.mirror.path, "DELETE FROM playmirror_pushes")
    by_another_hand(world.mirror.path, "DROP TABLE playmirror_checks")  # which would tell of it
    salvage(world)
    world.pull()
    world.push()
    assert world.mirror.pending() == []
    assert plays_on_server(world.db) == (9, 9)


def a_handle_from_before_a_renewal(world: World) -> None:
    handle = add_play(world.mirror, 1).id
    world.push()
    salvage(world)
    world.pull()
    assert add_play(world.mirror, 2).id != handle, "one handle for two plays"


# Repair ----------------------------------------------------------------------------------------


def a_recorded_row_changed_by_another_hand(world: World) -> None:
    play = add_play(world.mirror, 1, source="right")
    by_another_hand(world.mirror.path, "UPDATE play_history SET source = 'wrong' WHERE id < 0")
    repair(world)
    assert world.mirror.plays[play.id].source == "right"


def a_damaged_entry_among_good_ones(world: World) -> None:
    for number, source in enumerate(("good", "right", "good")):
        add_play(world.mirror, number, source=source)
    change_an_image(world.mirror.path)
    by_another_hand(world.mirror.path, "UPDATE play_history SET source = 'wrong' WHERE "
                    "source = 'right'")  # fmt: skip
    repair(world)
    assert world.push().pushed == 2


def a_damaged_entry_whose_row_is_damaged_too(world: World) -> None:
    add_play(world.mirror, 1, source="right")
    change_an_image(world.mirror.path)
    by_another_hand(world.mirror.path, "UPDATE play_history SET source = 'wrong' WHERE id < 0")
    repair(world)
    assert world.push().pushed == 0


def a_standby_that_lags_behind_a_repair(world: World) -> None:
    db, standby = world.cluster_with_standby()
    standby.fall_behind(db.server)
    db.execute("DELETE FROM play_history WHERE listened_ms = 5")
    assert repair(world).tables["play_history"].deleted == 1
    world.assert_nothing_comes_from(standby)


def a_repair_from_a_standby_that_lags(world: World) -> None:
    db, standby = world.cluster_with_standby()
    standby.fall_behind(db.server)
    db.execute("UPDATE tracks SET tempo = 4")
    world.pull()
    with pm.connect(standby.dsn(db.name)) as server, pytest.raises(pm.ServerChanged):
        server.repair(world.mirror)
    world.assert_equal()


def a_quick_look_behind_a_repair(world: World) -> None:
    by_another_hand(world.mirror.path, "UPDATE tracks SET name = 'damaged'")
    repair(world)
    with pm.connect(world.db.dsn) as server:
        assert server.verify(world.mirror, depth="quick").equal
    assert world.mirror.verify().ok


def a_horizon_that_reads_higher(world: World) -> None:
    world.db.execute("UPDATE tracks SET tempo = 4")
    by_another_hand(world.mirror.path, "UPDATE playmirror_tables SET horizon = horizon + 64")
    with suppress(pm.MirrorUnusable):
        world.pull()
        world.assert_equal()
    repair(world)
    world.assert_equal()


def damaged_notes_of_a_push(world: World) -> None:
    """They say that another transaction was ours, which was committed; then, that the push held
    more rows than it did."""
    push_in_doubt(world, "up", "reset")
    [(other,)] = world.db.execute("SELECT pg_current_xact_id()::text::bigint")
    by_another_hand(world.mirror.path, "UPDATE playmirror_pushes SET xid = ?", other)
    with pytest.raises(pm.MirrorUnusable):
        world.push()
    repair(world)
    world.push()
    assert plays_on_server(world.db) == (9, 9), "a recorded play is lost"
    push_in_doubt(world, "down", "reset", first=1)
    add_play(world.mirror, 2)
    by_another_hand(world.mirror.path, "UPDATE playmirror_offered SET rows = rows + 8")
    repair(world)
    world.push()
    assert world.mirror.pending() == []
    assert plays_on_server(world.db) == (11, 11), "a recorded play is lost"


# Statistics ------------------------------------------------------------------------------------


def a_pull_in_the_midst_of_a_statistic(world: World) -> None:
    """What it knows from memory is of the moment before, what it still has to read, of the one
    behind."""

    def top() -> tuple[str | None, int]:
        [top] = world.mirror.stats.top_tracks(limit=1)
        return top.name, top.plays

    world.db.execute("UPDATE tracks SET name = 'old' WHERE id = 't1'; " + 20 * f"{ADD};")
    world.pull()
    plays = world.mirror.plays.count(track_id="t1")
    world.mirror.stats.streaks()  # asks nothing of tracks
    world.db.execute("UPDATE tracks SET name = 'new' WHERE id = 't1'; " + ADD)
    pulls = []

    def pull(step: str) -> None:
        if step == "moment.recalled" and not pulls:
            pulls.append(world.pull())

    with hooks.at_steps(pull):
        assert top() in (("old", plays), ("new", plays + 1))
    assert pulls


SCENARIOS: dict[str, Callable[[World], None]] = {
    "reserved name": a_file_that_comes_while_a_copy_is_made,
    "only mirrors are replaced": a_copy_onto_a_file_of_another_program,
    "no open mirror is replaced": a_copy_onto_one_in_use,
    "alone with a damaged file": a_renewal_of_a_file_in_use,
    "foreign files": a_renewal_of_a_foreign_file,
    "old log set aside": a_renewal_beside_a_log,
    "checksum of saved rows": a_damaged_entry_in_a_damaged_file,
    "read from both ends": a_page_in_the_middle_of_the_outbox,
    "read around damage": two_pages_of_the_outbox,
    "forgotten pushes": a_push_that_the_file_forgot,
    "given ids": a_handle_from_before_a_renewal,
    "recorded rows restored": a_recorded_row_changed_by_another_hand,
    "damaged entries set aside": a_damaged_entry_among_good_ones,
    "entries from rows as written": a_damaged_entry_whose_row_is_damaged_too,
    "high water of a repair": a_standby_that_lags_behind_a_repair,
    "no repair from the past": a_repair_from_a_standby_that_lags,
    "one moment": a_pull_in_the_midst_of_a_statistic,
    "digests made anew": a_quick_look_behind_a_repair,
    "checked bookkeeping": a_horizon_that_reads_higher,
    "notes of a push": damaged_notes_of_a_push,
}
