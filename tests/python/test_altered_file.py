"""Another SQLite program has altered the tables of a mirror, or the text that SQLite keeps of them
is damaged: each call says so, verify() names the table, and repair() and salvage() get out of it
what was recorded."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import playmirror as pm
import pytest
from support.faults import add_play, plays_on_server
from support.music_db import MusicDb
from support.offline_library import open_library
from test_verify import damage

Check = Callable[[pm.Mirror, MusicDb], None]


@pytest.fixture
def made(mirror_path: Path) -> Path:
    """A closed mirror with a small library in it, all of it pending."""
    open_library(mirror_path).close()
    return mirror_path


def alter(path: Path, statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(statements)


def rename_in_schema(old: str, new: str) -> str:
    """What a flipped bit in the text of the tables comes to."""
    return (
        "PRAGMA writable_schema = ON; "
        f"UPDATE sqlite_schema SET sql = replace(sql, '{old}', '{new}'); "
        "PRAGMA schema_version = 1000"
    )


ALTERED = {
    "artists": "DROP TABLE artists",
    "tracks": "ALTER TABLE tracks DROP COLUMN lyrics",
    "play_history": "ALTER TABLE play_history RENAME COLUMN source TO origin",
    "playmirror_outbox": "ALTER TABLE playmirror_outbox RENAME COLUMN identity TO known_by",
    "playmirror_meta": "ALTER TABLE playmirror_meta RENAME TO meta",
    "playmirror_artist_codes": rename_in_schema("genres  TEXT", "genrds  TEXT"),
    "playmirror_blocks": "DROP TABLE playmirror_blocks",
}


@pytest.mark.parametrize("table", ALTERED)
def test_verify_names_the_table(table: str, made: Path) -> None:
    with pm.open(made) as mirror:
        alter(made, ALTERED[table])
        report = mirror.verify()
        assert not report.ok
        assert table in {problem.where for problem in report.problems}
        what = next(each.what for each in report.problems if each.where == table)
        assert "missing" in what


def test_a_column_that_is_empty_in_every_row_is_missed_too(made: Path) -> None:
    """No digest has it."""
    alter(made, rename_in_schema("genre_tags", "genre_tafs"))
    with pm.open(made) as mirror:
        [problem] = mirror.verify().problems
        assert (problem.where, problem.what) == ("tracks", "the column genre_tags is missing")


@pytest.mark.parametrize("table", ALTERED)
def test_every_call_says_that_the_file_is_damaged(table: str, made: Path) -> None:
    """In a process of its own, for a crash would be the end of this one."""
    alter(made, ALTERED[table])
    program = """if True:
        import sys
        import playmirror as pm
        calls = (
            lambda m: m.plays.add(track_id="so-what", played_at="2026-02-01T00:00:00Z"),
            lambda m: m.stats.totals(), lambda m: m.stats.top_artists(),
            lambda m: m.stats.activity("month"), lambda m: m.stats.top_genres(),
            lambda m: m.stats.top_albums(), lambda m: m.stats.skips("artist"),
            lambda m: list(m.plays.list()), lambda m: list(m.tracks.list()),
            lambda m: list(m.artists.list()), lambda m: m.pending(), lambda m: m.status(),
            lambda m: m.verify(),
        )
        refused = 0
        for turn in range(2):
            try:
                mirror = pm.open(sys.argv[1])
            except pm.MirrorUnusable as error:
                assert error.code == "damaged", error
                refused += 1
                continue
            for call in calls * 2:
                try:
                    call(mirror)
                except pm.Error as error:
                    assert error.code == "damaged" and "repair" in error.hint, error
                    refused += 1
            mirror.close()
        assert refused
    """
    done = subprocess.run(
        [sys.executable, "-c", program, str(made)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("table", ALTERED)
def test_a_repair_sets_the_file_aside_and_keeps_what_was_recorded(
    table: str, small_db: MusicDb, mirror_path: Path, assert_equal: Check
) -> None:
    with pm.open(mirror_path) as mirror, pm.connect(small_db.dsn) as server:
        server.pull(mirror)
        track = next(iter(mirror.tracks.list(limit=1))).id
        pending = {add_play(mirror, n, track, source="recorded").id for n in range(3)}
        alter(mirror_path, ALTERED[table])
        report = server.repair(mirror)
        assert report.complete
        assert report.salvaged.set_aside is not None
        kept = {entry.row_id for entry in mirror.pending()}
        if table == "playmirror_outbox":  # it cannot be read under another name
            assert report.salvaged.lost
        else:
            assert kept == pending
        server.sync(mirror)
        assert plays_on_server(small_db)[0] == 1000 + len(kept)
        assert mirror.verify().ok
        assert_equal(mirror, small_db)


def test_a_file_that_says_it_is_of_an_older_format(made: Path) -> None:
    alter(made, "PRAGMA user_version = 3")
    with pytest.raises(pm.MirrorUnusable) as refused:
        pm.open(made)
    assert refused.value.code == "damaged"
    pending = 11
    assert pm.Mirror.salvage(made).saved == pending
    with pm.open(made) as mirror:
        assert mirror.status().pending == pending


def test_triggers_of_another_program_do_not_run(made: Path) -> None:
    alter(
        made,
        "CREATE TRIGGER gone AFTER INSERT ON play_history BEGIN DELETE FROM playmirror_outbox; END;"
        "CREATE TRIGGER ignored BEFORE INSERT ON play_history "
        "WHEN new.source = 'ignored' BEGIN SELECT RAISE(IGNORE); END",
    )
    with pm.open(made) as mirror:
        before = mirror.status().pending
        for source in ("kept", "ignored"):
            play = mirror.plays.add(
                track_id="so-what", played_at=f"2026-02-0{len(source)}T00:00:00Z", source=source
            )
            assert mirror.plays[play.id] == play
        assert mirror.status().pending == before + 2


def test_an_index_of_another_program_is_named(made: Path) -> None:
    alter(made, "CREATE UNIQUE INDEX once ON play_history (track_id) WHERE source = 'twice'")
    again = {"track_id": "so-what", "source": "twice"}
    with pm.open(made) as mirror:
        mirror.plays.add(played_at="2026-02-01T00:00:00Z", **again)
        pending = mirror.status().pending
        with pytest.raises(pm.MirrorUnusable, match="UNIQUE") as refused:
            mirror.plays.add(played_at="2026-02-02T00:00:00Z", **again)
        assert (refused.value.code, mirror.status().pending) == ("damaged", pending)
        assert "index" in refused.value.hint
        assert "salvage" in refused.value.hint
    assert pm.Mirror.salvage(made).saved == pending
    with pm.open(made) as mirror:
        mirror.plays.add(played_at="2026-02-02T00:00:00Z", **again)


def test_salvage_leaves_out_what_a_new_file_would_not_take(
    small_db: MusicDb, mirror_path: Path
) -> None:
    """A flipped bit in the kind of an exclusion keeps nobody from what was recorded."""
    with pm.open(mirror_path) as mirror, pm.connect(small_db.dsn) as server:
        server.pull(mirror)
        track = next(iter(mirror.tracks.list(limit=1))).id
        add_play(mirror, 1, track)
        mirror.exclusions.set(name="kept", track_ids=[track])
        mirror.exclusions.set(name="hurt", track_ids=[track])
        damage(
            mirror,
            "PRAGMA ignore_check_constraints = ON; "
            "UPDATE playmirror_exclusions SET kind = 'vrack' WHERE name = 'hurt'; "
            "INSERT OR REPLACE INTO playmirror_meta VALUES ('plays_since', 'yesterday'); "
            "DROP TABLE playlist_config",
        )
        assert not mirror.verify().ok
        report = server.repair(mirror)
        assert report.complete
        assert report.salvaged.saved == 1
        assert [problem.where for problem in report.salvaged.lost] == ["the outbox"]
        assert [each.name for each in mirror.exclusions.list()] == ["kept"]
        assert mirror.status().plays_since is None
        assert mirror.verify().ok


def test_a_limit_that_is_no_time_is_told(made: Path) -> None:
    with pm.open(made) as mirror:
        damage(mirror, "INSERT INTO playmirror_meta VALUES ('plays_since', 'yesterday')")
        with pytest.raises(pm.MirrorUnusable, match="plays_since"):
            mirror.status()


def test_times_that_are_none_hide_nothing(small_db: MusicDb, mirror_path: Path) -> None:
    """Neither the other entries of the outbox, nor the mirror from its server."""
    with pm.open(mirror_path) as mirror, pm.connect(small_db.dsn) as server:
        server.pull(mirror)
        track = next(iter(mirror.tracks.list(limit=1))).id
        plays = [add_play(mirror, n, track) for n in range(3)]
        bad = mirror.pending()[1].entry
        damage(
            mirror,
            f"UPDATE playmirror_outbox SET recorded_at = 'gestern' WHERE entry = {bad}; "
            "UPDATE playmirror_meta SET value = 'yesterday' WHERE key LIKE 'last_%'",
        )
        pending = mirror.pending()
        assert [entry.row_id for entry in pending] == [play.id for play in plays]
        assert pending[1].recorded_at == pm.Timestamp.negative_infinity()
        assert (mirror.status().last_pull, mirror.status().queued) == (None, 3)
        assert not mirror.verify().ok
        report = server.repair(mirror)
        assert (report.complete, report.damaged_entries) == (True, [])
        assert mirror.pending()[1].recorded_at > pm.Timestamp.parse("2026-01-01T00:00:00Z")
        assert server.sync(mirror, pull={"sweep_interval": 60}).pushed == 3
        assert mirror.status().last_pull is not None
        assert mirror.verify().ok
