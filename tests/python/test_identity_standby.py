"""Standbys, failovers and restored clusters: the same system, and perhaps another history."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import playmirror as pm
import pytest
from cluster import Cluster, has_program, run_as_server_user
from databases import make_template
from support.music_db import MusicDb

Check = Callable[[pm.Mirror, MusicDb], None]
NAME = "music"
ADD = "INSERT INTO play_history (id, track_id) VALUES (%s, 't')"


@pytest.fixture
def clusters() -> Iterator[Callable[..., Cluster]]:
    """Makes clusters that end with the test: clusters() or clusters(standby_of=...)."""
    with ExitStack() as stack:

        def make(standby_of: Cluster | None = None) -> Cluster:
            made = Cluster() if standby_of is None else Cluster.standby_of(standby_of)
            return stack.enter_context(made)

        yield make


@pytest.fixture
def primary(clusters: Callable[..., Cluster]) -> MusicDb:
    cluster = clusters()
    make_template(cluster)
    db = MusicDb.create(cluster, name=NAME)
    db.execute("INSERT INTO tracks (id, name) VALUES ('t', 'Track')")
    db.execute("INSERT INTO play_history (track_id, listened_ms) SELECT 't', generate_series(1, 9)")
    return db


def pull(mirror: pm.Mirror, db: MusicDb, **options: object) -> pm.SyncReport:
    with pm.connect(db.dsn) as server:
        return server.pull(mirror, **options)


def sync(mirror: pm.Mirror, db: MusicDb) -> pm.SyncReport:
    with pm.connect(db.dsn) as server:
        return server.sync(mirror)


def refuses(mirror: pm.Mirror, db: MusicDb, code: str) -> None:
    rows = list(mirror.plays.list()), list(mirror.snapshots.list())
    with pm.connect(db.dsn) as server:
        for call in (server.repair, server.pull):
            with pytest.raises(pm.ServerChanged) as error:
                call(mirror)
            assert error.value.code == code, error.value
            assert (list(mirror.plays.list()), list(mirror.snapshots.list())) == rows


def test_rows_that_commit_late_arrive_across_primary_and_standby(
    primary: MusicDb, clusters: Callable[..., Cluster], tmp_path: Path, assert_equal: Check
) -> None:
    """A standby's snapshot does not list what runs on the primary."""
    standby = clusters(standby_of=primary.server)
    there = MusicDb(standby, NAME)
    for first, second in ((there, primary), (primary, there), (there, there)):
        for savepoint in (False, True):
            path = tmp_path / f"{first is there}-{second is there}-{savepoint}.db"
            with pm.open(path) as mirror, primary.connect(autocommit=False) as late:
                if savepoint:
                    late.execute("UPDATE tracks SET popularity = 1; SAVEPOINT a")
                late.execute("INSERT INTO play_history (track_id) VALUES ('t')")
                primary.execute("INSERT INTO play_history (track_id) VALUES ('t')")
                standby.wait_for_replay(primary.server)
                pull(mirror, first)
                late.commit()
                standby.wait_for_replay(primary.server)
                pull(mirror, second)
                assert_equal(mirror, primary)


def test_a_standby_that_lags_behind_takes_nothing_back(
    primary: MusicDb, clusters: Callable[..., Cluster], mirror: pm.Mirror, assert_equal: Check
) -> None:
    standby = clusters(standby_of=primary.server)
    there = MusicDb(standby, NAME)
    pull(mirror, there)
    standby.fall_behind(primary.server)
    primary.execute(ADD, [100])
    primary.execute("UPDATE tracks SET name = 'New'")
    mirror.plays.add(track_id="t", played_at="2026-05-05T05:05:05Z")
    assert sync(mirror, primary).pushed == 1
    refuses(mirror, there, "server_behind")
    assert mirror.tracks["t"].name == "New"

    standby.psql("SELECT pg_wal_replay_resume()")
    standby.wait_for_replay(primary.server)
    pull(mirror, there)
    assert_equal(mirror, primary)


