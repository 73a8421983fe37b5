"""A server that is not the one we know is noticed before a row is deleted or sent.

And once the user accepts it, nothing recorded here is lost, and nothing is sent twice.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import playmirror as pm
import pytest
from cluster import Cluster, binaries, has_program
from databases import create_database, drop_database, quote
from support.comparing import file_rows
from support.music_db import MusicDb

Check = Callable[[pm.Mirror, MusicDb], None]


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    return small_db


def record(mirror: pm.Mirror, second: int) -> pm.Play:
    track = next(iter(mirror.tracks.list(limit=1))).id
    return mirror.plays.add(track_id=track, played_at=f"2026-05-05T05:05:{second:02}Z")


def recorded_on(db: MusicDb) -> int:
    """How many of the plays of record() the server has."""
    return db.execute(
        "SELECT count(*) FROM play_history WHERE played_at BETWEEN '2026-05-05 05:05:00' "
        "AND '2026-05-05 05:05:59'"
    )[0][0]


def refuses(server: pm.Server, mirror: pm.Mirror) -> None:
    """No call touches either side, and all say why."""
    before = file_rows(mirror.path, "SELECT * FROM play_history ORDER BY id")
    pending = mirror.pending()
    calls = [server.pull, server.sync, server.verify] + [server.push] * bool(pending)
    for call in calls:
        with pytest.raises(pm.ServerChanged) as error:
            call(mirror)
        assert error.value.code == "server_changed"
        assert "accept_server" in error.value.hint
    assert file_rows(mirror.path, "SELECT * FROM play_history ORDER BY id") == before
    assert mirror.pending() == pending


def test_another_database_is_noticed(
    music_db: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    with pm.connect(music_db.dsn) as server:
        server.pull(mirror)
    record(mirror, 1)
    with MusicDb.create(music_db.server) as other:
        with pm.connect(other.dsn) as server:
            refuses(server, mirror)
            assert recorded_on(other) == 0
        with pm.connect(music_db.dsn) as server:  # the right one goes on as if nothing had been
            assert server.sync(mirror).pushed == 1
        assert_equal(mirror, music_db)


def test_a_copy_under_another_name_is_adopted_when_the_user_says_so(
    music_db: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    with pm.connect(music_db.dsn) as server:
        server.pull(mirror)
    with MusicDb.create(music_db.server, template=music_db.name) as other:
        other.execute("UPDATE tracks SET popularity = 1 WHERE id > 'M'")
        other.execute("DELETE FROM play_history WHERE id = 7")
        record(mirror, 1)
        with pm.connect(other.dsn) as server:
            refuses(server, mirror)
            server.pull(mirror, accept_server=True)
            assert server.sync(mirror).pushed == 1
            assert_equal(mirror, other)
            assert server.verify(mirror).equal


def test_a_play_that_is_sent_again_leaves_no_odd_values_behind(
    music_db: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute("ALTER TABLE play_history ADD weight float DEFAULT 'NaN'")
    with pm.connect(music_db.dsn) as server:
        server.pull(mirror)
        record(mirror, 1)
        assert server.sync(mirror).pushed == 1
    with MusicDb.create(music_db.server, template=music_db.name) as other:
        other.execute("DELETE FROM play_history WHERE id = (SELECT max(id) FROM play_history)")
        with pm.connect(other.dsn) as server:
            server.pull(mirror, accept_server=True)
            assert server.sync(mirror).pushed == 1
            assert_equal(mirror, other)


def test_rows_of_ours_that_the_accepted_server_has_are_already_there(
    music_db: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    with pm.connect(music_db.dsn) as server:
        server.pull(mirror)
        record(mirror, 1)
        record(mirror, 2)
        assert server.sync(mirror).pushed == 2
    with MusicDb.create(music_db.server, template=music_db.name) as other:
        with pm.connect(other.dsn) as server:
            report = server.pull(mirror, accept_server=True)
        assert report.already_there == 2
        assert all(each.inserted == each.deleted == 0 for each in report.pulled.values())
        assert mirror.pending() == []
        assert_equal(mirror, other)


def test_an_empty_database_that_is_accepted_by_mistake_takes_nothing_away(
    music_db: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    with pm.connect(music_db.dsn) as server:
        server.pull(mirror)
    plays = len(mirror.plays)
    with MusicDb.create(music_db.server) as other:
        with pm.connect(other.dsn) as server:
            report = server.pull(mirror, accept_server=True)
        assert report.pulled["play_history"].held_deletes == plays == len(mirror.plays)
        assert not report.complete
    with pm.connect(music_db.dsn) as server:
        refuses(server, mirror)
        server.pull(mirror, accept_server=True)
    assert_equal(mirror, music_db)


def test_another_schema_of_the_same_database_is_noticed(
    music_db: MusicDb, mirror: pm.Mirror
) -> None:
    with pm.connect(music_db.dsn) as server:
        server.pull(mirror)
    music_db.execute("CREATE SCHEMA other")
    for (table,) in music_db.execute("SELECT tablename FROM pg_tables WHERE schemaname='public'"):
        music_db.execute(f"CREATE TABLE other.{table} (LIKE public.{table} INCLUDING ALL)")
    with pm.connect(music_db.dsn, schema="other") as server:
        refuses(server, mirror)


@pytest.fixture
def backup(music_db: MusicDb) -> Iterator[str]:
    """A copy of the database as it is now, as a backup would keep it."""
    name = f"{music_db.name}_backup"
    create_database(music_db.server, name, music_db.name)
    yield name
    drop_database(music_db.server, name)


def test_a_database_set_back_to_a_copy_of_its_own_is_noticed(
    music_db: MusicDb, backup: str, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """Cluster, name and transaction numbers look right: only the rows are those of yesterday."""
    with pm.connect(music_db.dsn) as server:
        server.pull(mirror)
        record(mirror, 1)
        server.sync(mirror)
        music_db.execute("UPDATE tracks SET popularity = 1 WHERE id > 'M'")
        server.pull(mirror)
    drop_database(music_db.server, music_db.name)
    music_db.server.psql(f"ALTER DATABASE {quote(backup)} RENAME TO {quote(music_db.name)}")
    record(mirror, 2)
    with pm.connect(music_db.dsn) as server:
        refuses(server, mirror)
        assert server.sync(mirror, pull={"accept_server": True}).pushed == 2
        assert recorded_on(music_db) == 2
        assert_equal(mirror, music_db)


@pytest.fixture
def other_cluster() -> Iterator[Cluster]:
    with Cluster() as cluster:
        yield cluster


def dump(db: MusicDb, file: Path) -> None:
    subprocess.run([binaries() / "pg_dump", "-f", file, db.dsn], check=True, capture_output=True)


def test_a_dump_loaded_into_a_new_cluster_is_noticed_and_healed(
    music_db: MusicDb,
    other_cluster: Cluster,
    mirror: pm.Mirror,
    tmp_path: Path,
    assert_equal: Check,
) -> None:
    with pm.connect(music_db.dsn) as server:
        server.pull(mirror)
        early = record(mirror, 1)
        server.sync(mirror)
        dump(music_db, tmp_path / "dump.sql")
        late = record(mirror, 2)
        server.sync(mirror)  # on the old server only: the dump is older
    assert not mirror.pending()
    unsent = record(mirror, 3)

    other_cluster.psql(f"CREATE DATABASE {quote(music_db.name)}")
    other_cluster.psql((tmp_path / "dump.sql").read_text(), music_db.name)
    restored = MusicDb(other_cluster, music_db.name)
    # A foreign play takes the id that our late one had.
    (foreign,) = restored.execute("INSERT INTO play_history (source) VALUES ('f') RETURNING id")
    assert foreign == (mirror.plays[late.id].id,)

    with pm.connect(restored.dsn) as server:
        refuses(server, mirror)
        server.pull(mirror, accept_server=True)
        report = server.sync(mirror)
        assert recorded_on(restored) == 3
        assert not mirror.pending()
        assert_equal(mirror, restored)
        for play in (early, late, unsent):  # every handle still finds its play
            assert mirror.plays[play.id].played_at == play.played_at
        assert mirror.plays[foreign[0]].source == "f"
        assert (report.pushed, report.already_there, report.rejected) == (2, 0, 0)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("told", [True, False])
def test_a_server_that_was_upgraded_goes_on(
    told: bool, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """Rows keep their transactions. Its system identifier is another one, which a managed service
    may hide."""
    if not has_program("pg_upgrade"):
        pytest.skip("no pg_upgrade")
    with Cluster() as old:
        old.psql("CREATE DATABASE music")
        before = MusicDb(old, "music")
        before.alembic("upgrade", "head")
        before.fill(plays=100)
        dsn = before.plain_role()
        if not told:
            before.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        mirror.pull(dsn)
        early = record(mirror, 1)
        mirror.sync(dsn)
        late = record(mirror, 2)
        before.execute("DELETE FROM play_history WHERE id = 7; UPDATE tracks SET popularity = 1")
        old.stop()
        with Cluster.upgraded_from(old) as new, MusicDb(new, "music") as after:
            if not told:
                after.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
            with pm.connect(new.dsn("music", "laptop")) as server:
                if told:
                    refuses(server, mirror)
                    server.pull(mirror, accept_server=True)
                report = server.sync(mirror)
                assert (report.pushed, report.already_there) == (1, 0)
                assert recorded_on(after) == 2
                assert_equal(mirror, after)
                assert server.verify(mirror).equal
                for play in (early, late):
                    assert mirror.plays[play.id].played_at == play.played_at


def test_a_table_restored_over_the_live_one_gets_our_plays_again(
    music_db: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """One table of a dump, made before our last push, takes the place of the present one."""
    with pm.connect(music_db.dsn) as server:
        server.pull(mirror)
        early = record(mirror, 1)
        server.sync(mirror)
        dump = subprocess.run(
            [binaries() / "pg_dump", "--clean", "--table=play_history", music_db.dsn],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        late = record(mirror, 2)
        server.sync(mirror)
        late_id = mirror.plays[late.id].id
        music_db.server.psql(dump.stdout, music_db.name)
        # The id of our late play goes to another one.
        add = "INSERT INTO play_history (track_id, source) VALUES (%s, 'foreign') RETURNING id"
        assert music_db.execute(add, [late.track_id]) == [(late_id,)]

        report = server.pull(mirror)
        assert report.already_there == 0
        assert mirror.plays[late_id].source == "foreign"
        assert [entry.key for entry in mirror.pending()] == [
            f"{late.track_id} at 2026-05-05T05:05:02Z"
        ]
        assert server.sync(mirror).pushed == 1
    assert recorded_on(music_db) == 2
    for play in (early, late):
        assert mirror.plays[play.id].played_at == play.played_at
    assert_equal(mirror, music_db)


def test_a_table_restored_before_the_first_copy_gets_our_plays_again(
    music_db: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """What was pushed before anything was pulled."""
    [(track,)] = music_db.execute("SELECT id FROM tracks ORDER BY id LIMIT 1")
    dump = subprocess.run(
        [binaries() / "pg_dump", "--clean", "--table=play_history", music_db.dsn],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    mirror.tracks.add(id=track)
    play = mirror.plays.add(track_id=track, played_at="2026-05-05T05:05:01Z")
    with pm.connect(music_db.dsn) as server:
        assert server.push(mirror).pushed == 1
        music_db.server.psql(dump.stdout, music_db.name)
        server.pull(mirror)
        assert [entry.table for entry in mirror.pending()] == ["play_history"]
        assert server.sync(mirror).pushed == 1
    assert recorded_on(music_db) == 1
    assert mirror.plays[play.id].played_at == play.played_at
    assert_equal(mirror, music_db)


@pytest.mark.parametrize(
    "made",
    [
        "track_id, played_at + interval '2 h' AS played_at",
        "track_id, date_trunc('second', played_at) AS played_at",
        "(SELECT min(id) FROM tracks) AS track_id, played_at",
    ],
)
def test_a_migration_that_makes_the_table_anew_sends_nothing_again(
    made: str, music_db: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """All plays moved to the clocks of another zone, or some of them rounded, or tracks merged."""
    with pm.connect(music_db.dsn) as server:
        server.pull(mirror)
        track = music_db.execute("SELECT max(id) FROM tracks")[0][0]
        for n in range(6):
            at = f"2026-05-05T05:05:0{n}{'.25' if n % 2 else ''}Z"
            mirror.plays.add(track_id=track, played_at=at, source="ours")
        assert server.sync(mirror).pushed == 6
        before = music_db.execute("SELECT count(*) FROM play_history")
        music_db.execute(
            f"CREATE TABLE made AS SELECT id, {made}, listened_ms, skipped, source, context_uri "
            "FROM play_history; DROP TABLE play_history; ALTER TABLE made RENAME TO play_history; "
            "ALTER TABLE play_history ADD PRIMARY KEY (id)"
        )
        report = server.sync(mirror)
        assert (report.pushed, mirror.pending()) == (0, [])
        assert music_db.execute("SELECT count(*) FROM play_history") == before
    assert_equal(mirror, music_db)
