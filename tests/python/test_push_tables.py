"""Tables that take no row for now, as after a migration or without a privilege, and servers that
have no time for any: what was recorded waits and says for what, and the rest arrives."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import playmirror as pm
import pytest
from support import two_tracks
from support.faults import START, add_play, add_tracks, plays_on_server, wait_until
from support.music_db import MusicDb

Equal = Callable[[pm.Mirror, MusicDb], None]

db, mirror = two_tracks.db, two_tracks.mirror


def test_a_column_without_default_is_told_before_anything_is_sent(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    db.execute("ALTER TABLE play_history ADD COLUMN device text NOT NULL")
    for number in range(3):
        add_play(mirror, number)
    snapshot = mirror.snapshots.add(date=START, period_label="others go on")
    [(before,)] = db.execute("SELECT last_value FROM play_history_id_seq")
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.waiting, report.rejected) == (1, 3, 0)
    assert mirror.snapshots[snapshot.id].id > 0
    for entry in mirror.pending():
        assert (entry.state, entry.sqlstate) == ("waiting", "23502")
        assert "device" in entry.message and "play_history" in entry.message
    assert db.execute("SELECT last_value FROM play_history_id_seq") == [(before,)]
    assert mirror.sql("SELECT device FROM play_history").column("device") == [None] * 3
    db.execute("ALTER TABLE play_history ALTER device SET DEFAULT 'laptop'")
    assert mirror.sync(db.dsn).pushed == 3
    assert_equal(mirror, db)


def test_a_dropped_column_keeps_the_rows(db: MusicDb, mirror: pm.Mirror) -> None:
    add_play(mirror, 1, source="laptop")
    db.execute("ALTER TABLE play_history RENAME source TO origin")
    with pm.connect(db.dsn) as server:
        report = server.push(mirror)
    assert (report.pushed, report.waiting) == (0, 1)
    [entry] = mirror.pending()
    assert entry.sqlstate == "42703" and "source" in entry.message
    db.execute("ALTER TABLE play_history RENAME origin TO source")
    assert mirror.sync(db.dsn).pushed == 1


def test_a_column_that_the_server_computes_keeps_the_rows(db: MusicDb, mirror: pm.Mirror) -> None:
    add_play(mirror, 1, source="laptop")
    db.execute("ALTER TABLE play_history DROP source, "
               "ADD source varchar GENERATED ALWAYS AS ('computed') STORED")  # fmt: skip
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.waiting, report.complete) == (0, 1, True)
    [entry] = mirror.pending()
    assert entry.sqlstate == "428C9" and "source" in entry.message
    db.execute("ALTER TABLE play_history ALTER source DROP EXPRESSION")
    assert mirror.sync(db.dsn).pushed == 1


def test_a_column_of_another_kind_keeps_the_rows(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    add_play(mirror, 1)
    add_play(mirror, 2)
    db.execute("ALTER TABLE play_history ALTER played_at TYPE date")
    with pm.connect(db.dsn) as server:
        report = server.sync(mirror)
        assert (report.pushed, report.waiting) == (0, 2)
        assert {entry.sqlstate for entry in mirror.pending()} == {"42804"}
        assert "played_at has type date" in mirror.pending()[0].message
        db.execute("ALTER TABLE play_history ALTER played_at TYPE timestamp")
        assert server.sync(mirror).pushed == 2
    assert_equal(mirror, db)


@pytest.mark.parametrize(
    "missing", ["INSERT ON play_history", "USAGE ON SEQUENCE play_history_id_seq"]
)
def test_a_missing_privilege_is_told_and_the_rows_are_kept(
    db: MusicDb, mirror: pm.Mirror, plain_role: str, missing: str
) -> None:
    db.execute(f"REVOKE {missing} FROM laptop")
    add_play(mirror, 1)
    mirror.snapshots.add(date=START, period_label="a")
    add_tracks(db, "t3")
    with pm.connect(plain_role) as server:
        report = server.sync(mirror)
        assert (report.pushed, report.waiting) == (1, 1)
        [entry] = mirror.pending()
        assert entry.sqlstate == "42501"
        assert "play_history" in entry.message and "GRANT" in entry.message
        remedies = [finding.remedy for finding in server.doctor().findings]
    assert "t3" in mirror.tracks  # the pull went on
    [grant] = [remedy for remedy in remedies if missing.split()[0] in remedy and "GRANT" in remedy]
    db.execute(grant)
    mirror.sync(plain_role)
    assert mirror.pending() == []
    assert plays_on_server(db) == (1, 1)


BROKEN_TRIGGER = """
CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM what_was_renamed FROM public.tracks; RETURN new; END $$;
CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH ROW {when} EXECUTE FUNCTION broken()
"""


@pytest.mark.parametrize(
    ("trouble", "sqlstate", "remedy"),
    [
        (
            "REVOKE USAGE ON SEQUENCE analysis_snapshots_id_seq FROM laptop",
            "42501",
            "GRANT USAGE ON SEQUENCE analysis_snapshots_id_seq TO laptop",
        ),
        (
            "ALTER TABLE analysis_snapshots ENABLE ROW LEVEL SECURITY",
            "42501",
            "ALTER TABLE analysis_snapshots DISABLE ROW LEVEL SECURITY",
        ),
        (
            "ALTER TABLE analysis_snapshots RENAME TO old;"
            "CREATE VIEW analysis_snapshots AS TABLE old;"
            "GRANT SELECT, INSERT ON analysis_snapshots TO laptop",
            "42809",
            "DROP VIEW analysis_snapshots; ALTER TABLE old RENAME TO analysis_snapshots",
        ),
        (
            "SELECT setval('analysis_snapshots_id_seq', 9);"
            "ALTER SEQUENCE analysis_snapshots_id_seq MAXVALUE 9",
            "2200H",
            "ALTER SEQUENCE analysis_snapshots_id_seq NO MAXVALUE",
        ),
        (
            BROKEN_TRIGGER.format(table="analysis_snapshots", when=""),
            "42703",
            "DROP FUNCTION broken CASCADE",
        ),
    ],
)
def test_a_table_that_takes_no_row_holds_up_no_other(
    db: MusicDb,
    mirror: pm.Mirror,
    plain_role: str,
    assert_equal: Equal,
    trouble: str,
    sqlstate: str,
    remedy: str,
) -> None:
    mirror.sync(plain_role)
    db.execute(trouble)
    add_play(mirror, 1)
    for label in "ab":
        mirror.snapshots.add(date=START, period_label=label)
    report = mirror.sync(plain_role)
    assert (report.pushed, report.waiting, report.rejected) == (1, 2, 0)
    assert {entry.table for entry in mirror.pending()} == {"analysis_snapshots"}
    assert {entry.sqlstate for entry in mirror.pending()} == {sqlstate}
    db.execute(remedy)
    assert mirror.sync(plain_role).pushed == 2
    assert mirror.pending() == []
    assert_equal(mirror, db)


def test_a_table_in_trouble_is_told_from_a_row_that_is_refused(
    db: MusicDb, mirror: pm.Mirror, plain_role: str
) -> None:
    """The trigger fails over some rows only, while others are refused: nothing of the table goes,
    everything else does."""
    db.execute("ALTER TABLE play_history ADD CONSTRAINT odd CHECK (listened_ms <> 3)")
    db.execute(BROKEN_TRIGGER.format(table="play_history", when="WHEN (new.listened_ms = 6)"))
    for number in range(8):
        add_play(mirror, number, listened_ms=number)
    mirror.artists.add(id="new", name="New")
    mirror.snapshots.add(date=START, period_label="a")
    report = mirror.push(plain_role)
    assert (report.pushed, report.waiting, report.rejected) == (2, 8, 0)
    db.execute("DROP FUNCTION broken CASCADE")
    report = mirror.push(plain_role)
    assert (report.pushed, report.waiting, report.rejected) == (7, 0, 1)
    assert plays_on_server(db) == (7, 7)


@pytest.mark.parametrize(
    ("how", "sqlstate"), [("statement_timeout", "57014"), ("lock_timeout", "55P03")]
)
def test_a_timeout_of_the_server_keeps_the_rows(
    db: MusicDb, mirror: pm.Mirror, plain_role: str, how: str, sqlstate: str
) -> None:
    """A migration holds the table; once it is through, the same call works."""
    add_play(mirror, 1)
    if how == "statement_timeout":
        db.execute("ALTER ROLE laptop SET statement_timeout = '300ms'")
    migration = db.connect(autocommit=False)
    try:
        migration.execute("LOCK TABLE play_history IN SHARE MODE")
        with pm.connect(plain_role) as server:
            with pytest.raises(pm.Error) as caught:
                server.push(mirror, lock_timeout=0.3 if how == "lock_timeout" else 10)
            assert (
                caught.value.sqlstate
                == {"statement_timeout": "57014", "lock_timeout": "55P03"}[how]
            )
            assert caught.value.retryable and caught.value.hint
            [entry] = mirror.pending()
            assert entry.state == "queued"
            migration.rollback()
            assert server.push(mirror).pushed == 1
    finally:
        db.execute("ALTER ROLE laptop RESET statement_timeout")
    assert plays_on_server(db) == (1, 1)


def test_a_batch_that_takes_longer_than_a_statement_may_is_made_smaller(
    db: MusicDb, mirror: pm.Mirror, plain_role: str, assert_equal: Equal
) -> None:
    db.execute(
        f"ALTER ROLE laptop IN DATABASE {db.name} SET statement_timeout = '500ms';"
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(0.02); RETURN new; END $$;"
        "CREATE TRIGGER slow BEFORE INSERT ON play_history FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    for number in range(60):
        add_play(mirror, number)
    assert mirror.sync(plain_role).pushed == 60
    assert mirror.pending() == []
    assert_equal(mirror, db)


def test_another_device_in_the_middle_of_a_push_is_waited_for(
    db: MusicDb, mirror: pm.Mirror, tmp_path: Path
) -> None:
    add_play(mirror, 1)
    migration = db.connect(autocommit=False)
    with pm.open(tmp_path / "other.db") as other, ThreadPoolExecutor(1) as pool:
        other.pull(db.dsn)
        add_play(other, 1)
        migration.execute("LOCK TABLE play_history IN SHARE MODE")
        pushing = pool.submit(other.push, db.dsn, lock_timeout=60)
        wait_until(db, "SELECT count(*) = 1 FROM pg_locks WHERE NOT granted")
        with pm.connect(db.dsn) as server:
            with pytest.raises(pm.Error) as caught:
                server.push(mirror, lock_timeout=0.2)
            assert caught.value.retryable
            assert caught.value.sqlstate == "55P03"
            migration.rollback()
            assert pushing.result().pushed == 1
            assert server.push(mirror).already_there == 1


def test_a_role_that_may_only_read(db: MusicDb, mirror: pm.Mirror, plain_role: str) -> None:
    add_play(mirror, 1)
    db.execute("ALTER ROLE laptop SET default_transaction_read_only = on")
    try:
        with pytest.raises(pm.Error) as caught:
            mirror.push(plain_role)
        assert caught.value.sqlstate == "25006"
        assert caught.value.hint
        assert len(mirror.pending()) == 1
        with pm.connect(plain_role) as server:
            [problem] = [each for each in server.doctor().findings if each.remedy]
        assert "read_only" in problem.what
        db.execute(problem.remedy)
        assert mirror.push(plain_role).pushed == 1
        with pm.connect(plain_role) as server:
            assert server.doctor().ok
    finally:
        db.execute("ALTER ROLE laptop RESET default_transaction_read_only")
