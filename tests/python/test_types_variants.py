"""The same schema with other types, more columns, and other tables beside it."""

import contextlib
from collections.abc import Callable
from datetime import datetime, timezone

import playmirror as pm
import psycopg
import pytest
from support.music_db import MusicDb

Check = Callable[[pm.Mirror, MusicDb], None]

# Changes each column of a type: what it becomes, and how its values get there.
RETYPE = """
    DO $$ DECLARE c record; BEGIN
      FOR c IN SELECT table_name, column_name, column_default FROM information_schema.columns
               WHERE table_schema = 'public' AND table_name <> 'alembic_version'
                 AND data_type = '{old}'
      LOOP
        EXECUTE format('ALTER TABLE %I ALTER %I TYPE {new} USING %2$I{using}',
                       c.table_name, c.column_name);
      END LOOP;
    END $$
"""
REPLACE_JSON = {"old": "json", "new": "jsonb", "using": "::text::jsonb"}
ZONED_TIMES = {
    "old": "timestamp without time zone",
    "new": "timestamptz",
    "using": " AT TIME ZONE ''UTC''",
}
BIG_NUMBERS = {"old": "integer", "new": "bigint", "using": ""}
SMALL_REALS = {"old": "double precision", "new": "real", "using": ""}
PLAIN_TEXT = {"old": "character varying", "new": "text", "using": ""}
VARIANTS = {
    "jsonb": [REPLACE_JSON],
    "timestamptz": [ZONED_TIMES],
    "bigint": [BIG_NUMBERS],
    "real": [SMALL_REALS],
    "text": [PLAIN_TEXT],
    "all": [REPLACE_JSON, ZONED_TIMES, BIG_NUMBERS, SMALL_REALS, PLAIN_TEXT],
}
SNAPSHOT = {"date": "2026-05-05T05:05:05.000001Z", "metrics_payload": '{"b": 1.50, "a": [ ]}'}


