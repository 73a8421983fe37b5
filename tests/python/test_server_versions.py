"""What not every version of PostgreSQL has, tried where the server of the tests has it."""

from collections.abc import Callable

import playmirror as pm
import pytest
from support.faults import add_play, plays_on_server, wait_until
from support.music_db import MusicDb

Check = Callable[[pm.Mirror, MusicDb], None]


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    return small_db


# Columns that are computed when they are read, from 18 on ----------------------------------------

MINUTES = (
    "ALTER TABLE tracks ADD minutes float8 GENERATED ALWAYS AS (duration_ms / 60000.0) VIRTUAL"
)
SECONDS = "ALTER TABLE tracks ALTER minutes SET EXPRESSION AS (duration_ms / 1000.0)"


def test_a_virtual_column_is_mirrored_like_any_other(
    music_db: MusicDb, plain_role: str, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.needs(18)
    music_db.execute(MINUTES)
    music_db.execute("ALTER TABLE play_history ADD day date GENERATED ALWAYS AS (played_at::date)")
    with pm.connect(plain_role) as server:
        assert server.pull(mirror).complete
        assert_equal(mirror, music_db)
        mirror.tracks.add(id="new", duration_ms=90_000)
        add_play(mirror, 1, "new")
        assert server.sync(mirror).pushed == 2
        assert mirror.sql("SELECT minutes FROM tracks WHERE id = 'new'").column("minutes")[0] == 1.5
        assert_equal(mirror, music_db)
        for depth in ("quick", "full"):
            assert server.verify(mirror, depth=depth).equal


@pytest.mark.parametrize("watched", [False, True])
def test_another_expression_brings_the_values_of_every_row(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check, watched: bool
) -> None:
    """No row is written by it."""
    music_db.needs(18)
    music_db.execute(MINUTES)
    sweeps = {}
    if watched:
        sweeps["sweep_interval"] = 600
        music_db.execute(
            "INSERT INTO play_history (source) SELECT 'x' FROM generate_series(1, 2e5)"
        )
    server.pull(mirror, **sweeps)
    server.pull(mirror, **sweeps)
    with music_db.connect(autocommit=False) as other:
        other.execute("SELECT pg_current_xact_id()")  # the horizon stays before the migration
        music_db.execute(SECONDS)
        report = server.pull(mirror, **sweeps)
        assert report.pulled["tracks"].new_columns == ["minutes"]
        assert report.pulled["tracks"].updated == 0
        assert_equal(mirror, music_db)
        music_db.execute("UPDATE playlist_config SET description = 'later'")
        assert server.pull(mirror, **sweeps).pulled["tracks"].new_columns == []
    assert server.verify(mirror).equal


def test_the_expression_of_a_part_counts_only_there(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.needs(18)
    music_db.execute("""
        ALTER TABLE playlist_config RENAME TO before;
        CREATE TABLE playlist_config (LIKE before,
          size int GENERATED ALWAYS AS (length(key)), PRIMARY KEY (key)) PARTITION BY HASH (key);
        CREATE TABLE even PARTITION OF playlist_config FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE odd PARTITION OF playlist_config FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO playlist_config SELECT * FROM before;
        INSERT INTO playlist_config (key) SELECT 'k' || n FROM generate_series(1, 9) n;
        DROP TABLE before
    """)
    server.pull(mirror)
    assert_equal(mirror, music_db)
    music_db.execute("ALTER TABLE odd ALTER size SET EXPRESSION AS (-length(key))")
    assert server.pull(mirror).pulled["playlist_config"].new_columns == []
    assert_equal(mirror, music_db)
    music_db.execute("ALTER TABLE playlist_config ALTER size SET EXPRESSION AS (2 * length(key))")
    assert server.pull(mirror).pulled["playlist_config"].new_columns == ["size"]
    assert_equal(mirror, music_db)
    assert server.verify(mirror).equal


def test_times_that_another_expression_moves_are_those_of_the_same_plays(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.needs(18)
    music_db.execute("""
        ALTER TABLE play_history ADD local timestamp;
        UPDATE play_history SET local = played_at;
        ALTER TABLE play_history DROP played_at;
        ALTER TABLE play_history ADD played_at timestamp GENERATED ALWAYS AS (local)
    """)
    server.pull(mirror)
    server.pull(mirror)
    before = mirror.plays.recent(1)[0].played_at
    music_db.execute(
        "ALTER TABLE play_history ALTER played_at SET EXPRESSION AS (local + interval '1 hour')"
    )
    assert server.pull(mirror).complete
    assert (mirror.plays.recent(1)[0].played_at - before).total_seconds() == 3600
    assert_equal(mirror, music_db)
    assert server.verify(mirror).equal


# A limit on how long a transaction may take, from 17 on ------------------------------------------


def test_a_transaction_that_takes_too_long_is_no_broken_line(
    music_db: MusicDb, plain_role: str, mirror: pm.Mirror
) -> None:
    music_db.needs(17)
    mirror.pull(plain_role)
    music_db.execute(
        f"ALTER ROLE laptop IN DATABASE {music_db.name} SET transaction_timeout = '900ms'"
    )
    migration = music_db.connect(autocommit=False)
    migration.execute("LOCK TABLE tracks")
    with pm.connect(plain_role) as server:
        with pytest.raises(pm.Error) as caught:
            server.verify(mirror)
        assert type(caught.value) is pm.Error and caught.value.retryable
        assert caught.value.sqlstate == "25P04"
        assert "transaction_timeout" in caught.value.hint
        migration.rollback()
        music_db.execute(f"ALTER ROLE laptop IN DATABASE {music_db.name} RESET transaction_timeout")
        assert server.verify(mirror, depth="quick").equal


def test_a_batch_that_takes_longer_than_a_transaction_may_is_made_smaller(
    music_db: MusicDb, plain_role: str, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.needs(17)
    mirror.pull(plain_role)
    track = next(iter(mirror.tracks.list(limit=1))).id
    music_db.execute(
        f"ALTER ROLE laptop IN DATABASE {music_db.name} SET transaction_timeout = '2s';"
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(0.05); RETURN new; END $$;"
        "CREATE TRIGGER slow BEFORE INSERT ON play_history FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    before = len(mirror.plays)
    for number in range(80):
        add_play(mirror, number, track)
    report = mirror.sync(plain_role)
    assert (report.pushed, report.already_there) == (80, 0)
    assert mirror.pending() == []
    assert plays_on_server(music_db) == (before + 80, before + 80)
    assert_equal(mirror, music_db)


# What runs at each login, from 17 on --------------------------------------------------------------


def test_a_trigger_at_login_may_write_and_speak(
    music_db: MusicDb,
    plain_role: str,
    mirror: pm.Mirror,
    assert_equal: Check,
    capfd: pytest.CaptureFixture[str],
) -> None:
    music_db.needs(17)
    music_db.execute("""
        CREATE TABLE logins (who text, at timestamptz DEFAULT now());
        GRANT INSERT ON logins TO PUBLIC;
        CREATE FUNCTION at_login() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO public.logins (who) VALUES (session_user);
          RAISE WARNING 'welcome';
          IF session_user = 'laptop' THEN
            SET search_path = nowhere;
            SET DateStyle = German;
          END IF;
        END $$;
        CREATE EVENT TRIGGER at_login ON login EXECUTE FUNCTION at_login();
        ALTER EVENT TRIGGER at_login ENABLE ALWAYS
    """)
    with pm.connect(plain_role) as server:
        assert server.pull(mirror).complete
        track = next(iter(mirror.tracks.list(limit=1))).id
        add_play(mirror, 1, track)
        assert server.sync(mirror).pushed == 1
        assert server.verify(mirror).equal
    assert_equal(mirror, music_db)
    assert capfd.readouterr() == ("", "")


# Limits on how long a connection may be idle, from 14 on ------------------------------------------


def test_a_connection_that_was_idle_for_too_long_is_made_again(
    music_db: MusicDb, plain_role: str, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.needs(14)
    music_db.execute(
        f"ALTER ROLE laptop IN DATABASE {music_db.name} SET idle_session_timeout = '2s'"
    )
    with pm.connect(plain_role) as server:
        server.pull(mirror)
        music_db.execute("UPDATE tracks SET popularity = 1")
        wait_until_alone(music_db)
        assert server.pull(mirror).complete
    assert_equal(mirror, music_db)


def wait_until_alone(db: MusicDb) -> None:
    wait_until(
        db,
        "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'laptop' "
        "AND datname = current_database())",
        seconds=60,
    )


# Roles that PostgreSQL brings, from 14 on ---------------------------------------------------------


def test_the_roles_that_read_and_write_everything_are_enough(
    music_db: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """The one that writes may draw numbers by UPDATE, without USAGE."""
    music_db.needs(14)
    role = f"{music_db.name}_all"
    music_db.execute(f"CREATE ROLE {role} LOGIN IN ROLE pg_read_all_data, pg_write_all_data")
    try:
        with pm.connect(music_db.server.dsn(music_db.name, role)) as server:
            assert server.doctor().ok
            server.pull(mirror)
            add_play(mirror, 1, next(iter(mirror.tracks.list(limit=1))).id)
            assert server.sync(mirror).pushed == 1
        assert_equal(mirror, music_db)
    finally:
        music_db.execute(f"DROP ROLE {role}")
