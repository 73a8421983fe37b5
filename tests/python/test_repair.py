"""Server.repair() and Mirror.salvage(): damage is put right, and nothing recorded is lost.

The file is damaged here by another SQLite program, and byte by byte.
"""

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import playmirror as pm
import pytest
from databases import TABLES
from support.faults import add_play, plays_on_server
from support.music_db import MusicDb
from test_verify import EXTRA, damage

Check = Callable[[pm.Mirror, MusicDb], None]


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    return small_db


def record(mirror: pm.Mirror, count: int = 3) -> set[int]:
    """Plays that are not sent; their handles."""
    track = next(iter(mirror.tracks.list(limit=1))).id
    return {add_play(mirror, number, track, source="recorded").id for number in range(count)}


def handles(mirror: pm.Mirror) -> set[int]:
    return {entry.row_id for entry in mirror.pending()}


def assert_sent_once(server: pm.Server, mirror: pm.Mirror, db: MusicDb, count: int = 3) -> None:
    report = server.sync(mirror)
    assert (report.pushed, report.rejected, report.waiting) == (count, 0, 0)
    sent = db.execute("SELECT count(*) FROM play_history WHERE source = 'recorded'")
    assert sent == [(count,)]
    assert server.verify(mirror).equal
    assert mirror.verify().ok


# In place --------------------------------------------------------------------------------------