def retype(db: MusicDb, variant: str) -> None:
    # The foreign keys would ask for both ends to change at once.
    db.execute("ALTER TABLE play_history DROP CONSTRAINT play_history_track_id_fkey")
    for change in VARIANTS[variant]:
        db.execute(RETYPE.format(**change))
    if variant in ("bigint", "all"):
        db.execute("ALTER SEQUENCE play_history_id_seq AS bigint RESTART 3000000000")


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    return small_db


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_schema_with_other_types_syncs_both_ways(
    variant: str, music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    retype(music_db, variant)
    report = server.pull(mirror)
    assert report.complete
    assert_equal(mirror, music_db)

    track = next(iter(mirror.tracks.list(limit=1))).id
    mirror.plays.add(track_id=track, played_at="2026-05-05T05:05:05.5Z", listened_ms=5)
    mirror.snapshots.add(**SNAPSHOT)
    music_db.execute("UPDATE tracks SET created_at = '2020-02-02 02:02:02', popularity = 7")
    report = server.sync(mirror)
    assert (report.pushed, report.rejected, report.waiting) == (2, 0, 0)
    server.pull(mirror)
    assert_equal(mirror, music_db)
    assert server.verify(mirror).equal


@pytest.mark.parametrize("variant", ["jsonb", "timestamptz", "bigint", "real", "text"])
def test_a_migration_to_other_types_between_two_pulls_is_followed(
    variant: str, music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    retype(music_db, variant)
    report = server.pull(mirror)
    assert report.complete
    assert_equal(mirror, music_db)


def test_local_times_become_instants_once_their_column_has_a_zone(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute(
        "INSERT INTO play_history (id, track_id, played_at) "
        "SELECT 999999, min(id), '2026-07-01 12:00' FROM tracks"
    )
    server.pull(mirror)
    assert mirror.plays[999999].played_at == datetime(2026, 7, 1, 12, tzinfo=timezone.utc)
    music_db.execute(
        "ALTER TABLE play_history ALTER played_at TYPE timestamptz "
        "USING played_at AT TIME ZONE 'Europe/Berlin'"
    )
    server.pull(mirror)
    assert mirror.plays[999999].played_at == datetime(2026, 7, 1, 10, tzinfo=timezone.utc)
    assert_equal(mirror, music_db)
    assert server.verify(mirror).equal


def test_ids_beyond_32_bits_arrive(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    retype(music_db, "bigint")
    music_db.execute(
        "INSERT INTO play_history (id, source) VALUES (9223372036854775807, 'last'), "
        "(-9223372036854775808, 'first'), (4294967296, 'wide')"
    )
    server.pull(mirror)
    assert mirror.plays[9223372036854775807].source == "last"
    assert_equal(mirror, music_db)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("step", [1, -1])
def test_an_id_of_the_server_that_a_pending_row_has_moves_that_row(
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
    assert_equal: Check,
    first: bool,
    step: int,
) -> None:
    """Ids of 64 bits may lie where the mirror numbers what is not sent yet."""
    retype(music_db, "bigint")
    music_db.execute("INSERT INTO tracks (id) VALUES ('t')")
    if not first:
        server.pull(mirror)
    mirror.tracks.add(id="t")
    at = "2026-05-05T05:05:0{}Z".format
    ours = [mirror.plays.add(track_id="t", played_at=at(second)) for second in (1, 2)]
    for id_ in (ours[0].id, ours[1].id - 1, ours[1].id - 2)[::step]:
        music_db.execute(
            "INSERT INTO play_history (id, track_id, source) VALUES (%s, 't', 'theirs')", [id_]
        )
    server.pull(mirror)
    assert mirror.plays[ours[0].id].source == "theirs"
    moved, stayed = mirror.pending()[-2:]
    assert mirror.plays[moved.row_id].played_at == ours[0].played_at
    assert mirror.plays[stayed.row_id] == ours[1]
    assert mirror.plays.add(track_id="t", played_at=at(3)).id < ours[1].id - 2
    assert server.sync(mirror).pushed == 3
    assert not mirror.pending()
    assert_equal(mirror, music_db)


def test_columns_of_every_kind_are_mirrored_as_the_server_prints_them(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute("""
        CREATE TYPE mood AS ENUM ('calm', 'wi''ld "x"');
        CREATE TYPE pair AS (a int, b text);
        CREATE DOMAIN percent AS integer CHECK (VALUE BETWEEN 0 AND 100);
        CREATE DOMAIN half AS percent CHECK (VALUE < 50);
        ALTER TABLE tracks
          ADD a numeric DEFAULT 12345678901234567890.00100, ADD b bytea DEFAULT '\\x00ff10',
          ADD c text[] DEFAULT ARRAY['a,b', NULL, '"'], ADD d mood DEFAULT 'wi''ld "x"',
          ADD e uuid DEFAULT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
          ADD f interval DEFAULT '1 year -3 days 04:05:06.789', ADD g inet DEFAULT '::1/64',
          ADD h int4range DEFAULT '[3,7)', ADD i date DEFAULT '0044-03-15 BC',
          ADD j time DEFAULT '24:00:00', ADD k timetz DEFAULT '01:02:03+05:30',
          ADD l pair DEFAULT ROW(1, 'x,y'), ADD m percent DEFAULT 7, ADD n half DEFAULT 8,
          ADD o point DEFAULT '(1.5,-2)', ADD p bit(3) DEFAULT '101', ADD q "char" DEFAULT 'z',
          ADD r char(5) DEFAULT 'ab', ADD s name DEFAULT 'n', ADD t oid DEFAULT 4000000000,
          ADD u tsvector DEFAULT 'a:1 b:2', ADD w int2 DEFAULT -32768,
          ADD x float4 DEFAULT 0.1, ADD y float8[] DEFAULT '{0.1,NaN,-0}', ADD z money DEFAULT 3,
          ADD generated text GENERATED ALWAYS AS (id || '!') STORED
    """)
    with contextlib.suppress(psycopg.errors.FeatureNotSupported):  # a server can be built without
        music_db.execute("ALTER TABLE tracks ADD v xml DEFAULT '<a/>'")
    server.pull(mirror)
    assert_equal(mirror, music_db)
    music_db.execute("UPDATE tracks SET a = 'NaN', b = '', c = '{}', d = NULL, x = 'NaN', w = 1")
    server.pull(mirror)
    assert_equal(mirror, music_db)
    assert server.verify(mirror).equal


def test_a_domain_over_a_domain_is_of_the_type_under_both(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """For the columns of records too, and with the rounding of whichever of them rounds."""
    music_db.execute("""
        CREATE DOMAIN length AS integer; CREATE DOMAIN track_length AS length CHECK (VALUE >= 0);
        CREATE DOMAIN instant AS timestamp(0); CREATE DOMAIN past AS instant;
        CREATE DOMAIN played AS past; CREATE DOMAIN flag AS boolean; CREATE DOMAIN truth AS flag;
        ALTER TABLE tracks ALTER duration_ms TYPE track_length;
        ALTER TABLE play_history ALTER played_at TYPE played, ALTER skipped TYPE truth;
        INSERT INTO tracks (id, duration_ms) VALUES ('t1', 60000);
        INSERT INTO play_history (track_id, played_at, skipped) VALUES ('t1', '2026-01-01', true);
    """)
    report = server.pull(mirror)
    assert {table.problem for table in report.pulled.values()} == {""}
    assert mirror.tracks["t1"].duration_ms == 60_000
    assert [play.skipped for play in mirror.plays.list(track_id="t1")] == [True]
    mirror.plays.add(track_id="t1", played_at="2026-01-01T00:00:00.4Z")  # as the server rounds it
    mirror.plays.add(track_id="t1", played_at="2026-01-02T00:00:00.4Z", skipped=False)
    report = server.sync(mirror)
    assert (report.pushed, report.already_there) == (1, 1)
    assert_equal(mirror, music_db)
    assert server.verify(mirror).equal and server.verify(mirror, depth="quick").equal


NAMES = [
    'say "so"', "it's", "two words", "Mixed Case", "ünïcödé ☃ 𝄞", "select", "rowid", "?1", ":a",
    "$1", "a;b--", "%s {0}", "]", "\n", "_rowid_", "playmirror_newer", "x" * 63, "0", "xmin2",
]  # fmt: skip


def test_columns_with_odd_names_are_mirrored_under_them(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    for table in ("tracks", "play_history", "track_artists"):
        for name in NAMES:
            quoted = '"' + name.replace('"', '""') + '"'
            music_db.execute(f"ALTER TABLE {table} ADD {quoted} varchar DEFAULT 'value'")
    report = server.pull(mirror)
    assert sorted(report.pulled["play_history"].new_columns) == sorted(NAMES)
    assert_equal(mirror, music_db)
    assert server.verify(mirror).equal

    track = next(iter(mirror.tracks.list(limit=1))).id
    mirror.plays.add(track_id=track, played_at="2026-05-05T05:05:05Z")
    assert server.sync(mirror).pushed == 1
    server.pull(mirror)
    assert_equal(mirror, music_db)


def test_a_new_mirror_of_columns_with_odd_names(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    for name in NAMES:
        quoted = '"' + name.replace('"', '""') + '"'
        music_db.execute(f"ALTER TABLE play_history ADD {quoted} float8 DEFAULT '-0'")
    server.pull(mirror)
    assert_equal(mirror, music_db)


def test_of_two_columns_that_differ_in_case_alone_the_first_is_kept(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    """SQLite knows no such pair; the column that the records need is always the older one."""
    music_db.execute("ALTER TABLE tracks ADD \"NAME\" varchar DEFAULT 'shouted'")
    assert server.pull(mirror).complete
    there = dict(music_db.execute("SELECT id, name FROM tracks"))
    assert {track.id: track.name for track in mirror.tracks.list()} == there


def test_tables_that_are_not_ours_are_left_alone(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute("""
        CREATE TABLE users (id serial PRIMARY KEY, password text);
        INSERT INTO users (password) VALUES ('secret');
        CREATE SCHEMA postgres;  -- called like the role: first in the default search_path
        CREATE TABLE postgres.tracks (id varchar);
        CREATE TABLE postgres.play_history (LIKE public.play_history);
        CREATE FUNCTION postgres.age(xid) RETURNS integer LANGUAGE sql AS 'SELECT 0';
    """)
    server.pull(mirror)
    music_db.execute("INSERT INTO public.play_history (source) VALUES ('new')")
    assert server.pull(mirror).pulled["play_history"].inserted == 1
    assert_equal(mirror, music_db)
    names = mirror.sql("SELECT name FROM sqlite_schema WHERE type = 'table'").column("name")
    assert "users" not in names


def test_another_schema_can_be_mirrored(
    music_db: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute('CREATE SCHEMA "other music"; CREATE TABLE "other music".tracks (id varchar)')
    for table in ("tracks", "artists", "play_history"):
        music_db.execute(f'DROP TABLE IF EXISTS "other music".{table}')
        music_db.execute(f'CREATE TABLE "other music".{table} (LIKE public.{table} INCLUDING ALL)')
    music_db.execute("INSERT INTO \"other music\".artists (id, name) VALUES ('a', 'Other')")
    with pm.connect(music_db.dsn, schema="other music") as server:
        report = server.pull(mirror)
    assert {each for each in report.pulled if report.pulled[each].problem} == {
        "track_artists", "analysis_snapshots", "playlist_config",
    }  # fmt: skip
    assert [artist.name for artist in mirror.artists.list()] == ["Other"]


def test_a_partitioned_log_is_a_table_like_any_other(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute("""
        ALTER TABLE play_history RENAME TO plays;
        CREATE TABLE play_history (LIKE plays INCLUDING DEFAULTS, PRIMARY KEY (id))
          PARTITION BY RANGE (id);
        CREATE TABLE early PARTITION OF play_history FOR VALUES FROM (MINVALUE) TO (500);
        CREATE TABLE late PARTITION OF play_history FOR VALUES FROM (500) TO (MAXVALUE);
        INSERT INTO play_history SELECT * FROM plays;
    """)
    server.pull(mirror)
    assert_equal(mirror, music_db)
    music_db.execute("""
        UPDATE play_history SET id = 2000, source = 'moved' WHERE id = 1;
        DELETE FROM play_history WHERE id = 700;
        INSERT INTO play_history (id, source) VALUES (-1, 'new');
    """)
    server.pull(mirror)
    assert_equal(mirror, music_db)


def test_keys_that_are_no_text(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """They are text here; whatever is looked for by them is found."""
    server.sync(mirror)
    music_db.execute("""
        CREATE TYPE playlist AS ENUM ('daily', 'weekly', 'new');
        DELETE FROM playlist_config;
        INSERT INTO playlist_config (key) VALUES ('daily'), ('weekly');
        ALTER TABLE playlist_config ALTER key TYPE playlist USING key::playlist;
        ALTER TABLE track_artists DROP CONSTRAINT track_artists_artist_id_fkey;
        ALTER TABLE artists ALTER id TYPE uuid USING md5(id)::uuid;
        ALTER TABLE track_artists ALTER artist_id TYPE uuid USING md5(artist_id)::uuid
    """)
    server.sync(mirror, pull={"confirm_deletes": True})
    assert_equal(mirror, music_db)
    artist = "5f5c0a8e-0000-4000-8000-000000000000"
    mirror.artists.add(id=artist, name="New")
    mirror.tracks.add(id="new", name="New", artist_ids=[artist])
    assert server.sync(mirror).pushed == 2
    music_db.execute("""
        DELETE FROM playlist_config WHERE key = 'daily';
        INSERT INTO playlist_config (key) VALUES ('new')
    """)
    playlists = server.sync(mirror).pulled["playlist_config"]
    assert (playlists.inserted, playlists.deleted) == (1, 1)
    assert_equal(mirror, music_db)
    for depth in ("quick", "full"):
        assert server.verify(mirror, depth=depth).equal
    assert server.track("new") == mirror.tracks["new"]


def test_a_server_that_quotes_all_names(
    music_db: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute(f"ALTER DATABASE {music_db.name} SET quote_all_identifiers = on")
    mirror.pull(music_db.dsn)
    assert_equal(mirror, music_db)
    mirror.plays.add(track_id=next(iter(mirror.tracks)).id, played_at="2026-05-05T05:05:05Z")
    assert mirror.sync(music_db.dsn).pushed == 1
    assert_equal(mirror, music_db)


@pytest.mark.parametrize("name", ["int4", "timestamp", "bool", "json"])
def test_a_type_of_the_backends_own_with_a_name_that_postgresql_has_too(
    name: str, music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.sync(mirror)
    music_db.execute(f"""
        CREATE TYPE public.{name} AS ENUM ('one', 'two');
        ALTER TABLE tracks ADD COLUMN how public.{name} DEFAULT 'two'
    """)
    assert server.sync(mirror).complete
    assert list(mirror.sql("SELECT DISTINCT how FROM tracks")) == [("two",)]
    for depth in ("quick", "full"):
        assert server.verify(mirror, depth=depth).equal
