"""Server.verify(depth="quick"): digests of blocks, the same on both sides for every value."""

from collections.abc import Callable
from datetime import timezone

import playmirror as pm
import psycopg
import pytest
from databases import TABLES
from support.music_db import MusicDb
from test_verify import DAMAGE, EXTRA, damage

Check = Callable[[pm.Mirror, MusicDb], None]


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    return small_db


def quick(server: pm.Server, mirror: pm.Mirror) -> pm.VerifyReport:
    report = server.verify(mirror, depth="quick")
    assert report.depth is pm.VerifyDepth.QUICK  # not the full comparison in its stead
    return report


def only_block(report: pm.VerifyReport) -> pm.BlockDifference:
    assert not report.equal
    assert report.difference_count == 1
    [block] = report.blocks
    return block


def test_a_fresh_copy_is_equal_in_one_round_trip(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    music_db.settle()
    report = quick(server, mirror)
    assert report.equal
    assert (report.difference_count, report.blocks, report.skipped) == (0, [], {})
    rows = sum(music_db.execute(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES)
    assert report.rows_compared == rows
    assert len(TABLES) <= report.blocks_compared < rows
    assert report.wire.round_trips == 1
    full = server.verify(mirror)
    assert report.wire.bytes_received * 10 < full.wire.bytes_received


def test_one_changed_value_is_found(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    for table, column, change in DAMAGE:
        key = {"playlist_config": "key"}.get(table, "id")
        query = f"SELECT max({key}) AS k FROM {table} WHERE {column} IS NOT NULL"
        (row,) = mirror.sql(query).column("k")
        damage(mirror, f"{change} WHERE {key} = {row!r}")
        found = only_block(quick(server, mirror))
        assert found.table == table, change
        assert found.rows_here == found.rows_on_server > 0
        assert not found.newer_on_server
        if isinstance(row, int):
            first, last = map(int, found.block.split(" to "))
            assert first <= row <= last
        else:
            assert str(row).startswith(found.block.removesuffix("..."))
        server.repair(mirror)


def test_missing_and_extra_rows_are_found(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    keys = {"playlist_config": "key", "track_artists": "track_id || ' ' || artist_id"}
    for table in TABLES:
        key = keys.get(table, "id")
        damage(mirror, f"DELETE FROM {table} WHERE {key} = (SELECT min({key}) FROM {table})")
        missing = only_block(quick(server, mirror))
        assert (missing.table, missing.rows_here) == (table, missing.rows_on_server - 1)
        server.repair(mirror)
        damage(mirror, EXTRA[table][0])
        extra = only_block(quick(server, mirror))
        assert (extra.table, extra.rows_here) == (table, extra.rows_on_server + 1)
        server.repair(mirror, confirm_deletes=True)


def test_values_that_change_places_do_not_cancel_out(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    (a, track), *others = mirror.sql(
        "SELECT id, track_id FROM play_history WHERE id BETWEEN 200 AND 300"
    ).rows()
    b, other = next(each for each in others if each[1] != track)
    damage(
        mirror,
        f"UPDATE play_history SET track_id = '{other}' WHERE id = {a};"
        f"UPDATE play_history SET track_id = '{track}' WHERE id = {b}",
    )
    assert only_block(quick(server, mirror)).table == "play_history"
    server.repair(mirror)
    damage(mirror, "UPDATE tracks SET energy = valence, valence = energy WHERE energy <> valence")
    assert not quick(server, mirror).equal


def test_odd_values_have_the_same_digest_on_both_sides(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    music_db.execute(
        "ALTER TABLE tracks ADD tags text[], ADD small real, ADD big numeric, ADD raw bytea, "
        "ADD seen timestamptz, ADD day date, ADD wide char(5), ADD many bigint, ADD doc jsonb"
    )
    values = [
        ("NaN", "-0", "NaN", "infinity", "infinity", "{}", -1),
        ("-0", "NaN", "-0", "-infinity", "-infinity", '{"b":1,"a":[1,2]}', 2**63 - 1),
        ("Infinity", "-Infinity", "0.1", "0044-03-15 BC", "4713-01-01 BC", "null", -(2**63)),
        ("5e-324", "1e23", "1e-45", "294276-12-31 23:59:59.999999", "2026-07-01", '"\\u00e9"', 0),
        ("0", "9007199254740993", "3.4e38", "2026-01-01 00:00:00.25", "infinity", "1.50", 2**32),
    ]
    for number, (tempo, energy, small, created, seen, doc, many) in enumerate(values):
        music_db.execute(
            "INSERT INTO tracks (id, name, tempo, energy, small, created_at, seen, doc, many, "
            "tags, raw, day, wide, big, raw_data) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, "
            "ARRAY['a b', NULL, '\"'], '\\x00ff', 'infinity', 'x', 'NaN', '{\"a\":  1.0}')",
            [f"odd{number}", "🎵\t\x1f", tempo, energy, small, created, seen, doc, many],
        )
    server.pull(mirror)
    assert server.verify(mirror).equal
    assert quick(server, mirror).equal
    damage(mirror, "DELETE FROM playmirror_odd_values WHERE value = '-0'")
    assert only_block(quick(server, mirror)).table == "tracks"


def test_what_changed_since_the_last_pull_is_marked_as_newer(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    music_db.execute("UPDATE artists SET name = 'New' WHERE id = (SELECT max(id) FROM artists)")
    assert only_block(quick(server, mirror)).newer_on_server
    server.pull(mirror)
    assert quick(server, mirror).equal


def test_a_migration_since_the_last_pull_is_a_difference(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    music_db.execute("ALTER TABLE tracks ADD COLUMN mood varchar NOT NULL DEFAULT 'calm'")
    music_db.execute("ALTER TABLE playlist_config RENAME COLUMN description TO words")
    report = quick(server, mirror)
    assert not report.equal
    assert [(each.table, each.columns) for each in report.differences] == [("tracks", ["mood"])]
    assert list(report.skipped) == ["playlist_config"]
    assert report.blocks == []


def test_pending_rows_are_left_out(music_db: MusicDb, server: pm.Server, mirror: pm.Mirror) -> None:
    server.pull(mirror)
    artist = next(iter(mirror.artists.list(limit=1))).id
    mirror.tracks.add(id="recorded here", artist_ids=[artist])
    mirror.plays.add(track_id="recorded here", played_at="2026-05-05T05:05:05Z")
    assert quick(server, mirror).equal


def test_another_server_is_refused(music_db: MusicDb, server: pm.Server, mirror: pm.Mirror) -> None:
    server.pull(mirror)
    with pm.connect(music_db.dsn, schema="pg_catalog") as other, pytest.raises(pm.ServerChanged):
        other.verify(mirror, depth="quick")


def test_an_unknown_depth_is_refused(server: pm.Server, mirror: pm.Mirror) -> None:
    with pytest.raises(pm.InvalidArgument, match="quick"):
        server.verify(mirror, depth="deep")


def test_a_mirror_of_a_part_is_compared_and_repaired_within_it(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    [(middle,)] = music_db.execute(
        "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY played_at) FROM play_history"
    )
    since = middle.replace(tzinfo=timezone.utc)
    server.pull(mirror, leave_out=["lyrics", "raw_data"], plays_since=since)
    plays = len(mirror.plays)
    assert 0 < plays < 1000
    assert quick(server, mirror).equal
    mirror.tracks.add(id="recorded here", lyrics="la la")
    assert mirror.verify().ok
    damage(mirror, "UPDATE tracks SET name = 'x'; DELETE FROM play_history")
    report = server.repair(mirror)
    assert report.complete
    assert len(mirror.plays) == report.tables["play_history"].inserted == plays
    assert server.verify(mirror).equal
    assert mirror.verify().ok


def test_keys_of_a_collation_that_ignores_case_are_told_apart(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    try:
        music_db.execute(
            "CREATE COLLATION careless (provider = icu, locale = 'und-u-ks-level2', "
            "deterministic = false)"
        )
    except psycopg.errors.FeatureNotSupported as error:
        pytest.skip(f"the server is built without: {error}")
    music_db.execute(
        "ALTER TABLE playlist_config ALTER key TYPE varchar COLLATE careless;"
        "INSERT INTO playlist_config (key) VALUES ('aa1'), ('AA2'), ('aA3')"
    )
    server.pull(mirror)
    assert quick(server, mirror).equal
    music_db.execute("DELETE FROM playlist_config WHERE key = 'AA2'")
    assert server.pull(mirror).pulled["playlist_config"].deleted == 1
    assert quick(server, mirror).equal
