"""Between two sweeps of a large library, new plays are found by their ids: all of them, at once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import playmirror as pm
import psycopg
import pytest
from databases import Server
from support.comparing import file_rows
from support.faults import seed
from support.music_db import MusicDb
from support.pgbouncer import pooled

MANY = 200_000
ADD = "INSERT INTO play_history (track_id, listened_ms) VALUES ('t', 1) RETURNING id"
TEMPLATE = "music_template_many_plays"


@pytest.fixture(scope="module")
def template(cluster: Server) -> str:
    """A database of just so many plays that it is worth while not to sweep it."""
    if cluster.psql(f"SELECT count(*) FROM pg_database WHERE datname = '{TEMPLATE}'") == "0":
        MusicDb.create(cluster, name=TEMPLATE).execute(
            f"""
            INSERT INTO tracks (id, name) VALUES ('t', 'Track');
            INSERT INTO play_history (track_id, listened_ms)
            SELECT 't', n FROM generate_series(1, {MANY}) n;
            ANALYZE
            """
        )
    return TEMPLATE


@pytest.fixture
def music_db(cluster: Server, template: str) -> Iterator[MusicDb]:
    with MusicDb.create(cluster, template=template) as db:
        yield db


class Laptop:
    """A mirror that has swept the server, and its connection."""

    def __init__(self, mirror: pm.Mirror, server: pm.Server) -> None:
        self.mirror = mirror
        self.server = server
        self.look(expect="first_copy")

    def look(self, *, expect: str = "by_ids", **options: object) -> pm.SyncReport:
        report = self.server.pull(self.mirror, **{"sweep_interval": 600, **options})
        assert report.method == expect
        assert report.complete
        return report

    def assert_equal(self) -> None:
        report = self.server.verify(self.mirror)
        assert report.equal, report.differences

    def has(self, play: int) -> bool:
        return self.mirror.plays.find(play) is not None


@pytest.fixture
def laptop(mirror: pm.Mirror, server: pm.Server) -> Laptop:
    return Laptop(mirror, server)


def add(db: MusicDb | psycopg.Connection, statement: str = ADD) -> int:
    rows = db.execute(statement)
    [(play,)] = rows if isinstance(rows, list) else rows.fetchall()
    return play


def test_a_new_play_comes_with_its_track_and_artists(laptop: Laptop, music_db: MusicDb) -> None:
    music_db.execute(
        """
        INSERT INTO artists (id, name) VALUES ('a', 'A'), ('b', 'B');
        INSERT INTO tracks (id, name) VALUES ('new', 'New');
        INSERT INTO track_artists VALUES ('new', 'a'), ('new', 'b');
        INSERT INTO play_history (track_id, listened_ms) VALUES ('new', 7)
        """
    )
    report = laptop.look()
    assert {name: table.inserted for name, table in report.pulled.items()} == {
        "artists": 2,
        "tracks": 1,
        "track_artists": 2,
        "play_history": 1,
        "analysis_snapshots": 0,
        "playlist_config": 0,
    }
    assert report.wire.round_trips == 3
    laptop.assert_equal()
    music_db.settle()
    again = laptop.look(expect="unchanged")
    assert again.wire.round_trips == 1


def test_a_pull_that_finds_nothing_learns_what_is_settled(
    mirror: pm.Mirror, server: pm.Server, music_db: MusicDb
) -> None:
    """So a program that begins to watch need not sweep when the first play comes."""
    assert server.pull(mirror).method == "first_copy"
    music_db.execute("SELECT pg_current_xact_id()")
    assert server.pull(mirror).method == "sweep"
    with pm.connect(music_db.dsn) as watching:
        assert watching.pull(mirror, sweep_interval=600).method == "unchanged"
        play = add(music_db)
        assert watching.pull(mirror, sweep_interval=600).method == "by_ids"
    assert mirror.plays.find(play) is not None


def test_a_play_of_a_known_track_comes_alone(laptop: Laptop, music_db: MusicDb) -> None:
    music_db.execute("UPDATE tracks SET name = 'Renamed'")
    add(music_db)
    music_db.settle()
    report = laptop.look()
    assert report.pulled["play_history"].inserted == 1
    assert report.pulled["tracks"].updated == 0
    assert report.wire.round_trips == 2


def test_a_track_recorded_here_becomes_the_server_s(laptop: Laptop, music_db: MusicDb) -> None:
    """It is here already, but it is not the server's row."""
    laptop.mirror.tracks.add(id="both", name="Ours")
    music_db.execute(
        """
        INSERT INTO tracks (id, name) VALUES ('both', 'Theirs');
        INSERT INTO play_history (track_id) VALUES ('both')
        """
    )
    laptop.look()
    track = laptop.mirror.tracks.find("both")
    assert track is not None and track.name == "Theirs"
    assert laptop.mirror.pending() == []
    laptop.assert_equal()


