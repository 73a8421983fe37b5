"""A row is pushed once whoever offers it: a copied file, a restored one, another device."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import playmirror as pm
import pytest
from support.faults import START, add_play, add_tracks, memory_directory, played_at, plays_on_server
from support.music_db import MusicDb

Equal = Callable[[pm.Mirror, MusicDb], None]


@pytest.fixture
def db(music_db: MusicDb) -> MusicDb:
    add_tracks(music_db, "t1", "t2")
    return music_db


def synced(db: MusicDb, path: Path) -> pm.Mirror:
    mirror = pm.open(path)
    mirror.pull(db.dsn)
    return mirror


def copy_of(mirror: pm.Mirror, path: Path) -> Path:
    """A copy of the open file, as a person's backup tool that knows SQLite would make it."""
    with (
        closing(sqlite3.connect(f"{mirror.path.as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(path)) as target,
    ):
        source.backup(target)
    return path


def test_a_copied_file_and_its_original_push_each_play_once(
    db: MusicDb, tmp_path: Path, assert_equal: Equal
) -> None:
    with synced(db, tmp_path / "a.db") as original:
        for number in range(20):
            add_play(original, number)
        with pm.open(copy_of(original, tmp_path / "b.db")) as twin:
            add_play(original, 100)
            add_play(twin, 200)
            first = original.sync(db.dsn)
            second = twin.sync(db.dsn)
            original.pull(db.dsn)
            assert (first.pushed, first.already_there) == (21, 0)
            assert (second.pushed, second.already_there) == (1, 20)
            assert {row.kind for row in second.rows} == {"already_there"}
            assert plays_on_server(db) == (22, 22)
            assert original.pending() == twin.pending() == []
            assert_equal(original, db)
            assert_equal(twin, db)


def test_a_closed_file_may_be_copied_alone(db: MusicDb, tmp_path: Path) -> None:
    with synced(db, tmp_path / "a.db") as mirror:
        add_play(mirror, 1)
    shutil.copy(tmp_path / "a.db", tmp_path / "b.db")
    with pm.open(tmp_path / "b.db") as twin:
        assert twin.verify().ok
        assert [entry.table for entry in twin.pending()] == ["play_history"]


def test_copies_that_push_at_once_push_each_play_once(
    db: MusicDb, tmp_path: Path, assert_equal: Equal
) -> None:
    with synced(db, tmp_path / "0.db") as original:
        for number in range(50):
            add_play(original, number)
        mirrors = [original]
        mirrors += [pm.open(copy_of(original, tmp_path / f"{n}.db")) for n in range(1, 4)]
        with ThreadPoolExecutor(len(mirrors)) as pool:
            reports = list(pool.map(lambda mirror: mirror.push(db.dsn, batch_rows=7), mirrors))
        assert sum(report.pushed for report in reports) == 50
        assert sum(report.already_there for report in reports) == 150
        assert plays_on_server(db) == (50, 50)
        for mirror in mirrors:
            mirror.sync(db.dsn)
            assert_equal(mirror, db)
        for mirror in mirrors[1:]:
            mirror.close()


def test_a_file_restored_from_before_the_last_push(
    db: MusicDb, tmp_path: Path, assert_equal: Equal
) -> None:
    with synced(db, tmp_path / "now.db") as mirror:
        for number in range(10):
            add_play(mirror, number)
        copy_of(mirror, tmp_path / "backup.db")
        for number in range(10, 15):
            add_play(mirror, number)
        mirror.sync(db.dsn)
    with pm.open(tmp_path / "backup.db") as restored:
        # The ten of the backup, one of the five it never heard of, and a new one.
        add_play(restored, 12)
        add_play(restored, 1_000)
        report = restored.sync(db.dsn)
        assert (report.pushed, report.already_there) == (1, 11)
        assert plays_on_server(db) == (16, 16)
        assert_equal(restored, db)


def test_a_file_restored_from_before_the_first_pull(
    db: MusicDb, tmp_path: Path, assert_equal: Equal
) -> None:
    with pm.open(tmp_path / "a.db") as mirror:
        mirror.tracks.add(id="t1", name="Known here before the server was ever asked")
        add_play(mirror, 1)
        copy_of(mirror, tmp_path / "backup.db")
        mirror.sync(db.dsn)
    with pm.open(tmp_path / "backup.db") as restored:
        report = restored.sync(db.dsn)
        assert (report.pushed, report.already_there) == (0, 2)
        assert restored.tracks["t1"].name == "Track t1"
        assert_equal(restored, db)


def test_two_devices_record_the_same_play(db: MusicDb, tmp_path: Path, assert_equal: Equal) -> None:
    with synced(db, tmp_path / "a.db") as one, synced(db, tmp_path / "b.db") as other:
        add_play(one, 1, listened_ms=1)
        play = add_play(other, 1, listened_ms=2)
        assert one.sync(db.dsn).pushed == 1
        report = other.sync(db.dsn)
        assert (report.pushed, report.already_there, report.rejected) == (0, 1, 0)
        [outcome] = report.rows
        assert outcome.kind == "already_there"
        assert (outcome.entry.table, outcome.entry.row_id) == ("play_history", play.id)
        assert plays_on_server(db) == (1, 1)
        assert other.plays[play.id].listened_ms == 1  # the server's copy was adopted
        assert_equal(other, db)


def test_a_play_that_a_pull_brings_first_leaves_the_outbox(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    mirror.pull(db.dsn)
    play = add_play(mirror, 1, listened_ms=2)
    snapshot = mirror.snapshots.add(date=START, period_label="a")
    db.execute(
        "INSERT INTO play_history (track_id, played_at, listened_ms) VALUES ('t1', %s, 1)",
        [played_at(1).replace(tzinfo=None)],
    )
    db.execute(
        "INSERT INTO analysis_snapshots (date, period_label, model_used) VALUES (%s, 'a', 'x')",
        [START.replace(tzinfo=None)],
    )
    report = mirror.pull(db.dsn)
    assert report.already_there == 2
    assert mirror.pending() == []
    assert mirror.plays[play.id].listened_ms == 1
    assert mirror.snapshots[snapshot.id].model_used == "x"
    assert len(mirror.plays) == len(mirror.snapshots) == 1
    assert_equal(mirror, db)


def test_a_track_that_a_pull_brings_first_has_the_links_of_the_server(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    mirror.pull(db.dsn)
    mirror.artists.add(id="ours")
    mirror.artists.add(id="both")
    mirror.tracks.add(id="new", artist_ids=["ours", "both"])
    db.execute("INSERT INTO artists (id) VALUES ('ours'), ('both'), ('theirs')")
    db.execute("INSERT INTO tracks (id) VALUES ('new')")
    db.execute("INSERT INTO track_artists VALUES ('new', 'both'), ('new', 'theirs')")
    assert mirror.pull(db.dsn).already_there == 3
    assert mirror.pending() == []
    assert_equal(mirror, db)


def test_equal_plays_that_the_server_has_stay_two(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    """The schema allows them: only rows recorded here are recognised, nothing is merged."""
    mirror.pull(db.dsn)
    add_play(mirror, 1)
    for _ in range(2):
        db.execute(
            "INSERT INTO play_history (track_id, played_at) VALUES ('t1', %s)",
            [played_at(1).replace(tzinfo=None)],
        )
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.already_there) == (0, 1)
    assert plays_on_server(db) == (2, 1)
    assert_equal(mirror, db)


def test_what_is_close_is_not_the_same(db: MusicDb, mirror: pm.Mirror) -> None:
    mirror.pull(db.dsn)
    for second in ("05.999999", "06", "06.000001", "06.1"):
        mirror.plays.add(track_id="t1", played_at=f"2026-01-31T06:00:{second}Z")
    mirror.plays.add(track_id="t2", played_at="2026-01-31T06:00:06Z")
    # The same instant, told in another zone.
    mirror.plays.add(track_id="t2", played_at="2026-01-31T08:30:06.000+02:30")
    for label in (None, "", "a", "A", "a "):
        mirror.snapshots.add(date=START, period_label=label)
    assert mirror.sync(db.dsn).pushed == 10
    assert plays_on_server(db) == (5, 5)
    labels = db.execute("SELECT period_label FROM analysis_snapshots ORDER BY id")
    assert labels == [(None,), ("",), ("a",), ("A",), ("a ",)]


def test_adding_twice_gives_the_first_before_and_after_the_push(
    db: MusicDb, mirror: pm.Mirror
) -> None:
    mirror.pull(db.dsn)
    play = add_play(mirror, 1, listened_ms=1)
    snapshot = mirror.snapshots.add(date=START, period_label="a", model_used="x")
    for _ in range(2):
        assert add_play(mirror, 1, listened_ms=2).listened_ms == 1
        assert mirror.snapshots.add(date=START, period_label="a").model_used == "x"
        assert (len(mirror.plays), len(mirror.snapshots)) == (1, 1)
        mirror.sync(db.dsn)
    assert add_play(mirror, 1).id == mirror.plays[play.id].id > 0
    assert mirror.snapshots.add(date=START, period_label="a").id == mirror.snapshots[snapshot.id].id


def test_a_provisional_id_becomes_the_servers_and_still_resolves(
    db: MusicDb, mirror: pm.Mirror, mirror_path: Path, assert_equal: Equal
) -> None:
    mirror.pull(db.dsn)
    plays = [add_play(mirror, number, context_uri=str(number)) for number in range(3)]
    snapshot = mirror.snapshots.add(date=START, period_label="a")
    old = [play.id for play in plays]
    assert all(id < -(2**31) for id in [*old, snapshot.id])
    assert len({*old, snapshot.id}) == 4
    with pm.connect(db.dsn) as server:
        server.push(mirror)
        assert_equal(mirror, db)  # without a pull: the rows stay, under their new ids
        server.pull(mirror)
    mirror.close()
    with pm.open(mirror_path) as reopened:
        new = [reopened.plays[id].id for id in old]
        assert new == sorted(new) and new[0] > 0
        assert [reopened.plays[id].context_uri for id in old] == ["0", "1", "2"]
        assert reopened.snapshots[snapshot.id].id > 0
        assert not set(reopened.sql("SELECT id FROM play_history").column("id")) & set(old)
        # No id is given out twice, whatever was pushed in between.
        assert add_play(reopened, 10).id < min(*old, snapshot.id)


def test_a_row_is_never_gone_between_push_and_pull(db: MusicDb, tmp_path: Path) -> None:
    with memory_directory() as directory, synced(db, directory / "a.db") as mirror:
        ids = [add_play(mirror, number).id for number in range(200)]
        with ThreadPoolExecutor(1) as pool, pm.connect(db.dsn) as server:
            pushing = pool.submit(server.sync, mirror, push={"batch_rows": 20})
            looks = 0
            while not pushing.done():
                assert len(mirror.plays) == 200
                assert mirror.plays.find(ids[looks % 200]) is not None
                looks += 1
            assert pushing.result().pushed == 200
        assert looks > 5


def test_the_log_is_immutable(db: MusicDb, mirror: pm.Mirror) -> None:
    mirror.pull(db.dsn)
    add_play(mirror, 1)
    mirror.sync(db.dsn)
    for statement in (
        "UPDATE play_history SET skipped = 1",
        "DELETE FROM play_history",
        "INSERT INTO play_history (track_id) VALUES ('t1')",
        "DELETE FROM playmirror_outbox",
        "SELECT 1; DELETE FROM play_history",
        "PRAGMA user_version = 7",
    ):
        with pytest.raises(pm.QueryError) as caught:
            mirror.sql(statement)
        assert caught.value.code == "query_refused", statement
    for verb in ("update", "delete", "remove", "set", "replace", "clear"):
        assert not hasattr(mirror.plays, verb)
    with pytest.raises(TypeError):
        mirror.plays[1] = None  # type: ignore[index]
    assert len(mirror.plays) == 1


@pytest.mark.parametrize(
    "migration",
    [
        "ALTER TABLE play_history RENAME TO old; ALTER TABLE other RENAME TO play_history",
        "ALTER TABLE play_history RENAME track_id TO old; "
        "ALTER TABLE play_history RENAME track TO track_id",
        "ALTER TABLE play_history RENAME played_at TO old; "
        "ALTER TABLE play_history RENAME moment TO played_at",
    ],
)
def test_a_play_that_an_old_row_shows_after_a_migration_is_not_doubled(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal, migration: str
) -> None:
    """Another table, or another column, takes the place of one: its rows are older than the last
    pull, which has not seen them."""
    at = played_at(1).replace(tzinfo=None)
    db.execute("ALTER TABLE play_history ADD COLUMN track varchar, ADD COLUMN moment timestamp")
    db.execute("CREATE TABLE other (LIKE play_history INCLUDING ALL)")
    for row in (("t2", at, "t1", at), ("t1", at.replace(year=2000), "t2", at)):
        db.execute(
            "INSERT INTO play_history (track_id, played_at, track, moment) VALUES (%s, %s, %s, %s)",
            row,
        )
    db.execute("INSERT INTO other (track_id, played_at) VALUES ('t1', %s)", [at])
    mirror.sync(db.dsn)
    add_play(mirror, 1)
    db.execute(migration)
    report = mirror.sync(db.dsn)
    twins = "SELECT count(*) FROM play_history WHERE track_id = 't1' AND played_at = %s"
    assert db.execute(twins, [at]) == [(1,)]
    assert (report.pushed, report.already_there) == (0, 1)
    assert mirror.pending() == []
    assert_equal(mirror, db)


def test_no_batch_searches_when_nobody_else_wrote(db: MusicDb, mirror: pm.Mirror) -> None:
    """Between the batches of a push nothing happens but the push itself."""

    def known_to_statistics() -> tuple[int, int]:
        [(inserted, scans)] = db.execute(
            "SELECT n_tup_ins, seq_scan FROM pg_stat_user_tables WHERE relname = 'play_history'"
        )
        return inserted, scans

    def scans_of_a_push(attempt: int) -> int:
        mirror.pull(db.dsn)
        for number in range(200):
            add_play(mirror, 200 * attempt + number)
        _, before = known_to_statistics()
        mirror.push(db.dsn, batch_rows=20)
        deadline = time.monotonic() + 10
        while (found := known_to_statistics())[0] < 200 * (attempt + 1):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return found[1] - before

    # The server's own housekeeping is somebody else, and may come between pull and push.
    assert min(scans_of_a_push(attempt) for attempt in range(3)) < 10, (
        "each batch searched the whole table"
    )