def test_a_sound_mirror_is_left_as_it_is(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    music_db.settle()
    report = server.repair(mirror)
    assert report.complete
    assert report.salvaged.set_aside is None
    assert set(report.tables) == set(TABLES)
    assert all(each.blocks_compared for each in report.tables.values())
    assert not any(each.rows_fetched for each in report.tables.values())
    assert report.wire.round_trips == 1


CHANGES = {
    "artists": "UPDATE artists SET name = 'x' WHERE id = (SELECT max(id) FROM artists)",
    "tracks": "UPDATE tracks SET lyrics = 'x' WHERE id = (SELECT max(id) FROM tracks)",
    "track_artists": "DELETE FROM track_artists WHERE track_id = "
    "(SELECT max(track_id) FROM track_artists)",
    "play_history": "UPDATE play_history SET played_at = '2001-01-01 00:00:00' WHERE id = 500",
    "analysis_snapshots": "UPDATE analysis_snapshots SET metrics_payload = NULL",
    "playlist_config": "DELETE FROM playlist_config",
}


def test_rows_changed_by_a_foreign_hand(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    pending = record(mirror)
    for table in TABLES:
        damage(mirror, CHANGES[table])
        damage(mirror, EXTRA[table][0])
        report = server.repair(mirror, confirm_deletes=True)
        assert report.complete
        assert report.salvaged.set_aside is None
        assert report.tables[table].deleted == 1
        assert report.tables[table].inserted + report.tables[table].updated > 0
        for name, each in report.tables.items():
            assert (each.blocks_fetched > 0) == (name == table)
    assert handles(mirror) == pending
    assert_sent_once(server, mirror, music_db)
    assert_equal(mirror, music_db)


def test_only_the_differing_blocks_travel(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    whole = server.verify(mirror).wire.bytes_received
    damage(mirror, "DELETE FROM tracks WHERE id = (SELECT min(id) FROM tracks)")
    music_db.settle()
    report = server.repair(mirror)
    tracks = report.tables["tracks"]
    assert (tracks.blocks_fetched, tracks.inserted, tracks.updated) == (1, 1, 0)
    assert report.wire.round_trips == 2
    assert report.wire.bytes_received < whole / 10
    assert_equal(mirror, music_db)


def test_a_lost_table_comes_back_and_a_full_one_is_not_emptied(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    plays = len(mirror.plays)
    damage(mirror, "DELETE FROM play_history")
    assert server.repair(mirror).tables["play_history"].inserted == plays
    music_db.execute("DELETE FROM play_history")
    report = server.repair(mirror)
    assert not report.complete
    assert report.tables["play_history"].held_deletes == plays
    assert "confirm_deletes" in report.warnings[0]
    assert len(mirror.plays) == plays
    assert server.repair(mirror, confirm_deletes=True).tables["play_history"].deleted == plays
    assert_equal(mirror, music_db)


def test_an_index_that_lies_is_built_anew(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    record(mirror)
    whole = 'CREATE INDEX "play_history_played_at" ON "play_history" ("played_at")'
    for sql, damage_done in (
        (f"{whole} WHERE 0", "DELETE FROM play_history WHERE id BETWEEN 100 AND 200"),
        (whole, "SELECT 1"),
    ):
        with closing(sqlite3.connect(mirror.path)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            query = "UPDATE sqlite_schema SET sql = ? WHERE name = 'play_history_played_at'"
            assert connection.execute(query, [sql]).rowcount == 1
            connection.commit()
        damage(mirror, damage_done)
    assert any("index" in each.what for each in mirror.verify().problems)
    report = server.repair(mirror)
    assert report.salvaged.set_aside is None
    assert report.tables["play_history"].inserted == 101
    assert_sent_once(server, mirror, music_db)
    assert_equal(mirror, music_db)


def test_a_damaged_entry_holds_up_no_other(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    record(mirror)
    bad = mirror.pending()[1].entry
    damage(
        mirror,
        "UPDATE playmirror_outbox SET image = CAST(replace(image, 'recorded', 'xecorded') AS BLOB) "
        f"WHERE entry = {bad}; UPDATE play_history SET source = 'xecorded' WHERE id = "
        f"(SELECT row_id FROM playmirror_outbox WHERE entry = {bad})",
    )
    with pytest.raises(pm.MirrorUnusable, match="checksum"):
        server.push(mirror)
    report = server.repair(mirror)
    assert report.damaged_entries == [bad]
    assert server.push(mirror).pushed == 2
    [left] = mirror.pending()
    assert (left.entry, left.state) == (bad, pm.PendingState.REJECTED)
    assert "checksum" in left.message
    mirror.discard(bad)
    assert mirror.verify().ok


def test_a_stopped_repair_changes_nothing_and_the_next_one_ends_it(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    damage(mirror, "UPDATE play_history SET source = 'damaged'")
    for phase in ("verify", "apply"):

        def stop(now: pm.Progress, phase: str = phase) -> None:
            if now.phase == phase:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            server.repair(mirror, progress=stop)
        assert mirror.plays.count(source="damaged") == len(mirror.plays)
    server.repair(mirror)
    assert_equal(mirror, music_db)


def test_a_mirror_that_is_being_filled_is_left_to_the_pull(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    report = server.repair(mirror)
    assert not report.complete
    assert all("first copy" in each.problem for each in report.tables.values())
    assert len(mirror.plays) == 0


def test_another_server_is_refused(music_db: MusicDb, server: pm.Server, mirror: pm.Mirror) -> None:
    server.pull(mirror)
    damage(mirror, "UPDATE play_history SET source = 'damaged'")
    music_db.execute("CREATE SCHEMA other")
    with pm.connect(music_db.dsn, schema="other") as other, pytest.raises(pm.ServerChanged):
        other.repair(mirror)
    assert mirror.plays.count(source="damaged") == len(mirror.plays)


def test_a_table_restored_over_the_live_one_is_left_to_the_pull(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """Ours are missing there, and are to be sent again."""
    server.pull(mirror)
    music_db.execute("CREATE TABLE restored (LIKE play_history INCLUDING ALL);"
                     "INSERT INTO restored SELECT * FROM play_history")  # fmt: skip
    record(mirror)
    server.sync(mirror)
    music_db.execute(
        "ALTER SEQUENCE play_history_id_seq OWNED BY restored.id;"
        "DROP TABLE play_history; ALTER TABLE restored RENAME TO play_history"
    )
    report = server.repair(mirror)
    assert not report.complete
    assert "another table" in report.tables["play_history"].problem
    assert mirror.plays.count(source="recorded") == 3
    server.pull(mirror)
    assert_sent_once(server, mirror, music_db)
    assert_equal(mirror, music_db)


# Bytes -----------------------------------------------------------------------------------------


def flip(path: Path, offsets: list[int]) -> None:
    with path.open("r+b") as file:
        for offset in offsets:
            file.seek(offset)
            byte = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([byte ^ 0x20]))


def test_a_flipped_letter_is_found_and_put_right(
    music_db: MusicDb, mirror_path: Path, server: pm.Server, assert_equal: Check
) -> None:
    music_db.execute("UPDATE tracks SET lyrics = 'a needle in this haystack' WHERE id = "
                     "(SELECT max(id) FROM tracks)")  # fmt: skip
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
    flip(mirror_path, [mirror_path.read_bytes().index(b"needle")])
    with pm.open(mirror_path) as mirror:
        report = server.repair(mirror)
        assert report.salvaged.set_aside is None
        assert (report.tables["tracks"].blocks_fetched, report.tables["tracks"].updated) == (1, 1)
        assert_equal(mirror, music_db)


@pytest.mark.parametrize("order", ["row", "index"])
def test_a_row_is_judged_by_itself_and_not_by_its_index(
    order: str, music_db: MusicDb, mirror_path: Path, server: pm.Server, assert_equal: Check
) -> None:
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
    [(track, artist)] = music_db.execute(
        "SELECT track_id, min(artist_id) FROM track_artists GROUP BY 1 HAVING count(*) = 1 LIMIT 1"
    )
    key = (track + artist if order == "row" else artist + track).encode()
    content = mirror_path.read_bytes()
    assert content.count(key) == 1
    # The last letter of the track: rows stay in order.
    last = len(track) if order == "row" else len(key)
    flip(mirror_path, [content.index(key) + last - 1])
    with pm.open(mirror_path) as mirror:
        report = server.repair(mirror)
        assert report.salvaged.set_aside is None
        assert report.tables["track_artists"].rows_fetched == (1 if order == "row" else 0)
        assert mirror.verify().ok
        assert server.verify(mirror).equal
        assert_equal(mirror, music_db)


def test_a_damaged_witness_is_not_heard(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """What the mirror knows of the server's history is damaged, and the server has it all."""
    server.pull(mirror)
    damage(mirror, "UPDATE playmirror_meta SET value = replace(value, char(31) || 'copied', "
                   "'9' || char(31) || 'copied') WHERE key = 'witnesses'")  # fmt: skip
    damage(mirror, "UPDATE playmirror_meta SET value = '1' WHERE key = 'server_started'")
    damage(mirror, "UPDATE play_history SET source = 'damaged'")
    music_db.execute("DELETE FROM play_history WHERE id > 900")
    assert server.repair(mirror).complete
    assert_equal(mirror, music_db)


def test_damaged_rows_do_not_accuse_the_server(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """The newest plays look like others than the server's, which has been started anew."""
    server.pull(mirror)
    damage(mirror, "UPDATE playmirror_meta SET value = '1' WHERE key = 'server_started'")
    damage(mirror, "UPDATE play_history SET played_at = '2001-01-01 00:00:00', "
                   "track_id = (SELECT min(id) FROM tracks)")  # fmt: skip
    assert server.repair(mirror).complete
    assert_equal(mirror, music_db)


def test_random_flips_are_put_right_and_pending_rows_kept(
    music_db: MusicDb, mirror_path: Path, server: pm.Server, assert_equal: Check, tmp_path: Path
) -> None:
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
        pending = record(mirror)
    whole = tmp_path / "whole"
    shutil.copy(mirror_path, whole)
    size = whole.stat().st_size
    renewed = 0
    for seed in range(8):
        shutil.copy(whole, mirror_path)
        random.seed(seed)
        flip(mirror_path, [random.randrange(16384, size) for _ in range(8)])
        with pm.open(mirror_path) as mirror:
            report = server.repair(mirror, confirm_deletes=True)
            renewed += report.salvaged.set_aside is not None
            damaged = len(report.damaged_entries) + len(report.salvaged.lost)
            assert mirror.verify().problems == [] or report.damaged_entries, seed
            assert server.verify(mirror).equal, seed
            assert handles(mirror) == pending or damaged, seed
    assert renewed < 8


# A file that is broken ----------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.2, 0.95])
def test_a_truncated_file_is_set_aside_and_copied_anew(
    share: float, music_db: MusicDb, mirror_path: Path, server: pm.Server, assert_equal: Check
) -> None:
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
        pending = record(mirror)
    left = mirror_path.read_bytes()
    left = left[: int(len(left) * share)]
    mirror_path.write_bytes(left)
    with pytest.raises(pm.MirrorUnusable) as refused:
        pm.open(mirror_path)
    assert refused.value.code == "damaged" and "salvage" in refused.value.hint
    report = pm.Mirror.salvage(mirror_path)
    assert report.set_aside is not None
    assert report.set_aside.name.startswith("music.db.damaged-")
    assert report.set_aside.read_bytes() == left
    with pm.open(mirror_path) as mirror:
        saved = handles(mirror)
        assert saved <= pending and len(saved) == report.saved
        assert saved == pending or report.lost
        assert_sent_once(server, mirror, music_db, len(saved))
        assert_equal(mirror, music_db)


def test_a_file_that_was_cut_behind_the_outbox_gives_up_what_was_recorded(
    music_db: MusicDb, mirror_path: Path, server: pm.Server
) -> None:
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
        pending = record(mirror)
    with closing(sqlite3.connect(mirror_path)) as connection:
        query = (
            "SELECT max(rootpage) FROM sqlite_schema WHERE substr(name, 12) IN "
            "('outbox', 'offered', 'pushes', 'delivered', 'exclusions', 'meta')"
        )
        [behind] = connection.execute(query).fetchone()
    whole = mirror_path.read_bytes()
    for length in [behind * 16384, *range(behind * 16384 + 1000, len(whole), 40_000)]:
        mirror_path.write_bytes(whole[:length])
        report = pm.Mirror.salvage(mirror_path)
        assert (report.saved, report.lost) == (len(pending), []), length
        assert report.set_aside is not None and report.set_aside.stat().st_size == length
        with pm.open(mirror_path) as mirror:
            assert handles(mirror) == pending
            assert mirror.verify().ok
    with pm.open(mirror_path) as mirror:
        assert_sent_once(server, mirror, music_db)


def test_a_page_that_cannot_be_read(
    music_db: MusicDb, mirror_path: Path, server: pm.Server, assert_equal: Check
) -> None:
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
        pending = record(mirror)
    with closing(sqlite3.connect(mirror_path)) as connection:
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'play_history'"
        [page] = connection.execute(query).fetchone()
    with mirror_path.open("r+b") as file:
        file.seek((page - 1) * 16384)
        file.write(b"\xa5" * 16384)
    with pm.open(mirror_path) as mirror:
        cursor = iter(mirror.artists.list())
        next(cursor)
        report = server.repair(mirror)
        assert report.salvaged.set_aside is not None and report.salvaged.saved == 3
        assert report.complete and report.tables["play_history"].inserted > 0
        assert len(list(cursor)) == len(mirror.artists) - 1  # goes on in the old file
        assert mirror.stats.totals().plays == len(mirror.plays)
        assert handles(mirror) == pending
        assert_sent_once(server, mirror, music_db)
        assert_equal(mirror, music_db)


@pytest.mark.parametrize("length", [100, 16384])
def test_a_file_without_its_head_gives_up_what_was_recorded(
    length: int, music_db: MusicDb, mirror_path: Path, server: pm.Server, assert_equal: Check
) -> None:
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
        pending = record(mirror)
    with mirror_path.open("r+b") as file:
        file.write(b"\xa5" * length)
    with pytest.raises(pm.MirrorUnusable) as refused:
        pm.open(mirror_path)
    assert "salvage" in refused.value.hint or "repair" in refused.value.hint
    report = pm.Mirror.salvage(mirror_path)
    assert report.saved == 3
    assert report.set_aside is not None and report.set_aside.read_bytes()[:9] == b"\xa5" * 9
    with pm.open(mirror_path) as mirror:
        assert handles(mirror) == pending
        assert all(mirror.plays[handle].source == "recorded" for handle in pending)
        server.pull(mirror)
        assert_sent_once(server, mirror, music_db)
        assert_equal(mirror, music_db)


def test_everything_recorded_survives_salvage(
    music_db: MusicDb, mirror_path: Path, server: pm.Server, assert_equal: Check
) -> None:
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
        mirror.artists.add(id="new artist", name="Someone", genres=["jazz"])
        track = mirror.tracks.add(
            id="new track", tempo=float("inf"), energy=0.25, key=7, artist_ids=["new artist"]
        )
        play = add_play(mirror, 1, "new track", skipped=True, listened_ms=5)
        snapshot = mirror.snapshots.add(date="2026-01-31T00:00:00Z", metrics_payload="{}")
        sent = add_play(mirror, 2, mirror.plays.recent(1)[0].track_id, source="sent")
        mirror.exclusions.set(name="noise", track_ids=["new track"])
        noise = mirror.exclusions.list()
    saved = pm.Mirror.salvage(mirror_path)
    assert (saved.saved, saved.lost) == (5, [])
    with pm.open(mirror_path) as mirror:
        assert mirror.exclusions.list() == noise
        assert mirror.tracks["new track"] == track
        assert [artist.id for artist in mirror.tracks.artists("new track")] == ["new artist"]
        assert mirror.plays[play.id] == play
        assert mirror.snapshots[snapshot.id] == snapshot
        assert mirror.plays[sent.id] == sent
        assert mirror.verify().ok
        again = add_play(mirror, 9, "new track")
        assert again.id < min(play.id, snapshot.id, sent.id)  # no id is given twice
        server.sync(mirror)
        assert mirror.pending() == []
        assert mirror.plays[play.id].id > 0
        assert_equal(mirror, music_db)
    plays, different = plays_on_server(music_db)
    assert plays == different


def test_a_renewal_that_was_cut_short_is_finished_by_open(
    music_db: MusicDb, mirror_path: Path, server: pm.Server, tmp_path: Path
) -> None:
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
        pending = record(mirror)
    shutil.copy(mirror_path, tmp_path / "other.db")
    pm.Mirror.salvage(tmp_path / "other.db")
    # Cut behind the last step but one, with the old log still there, or already moved.
    for with_log in (True, False):
        shutil.copy(tmp_path / "other.db", f"{mirror_path}-repaired")
        if with_log:
            Path(f"{mirror_path}-wal").write_bytes(b"an old log")
        with pm.open(mirror_path) as mirror:
            assert handles(mirror) == pending
            assert mirror.verify().ok
        assert not Path(f"{mirror_path}-repaired").exists()
    aside = [each for each in tmp_path.glob("music.db.damaged-*") if each.suffix[-4:] != "-wal"]
    assert len(aside) == 2


def test_a_file_that_another_process_has_open_is_not_renamed(
    music_db: MusicDb, mirror_path: Path, server: pm.Server
) -> None:
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
    holder = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
        "c.execute('SELECT count(*) FROM tracks').fetchone(); print('open', flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(mirror_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        with pytest.raises(pm.MirrorBusy, match=f"process {process.pid} "):
            pm.Mirror.salvage(mirror_path)
        process.communicate()
    assert pm.Mirror.salvage(mirror_path).set_aside is not None


def test_a_sound_file_of_another_program_is_not_touched(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE tracks (id)")
    before = foreign.read_bytes()
    with pytest.raises(pm.MirrorUnusable) as refused:
        pm.Mirror.salvage(foreign)
    assert refused.value.code == "not_a_mirror"
    assert foreign.read_bytes() == before
    with pytest.raises(pm.StorageError):
        pm.Mirror.salvage(tmp_path / "nothing")


@pytest.mark.parametrize("salvaged", [False, True])
def test_a_handle_that_makes_no_sense_is_told_and_the_others_are_saved(
    salvaged: bool, music_db: MusicDb, mirror_path: Path, server: pm.Server
) -> None:
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
        first = min(record(mirror, 1))
        server.sync(mirror)
        second = add_play(mirror, 9, mirror.plays[first].track_id).id
        server.sync(mirror)
        sent = mirror.plays[second].id
        damage(mirror, f"UPDATE playmirror_delivered SET rows = 0 WHERE provisional_id = {first}")
        [problem] = mirror.verify().problems
        assert str(first) in problem.where
        with pytest.raises(pm.MirrorUnusable, match="no sense"):
            mirror.plays.find(first)
        if not salvaged:
            [warning] = server.repair(mirror).warnings
            assert str(first) in warning
    if salvaged:
        assert pm.Mirror.salvage(mirror_path).lost != []
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
        assert mirror.plays[second].id == sent
        assert mirror.plays.find(first) is None
        assert mirror.verify().ok


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_a_flipped_bit_in_the_log_takes_the_mirror_back_and_doubles_nothing(
    share: float, music_db: MusicDb, mirror_path: Path, server: pm.Server, assert_equal: Check
) -> None:
    """SQLite drops what lies behind it: only what was recorded there and not sent is lost."""
    copy = mirror_path.with_name("copy.db")
    with pm.open(mirror_path) as mirror:
        server.pull(mirror)
        for number in range(6):
            record(mirror, number + 1)
            if number < 5:
                server.sync(mirror)
            music_db.execute("UPDATE tracks SET popularity = %s WHERE id > 'M'", [number])
            server.pull(mirror)
        shutil.copy(mirror_path, copy)
        shutil.copy(f"{mirror_path}-wal", f"{copy}-wal")
    log = Path(f"{copy}-wal")
    flip(log, [int(32 + (log.stat().st_size - 40) * share)])
    with pm.open(copy) as mirror:
        server.sync(mirror)
        assert_equal(mirror, music_db)
        assert server.verify(mirror).equal and mirror.verify().ok
    assert music_db.execute("SELECT count(*), count(DISTINCT played_at) FROM play_history "
                            "WHERE source = 'recorded'") in ([(5, 5)], [(6, 6)])  # fmt: skip
