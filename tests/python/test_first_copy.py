"""A first copy in ranges, and what may happen to a table between two of them."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import playmirror as pm
import pytest
from support.cut_proxy import Cut
from support.faults import proxy_of
from support.music_db import MusicDb

Check = Callable[[pm.Mirror, MusicDb], None]

PLAYS = 20_000

# So many blocks the first range has.
READ = "ctid < '(64,0)'"


def thin_out(db: MusicDb) -> None:
    """Makes room, so that a rewrite moves rows to blocks that were read already."""
    db.execute("DELETE FROM play_history WHERE id % 4 = 0")


def rewrite(db: MusicDb) -> None:
    """Moves rows that were not read to where the copy has been, and deletes as many that were read:
    then not even the number of rows tells that some are missing."""
    (here,) = db.execute(f"SELECT array_agg(id) FROM play_history WHERE {READ}")[0]
    db.execute("VACUUM FULL play_history")
    ((then,),) = db.execute(f"SELECT count(*) FROM play_history WHERE {READ}")
    assert len(here) < then < 2 * len(here)
    db.execute("DELETE FROM play_history WHERE id = ANY (%s)", [here[: then - len(here)]])


class OnceInPlays:
    """Calls `act` while the first range of play_history is being received."""

    def __init__(self, act: Callable[[pm.Progress], None]) -> None:
        self.act = act
        self.acted = False

    def __call__(self, progress: pm.Progress) -> None:
        if progress.phase == "index" and progress.table == "track_artists":
            time.sleep(0.2)  # reports are rare; the next one will not be too early
        if progress.phase == "first copy" and progress.table == "play_history" and not self.acted:
            self.acted = True
            self.act(progress)


def test_a_table_rewritten_between_two_ranges_is_copied_anew(
    music_db: MusicDb, mirror: pm.Mirror, server: pm.Server, assert_equal: Check
) -> None:
    music_db.fill(plays=PLAYS)
    thin_out(music_db)
    thread = threading.Thread(target=rewrite, args=[music_db])

    def begin_rewriting(_: pm.Progress) -> None:
        thread.start()
        thread.join(2)

    once = OnceInPlays(begin_rewriting)
    assert server.pull(mirror, progress=once).complete
    thread.join(30)
    assert once.acted and not thread.is_alive()
    assert_equal(mirror, music_db)


@pytest.mark.parametrize(
    ("change", "back", "problem"),
    [
        ("ALTER TABLE play_history DROP mood", "", ""),
        ("ALTER TABLE play_history RENAME mood TO feeling", "", ""),
        ("ALTER TABLE play_history RENAME source TO origin",
         "ALTER TABLE play_history RENAME origin TO source", "schema_mismatch"),
        ("ALTER TABLE play_history RENAME TO away",
         "ALTER TABLE away RENAME TO play_history", "schema_mismatch"),
        ("REVOKE SELECT ON play_history FROM laptop",
         "GRANT SELECT ON play_history TO laptop", "permission_denied"),
        ("ALTER TABLE play_history ENABLE ROW LEVEL SECURITY",
         "ALTER TABLE play_history DISABLE ROW LEVEL SECURITY", "row_security"),
    ],
)  # fmt: skip
def test_a_migration_between_two_ranges_ends_no_copy(
    music_db: MusicDb, mirror: pm.Mirror, change: str, back: str, problem: str, assert_equal: Check
) -> None:
    music_db.fill(plays=PLAYS)
    music_db.execute("ALTER TABLE play_history ADD mood text DEFAULT 'calm'")
    thread = threading.Thread(target=music_db.execute, args=[change])

    def begin_to_migrate(_: pm.Progress) -> None:
        thread.start()
        thread.join(1)

    with pm.connect(music_db.plain_role()) as server:
        report = server.pull(mirror, progress=OnceInPlays(begin_to_migrate))
        thread.join(30)
        assert {name: table.problem_code for name, table in report.pulled.items()} == {
            name: problem if name == "play_history" else "" for name in report.pulled
        }
        assert report.complete == (not problem)
        if back:
            music_db.execute(back)
            assert server.pull(mirror).complete
    assert_equal(mirror, music_db)


def test_a_table_rewritten_after_a_copy_was_cut_is_copied_anew(
    music_db: MusicDb, mirror_path: Path, assert_equal: Check
) -> None:
    music_db.fill(plays=PLAYS)
    thin_out(music_db)
    before: list[int] = []
    with pm.open(mirror_path.with_name("whole.db")) as mirror, pm.connect(music_db.dsn) as server:
        server.pull(mirror, progress=OnceInPlays(lambda progress: before.append(progress.bytes)))
    with proxy_of(music_db) as proxy, pm.open(mirror_path) as mirror:
        # Somewhere in the second range.
        proxy.cut = Cut("down", after=before[0] + 64 * 8192 * 3 // 2)
        with pytest.raises(pm.ServerUnavailable):
            mirror.pull(proxy.dsn(music_db.dsn))
        assert mirror.plays.count() > 0
    rewrite(music_db)
    with pm.open(mirror_path) as mirror, pm.connect(music_db.dsn) as server:
        assert server.pull(mirror).complete
        assert_equal(mirror, music_db)


def test_a_partitioned_table_is_copied_by_key(
    music_db: MusicDb, mirror: pm.Mirror, server: pm.Server, assert_equal: Check
) -> None:
    music_db.fill(plays=PLAYS)
    music_db.execute(
        "ALTER TABLE play_history RENAME TO old_plays;"
        "CREATE TABLE play_history (LIKE old_plays INCLUDING DEFAULTS, PRIMARY KEY (id))"
        " PARTITION BY RANGE (id);"
        "CREATE TABLE plays_1 PARTITION OF play_history FOR VALUES FROM (MINVALUE) TO (5000);"
        "CREATE TABLE plays_2 PARTITION OF play_history FOR VALUES FROM (5000) TO (MAXVALUE);"
        "INSERT INTO play_history SELECT * FROM old_plays"
    )
    assert server.pull(mirror).complete
    assert_equal(mirror, music_db)
    music_db.execute("DELETE FROM play_history WHERE id BETWEEN 4990 AND 5010")
    assert server.pull(mirror).pulled["play_history"].deleted > 0
    assert_equal(mirror, music_db)


def change_plays(db: MusicDb, _: pm.Mirror) -> None:
    """One that was read already is read again, behind the others; one goes; one comes."""
    db.execute(
        "UPDATE play_history SET listened_ms = 7 WHERE id = 11;"
        "DELETE FROM play_history WHERE id = 12;"
        "INSERT INTO play_history (id, played_at) VALUES (13000000, '2020-01-01'), (-5, NULL)"
    )


def change_tracks(db: MusicDb, _: pm.Mirror) -> None:
    """Before their bulky columns are read."""
    db.execute(
        "UPDATE tracks SET lyrics = 'La', name = 'New' WHERE id = (SELECT min(id) FROM tracks);"
        "INSERT INTO tracks (id, name, lyrics) VALUES ('brandnew', 'Brand new', 'Li')"
    )


def record(_: MusicDb, mirror: pm.Mirror) -> None:
    mirror.plays.add(
        track_id=next(iter(mirror.tracks)).id, played_at=datetime(2026, 1, 2, tzinfo=timezone.utc)
    )


def record_and_discard(db: MusicDb, mirror: pm.Mirror) -> None:
    record(db, mirror)
    mirror.discard(mirror.pending()[0].entry)


@pytest.mark.parametrize("act", [change_plays, change_tracks, record, record_and_discard])
def test_what_is_made_of_the_rows_agrees_with_them(
    act: Callable[[MusicDb, pm.Mirror], None],
    music_db: MusicDb,
    mirror: pm.Mirror,
    server: pm.Server,
    assert_equal: Check,
) -> None:
    music_db.fill(plays=PLAYS)
    once = OnceInPlays(lambda _: act(music_db, mirror))
    assert server.pull(mirror, progress=once).complete
    assert once.acted
    found = mirror.verify()
    assert found.ok and found.blocks > 0, found
    for depth in ("quick", "full"):
        assert server.verify(mirror, depth=depth).equal
    server.sync(mirror)
    assert mirror.verify().ok
    assert_equal(mirror, music_db)


@pytest.mark.parametrize("setting", ["statement_timeout", "transaction_timeout"])
def test_a_copy_takes_smaller_steps_where_a_statement_may_not_take_long(
    small_db: MusicDb, mirror: pm.Mirror, assert_equal: Check, setting: str
) -> None:
    """Over a slow line, of which the server's settings count the time."""
    if setting == "transaction_timeout":
        small_db.needs(17)
    small_db.execute("""
        ALTER TABLE play_history ADD COLUMN note text;
        ALTER TABLE play_history ALTER note SET STORAGE EXTERNAL;
        INSERT INTO play_history (note) SELECT repeat('n', 20000) FROM generate_series(1, 600);
        UPDATE tracks SET raw_data = (SELECT json_agg(md5(id || i)) FROM generate_series(1, 400) i)
    """)
    ((plays,),) = small_db.execute("SELECT count(*) FROM play_history")
    with proxy_of(small_db) as proxy:
        proxy.delay = 0.01
        dsn = f"{proxy.dsn(small_db.dsn)} options='-c {setting}=300'"
        report = mirror.pull(dsn)
    assert report.complete
    assert report.pulled["play_history"].inserted == plays
    assert mirror.stats.totals().plays == plays
    assert_equal(mirror, small_db)
