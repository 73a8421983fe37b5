"""What a role may do: the promised privileges are enough, and doctor() names each missing one.

A role that may see only part of a table must never look like a server that lost the rest.
"""

from collections.abc import Callable

import playmirror as pm
import psycopg
import pytest
from databases import SEQUENCES, TABLES, WRITTEN_TABLES
from support.music_db import MusicDb

Check = Callable[[pm.Mirror, MusicDb], None]

ROLE = "laptop"
MISSING = {
    **{f"SELECT ON {table}": table for table in TABLES},
    **{f"INSERT ON {table}": table for table in WRITTEN_TABLES},
    **{f"USAGE ON SEQUENCE {sequence}": sequence for sequence in SEQUENCES},
}


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    return small_db


def remedies(report: pm.DoctorReport) -> list[str]:
    return [each.remedy for each in report.findings if each.level == pm.Finding.Level.PROBLEM]


def test_the_promised_privileges_are_enough_for_everything(
    music_db: MusicDb, plain_role: str, mirror: pm.Mirror, assert_equal: Check
) -> None:
    with pm.connect(plain_role) as server:
        server.pull(mirror)
        mirror.artists.add(id="new-artist", name="New")
        mirror.tracks.add(id="new-track", name="New", artist_ids=["new-artist"])
        mirror.plays.add(track_id="new-track", played_at="2026-05-05T05:05:05Z", skipped=True)
        mirror.snapshots.add(date="2026-05-05T05:05:05Z", period_label="today")
        report = server.sync(mirror)
        assert (report.waiting, report.rejected) == (0, 0)
        assert report.complete and not mirror.pending() and not report.warnings
        assert report.alembic_version
        assert server.verify(mirror).equal
        assert server.doctor().ok
    assert_equal(mirror, music_db)
    plays = "SELECT count(*) FROM play_history WHERE track_id = 'new-track'"
    assert music_db.execute(plays) == [(1,)]


def test_the_privileges_may_come_by_way_of_a_group(
    music_db: MusicDb, plain_role: str, mirror: pm.Mirror, assert_equal: Check
) -> None:
    member = f"{music_db.name}_member"
    music_db.execute(f"CREATE ROLE {member} LOGIN IN ROLE {ROLE}")
    try:
        with pm.connect(music_db.server.dsn(music_db.name, member)) as server:
            server.pull(mirror)
            assert server.doctor().ok
    finally:
        music_db.execute(f"DROP ROLE {member}")
    assert_equal(mirror, music_db)


@pytest.mark.parametrize("missing", MISSING)
def test_doctor_names_the_one_missing_privilege(
    missing: str, music_db: MusicDb, plain_role: str
) -> None:
    music_db.execute(f"REVOKE {missing} FROM {ROLE}")
    with pm.connect(plain_role) as server:
        report = server.doctor()
        assert not report.ok
        (remedy,) = remedies(report)
        assert remedy.startswith("GRANT " + missing.split(" ON ")[0])
        assert MISSING[missing] in remedy
        music_db.execute(remedy)  # exactly as printed
        assert server.doctor().ok


def test_a_role_that_may_not_connect_is_told_what_it_lacks(
    music_db: MusicDb, plain_role: str
) -> None:
    music_db.execute(f"REVOKE CONNECT ON DATABASE {music_db.name} FROM PUBLIC")
    with pytest.raises(pm.AccessDenied) as caught:
        pm.connect(plain_role).doctor()
    assert caught.value.sqlstate == "42501" and "GRANT CONNECT" in caught.value.hint
    music_db.execute(f"GRANT CONNECT ON DATABASE {music_db.name} TO {ROLE}")
    with pm.connect(plain_role) as server:
        assert server.doctor().ok