def test_small_tables_are_looked_at_whole(laptop: Laptop, music_db: MusicDb) -> None:
    music_db.execute(
        """
        INSERT INTO playlist_config (key) VALUES ('daily'), ('weekly');
        INSERT INTO analysis_snapshots (period_label) VALUES ('week');
        """
    )
    laptop.look()
    laptop.assert_equal()
    music_db.execute(
        "DELETE FROM playlist_config WHERE key = 'weekly';"
        "UPDATE analysis_snapshots SET period_label = 'month'"
    )
    laptop.look()
    laptop.assert_equal()


def test_everything_else_waits_for_the_sweep(laptop: Laptop, music_db: MusicDb) -> None:
    music_db.execute("UPDATE tracks SET name = 'Renamed'; DELETE FROM play_history WHERE id = 5")
    laptop.look()
    assert laptop.has(5)
    swept = laptop.mirror.status().last_sweep
    assert swept is not None
    laptop.look(expect="sweep", sweep_interval=0)
    laptop.assert_equal()
    status = laptop.mirror.status()
    assert status.last_sweep > swept
    assert status.last_sweep == status.last_pull


def test_a_sweep_after_looks_by_ids_finds_what_they_left(laptop: Laptop, music_db: MusicDb) -> None:
    """Nothing has happened since the look, but since the sweep."""
    music_db.execute("UPDATE tracks SET name = 'Renamed'")
    laptop.look()
    laptop.look(expect="sweep", sweep_interval=0)
    laptop.assert_equal()


def commit(writer: psycopg.Connection) -> None:
    writer.commit()


def commit_prepared(writer: psycopg.Connection) -> None:
    writer.autocommit = True
    writer.execute(f"COMMIT PREPARED '{writer.info.dbname}'")


def in_a_savepoint(writer: psycopg.Connection) -> Callable[[psycopg.Connection], None]:
    writer.execute("SAVEPOINT a")
    writer.execute(ADD)
    writer.execute("RELEASE a")
    return commit


def after_a_rolled_back_savepoint(
    writer: psycopg.Connection,
) -> Callable[[psycopg.Connection], None]:
    """The number is drawn in a part that is undone; the lock must outlive it."""
    writer.execute("SAVEPOINT a")
    [(number,)] = writer.execute("SELECT nextval('play_history_id_seq')").fetchall()
    writer.execute("ROLLBACK TO a")
    writer.execute("INSERT INTO play_history (id, track_id) VALUES (%s, 't')", [number])
    return commit


def prepared(writer: psycopg.Connection) -> Callable[[psycopg.Connection], None]:
    writer.execute(ADD)
    writer.execute(f"PREPARE TRANSACTION '{writer.info.dbname}'")
    writer.commit()
    return commit_prepared


def plain(writer: psycopg.Connection) -> Callable[[psycopg.Connection], None]:
    writer.execute(ADD)
    return commit


def test_the_newest_play_may_get_another_track(laptop: Laptop, music_db: MusicDb) -> None:
    """Which waits for the sweep as well, and is no sign of a server that was set back."""
    music_db.execute("INSERT INTO tracks (id) VALUES ('other')")
    play = add(music_db)
    laptop.look()
    music_db.execute("SELECT pg_current_xact_id()")
    laptop.look()  # by which the play is settled
    music_db.execute("UPDATE play_history SET track_id = 'other' WHERE id = %s", [play])
    for _ in range(2):
        add(music_db)
        laptop.look()
    assert laptop.mirror.plays[play].track_id == "t"
    laptop.look(expect="sweep", sweep_interval=0)
    assert laptop.mirror.plays[play].track_id == "other"
    laptop.assert_equal()


