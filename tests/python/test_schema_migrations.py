"""Migrations between pulls: what is new is fetched alone, what is gone stops a table.

Only the table that a migration took from us stops; the rest goes on, and so does all reading.
"""

from collections.abc import Callable
from pathlib import Path

import playmirror as pm
import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from databases import TABLES
from support.comparing import file_rows
from support.migrations import migration
from support.music_db import MusicDb

Check = Callable[[pm.Mirror, MusicDb], None]

NEWEST = "f38e7b16c9d0"


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    return small_db


def test_a_new_column_with_a_default_travels_alone(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    whole = server.pull(mirror)
    with migration(music_db, "aaaa00000001") as op:
        mood = sa.Column("mood", sa.String(), nullable=False, server_default="calm")
        op.add_column("tracks", mood)
    report = server.pull(mirror)

    tracks = report.pulled["tracks"]
    assert tracks.new_columns == ["mood"]
    assert (tracks.inserted, tracks.updated, tracks.unchanged, tracks.deleted) == (0, 0, 0, 0)
    assert set(mirror.sql("SELECT DISTINCT mood FROM tracks").column("mood")) == {"calm"}
    assert_equal(mirror, music_db)
    # Some 22 characters of key and 4 of mood for each track, and a fixed part for the catalog.
    assert report.wire.bytes_received < 60 * len(mirror.tracks) + 40_000
    assert report.wire.bytes_received < whole.wire.bytes_received / 20
    assert (report.alembic_version, mirror.status().alembic_version) == ("aaaa00000001",) * 2


def test_a_table_may_be_as_wide_as_the_server_allows(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    columns = ", ".join(f"ADD wide_{number} integer DEFAULT {number}" for number in range(1_500))
    music_db.execute(f"ALTER TABLE tracks {columns}")
    assert server.pull(mirror).complete
    music_db.execute("UPDATE tracks SET wide_1499 = 7 WHERE id = (SELECT min(id) FROM tracks)")
    assert server.pull(mirror).pulled["tracks"].updated == 1
    assert server.verify(mirror).equal and server.verify(mirror, depth="quick").equal


def test_columns_may_have_the_names_that_sqlite_has_for_its_row_numbers(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    for table in ("tracks", "artists", "play_history"):
        music_db.execute(f"ALTER TABLE {table} ADD rowid text DEFAULT 'x', "
                         "ADD _rowid_ integer, ADD oid bigint DEFAULT 1")  # fmt: skip
    server.pull(mirror)
    [(track,)] = music_db.execute("SELECT track_id FROM play_history LIMIT 1")
    music_db.execute("UPDATE tracks SET name = 'Renamed'; UPDATE artists SET name = 'Renamed'")
    server.pull(mirror)
    assert {each.name for each in mirror.stats.top_tracks(limit=0)} == {"Renamed"}
    assert {each.name for each in mirror.stats.top_artists(limit=0)} <= {"Renamed", None}
    assert mirror.stats.entity_profile(track, entity="track").name == "Renamed"
    assert mirror.verify().ok
    assert_equal(mirror, music_db)


def test_a_column_named_like_a_records_but_for_case_does_not_take_its_place(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    # In the server's order it comes first.
    music_db.execute(
        """
        CREATE TABLE other ("ID" text, "Name" text DEFAULT 'capital', "Extra" text DEFAULT 'E',
                            extra text DEFAULT 'e', LIKE artists INCLUDING ALL);
        DROP TABLE artists CASCADE;
        ALTER TABLE other RENAME TO artists;
        INSERT INTO artists (id, name) VALUES ('a', 'small')
        """
    )
    assert server.pull(mirror, confirm_deletes=True).complete
    assert mirror.artists["a"].name == "small"
    [row] = mirror.sql("SELECT * FROM artists").to_dicts()
    assert {name: row[name] for name in row if name.lower() in ("id", "name", "extra")} == {
        "id": "a", "name": "small", "Extra": "E",
    }  # fmt: skip


def test_a_new_column_comes_together_with_changed_rows(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    with migration(music_db) as op:
        op.add_column("artists", sa.Column("followers", sa.BigInteger(), server_default="7"))
        op.add_column("play_history", sa.Column("offline", sa.Boolean(), server_default="false"))
        op.execute("UPDATE artists SET followers = 8 WHERE id > 'M'")
        op.execute("INSERT INTO play_history (offline) VALUES (true), (NULL)")
        op.execute("DELETE FROM play_history WHERE id = 5")
    report = server.pull(mirror)
    assert report.pulled["artists"].new_columns == ["followers"]
    assert report.pulled["play_history"].new_columns == ["offline"]
    assert report.pulled["play_history"].deleted == 1
    assert_equal(mirror, music_db)


def test_a_dropped_column_that_no_record_needs_goes(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    with migration(music_db) as op:
        op.add_column("tracks", sa.Column("mood", sa.String(), server_default="calm"))
    server.pull(mirror)
    with migration(music_db) as op:
        op.drop_column("tracks", "mood")
    server.pull(mirror)
    assert_equal(mirror, music_db)
    with migration(music_db) as op:  # back, with other values and of another type
        op.add_column("tracks", sa.Column("mood", sa.Integer(), server_default="3"))
    assert server.pull(mirror).pulled["tracks"].new_columns == ["mood"]
    assert_equal(mirror, music_db)


def test_a_column_dropped_and_added_again_between_two_pulls_is_a_new_one(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    with migration(music_db) as op:
        op.add_column("tracks", sa.Column("mood", sa.String(), server_default="calm"))
    server.pull(mirror)
    with migration(music_db) as op:
        op.drop_column("tracks", "mood")
        op.add_column("tracks", sa.Column("mood", sa.String(), server_default="wild"))
    server.pull(mirror)
    assert_equal(mirror, music_db)


def test_an_extra_column_that_is_renamed_or_retyped_is_followed(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    with migration(music_db) as op:
        op.add_column("tracks", sa.Column("mood", sa.String(), server_default="42"))
    server.pull(mirror)
    with migration(music_db) as op:
        op.alter_column("tracks", "mood", new_column_name="humour")
    server.pull(mirror)
    assert_equal(mirror, music_db)
    with migration(music_db) as op:
        op.execute("ALTER TABLE tracks ALTER humour DROP DEFAULT, "
                   "ALTER humour TYPE integer USING humour::integer")  # fmt: skip
    server.pull(mirror)
    assert_equal(mirror, music_db)


def drop(op: Operations) -> None:
    op.drop_column("tracks", "tempo")


def bring_back(op: Operations) -> None:
    op.add_column("tracks", sa.Column("tempo", sa.Float()))
    op.execute("UPDATE tracks SET tempo = 120 WHERE id > 'M'")


def rename(op: Operations) -> None:
    op.alter_column("tracks", "tempo", new_column_name="beats_per_minute")


def rename_back(op: Operations) -> None:
    op.alter_column("tracks", "beats_per_minute", new_column_name="tempo")


def retype(op: Operations) -> None:
    op.alter_column(
        "tracks", "tempo", type_=sa.String(), postgresql_using="'about ' || tempo::text"
    )


def retype_back(op: Operations) -> None:
    op.alter_column(
        "tracks", "tempo", type_=sa.Float(), postgresql_using="substr(tempo, 7)::float8"
    )


def test_a_type_that_prints_otherwise_without_a_rewrite_is_followed(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute("ALTER TABLE tracks ADD note varchar DEFAULT 'a  '")
    server.pull(mirror)
    music_db.execute("ALTER TABLE tracks ALTER note DROP DEFAULT, ALTER note TYPE bpchar")
    server.pull(mirror)
    assert_equal(mirror, music_db)


@pytest.mark.parametrize("moved", [0, 3, 100_000])
def test_another_column_may_become_the_id(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check, moved: int
) -> None:
    with migration(music_db) as op:
        op.execute("ALTER TABLE play_history ADD big_id bigint")
        op.execute(f"UPDATE play_history SET big_id = id + {moved}")
    server.pull(mirror)
    with migration(music_db) as op:  # which writes no row
        op.execute("ALTER TABLE play_history DROP CONSTRAINT play_history_pkey")
        op.execute("ALTER TABLE play_history DROP id")
        op.execute("ALTER TABLE play_history RENAME big_id TO id")
        op.execute("ALTER TABLE play_history ADD PRIMARY KEY (id)")
    assert server.pull(mirror).complete  # no play is gone
    assert_equal(mirror, music_db)


def test_a_key_may_be_retyped_without_a_rewrite(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute("INSERT INTO playlist_config (key) VALUES ('spaces  ')")
    server.pull(mirror)
    music_db.execute("ALTER TABLE playlist_config ALTER key TYPE bpchar")
    server.pull(mirror, confirm_deletes=True)
    assert_equal(mirror, music_db)


def test_plays_may_be_of_tracks_by_another_column(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute("ALTER TABLE play_history ADD other varchar REFERENCES tracks;"
                     "UPDATE play_history SET other = (SELECT min(id) FROM tracks)")  # fmt: skip
    server.pull(mirror)
    music_db.execute("ALTER TABLE play_history DROP track_id;"
                     "ALTER TABLE play_history RENAME other TO track_id")  # fmt: skip
    server.pull(mirror)
    assert_equal(mirror, music_db)
    assert mirror.stats.totals().tracks == 1


def test_another_column_may_become_part_of_a_key(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute(
        "ALTER TABLE track_artists ADD other varchar DEFAULT 'x', "
        "DROP CONSTRAINT track_artists_artist_id_fkey;"
        "UPDATE track_artists SET other = reverse(artist_id)"
    )
    server.pull(mirror)
    music_db.execute(
        "ALTER TABLE track_artists DROP artist_id;"
        "ALTER TABLE track_artists RENAME other TO artist_id;"
        "ALTER TABLE track_artists ADD PRIMARY KEY (track_id, artist_id)"
    )
    server.pull(mirror, confirm_deletes=True)
    assert_equal(mirror, music_db)


def test_the_time_that_a_part_goes_by_may_be_another_column(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    music_db.execute(
        "ALTER TABLE play_history ADD heard timestamp;"
        "UPDATE play_history SET heard = CASE WHEN id % 2 = 0 THEN '2000-01-01' "
        "ELSE '2100-01-01' END::timestamp"
    )
    since = music_db.execute("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY played_at) "
                             "FROM play_history")[0][0]  # fmt: skip
    server.pull(mirror, plays_since=f"{since}Z")
    music_db.execute("ALTER TABLE play_history DROP played_at;"
                     "ALTER TABLE play_history RENAME heard TO played_at")  # fmt: skip
    server.pull(mirror, confirm_deletes=True)
    assert [play.id % 2 for play in mirror.plays.list()] == [1] * 500
    assert server.verify(mirror).equal


@pytest.mark.parametrize(
    ("upgrade", "downgrade"), [(drop, bring_back), (rename, rename_back), (retype, retype_back)]
)
def test_a_column_taken_from_a_record_stops_its_table_alone(
    upgrade: Callable[[Operations], None],
    downgrade: Callable[[Operations], None],
    music_db: MusicDb,
    server: pm.Server,
    mirror: pm.Mirror,
    assert_equal: Check,
) -> None:
    server.pull(mirror)
    before = file_rows(mirror.path, "SELECT * FROM tracks ORDER BY id")
    top = [(track.track_id, track.name) for track in mirror.stats.top_tracks(limit=5)]

    with migration(music_db, "aaaa00000002") as op:
        upgrade(op)
        op.execute("UPDATE tracks SET popularity = 1")
        op.execute("UPDATE artists SET image_url = 'changed'")
        op.execute("INSERT INTO play_history (source) VALUES ('after the migration')")
    report = server.pull(mirror)

    tracks = report.pulled["tracks"]
    assert tracks.problem_code == "schema_mismatch"
    assert "tracks" in tracks.problem and "tempo" in tracks.problem
    assert not report.complete
    assert mirror.status().tables["tracks"].problem == tracks.problem
    assert {name for name in TABLES if report.pulled[name].problem} == {"tracks"}
    assert report.pulled["artists"].updated == len(mirror.artists)
    assert report.pulled["play_history"].inserted == 1
    assert report.alembic_version == "aaaa00000002"
    # Everything offline goes on with what was there.
    assert file_rows(mirror.path, "SELECT * FROM tracks ORDER BY id") == before
    assert [(each.track_id, each.name) for each in mirror.stats.top_tracks(limit=5)] == top
    assert mirror.tracks[before[0][0]].id == before[0][0]
    mirror.plays.add(track_id=before[0][0], played_at="2026-05-05T05:05:05Z", listened_ms=1)

    with migration(music_db, NEWEST) as op:
        downgrade(op)
    report = server.sync(mirror)
    assert report.complete and report.pushed == 1
    assert not any(table.problem for table in report.pulled.values())
    assert not mirror.status().tables["tracks"].problem
    assert_equal(mirror, music_db)


def test_links_of_recorded_tracks_do_not_hide_that_another_is_gone(
    music_db: MusicDb, mirror: pm.Mirror, tmp_path: Path, assert_equal: Check
) -> None:
    """The server has what was recorded here, from another copy, while it cannot be told so."""
    mirror.artists.add(id="mine")
    mirror.tracks.add(id="recorded", artist_ids=["mine"])
    mirror.copy_to(tmp_path / "copy.db")
    mirror.sync(music_db.dsn)
    music_db.execute("ALTER TABLE tracks DROP COLUMN tempo")
    with pm.open(tmp_path / "copy.db") as copy, pm.connect(music_db.dsn) as server:
        for _ in range(2):
            report = server.pull(copy, confirm_deletes=True)
            assert report.pulled["track_artists"].problem_code == "schema_mismatch"
            assert "tempo" in report.pulled["track_artists"].problem
            assert report.pulled["artists"].problem == ""
            assert not report.complete
            music_db.execute(
                "DELETE FROM track_artists WHERE (track_id, artist_id) IN "
                "(SELECT track_id, artist_id FROM track_artists WHERE artist_id <> 'mine' LIMIT 1)"
            )
        music_db.execute("ALTER TABLE tracks ADD COLUMN tempo float")
        assert server.sync(copy).complete
        assert copy.pending() == []
        assert_equal(copy, music_db)


def test_the_backends_own_downgrade_and_upgrade_heal(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    music_db.alembic("downgrade", "-1")
    report = server.pull(mirror)
    assert report.pulled["tracks"].problem_code == "schema_mismatch"
    assert "created_at" in report.pulled["tracks"].problem
    music_db.alembic("upgrade", "head")
    report = server.pull(mirror)
    assert report.complete and report.alembic_version == NEWEST
    assert_equal(mirror, music_db)


def test_every_table_at_once_is_an_error(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    plays = len(mirror.plays)
    with migration(music_db) as op:
        for table in TABLES:
            op.rename_table(table, f"{table}_old")
    with pytest.raises(pm.SchemaMismatch, match="artists") as error:
        server.pull(mirror)
    assert error.value.hint
    assert len(mirror.plays) == plays
