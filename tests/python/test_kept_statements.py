"""On a connection of its own, playmirror lets the server keep the statements that come again and
again. Whoever takes them away there does no harm."""

from __future__ import annotations

import logging
from collections.abc import Callable

import playmirror as pm
import pytest
from support.faults import add_play, wait_until
from support.music_db import MusicDb
from support.pgbouncer import pooled

Equal = Callable[[pm.Mirror, MusicDb], None]


def test_a_poll_does_not_send_its_question_again(small_db: MusicDb, mirror: pm.Mirror) -> None:
    with pm.connect(small_db.dsn) as server:
        server.sync(mirror)
        first, second, third = (server.sync(mirror) for _ in range(3))
    assert {first.method, second.method, third.method} == {"unchanged"}
    assert first.wire.bytes_sent > second.wire.bytes_sent == third.wire.bytes_sent
    assert second.wire.round_trips == 1


def test_a_pool_is_told_everything_each_time(small_db: MusicDb, mirror: pm.Mirror) -> None:
    with pooled(small_db, connections=1) as dsn, pm.connect(dsn) as server:
        server.sync(mirror)
        first, second, third = (server.sync(mirror) for _ in range(3))
    assert first.wire.bytes_sent == second.wire.bytes_sent == third.wire.bytes_sent


def forget_at_each_insert(db: MusicDb) -> None:
    db.execute(
        "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN EXECUTE 'DEALLOCATE ALL'; RETURN NULL; END $$; "
        "CREATE TRIGGER forget AFTER INSERT ON play_history EXECUTE FUNCTION forget()"
    )


def test_a_trigger_takes_them_away(
    small_db: MusicDb,
    mirror: pm.Mirror,
    assert_equal: Equal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    forget_at_each_insert(small_db)
    with pm.connect(small_db.dsn) as server:
        server.sync(mirror)
        track = next(iter(mirror.tracks)).id
        for number in range(3):
            add_play(mirror, number, track)
            report = server.sync(mirror)
            assert (report.pushed, report.rejected, report.waiting) == (1, 0, 0)
        assert server.sync(mirror).method == "unchanged"
    assert mirror.pending() == []
    assert_equal(mirror, small_db)
    assert [record.message for record in caplog.records if "prepared" in record.message] == [
        "the server has lost prepared statements: going on without"
    ]


def test_a_migration_between_two_pulls_changes_what_was_kept(
    small_db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    with pm.connect(small_db.dsn) as server:
        for _ in range(3):
            server.pull(mirror)
            small_db.execute("UPDATE tracks SET popularity = coalesce(popularity, 0) + 1")
        small_db.execute("ALTER TABLE play_history ALTER id TYPE bigint")
        for _ in range(3):
            server.pull(mirror)
            small_db.execute("UPDATE tracks SET popularity = coalesce(popularity, 0) + 1")
        server.pull(mirror)
    assert_equal(mirror, small_db)


def test_a_trigger_takes_them_away_from_a_connection_that_took_a_broken_ones_place(
    small_db: MusicDb, mirror: pm.Mirror, assert_equal: Equal
) -> None:
    forget_at_each_insert(small_db)
    with pm.connect(small_db.dsn) as server:
        server.sync(mirror)
        track = next(iter(mirror.tracks)).id
        for number in range(4):
            add_play(mirror, number, track)
        small_db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'playmirror'"
        )
        wait_until(
            small_db,
            "SELECT NOT EXISTS (SELECT FROM pg_stat_activity "
            "WHERE application_name = 'playmirror')",
        )
        report = server.sync(mirror, push={"batch_rows": 2})
        assert (report.pushed, report.rejected, report.waiting) == (4, 0, 0)
    assert mirror.pending() == []
    assert_equal(mirror, small_db)
