"""Rows that the server refuses, changes, or cannot take yet: each has its fate told, the others
arrive, pulls go on, and nothing pending is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import playmirror as pm
import pytest
from support import two_tracks
from support.faults import START, add_play, add_tracks, plays_on_server, wait_until
from support.music_db import MusicDb

Equal = Callable[[pm.Mirror, MusicDb], None]


db, mirror = two_tracks.db, two_tracks.mirror


def test_one_bad_row_of_a_thousand_does_not_hold_up_the_others(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    db.execute("ALTER TABLE play_history ADD CONSTRAINT sane CHECK (listened_ms < 3600000)")
    for number in range(1_000):
        add_play(mirror, number, listened_ms=4_000_000 if number == 617 else 1_000)
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.rejected, report.waiting) == (999, 1, 0)
    assert plays_on_server(db) == (999, 999)
    [outcome] = report.rows
    [entry] = mirror.pending()
    assert outcome.kind == "rejected"
    assert outcome.entry.entry == entry.entry
    for told in (outcome.entry, entry):
        assert (told.sqlstate, told.constraint) == ("23514", "sane")
        assert "sane" in told.message
    assert (entry.state, entry.attempts) == ("rejected", 1)
    assert mirror.plays[entry.row_id].listened_ms == 4_000_000

    # It stays in quarantine, while pulls go on.
    add_tracks(db, "t3")
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.rejected) == (0, 0)
    assert report.pulled["tracks"].inserted == 1

    # Tried again: refused again, then accepted.
    assert mirror.retry(entry.entry) == 1
    assert mirror.sync(db.dsn).rejected == 1
    assert mirror.pending()[0].attempts == 2
    db.execute("ALTER TABLE play_history DROP CONSTRAINT sane")
    assert mirror.retry() == 1
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.rejected) == (1, 0)
    assert mirror.pending() == []
    assert plays_on_server(db) == (1_000, 1_000)
    assert_equal(mirror, db)


def test_a_rejected_row_can_be_discarded(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    db.execute("ALTER TABLE play_history ADD CONSTRAINT sane CHECK (listened_ms < 10)")
    bad = add_play(mirror, 1, listened_ms=11)
    mirror.sync(db.dsn)
    mirror.discard(mirror.pending()[0].entry)
    assert mirror.pending() == []
    assert mirror.plays.find(bad.id) is None
    assert mirror.sync(db.dsn).rejected == 0
    assert_equal(mirror, db)


def test_many_bad_rows_among_good_ones(db: MusicDb, mirror: pm.Mirror) -> None:
    db.execute("ALTER TABLE play_history ADD CONSTRAINT even CHECK (listened_ms % 2 = 0)")
    for number in range(100):
        add_play(mirror, number, listened_ms=number)
    report = mirror.push(db.dsn, batch_rows=30)
    assert (report.pushed, report.rejected) == (50, 50)
    assert {entry.constraint for entry in mirror.pending()} == {"even"}
    assert db.execute("SELECT sum(listened_ms % 2) FROM play_history") == [(0,)]


@pytest.mark.parametrize(
    ("rule", "sqlstate", "constraint"),
    [
        ("ALTER TABLE play_history ALTER source TYPE varchar(3)", "22001", ""),
        ("ALTER TABLE play_history ALTER listened_ms TYPE smallint", "22003", ""),
        ("ALTER TABLE play_history ALTER skipped SET NOT NULL", "23502", ""),
        ("CREATE UNIQUE INDEX one_source ON play_history (source)", "23505", "one_source"),
        (
            "ALTER TABLE play_history ADD CONSTRAINT late UNIQUE (source) "
            "DEFERRABLE INITIALLY DEFERRED",
            "23505",
            "late",
        ),
        (
            "ALTER TABLE play_history ADD CONSTRAINT apart "
            "EXCLUDE USING btree (listened_ms WITH =)",
            "23P01",
            "apart",
        ),
        (
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.skipped IS NULL THEN RAISE 'not like this'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON play_history
            FOR EACH ROW EXECUTE FUNCTION refuse()
            """,
            "P0001",
            "",
        ),
        (
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.skipped IS NULL THEN
               RAISE 'too late' USING ERRCODE = 'check_violation'; END IF; RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON play_history
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()
            """,
            "23514",
            "",
        ),
    ],
    ids=[
        "too long",
        "too large",
        "not null",
        "unique",
        "deferred unique",
        "exclusion",
        "trigger",
        "deferred trigger",
    ],
)
def test_each_way_to_refuse_a_row_quarantines_that_row_alone(
    db: MusicDb, mirror: pm.Mirror, rule: str, sqlstate: str, constraint: str
) -> None:
    db.execute(
        "INSERT INTO play_history (source, listened_ms, skipped) VALUES ('four', 70000, true)"
    )
    mirror.pull(db.dsn)
    db.execute("DELETE FROM play_history") if "TYPE" in rule else None
    db.execute(rule)
    for number in range(9):
        add_play(mirror, number, source=f"{number}", listened_ms=number, skipped=False)
    bad = add_play(mirror, 9, source="four", listened_ms=70_000)
    for number in range(10, 15):
        add_play(mirror, number, source=f"{number}", listened_ms=number, skipped=False)
    report = mirror.push(db.dsn)
    assert (report.pushed, report.rejected) == (14, 1)
    [entry] = mirror.pending()
    assert entry.row_id == bad.id
    assert (entry.sqlstate, entry.constraint) == (sqlstate, constraint)
    assert entry.message
    assert db.execute("SELECT count(*) FROM play_history WHERE track_id = 't1'") == [(14,)]


def test_a_trigger_that_drops_rows(db: MusicDb, mirror: pm.Mirror) -> None:
    db.execute(
        """
        CREATE FUNCTION drop_some() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.listened_ms < 5 THEN RETURN NULL; END IF; RETURN NEW; END $$;
        CREATE TRIGGER drop_some BEFORE INSERT ON play_history
        FOR EACH ROW EXECUTE FUNCTION drop_some()
        """
    )
    for number in range(10):
        add_play(mirror, number, listened_ms=number)
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.rejected) == (5, 5)
    assert plays_on_server(db) == (5, 5)
    assert all("trigger" in entry.message for entry in mirror.pending())
    db.execute("DROP TRIGGER drop_some ON play_history")
    mirror.retry()
    assert mirror.sync(db.dsn).pushed == 5
    assert plays_on_server(db) == (10, 10)


def test_a_trigger_that_changes_values(db: MusicDb, mirror: pm.Mirror, assert_equal: Equal) -> None:
    """The server's word counts: the next pull brings what it made of the row."""
    db.execute(
        """
        CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.source := upper(NEW.source); NEW.skipped := true; RETURN NEW; END $$;
        CREATE TRIGGER change BEFORE INSERT ON play_history
        FOR EACH ROW EXECUTE FUNCTION change()
        """
    )
    play = add_play(mirror, 1, source="laptop", skipped=False)
    assert mirror.sync(db.dsn).pushed == 1
    assert (mirror.plays[play.id].source, mirror.plays[play.id].skipped) == ("LAPTOP", True)
    assert_equal(mirror, db)


@pytest.mark.parametrize(
    "change",
    [
        "NEW.played_at := date_trunc('second', NEW.played_at)",
        "NEW.played_at := NEW.played_at + interval '1 hour'",
        "NEW.track_id := 't2'",
        "NEW.track_id := NULL",
    ],
)
def test_a_trigger_that_changes_what_identifies_a_row(
    db: MusicDb, mirror: pm.Mirror, change: str, assert_equal: Equal
) -> None:
    """It goes once, and becomes here what it has become there."""
    db.execute(
        f"""
        CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.source = 'laptop' THEN {change}; END IF; RETURN NEW; END $$;
        CREATE TRIGGER change BEFORE INSERT ON play_history
        FOR EACH ROW EXECUTE FUNCTION change()
        """
    )
    add_play(mirror, 1)
    play = mirror.plays.add(track_id="t1", played_at="2026-01-31T06:00:00.25Z", source="laptop")
    add_play(mirror, 2)
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.rejected) == (3, 0)
    assert mirror.plays[play.id].id > 0
    assert_equal(mirror, db)
    assert mirror.sync(db.dsn).pushed == 0
    assert db.execute("SELECT count(*) FROM play_history") == [(3,)]