def test_the_newest_row_may_go_while_a_mirror_follows_a_standby(
    primary: MusicDb, clusters: Callable[..., Cluster], mirror: pm.Mirror, assert_equal: Check
) -> None:
    """Once the standby can know that it was deleted, and not merely has not come yet."""
    standby = clusters(standby_of=primary.server)
    there = MusicDb(standby, NAME)
    primary.execute(ADD, [100])
    standby.wait_for_replay(primary.server)
    pull(mirror, there)
    primary.execute("DELETE FROM play_history WHERE id = 100")
    standby.wait_for_replay(primary.server)
    refuses(mirror, there, "server_behind")

    primary.execute("CHECKPOINT")
    standby.wait_for_replay(primary.server)
    standby.psql("CHECKPOINT")
    assert pull(mirror, there).pulled["play_history"].deleted == 1
    assert_equal(mirror, there)


def test_a_push_to_a_standby_is_refused_and_keeps_the_rows(
    primary: MusicDb, clusters: Callable[..., Cluster], mirror: pm.Mirror, assert_equal: Check
) -> None:
    there = MusicDb(clusters(standby_of=primary.server), NAME)
    pull(mirror, there)
    mirror.plays.add(track_id="t", played_at="2026-05-05T05:05:05Z")
    with pm.connect(there.dsn) as server:
        with pytest.raises(pm.Error):
            server.push(mirror)
        assert any("standby" in each.what for each in server.doctor().findings)
    assert len(mirror.pending()) == 1
    assert sync(mirror, primary).pushed == 1
    assert_equal(mirror, primary)


def test_a_standby_promoted_without_our_last_push_gets_it_again(
    primary: MusicDb, clusters: Callable[..., Cluster], mirror: pm.Mirror, assert_equal: Check
) -> None:
    pull(mirror, primary)
    early = mirror.plays.add(track_id="t", played_at="2026-05-05T05:05:01Z")
    sync(mirror, primary)
    standby = clusters(standby_of=primary.server)
    standby.wait_for_replay(primary.server)
    standby.stop()
    late = mirror.plays.add(track_id="t", played_at="2026-05-05T05:05:02Z")
    assert sync(mirror, primary).pushed == 1
    late_id = mirror.plays[late.id].id
    primary.server.stop("immediate")
    standby.start()
    standby.promote()
    promoted = MusicDb(standby, NAME)
    # Others go on there: the id of our late play, and many of its transaction numbers, come again.
    promoted.execute("SELECT setval('play_history_id_seq', %s)", [late_id - 1])
    add = "INSERT INTO play_history (track_id, source) VALUES ('t', 'foreign') RETURNING id"
    assert promoted.execute(add) == [(late_id,)]
    for number in range(50):
        promoted.execute("UPDATE tracks SET popularity = %s", [number])
    unsent = mirror.plays.add(track_id="t", played_at="2026-05-05T05:05:03Z")

    refuses(mirror, promoted, "server_changed")
    with pm.connect(promoted.dsn) as server, pytest.raises(pm.ServerChanged):
        server.push(mirror)
    assert promoted.execute("SELECT count(*) FROM play_history WHERE source IS NULL") == [(10,)]

    pull(mirror, promoted, accept_server=True)
    assert mirror.plays[late_id].source == "foreign"
    assert len(mirror.pending()) == 2
    report = sync(mirror, promoted)
    assert (report.pushed, report.already_there, report.rejected) == (2, 0, 0)
    assert_equal(mirror, promoted)
    for play in (early, late, unsent):
        times = "SELECT count(*) FROM play_history WHERE played_at = %s"
        assert promoted.execute(times, [play.played_at.replace(tzinfo=None)]) == [(1,)]
        assert mirror.plays[play.id].played_at == play.played_at
    with pm.connect(promoted.dsn) as server:
        assert server.verify(mirror).equal


