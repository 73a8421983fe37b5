"""What the backend has hung on its tables runs inside a push as it runs for the backend itself: its
triggers find what they look for, and its types, whatever schema they are in, take what we send."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import playmirror as pm
import pytest
from support import two_tracks
from support.faults import START, add_play, plays_on_server
from support.music_db import MusicDb

Equal = Callable[[pm.Mirror, MusicDb], None]


db, mirror = two_tracks.db, two_tracks.mirror


def add_trigger(db: MusicDb, body: str, when: str = "AFTER") -> None:
    db.execute(
        f"CREATE FUNCTION judge() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$; "
        f"CREATE TRIGGER judge {when} INSERT ON play_history FOR EACH ROW "
        "EXECUTE FUNCTION judge()"
    )


def test_a_trigger_names_tables_without_their_schema(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    add_trigger(db, "UPDATE play_history SET source = 'seen' WHERE id = new.id; RETURN NULL;")
    for number in range(3):
        add_play(mirror, number)
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.rejected, report.waiting) == (3, 0, 0)
    assert {play.source for play in mirror.plays.list()} == {"seen"}
    assert_equal(mirror, db)


@pytest.mark.parametrize("path", ["''", "nothing", '"$user", extras'])
def test_a_trigger_looks_where_the_role_looks(db: MusicDb, mirror: pm.Mirror, path: str) -> None:
    db.execute("CREATE SCHEMA extras; CREATE FUNCTION extras.mark() RETURNS text "
               "LANGUAGE sql AS $$ SELECT 'marked'::text $$")  # fmt: skip
    name = "mark()" if "extras" in path else "extras.mark()"
    add_trigger(db, f"UPDATE play_history SET source = {name} WHERE id = new.id; RETURN NULL;")
    db.execute(f'ALTER DATABASE "{db.name}" SET search_path = {path}')
    add_play(mirror, 1)
    mirror.sync(db.dsn)
    assert [play.source for play in mirror.plays.list()] == ["marked"]


def test_functions_of_ours_are_not_taken_from_another_schema(
    db: MusicDb, mirror: pm.Mirror
) -> None:
    db.execute(
        "CREATE SCHEMA foul; CREATE TABLE foul.play_history (LIKE public.play_history); "
        "CREATE FUNCTION foul.min(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1'"
    )
    db.execute(f'ALTER DATABASE "{db.name}" SET search_path = foul, public')
    add_play(mirror, 1)
    assert mirror.sync(db.dsn).pushed == 1
    assert plays_on_server(db) == (0, 0)  # of the table that the path shows
    assert db.execute("SELECT count(*) FROM public.play_history") == [(1,)]


def test_a_missing_value_stays_missing_whatever_the_database_has_set(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    db.execute(f'ALTER DATABASE "{db.name}" SET array_nulls = off')
    play = mirror.plays.add(track_id="t1", played_at=START)
    mirror.tracks.add(id="t3", artist_ids=[mirror.artists.add(id="a3").id])
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.rejected) == (3, 0)
    assert mirror.plays.find(play.id).context_uri is None
    assert_equal(mirror, db)


def test_settings_of_a_database_change_nothing(db: MusicDb, mirror: pm.Mirror) -> None:
    settings = {
        "standard_conforming_strings": "off", "backslash_quote": "off", "array_nulls": "off",
        "transform_null_equals": "on", "quote_all_identifiers": "on", "bytea_output": "escape",
        "default_transaction_isolation": "serializable", "default_transaction_deferrable": "on",
        "DateStyle": "'German, DMY'", "TimeZone": "'Pacific/Apia'", "extra_float_digits": "-15",
        "client_encoding": "LATIN1", "search_path": "''", "enable_seqscan": "off",
        "session_replication_role": "replica", "plan_cache_mode": "force_generic_plan",
    }  # fmt: skip
    for name, value in settings.items():
        db.execute(f'ALTER DATABASE "{db.name}" SET {name} = {value}')
    mirror.tracks.add(id="t\\'3", name="\u97f3 \\ '", tempo=0.1 + 0.2, raw_data='{"a\\\\": 1}')
    for number in range(3):
        add_play(mirror, number, "t\\'3")
    with pm.connect(db.dsn) as server:
        assert (server.sync(mirror).pushed, mirror.status().pending) == (4, 0)
        db.execute("DELETE FROM public.play_history WHERE id = 1; "
                   "UPDATE public.play_history SET source = 'new' WHERE id = 2")  # fmt: skip
        changed = server.pull(mirror).pulled["play_history"]
        assert (changed.updated, changed.deleted) == (1, 1)
        assert server.verify(mirror).equal and server.verify(mirror, depth="quick").equal
        assert server.track("t\\'3").tempo == 0.1 + 0.2


@pytest.mark.parametrize("sqlstate", ["MU001", "45000", "38000", "21000", "54001"])
def test_a_row_is_refused_with_a_code_of_the_backends_own(
    db: MusicDb, mirror: pm.Mirror, sqlstate: str
) -> None:
    add_trigger(db, "IF new.track_id = 't2' THEN RAISE EXCEPTION USING message = 'not this one', "
                f"errcode = '{sqlstate}'; END IF; RETURN new;", when="BEFORE")  # fmt: skip
    for number in range(4):
        add_play(mirror, number, "t2" if number == 2 else "t1")
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.rejected) == (3, 1)
    [entry] = mirror.pending()
    assert (entry.state, entry.sqlstate, entry.message) == ("rejected", sqlstate, "not this one")


def refuse_at_commit(db: MusicDb, body: str) -> None:
    """A trigger that another one puts off to the end, though a push has asked for all at once."""
    db.execute(
        f"CREATE FUNCTION judge() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$; "
        "CREATE CONSTRAINT TRIGGER judge AFTER INSERT ON play_history DEFERRABLE INITIALLY "
        "DEFERRED FOR EACH ROW EXECUTE FUNCTION judge(); "
        "CREATE FUNCTION put_off() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN SET CONSTRAINTS ALL DEFERRED; RETURN new; END $$; "
        "CREATE TRIGGER put_off BEFORE INSERT ON play_history FOR EACH ROW "
        "EXECUTE FUNCTION put_off()"
    )


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 1000])
def test_a_row_that_is_refused_at_commit_is_found_and_kept_back(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal, batch_rows: int
) -> None:
    refuse_at_commit(db, "IF new.listened_ms IN (3, 17) THEN RAISE EXCEPTION 'not this one' USING "
                     "constraint = 'judged'; END IF; RETURN NULL;")  # fmt: skip
    for number in range(20):
        add_play(mirror, number, listened_ms=number)
    report = mirror.push(db.dsn, batch_rows=batch_rows)
    assert (report.pushed, report.rejected, report.waiting) == (18, 2, 0)
    assert plays_on_server(db) == (18, 18)
    status = mirror.status()
    assert (status.queued, status.in_doubt, status.rejected) == (0, 0, 2)
    for entry, listened_ms in zip(status.stuck, (3, 17), strict=True):
        assert mirror.plays[entry.row_id].listened_ms == listened_ms
        assert (entry.state, entry.sqlstate, entry.constraint) == ("rejected", "P0001", "judged")
        assert entry.message == "not this one"
    db.execute("DROP TRIGGER judge ON play_history")
    mirror.retry()
    assert mirror.sync(db.dsn).pushed == 2
    assert_equal(mirror, db)


def test_rows_wait_when_what_runs_at_commit_is_broken(db: MusicDb, mirror: pm.Mirror) -> None:
    refuse_at_commit(db, "PERFORM no_such_function(); RETURN NULL;")
    for number in range(3):
        add_play(mirror, number)
    mirror.artists.add(id="a1")
    report = mirror.push(db.dsn)
    assert (report.pushed, report.waiting, report.rejected) == (1, 3, 0)
    assert {(entry.state, entry.sqlstate) for entry in mirror.pending()} == {("waiting", "42883")}
    db.execute("DROP TRIGGER judge ON play_history")
    assert mirror.push(db.dsn).pushed == 3


def test_what_no_row_is_to_blame_for_says_what_to_do(db: MusicDb, mirror: pm.Mirror) -> None:
    refuse_at_commit(db, "RAISE EXCEPTION 'the disk creaks' USING errcode = '58030';")
    for number in range(3):
        add_play(mirror, number)
    with pytest.raises(pm.Error, match="the disk creaks") as caught:
        mirror.push(db.dsn)
    assert caught.value.sqlstate == "58030"
    assert "stay queued" in caught.value.hint
    assert mirror.status().queued == 3


def test_a_rule_is_named_in_the_remedy(db: MusicDb, mirror: pm.Mirror) -> None:
    db.execute("CREATE RULE away AS ON INSERT TO play_history DO INSTEAD NOTHING")
    add_play(mirror, 1)
    assert mirror.sync(db.dsn).waiting == 1
    [entry] = mirror.pending()
    assert entry.sqlstate == "0A000"
    assert "rule" in entry.message and "trigger instead" in entry.message


def test_a_database_that_only_reads_by_default_is_told_from_a_standby(
    db: MusicDb, mirror: pm.Mirror
) -> None:
    db.execute(f'ALTER DATABASE "{db.name}" SET default_transaction_read_only = on')
    add_play(mirror, 1)
    with pytest.raises(pm.Error) as caught:
        mirror.push(db.dsn)
    assert "default_transaction_read_only" in caught.value.hint
    assert mirror.pull(db.dsn).complete
    assert mirror.status().queued == 1


@pytest.mark.parametrize("type_", ["origin", "extras.origin", '"Odd "" schema".origin'])
def test_a_column_of_a_type_of_the_backends_own(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal, type_: str
) -> None:
    if "." in type_:
        db.execute(f"CREATE SCHEMA {type_.rpartition('.')[0]}")
    db.execute(f"CREATE TYPE {type_} AS ENUM ('phone', 'laptop'); ALTER TABLE play_history "
               f"ALTER source TYPE {type_} USING source::{type_}")  # fmt: skip
    add_play(mirror, 1, source="laptop")
    add_play(mirror, 2, source="toaster")
    report = mirror.sync(db.dsn)
    assert (report.pushed, report.rejected) == (1, 1)
    assert "toaster" in mirror.pending()[0].message
    mirror.discard(mirror.pending()[0].entry)
    assert_equal(mirror, db)


def test_a_column_that_rounds_its_times_takes_each_play_once(
    db: MusicDb, mirror: pm.Mirror, tmp_path: Path, assert_equal: Equal
) -> None:
    db.execute("ALTER TABLE play_history ALTER played_at TYPE timestamp(0)")
    for number in range(5):
        mirror.plays.add(
            track_id="t1",
            played_at=START + timedelta(seconds=10 * number, milliseconds=150 * number),
        )
    mirror.copy_to(tmp_path / "copy.db")
    assert mirror.sync(db.dsn).pushed == 5
    with pm.open(tmp_path / "copy.db") as copy:
        report = copy.sync(db.dsn)
        assert (report.pushed, report.already_there) == (0, 5)
        assert_equal(copy, db)
    assert plays_on_server(db) == (5, 5)
    assert_equal(mirror, db)


def test_plays_that_a_column_rounds_to_one_time_are_not_mixed_up(
    db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    """Nobody but who recorded them knows that they are several: each is sent, and found by its
    handle."""
    db.execute("ALTER TABLE play_history ALTER played_at TYPE timestamp(0)")
    plays = [
        mirror.plays.add(
            track_id="t1",
            played_at=START + timedelta(seconds=number // 3, milliseconds=100 * (number % 3)),
            listened_ms=number,
        )
        for number in range(9)
    ]
    assert mirror.sync(db.dsn).pushed == 9
    assert plays_on_server(db) == (9, 3)
    found = [mirror.plays.find(play.id) for play in plays]
    assert [play.listened_ms // 3 for play in found] == [number // 3 for number in range(9)]
    assert_equal(mirror, db)