def test_a_play_whose_track_is_gone_waits_for_it(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    gone = add_play(mirror, 1, "t1")
    add_play(mirror, 2, "t2")
    db.execute("DELETE FROM tracks WHERE id = 't1'")
    for attempt in (1, 2):
        report = mirror.sync(db.dsn)
        assert (report.pushed, report.waiting) == (2 - attempt, 1)
        [outcome] = report.rows
        assert outcome.kind == "waiting"
        assert "t1" in outcome.entry.message
        [entry] = mirror.pending()
        assert (entry.state, entry.row_id, entry.attempts) == ("waiting", gone.id, attempt)
        assert gone.id in mirror.plays
    add_tracks(db, "t1")
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.waiting) == (1, 0)
    assert mirror.pending() == []
    assert_equal(mirror, db)


@pytest.mark.parametrize(
    "unguarded",
    [
        "ALTER TABLE play_history DROP CONSTRAINT play_history_track_id_fkey",
        "ALTER TABLE play_history DISABLE TRIGGER ALL",
        "ALTER ROLE CURRENT_USER SET session_replication_role = replica",
        "ALTER TABLE play_history DROP CONSTRAINT play_history_track_id_fkey;"
        "ALTER TABLE play_history ADD FOREIGN KEY (track_id) REFERENCES other_tracks (id)",
    ],
)
def test_a_play_whose_track_is_gone_waits_where_the_server_checks_nothing(
    db: MusicDb, mirror: pm.Mirror, unguarded: str
) -> None:
    db.execute(
        "CREATE TABLE other_tracks AS TABLE tracks; ALTER TABLE other_tracks ADD UNIQUE (id)"
    )
    add_play(mirror, 1, "t1")
    add_play(mirror, 2, "t2")
    add_play(mirror, 3, "t2")
    try:
        db.execute(unguarded)
        db.execute("DELETE FROM tracks WHERE id = 't1'")
        report = mirror.push(db.dsn)
        assert (report.pushed, report.waiting) == (2, 1)
        assert plays_on_server(db) == (2, 2)
        assert "t1" in mirror.pending()[0].message
    finally:
        db.execute("ALTER ROLE CURRENT_USER RESET session_replication_role")