@pytest.mark.parametrize(
    "late",
    [plain, in_a_savepoint, after_a_rolled_back_savepoint, prepared],
    ids=lambda late: late.__name__,
)
def test_a_play_that_commits_late_arrives_by_its_id(
    late: Callable[[psycopg.Connection], Callable[[psycopg.Connection], None]],
    laptop: Laptop,
    music_db: MusicDb,
) -> None:
    writer = music_db.connect(autocommit=False)
    end = late(writer)
    later = add(music_db)
    for _ in range(3):
        music_db.execute("SELECT pg_current_xact_id()")
        laptop.look()
        assert laptop.has(later)
        assert not laptop.has(later - 1)
    end(writer)
    laptop.look()
    assert laptop.has(later - 1)
    laptop.assert_equal()


def test_random_writers(
    laptop: Laptop, music_db: MusicDb, record_property: Callable[[str, object], None]
) -> None:
    """Whatever is committed when a look begins is there when it ends."""
    chance = random.Random(seed())
    writers = [music_db.connect(autocommit=False) for _ in range(5)]
    looks = 0
    for _ in range(400):
        writer = chance.choice(writers)
        match chance.randrange(8):
            case 0 | 1 | 2:
                writer.execute(ADD)
            case 3:
                writer.execute("SAVEPOINT a")
                writer.execute(ADD)
                writer.execute(chance.choice(["RELEASE a", "ROLLBACK TO a"]))
            case 4:
                writer.rollback()
            case 5 | 6:
                writer.commit()
            case 7:
                ids = {play for (play,) in music_db.execute("SELECT id FROM play_history")}
                report = laptop.server.pull(laptop.mirror, sweep_interval=600)
                assert report.method in ("by_ids", "unchanged")
                looks += report.method == "by_ids"
                query = "SELECT id FROM play_history"
                assert ids == {play for (play,) in file_rows(laptop.mirror.path, query)}
    assert looks > 10
    record_property("cases", looks)


def test_an_id_far_ahead_hides_nothing(laptop: Laptop, music_db: MusicDb) -> None:
    music_db.execute("INSERT INTO play_history (id, track_id) VALUES (1000000000, 't')")
    laptop.look()
    for _ in range(3):
        play = add(music_db)
        laptop.look()
        assert laptop.has(play)


def test_a_role_that_may_only_read(laptop: Laptop, music_db: MusicDb, mirror_path: Path) -> None:
    """It does not see the sequence's last number, and needs not."""
    dsn = music_db.plain_role()
    music_db.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM laptop")
    with pm.connect(dsn) as server:
        laptop.server = server
        for _ in range(3):
            play = add(music_db)
            laptop.look()
            assert laptop.has(play)


def test_through_a_pool_of_connections(laptop: Laptop, music_db: MusicDb) -> None:
    with pooled(music_db, connections=2) as dsn, pm.connect(dsn) as server:
        laptop.server = server
        late = music_db.connect(autocommit=False)
        early = add(late)
        later = add(music_db)
        laptop.look()
        assert (laptop.has(early), laptop.has(later)) == (False, True)
        late.commit()
        laptop.look()
        assert laptop.has(early)


def test_part_of_the_plays(laptop: Laptop, music_db: MusicDb) -> None:
    laptop.look(expect="unchanged", plays_since="2025-01-01T00:00:00Z")
    music_db.execute(
        "INSERT INTO play_history (track_id, played_at) "
        "VALUES ('t', '2024-12-31'), ('t', '2025-01-02')"
    )
    assert laptop.look().pulled["play_history"].inserted == 1


def test_a_play_recorded_here_is_not_doubled(laptop: Laptop, music_db: MusicDb) -> None:
    laptop.mirror.plays.add(track_id="t", played_at="2025-05-05T05:05:05Z")
    report = laptop.server.sync(laptop.mirror, pull={"sweep_interval": 600})
    assert (report.pushed, report.method) == (1, "by_ids")
    laptop.assert_equal()