def test_a_standby_promoted_without_a_track_of_ours_gets_it_again(
    primary: MusicDb, clusters: Callable[..., Cluster], mirror: pm.Mirror, assert_equal: Check
) -> None:
    """With its play, its artist and their link."""
    pull(mirror, primary)
    standby = clusters(standby_of=primary.server)
    standby.wait_for_replay(primary.server)
    standby.stop()
    mirror.artists.add(id="a", name="Ours", genres='["jazz"]')
    mirror.tracks.add(id="new", name="Ours", tempo=0.1 + 0.2, popularity=7, artist_ids=["a"])
    play = mirror.plays.add(track_id="new", played_at="2026-05-05T05:05:01Z")
    assert sync(mirror, primary).pushed == 3
    primary.execute("UPDATE tracks SET energy = '-0' WHERE id = 'new'")
    primary.execute("INSERT INTO tracks (id) VALUES ('theirs')")
    pull(mirror, primary)
    before = mirror.tracks["new"]
    primary.server.stop("immediate")
    standby.start()
    standby.promote()
    promoted = MusicDb(standby, NAME)

    refuses(mirror, promoted, "server_changed")
    pull(mirror, promoted, accept_server=True, confirm_deletes=True)
    assert mirror.tracks["new"] == before
    assert mirror.tracks.find("theirs") is None
    assert {entry.table for entry in mirror.pending()} == {"artists", "tracks", "play_history"}
    report = sync(mirror, promoted)
    assert (report.pushed, report.already_there, report.waiting) == (3, 0, 0)
    assert not mirror.pending()
    assert mirror.plays[play.id].track_id == "new"
    values = "SELECT tempo, energy::text, popularity FROM tracks WHERE id = 'new'"
    assert promoted.execute(values) == [(0.1 + 0.2, "-0", 7)]
    assert promoted.execute("SELECT track_id, artist_id FROM track_artists") == [("new", "a")]
    assert_equal(mirror, promoted)


@pytest.mark.parametrize("kind", ["play", "snapshot"])
def test_a_second_standby_that_follows_the_promoted_one_takes_nothing_of_ours(
    kind: str,
    primary: MusicDb,
    clusters: Callable[..., Cluster],
    mirror: pm.Mirror,
    assert_equal: Check,
) -> None:
    """Its control file names the old timeline for a while."""
    first, second = clusters(standby_of=primary.server), clusters(standby_of=primary.server)
    for standby in (first, second):
        standby.wait_for_replay(primary.server)
    there = MusicDb(second, NAME)
    primary.execute("CHECKPOINT")
    second.wait_for_replay(primary.server)
    second.psql("CHECKPOINT")
    pull(mirror, there)
    for standby in (first, second):
        follow(standby, "")
        while standby.psql("SELECT count(*) FROM pg_stat_wal_receiver") != "0":
            time.sleep(0.02)
    ours = record(mirror, kind)
    with pm.connect(primary.dsn) as server:
        assert server.push(mirror).pushed == 1
    primary.server.stop("immediate")
    first.promote()
    promoted = MusicDb(first, NAME)
    for number in range(60):
        promoted.execute(ADD, [10 + number])
    promoted.execute("SELECT setval('play_history_id_seq', 100)")
    if kind == "snapshot":
        promoted.execute(FOREIGN["snapshot"])
    follow(second, first.dsn(unix=True))
    second.wait_for_replay(first)
    refuses(mirror, there, "server_behind")

    promoted.execute("CHECKPOINT")
    second.wait_for_replay(first)
    second.psql("CHECKPOINT")
    refuses(mirror, there, "server_changed")
    pull(mirror, promoted, accept_server=True)
    assert sync(mirror, promoted).pushed == 1
    assert {"play": mirror.plays, "snapshot": mirror.snapshots}[kind][ours].id > 0
    assert_equal(mirror, promoted)


def follow(standby: Cluster, primary: str) -> None:
    """Lets a running standby stream from another primary, or from none."""
    standby.psql(f"ALTER SYSTEM SET primary_conninfo = '{primary}'")
    standby.psql("SELECT pg_reload_conf()")


def test_a_standby_promoted_with_everything_costs_one_comparison(
    primary: MusicDb, clusters: Callable[..., Cluster], mirror: pm.Mirror, assert_equal: Check
) -> None:
    pull(mirror, primary)
    mirror.plays.add(track_id="t", played_at="2026-05-05T05:05:01Z")
    sync(mirror, primary)
    standby = clusters(standby_of=primary.server)
    standby.wait_for_replay(primary.server)
    primary.server.stop("immediate")
    standby.promote()
    promoted = MusicDb(standby, NAME)
    refuses(mirror, promoted, "server_changed")
    assert pull(mirror, promoted, accept_server=True).pulled["play_history"].deleted == 0
    assert sync(mirror, promoted).pushed == 0
    assert not mirror.pending()
    assert_equal(mirror, promoted)