def test_of_many_plays_one_is_there_and_one_lacks_its_track(db: MusicDb, mirror: pm.Mirror) -> None:
    db.execute(
        "INSERT INTO play_history (track_id, played_at) VALUES "
        f"('t2', '{START + timedelta(seconds=5):%Y-%m-%d %H:%M:%S}')"
    )
    for second in range(10):
        add_play(mirror, second, "t1" if second == 7 else "t2")
    mirror.snapshots.add(date=START, metrics_payload={})
    db.execute("DELETE FROM tracks WHERE id = 't1'")
    report = mirror.push(db.dsn)
    assert (report.pushed, report.already_there, report.waiting) == (9, 1, 1)
    assert plays_on_server(db) == (9, 9)
    assert [entry.attempts for entry in mirror.pending()] == [1]


def test_a_new_track_arrives_with_its_artists_before_its_plays(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    db.execute("INSERT INTO artists (id, name) VALUES ('known', 'The server knows')")
    mirror.pull(db.dsn)
    mirror.artists.add(id="new", name="New", genres=["jazz", "ж", '"'])
    mirror.tracks.add(
        id="n1",
        name="N 1",
        duration_ms=2**31 - 1,
        tempo=0.1,
        loudness=-5.25,
        energy=1e-310,
        valence=float("inf"),
        raw_data={"a": [1, None]},
        created_at=pm.Timestamp.negative_infinity(),
        artist_ids=["known", "new"],
    )
    plays = [add_play(mirror, number, "n1") for number in range(3)]
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.already_there, report.waiting) == (5, 0, 0)
    assert mirror.pending() == []
    assert [mirror.plays[play.id].track_id for play in plays] == ["n1"] * 3
    assert [artist.id for artist in mirror.tracks.artists("n1")] == ["known", "new"]
    assert_equal(mirror, db)


def test_a_row_that_the_server_has_is_not_overwritten(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    mirror.artists.add(id="a", name="ours")
    mirror.tracks.add(id="x", name="ours", artist_ids=["a"])
    add_play(mirror, 1, "x")
    db.execute("INSERT INTO artists (id, name) VALUES ('a', 'theirs'), ('b', 'theirs')")
    add_tracks(db, "x")
    db.execute("INSERT INTO track_artists VALUES ('x', 'b')")
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.already_there) == (1, 2)
    assert mirror.tracks["x"].name == "Track x"
    assert mirror.artists["a"].name == "theirs"
    assert [artist.id for artist in mirror.tracks.artists("x")] == ["b"]
    assert_equal(mirror, db)