OTHER_SEQUENCE = """
    CREATE SEQUENCE mine START 1000000;
    ALTER TABLE play_history ALTER id SET DEFAULT nextval('mine') + 1
"""


REPLACED = """
    TRUNCATE play_history RESTART IDENTITY;
    INSERT INTO play_history (track_id, played_at) SELECT 't', 'today'
    FROM generate_series(1, 190000)
"""


@pytest.mark.parametrize(
    ("change", "for_good"),
    [
        ("ALTER SEQUENCE play_history_id_seq CACHE 10", True),
        ("ALTER SEQUENCE play_history_id_seq INCREMENT -1 MAXVALUE 1000000000", True),
        ("ALTER SEQUENCE play_history_id_seq CYCLE", True),
        ("ALTER TABLE play_history ALTER id DROP DEFAULT", True),
        (OTHER_SEQUENCE, True),
        ("SELECT setval('play_history_id_seq', 1000)", True),
        ("SELECT setval('play_history_id_seq', 199500)", True),
        ("SELECT setval('play_history_id_seq', 201000)", False),
        ("DELETE FROM play_history WHERE id > 200700", False),
        ("ALTER TABLE tracks ADD extra text", False),
        ("ALTER TABLE tracks RENAME TO old; CREATE TABLE tracks (LIKE old INCLUDING ALL)", False),
        (REPLACED, True),  # by too few plays
    ],
)
def test_where_ids_tell_nothing_the_tables_are_swept(
    change: str, for_good: bool, laptop: Laptop, music_db: MusicDb
) -> None:
    music_db.execute("INSERT INTO play_history (track_id) SELECT 't' FROM generate_series(1, 1500)")
    laptop.look()
    music_db.execute(change)
    laptop.look(expect="sweep")
    laptop.assert_equal()
    music_db.execute("SELECT pg_current_xact_id()")
    laptop.look(expect="sweep" if for_good else "by_ids")


def test_a_library_of_fewer_plays_is_always_swept(laptop: Laptop, music_db: MusicDb) -> None:
    music_db.execute("DELETE FROM play_history WHERE id = 1")
    laptop.look(expect="sweep", sweep_interval=0)
    add(music_db)
    music_db.execute("DELETE FROM play_history WHERE id = 2")
    laptop.look(expect="sweep")


def test_a_sweep_is_due_when_its_time_has_come(laptop: Laptop, music_db: MusicDb) -> None:
    add(music_db)
    laptop.look(expect="sweep", sweep_interval=0.001)
    add(music_db)
    laptop.look()


def test_an_identity_column(laptop: Laptop, music_db: MusicDb) -> None:
    music_db.execute(
        f"""
        ALTER TABLE play_history ALTER id DROP DEFAULT;
        DROP SEQUENCE play_history_id_seq;
        ALTER TABLE play_history ALTER id
          ADD GENERATED BY DEFAULT AS IDENTITY (START {MANY + 100})
        """
    )
    laptop.look(expect="sweep", sweep_interval=0)
    late = music_db.connect(autocommit=False)
    early = add(late)
    later = add(music_db)
    laptop.look()
    late.commit()
    laptop.look()
    assert laptop.has(early)
    assert laptop.has(later)


def test_a_watcher_looks_by_ids(laptop: Laptop, music_db: MusicDb) -> None:
    methods = []

    def note(event: pm.WatchEvent) -> None:
        if event.report is not None:
            methods.append(str(event.report.method))
            watcher.stop() if len(methods) == 3 else add(music_db)

    add(music_db)
    watcher = laptop.mirror.watch(music_db.dsn, interval=0.05, on_event=note)
    assert watcher.wait(30)
    assert methods[1:] == ["by_ids", "by_ids"]


def test_an_interval_that_makes_no_sense(laptop: Laptop, music_db: MusicDb) -> None:
    with pytest.raises(pm.InvalidArgument, match="sweep_interval"):
        laptop.server.pull(laptop.mirror, sweep_interval=-1)
    with pytest.raises(pm.InvalidArgument, match="sweep_interval"):
        laptop.mirror.watch(music_db.dsn, sweep_interval=-1)