@pytest.mark.parametrize("transactions", [0, 100])
def test_files_of_the_server_set_back_to_yesterday_are_noticed(
    transactions: int, primary: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """System and timeline stay the same; after as many transactions the counters do as well."""
    cluster = primary.server
    pull(mirror, primary)
    cluster.stop()
    backup = cluster.directory / "backup"
    run_copy(cluster.data, backup)
    cluster.start()
    mirror.plays.add(track_id="t", played_at="2026-05-05T05:05:01Z")
    for number in range(20):
        primary.execute("UPDATE tracks SET popularity = %s", [number])
    sync(mirror, primary)

    cluster.stop()
    shutil.rmtree(cluster.data)
    run_copy(backup, cluster.data)
    cluster.start()
    for number in range(transactions):
        primary.execute("UPDATE tracks SET name = %s", [str(number)])
    refuses(mirror, primary, "server_changed" if transactions else "server_behind")
    pull(mirror, primary, accept_server=True)
    assert sync(mirror, primary).pushed == 1
    assert_equal(mirror, primary)


@pytest.mark.parametrize("kind", ["play", "snapshot"])
def test_a_restore_is_noticed_though_the_id_of_our_row_went_to_another(
    kind: str, primary: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    cluster = primary.server
    primary.execute("INSERT INTO tracks (id) VALUES ('other')")
    pull(mirror, primary)
    cluster.stop()
    backup = cluster.directory / "backup"
    run_copy(cluster.data, backup)
    cluster.start()
    ours = record(mirror, kind)
    sync(mirror, primary)
    lost = {"play": mirror.plays, "snapshot": mirror.snapshots}[kind][ours].id

    cluster.stop()
    shutil.rmtree(cluster.data)
    run_copy(backup, cluster.data)
    cluster.start()
    for _ in range(30):  # until the counters look right again
        primary.execute("SELECT pg_current_xact_id()")
    assert primary.execute(FOREIGN[kind]) == [(lost,)]
    refuses(mirror, primary, "server_changed")
    pull(mirror, primary, accept_server=True)
    assert sync(mirror, primary).pushed == 1
    assert_equal(mirror, primary)


@pytest.mark.parametrize("pending", [False, True])
def test_a_restore_is_noticed_though_as_much_has_happened_since_as_before(
    pending: bool, primary: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """Snapshot and checkpoint are the same, and another play of the track has id and number of that
    which is lost."""
    add = "INSERT INTO play_history (track_id, played_at) VALUES ('t', %s)"
    cluster = primary.server
    cluster.stop()
    backup = cluster.directory / "backup"
    run_copy(cluster.data, backup)
    cluster.start()
    primary.execute(add, ["2026-05-05 05:05:00"])
    pull(mirror, primary)

    cluster.stop()
    shutil.rmtree(cluster.data)
    run_copy(backup, cluster.data)
    cluster.start()
    primary.execute(add, ["2026-05-05 05:05:01"])
    if pending:
        record(mirror, "play")
        with pm.connect(primary.dsn) as server, pytest.raises(pm.ServerChanged):
            server.push(mirror)
    refuses(mirror, primary, "server_changed")
    assert pull(mirror, primary, accept_server=True).complete
    assert sync(mirror, primary).pushed == 0
    assert_equal(mirror, primary)


FOREIGN = {
    "play": "INSERT INTO play_history (track_id, played_at) VALUES ('other', '2026-05-06') "
    "RETURNING id",
    "snapshot": "INSERT INTO analysis_snapshots (date, period_label) VALUES ('2026-05-06', 'week') "
    "RETURNING id",
}


def record(mirror: pm.Mirror, kind: str) -> int:
    """Records a row that none of FOREIGN is; returns its provisional id."""
    at = "2026-05-05T05:05:01Z"
    if kind == "play":
        return mirror.plays.add(track_id="t", played_at=at).id
    return mirror.snapshots.add(date=at, period_label="week", model_used="ours").id


def test_a_restore_is_noticed_by_the_snapshots_of_a_first_copy(
    primary: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """The backend wrote nothing else since the backup, and has it no more."""
    cluster = primary.server
    cluster.stop()
    backup = cluster.directory / "backup"
    run_copy(cluster.data, backup)
    cluster.start()
    primary.execute(FOREIGN["snapshot"])
    pull(mirror, primary)

    cluster.stop()
    shutil.rmtree(cluster.data)
    run_copy(backup, cluster.data)
    cluster.start()
    for _ in range(30):
        primary.execute("SELECT pg_current_xact_id()")
    refuses(mirror, primary, "server_changed")
    assert pull(mirror, primary, accept_server=True).pulled["analysis_snapshots"].deleted == 1
    assert_equal(mirror, primary)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_snapshot_of_ours_that_an_earlier_transaction_changes_is_ours_still(
    restarted: bool, primary: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    pull(mirror, primary)
    with primary.connect(autocommit=False) as early:
        early.execute("SELECT pg_current_xact_id()")
        record(mirror, "snapshot")
        with pm.connect(primary.dsn) as server:
            assert server.push(mirror).pushed == 1
        early.execute("UPDATE analysis_snapshots SET playlist_theme = 'Rain', period_label = 'w'")
        early.commit()
    if restarted:
        primary.server.restart()
    pull(mirror, primary)
    assert [each.playlist_theme for each in mirror.snapshots.list()] == ["Rain"]
    assert_equal(mirror, primary)


def run_copy(source: Path, target: Path) -> None:
    """Copies a stopped server's files, which stay its user's."""
    shutil.copytree(source, target)
    owner = source.stat()
    for path in (target, *target.rglob("*")):
        shutil.chown(path, owner.st_uid, owner.st_gid)


@pytest.mark.parametrize("held_back", [False, True], ids=["", "by an open transaction"])
def test_transaction_numbers_that_wrap_around_hide_nothing(
    held_back: bool, primary: MusicDb, mirror: pm.Mirror, assert_equal: Check
) -> None:
    if not has_program("pg_resetwal"):
        pytest.skip("no pg_resetwal")
    cluster = primary.server
    pull(mirror, primary)
    cluster.psql("VACUUM FREEZE", NAME)
    cluster.psql("VACUUM FREEZE")
    cluster.stop()
    near_the_end = 2**32 - 512
    run_as_server_user("pg_resetwal", "-x", str(near_the_end), "-D", str(cluster.data))
    states = cluster.data / "pg_xact" / f"{near_the_end // (4 * 8192 * 32):04X}"
    states.write_bytes(bytes(8192 * 32))
    shutil.chown(states, cluster.data.stat().st_uid, cluster.data.stat().st_gid)
    cluster.start()

    xids = []
    with primary.connect() as writer, primary.connect(autocommit=False) as late:
        if held_back:
            late.execute(ADD, [1_000_000])
        writer.execute(ADD, [1000])
        for number in range(800):
            writer.execute("UPDATE play_history SET listened_ms = %s WHERE id = 1000", [number])
            if number % 10 == 0:
                pull(mirror, primary)
                assert mirror.plays[1000].listened_ms == number
                xids += writer.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())").fetchone()
        late.commit()
    pull(mirror, primary)
    assert int(xids[0]) < 2**32 < int(xids[-1])
    assert_equal(mirror, primary)


def test_an_unlogged_table_stops_alone_on_a_standby_and_is_empty_after_a_crash(
    primary: MusicDb, clusters: Callable[..., Cluster], mirror: pm.Mirror, assert_equal: Check
) -> None:
    primary.execute(
        "ALTER TABLE playlist_config SET UNLOGGED; INSERT INTO playlist_config (key) VALUES ('a')"
    )
    pull(mirror, primary)
    standby = clusters(standby_of=primary.server)
    there = MusicDb(standby, NAME)
    primary.execute("UPDATE tracks SET popularity = 1")
    standby.wait_for_replay(primary.server)
    report = pull(mirror, there)
    assert "unlogged" in report.pulled["playlist_config"].problem
    assert mirror.tracks["t"].popularity == 1
    assert [each.key for each in mirror.playlists] == ["a"]

    primary.server.restart("immediate")
    assert pull(mirror, primary).pulled["playlist_config"].deleted == 1
    assert_equal(mirror, primary)