def test_a_play_of_a_rejected_track_waits(db: MusicDb, mirror: pm.Mirror) -> None:
    db.execute("ALTER TABLE tracks ADD CONSTRAINT named CHECK (name <> '')")
    mirror.tracks.add(id="x", name="")
    add_play(mirror, 1, "x")
    add_play(mirror, 2, "t1")
    report = mirror.push(db.dsn)
    assert (report.pushed, report.rejected, report.waiting) == (1, 1, 1)
    db.execute("ALTER TABLE tracks DROP CONSTRAINT named")
    mirror.retry()
    assert mirror.push(db.dsn).pushed == 2
    assert mirror.pending() == []


NO_SECOND_NAME = """
CREATE FUNCTION keep_out() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RETURN CASE WHEN new.name <> 'taken' THEN new END; END $$;
CREATE TRIGGER keep_out BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION keep_out()
"""


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("table", ["tracks", "artists"])
@pytest.mark.parametrize(
    ("guard", "sqlstate"),
    [
        ("ALTER TABLE {table} ADD UNIQUE (name)", "23505"),
        ("ALTER TABLE {table} ADD UNIQUE (name) DEFERRABLE INITIALLY DEFERRED", "23505"),
        (NO_SECOND_NAME, ""),
    ],
    ids=["unique", "deferred", "trigger"],
)
def test_a_track_or_artist_that_is_kept_out_stays_here(
    db: MusicDb, mirror: pm.Mirror, guard: str, sqlstate: str, table: str, rows: int
) -> None:
    """It is not the row that is in its way: it has another id."""
    db.execute(f"INSERT INTO {table} (id, name) VALUES ('theirs', 'taken')")
    db.execute(guard.format(table=table))
    for number in range(rows):
        name = "taken" if number == 0 else f"free {number}"
        mirror.artists.add(id=f"a{number}", name=name)
        mirror.tracks.add(id=f"n{number}", name=name, artist_ids=[f"a{number}"])
        add_play(mirror, number, f"n{number}")
    report = mirror.sync(db.dsn)
    assert (report.already_there, report.rejected) == (0, 1)
    assert report.pushed == 3 * (rows - 1) + (1 if table == "tracks" else 0)
    [rejected] = [entry for entry in mirror.pending() if entry.state == "rejected"]
    assert (rejected.table, rejected.sqlstate) == (table, sqlstate)
    assert "n0" in mirror.tracks and "a0" in mirror.artists
    db.execute(f"UPDATE {table} SET name = 'free' WHERE id = 'theirs'")
    db.execute("DROP FUNCTION IF EXISTS keep_out CASCADE")
    mirror.retry()
    assert mirror.sync(db.dsn).complete
    assert mirror.pending() == []
    assert plays_on_server(db) == (rows, rows)


def test_links_whose_key_can_be_deferred_are_sent(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    db.execute("ALTER TABLE track_artists DROP CONSTRAINT track_artists_pkey, "
               "ADD PRIMARY KEY (track_id, artist_id) DEFERRABLE")  # fmt: skip
    mirror.artists.add(id="a")
    mirror.tracks.add(id="n", artist_ids=["a"])
    assert mirror.sync(db.dsn).pushed == 2
    assert_equal(mirror, db)


@pytest.mark.parametrize("others", [0, 2])
def test_an_artist_that_the_backend_commits_meanwhile_is_adopted(
    db: MusicDb, mirror: pm.Mirror, others: int, assert_equal: Equal
) -> None:
    for artist in ["both", *(f"other {number}" for number in range(others))]:
        mirror.artists.add(id=artist, name="ours")
    backend = db.connect(autocommit=False)
    backend.execute("INSERT INTO artists (id, name) VALUES ('both', 'theirs')")
    with ThreadPoolExecutor(1) as pool:
        pushing = pool.submit(mirror.sync, db.dsn)
        wait_until(db, "SELECT count(*) = 1 FROM pg_locks WHERE NOT granted")
        backend.commit()
        report = pushing.result()
    assert (report.pushed, report.already_there, report.rejected) == (others, 1, 0)
    assert mirror.artists["both"].name == "theirs"
    assert_equal(mirror, db)


def test_an_odd_value_is_refused_by_the_column_it_does_not_fit(
    db: MusicDb, mirror: pm.Mirror
) -> None:
    """A 64-bit count in a 32-bit column, or an instant that nobody lived to hear."""
    for number, listened in enumerate((2**31 - 1, 2**31, -(2**31), -(2**63), 0)):
        add_play(mirror, number, listened_ms=listened)
    mirror.plays.add(track_id="t1", played_at=pm.Timestamp("294276-12-31T23:59:59.999999Z"))
    mirror.plays.add(track_id="t1", played_at=pm.Timestamp("4714-11-24T00:00:00Z BC"))
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.rejected) == (5, 2)
    assert {entry.sqlstate for entry in mirror.pending()} == {"22003"}