def test_doctor_leads_a_role_without_any_privilege_to_all_it_needs(
    music_db: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    role = f'{music_db.name} "Stranger"'
    quoted = '"' + role.replace('"', '""') + '"'
    music_db.execute(f"CREATE ROLE {quoted} LOGIN; REVOKE ALL ON SCHEMA public FROM PUBLIC")
    dsn = psycopg.conninfo.make_conninfo(music_db.dsn, user=role)
    try:
        with pm.connect(dsn) as server:
            for remedy in remedies(server.doctor()):
                music_db.execute(remedy)
            assert server.doctor().ok
            server.pull(mirror)
            track = next(iter(mirror.tracks.list(limit=1))).id
            mirror.plays.add(track_id=track, played_at="2026-05-05T05:05:05Z")
            assert server.sync(mirror).pushed == 1
        assert_equal(mirror, music_db)
    finally:
        music_db.execute(f"DROP OWNED BY {quoted}; DROP ROLE {quoted}")


def test_doctor_says_what_else_is_wrong(music_db: MusicDb, plain_role: str) -> None:
    music_db.execute("ALTER TABLE play_history ADD COLUMN device varchar NOT NULL DEFAULT 'x'")
    music_db.execute("ALTER TABLE play_history ALTER COLUMN device DROP DEFAULT")
    music_db.execute("ALTER TABLE tracks RENAME COLUMN tempo TO beats")
    music_db.execute("ALTER TABLE artists ENABLE ROW LEVEL SECURITY")
    music_db.execute(f"REVOKE SELECT ON alembic_version FROM {ROLE}")
    with pm.connect(plain_role) as server:
        report = server.doctor()
    problems = " ".join(
        each.what for each in report.findings if each.level == pm.Finding.Level.PROBLEM
    )
    assert not report.ok
    for part in ("device", "play_history", "tempo", "artists"):
        assert part in problems
    assert any("alembic_version" in each.remedy for each in report.findings)


def test_doctor_names_every_column_that_a_table_lacks(music_db: MusicDb, plain_role: str) -> None:
    music_db.execute(
        "ALTER TABLE tracks DROP tempo, DROP energy, "
        "ALTER duration_ms TYPE text, ALTER key TYPE text"
    )
    with pm.connect(plain_role) as server:
        [what] = [each.what for each in server.doctor().findings if "tracks" in each.what]
    assert "no columns energy, tempo any more" in what
    assert "duration_ms" in what and "key" in what


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_may_not_be_read_keeps_its_rows_and_the_rest_goes_on(
    table: str, music_db: MusicDb, plain_role: str, mirror: pm.Mirror, assert_equal: Check
) -> None:
    others = [name for name in TABLES if name != table]
    with pm.connect(plain_role) as server:
        server.pull(mirror)
        rows = mirror.status().tables[table].rows
        music_db.execute(f"REVOKE SELECT ON {table} FROM {ROLE}")
        for name, key in (("artists", "id"), ("tracks", "id"), ("play_history", "track_id")):
            music_db.execute(f"INSERT INTO {name} ({key}) VALUES ('new')")
        report = server.pull(mirror)
        assert report.pulled[table].problem_code == "permission_denied"
        assert "GRANT SELECT" in report.pulled[table].problem
        assert not report.complete
        assert [name for name in TABLES if report.pulled[name].problem] == [table]
        assert mirror.status().tables[table].rows == rows
        assert_equal(mirror, music_db, others)
        music_db.execute(f"GRANT SELECT ON {table} TO {ROLE}")
        assert server.pull(mirror).complete
    assert_equal(mirror, music_db)


def test_one_unreadable_column_is_named(
    music_db: MusicDb, plain_role: str, mirror: pm.Mirror
) -> None:
    music_db.execute(f"REVOKE SELECT ON tracks FROM {ROLE}")
    music_db.execute(f"GRANT SELECT (id, name) ON tracks TO {ROLE}")
    with pm.connect(plain_role) as server:
        tracks = server.pull(mirror).pulled["tracks"]
    assert tracks.problem_code == "permission_denied"
    assert "lyrics" in tracks.problem


def test_nothing_readable_at_all_is_an_error(
    music_db: MusicDb, plain_role: str, mirror: pm.Mirror
) -> None:
    music_db.execute(f"REVOKE SELECT ON {', '.join(TABLES)} FROM {ROLE}")
    with pm.connect(plain_role) as server, pytest.raises(pm.AccessDenied) as error:
        server.pull(mirror)
    assert error.value.code == "permission_denied"
    assert "GRANT SELECT" in error.value.hint


def test_row_security_stops_a_table_and_deletes_nothing(
    music_db: MusicDb, plain_role: str, mirror: pm.Mirror, assert_equal: Check
) -> None:
    with pm.connect(plain_role) as server:
        server.pull(mirror)
        music_db.execute("""
            ALTER TABLE play_history ENABLE ROW LEVEL SECURITY;
            CREATE POLICY half ON play_history USING (id % 2 = 0);
            ALTER TABLE artists ENABLE ROW LEVEL SECURITY;
        """)
        music_db.execute("UPDATE tracks SET popularity = 1")
        for confirm in (False, True):
            report = server.pull(mirror, confirm_deletes=confirm)
            for table in ("play_history", "artists"):
                assert report.pulled[table].problem_code == "row_security"
                assert (report.pulled[table].deleted, report.pulled[table].held_deletes) == (0, 0)
                assert mirror.status().tables[table].problem
            assert not report.complete
        assert report.pulled["tracks"].problem == ""
        assert_equal(mirror, music_db)
        verified = server.verify(mirror)
        assert not verified.equal and set(verified.skipped) == {"artists", "play_history"}

        music_db.execute("ALTER TABLE play_history DISABLE ROW LEVEL SECURITY")
        music_db.execute("ALTER TABLE artists DISABLE ROW LEVEL SECURITY")
        assert server.pull(mirror).complete
    assert_equal(mirror, music_db)


def test_a_first_copy_under_row_security_takes_no_half_table(
    music_db: MusicDb, plain_role: str, mirror: pm.Mirror
) -> None:
    music_db.execute("""
        ALTER TABLE play_history ENABLE ROW LEVEL SECURITY;
        CREATE POLICY half ON play_history USING (id % 2 = 0);
    """)
    with pm.connect(plain_role) as server:
        report = server.pull(mirror)
    assert report.pulled["play_history"].problem_code == "row_security"
    assert not report.complete and not mirror.status().complete
    assert len(mirror.plays) == 0


def test_a_missing_table_or_a_view_in_its_place_stops_that_table_alone(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    server.pull(mirror)
    rows = len(mirror.artists)
    others = [name for name in TABLES if name != "artists"]
    music_db.execute("ALTER TABLE artists RENAME TO people")
    music_db.execute("UPDATE tracks SET popularity = 1")
    report = server.pull(mirror)
    assert report.pulled["artists"].problem_code == "schema_mismatch"
    assert "artists" in report.pulled["artists"].problem
    assert_equal(mirror, music_db, others)

    music_db.execute("CREATE VIEW artists AS SELECT * FROM people")
    music_db.execute("UPDATE tracks SET popularity = 2")
    report = server.pull(mirror)
    assert report.pulled["artists"].problem_code == "schema_mismatch"
    assert "view" in report.pulled["artists"].problem
    assert_equal(mirror, music_db, others)
    assert len(mirror.artists) == rows

    music_db.execute("DROP VIEW artists; ALTER TABLE people RENAME TO artists")
    assert server.pull(mirror).complete
    assert_equal(mirror, music_db)


def test_a_table_made_anew_under_its_name_is_compared_whole(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """The rows of the new table are older than the last pull: no horizon would find them."""
    music_db.execute("CREATE TABLE other (LIKE play_history INCLUDING ALL)")
    music_db.execute("INSERT INTO other SELECT id, track_id, now() FROM play_history")
    server.pull(mirror)
    music_db.execute("ALTER TABLE play_history RENAME TO old")
    music_db.execute("ALTER TABLE other RENAME TO play_history")
    server.pull(mirror)
    assert_equal(mirror, music_db)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY",
        "DROP TABLE alembic_version; "
        "CREATE VIEW alembic_version AS SELECT (1 / (random() * 0)::int)::text AS version_num; "
        "GRANT SELECT ON alembic_version TO laptop",
        "DROP TABLE alembic_version; CREATE MATERIALIZED VIEW alembic_version AS "
        "SELECT 'a' AS version_num WITH NO DATA; GRANT SELECT ON alembic_version TO laptop",
        "DROP TABLE alembic_version; CREATE TABLE alembic_version (version_num json); "
        "GRANT SELECT ON alembic_version TO laptop",
    ],
)
def test_nothing_depends_on_alembic_version(
    music_db: MusicDb, plain_role: str, mirror: pm.Mirror, change: str
) -> None:
    with pm.connect(plain_role) as server:
        assert server.pull(mirror).alembic_version
        music_db.execute(change)
        assert server.pull(mirror).complete
    assert mirror.pull(plain_role).complete


def test_to_read_the_one_column_of_alembic_version_is_not_enough(
    music_db: MusicDb, plain_role: str, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute(
        f"REVOKE SELECT ON alembic_version FROM {ROLE}; "
        f"GRANT SELECT (version_num) ON alembic_version TO {ROLE}"
    )
    with pm.connect(plain_role) as server:
        assert server.pull(mirror).complete
        assert any("alembic_version" in each.remedy for each in server.doctor().findings)
    assert_equal(mirror, music_db)


@pytest.mark.parametrize("call", ["pull", "push", "sync"])
def test_a_schema_that_may_not_be_used_is_named(
    call: str, music_db: MusicDb, plain_role: str, mirror: pm.Mirror
) -> None:
    music_db.execute("INSERT INTO tracks (id) VALUES ('t1')")
    with pm.connect(plain_role) as server:
        server.pull(mirror)
        mirror.plays.add(track_id="t1", played_at="2026-05-05T05:05:05Z")
        music_db.execute(f"REVOKE USAGE ON SCHEMA public FROM public, {ROLE}")
        with pytest.raises(pm.AccessDenied, match="schema public"):
            getattr(server, call)(mirror)
        assert any("GRANT USAGE ON SCHEMA" in each for each in remedies(server.doctor()))
        music_db.execute("GRANT USAGE ON SCHEMA public TO public")
        assert server.sync(mirror).pushed == 1


def test_rows_wait_while_the_schema_has_another_name(
    music_db: MusicDb, plain_role: str, mirror: pm.Mirror
) -> None:
    music_db.execute("INSERT INTO tracks (id) VALUES ('t1')")
    with pm.connect(plain_role) as server:
        server.pull(mirror)
        mirror.plays.add(track_id="t1", played_at="2026-05-05T05:05:05Z")
        music_db.execute("ALTER SCHEMA public RENAME TO away")
        assert server.push(mirror).waiting == 1
        with pytest.raises(pm.SchemaMismatch, match="no table"):
            server.pull(mirror)
        music_db.execute("ALTER SCHEMA away RENAME TO public")
        assert server.sync(mirror).pushed == 1