def test_json_reaches_a_jsonb_column_or_is_quarantined(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    db.execute("ALTER TABLE analysis_snapshots ALTER metrics_payload TYPE jsonb")
    mirror.pull(db.dsn)
    texts = ['{"b":1, "a":1.000, "a":2}', r'"\u0000"', r'"\ud800"', "[" * 500 + "]" * 500, "1e400"]
    for number, text in enumerate(texts):
        mirror.snapshots.add(date=START, period_label=str(number), metrics_payload=text)
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.rejected) == (3, 2)
    assert {entry.key.split()[-1] for entry in mirror.pending()} == {"1", "2"}
    assert {entry.sqlstate[:2] for entry in mirror.pending()} == {"22"}
    [first] = mirror.snapshots.list(period_label="0")
    assert first.metrics_payload == '{"a": 2, "b": 1}'
    for entry in mirror.pending():
        mirror.discard(entry.entry)
    assert_equal(mirror, db)


def test_a_push_that_comes_too_late_for_the_lock_leaves_the_pull_alone(
    db: MusicDb, mirror: pm.Mirror
) -> None:
    with db.connect(autocommit=False) as other, pm.connect(db.dsn) as server:
        server.pull(mirror)
        other.execute("SELECT pg_advisory_xact_lock(8100957003887243890)")
        other.execute("INSERT INTO artists (id) VALUES ('new')")
        db.execute("INSERT INTO artists (id) VALUES ('pulled')")
        add_play(mirror, 1)
        with pytest.raises(pm.Error) as error:
            server.sync(mirror, push={"lock_timeout": 0.05})
        assert (error.value.sqlstate, error.value.retryable) == ("55P03", True)
        assert "pulled" in mirror.artists


def test_a_stuck_row_says_why_and_what_it_needs(db: MusicDb, mirror: pm.Mirror) -> None:
    db.execute("ALTER TABLE artists ADD CONSTRAINT sane CHECK (name <> 'bad')")
    add_play(mirror, 1, track="t2")  # its track will be gone
    db.execute("DELETE FROM tracks WHERE id = 't2'")
    artist = mirror.artists.add(id="bad", name="bad")
    mirror.tracks.add(id="t3", name="Three", artist_ids=[artist.id])
    add_play(mirror, 2, track="t3")
    assert {entry.needs for entry in mirror.pending()} == {"The next push sends it."}
    assert mirror.status().stuck == []
    report = mirror.sync(db.dsn)
    entries = {entry.table + entry.key.split()[0]: entry for entry in mirror.pending()}
    assert mirror.status().stuck == mirror.pending()
    assert sorted((row.entry for row in report.rows), key=lambda row: row.entry) == mirror.pending()
    lost, play = entries["play_historyt2"], entries["play_historyt3"]
    track, refused = entries["trackst3"], entries["artistsbad"]
    assert (lost.state, play.state, track.state, refused.state) == (
        "waiting",
        "waiting",
        "waiting",
        "rejected",
    )
    assert "its track t2 is not on the server" in lost.message
    assert "has to be on the server" in lost.needs
    assert f"Entry {track.entry}," in play.needs
    assert f"Entry {refused.entry}," in track.needs
    assert "retry()" in refused.needs
    db.execute("ALTER TABLE artists DROP CONSTRAINT sane")
    mirror.retry(refused.entry)
    db.execute("INSERT INTO tracks (id) VALUES ('t2')")
    assert mirror.sync(db.dsn).pushed == 4
    assert mirror.status().stuck == []


def test_a_sequence_that_gives_ids_that_are_taken_is_no_fault_of_the_rows(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    for number in range(20):
        add_play(mirror, number)
    mirror.sync(db.dsn)
    # As a backup or a copy of rows by hand leaves it behind.
    db.execute("SELECT setval('play_history_id_seq', 1)")
    for number in range(20, 30):
        add_play(mirror, number)
    report = mirror.sync(db.dsn)
    assert report.waiting > 0
    assert (report.rejected, report.pushed + report.waiting) == (0, 10)
    entry = mirror.pending()[0]
    assert (entry.state, entry.sqlstate) == ("waiting", "23505")
    assert "setval" in entry.needs
    for _ in range(20):
        if mirror.sync(db.dsn).waiting == 0:
            break
    assert not mirror.pending()
    assert plays_on_server(db) == (30, 30)
    assert_equal(mirror, db)
