"""What the safeguards keep from happening with a server that is not what it was: another one, a
standby, crashed, or set back."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import playmirror as pm
import psycopg
import pytest
from cluster import Cluster
from support.discreet_pooler import DiscreetPooler
from support.faults import add_play
from support.music_db import MusicDb
from world import ADD, World


def another_database(world: World) -> None:
    with MusicDb.create(world.server) as other:
        other.execute("INSERT INTO tracks (id) VALUES ('other')")
        with pm.connect(other.dsn) as server, pytest.raises(pm.ServerChanged):
            server.pull(world.mirror)
    world.assert_equal()


def a_standby_that_lags(world: World) -> None:
    """By a deletion, to which no row bears witness; an older transaction runs on either side."""
    db, standby = world.cluster_with_standby()
    with db.connect(autocommit=False) as oldest:
        oldest.execute("UPDATE artists SET name = 'x'")
        db.execute("UPDATE tracks SET tempo = 1")
        standby.fall_behind(db.server)
        db.execute("DELETE FROM play_history WHERE listened_ms = 5")
        world.pull()
        world.assert_nothing_comes_from(standby)


def a_standby_that_lacks_an_earlier_transaction(world: World) -> None:
    """It has replayed a later one, so that its counters look right."""
    db, standby = world.cluster_with_standby()
    with db.connect(autocommit=False) as earlier:
        earlier.execute("DELETE FROM play_history WHERE listened_ms = 5")
        db.execute("UPDATE tracks SET tempo = 1")
        standby.fall_behind(db.server)
    world.pull()
    world.assert_nothing_comes_from(standby)


def what_commits_in_between_on_a_standby(world: World) -> None:
    """Between the oldest and the newest transaction, so that xmin and xmax stay what they were."""
    db, standby = world.cluster_with_standby()
    with db.connect(autocommit=False) as oldest, db.connect(autocommit=False) as late:
        oldest.execute("UPDATE artists SET name = 'x'")
        late.execute("UPDATE tracks SET tempo = 1")
        db.execute(ADD)
        standby.wait_for_replay(db.server)
        with pm.connect(standby.dsn(db.name)) as server:
            server.pull(world.mirror)
            late.commit()
            standby.wait_for_replay(db.server)
            server.pull(world.mirror)
        world.assert_equal()


def a_server_that_crashed_and_forgot(world: World) -> None:
    """Its transaction numbers come again, for other transactions; the snapshots look alike."""
    db = world.other_cluster(synchronous_commit="off", wal_writer_delay="10s")
    db.execute("SET synchronous_commit = on; UPDATE artists SET name = 'kept'")
    world.pull()
    db.execute(ADD)
    with pm.connect(db.dsn) as server:
        server.pull(world.mirror)
    end_a_process(db)
    db.execute("INSERT INTO artists (id) VALUES ('new')")
    world.pull(accept_server=True)
    world.assert_equal()


def end_a_process(db: MusicDb) -> None:
    """A crash that the server itself recovers from, without being started anew."""
    deadline = time.monotonic() + 30
    with closing(db.connect()) as victim, closing(db.connect()) as witness:
        os.kill(victim.info.backend_pid, signal.SIGKILL)
        # Only when the server has noticed, it ends the others as well.
        with suppress(psycopg.OperationalError):
            while True:
                witness.execute("SELECT 1")
                assert time.monotonic() < deadline
                time.sleep(0.01)
    while True:
        try:
            return db.settle()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def a_server_set_back_to_do_as_much_again(world: World) -> None:
    """Its snapshot and its checkpoint are those of the last pull."""
    db = world.other_cluster()
    with set_back(db):
        db.execute(ADD)
        world.pull()
    db.execute("INSERT INTO play_history (track_id, listened_ms) VALUES ('t2', 2)")
    with pytest.raises(pm.ServerChanged):
        world.pull()


def a_crash_that_forgot_what_was_seen(world: World) -> None:
    """Deletions, to which no row bears witness; then their numbers go to a play that is pending
    here, and to an old row."""
    db = world.other_cluster(synchronous_commit="off", wal_writer_delay="10s")
    db.execute(
        "SET synchronous_commit = on; "
        "INSERT INTO tracks (id) SELECT 'more' || n FROM generate_series(1, 9) n"
    )
    for listened in (5, 6):
        db.execute("DELETE FROM play_history WHERE listened_ms = %s", [listened])
    world.pull()
    play = add_play(world.mirror, 1)
    db.server.restart("immediate")
    db.execute(
        "INSERT INTO play_history (track_id, played_at) VALUES (%s, %s)",
        [play.track_id, play.played_at.replace(tzinfo=None)],
    )
    db.execute("UPDATE tracks SET tempo = 3 WHERE id = 't1'")
    db.execute("INSERT INTO artists (id) VALUES ('new')")
    assert world.push().already_there == 1
    world.pull()
    world.assert_equal()


def a_server_whose_files_were_set_back(world: World) -> None:
    """And whose counters have caught up since."""
    db = world.other_cluster()
    with set_back(db):
        db.execute(ADD)
        world.pull()
    for tempo in range(60):
        db.execute("UPDATE tracks SET tempo = %s WHERE id = 't1'", [tempo])
    with pytest.raises(pm.ServerChanged):
        world.pull()


def a_pooler_that_passes_for_the_server(world: World) -> None:
    """It goes there anew when the server was stopped, whose files were set back meanwhile, and
    which has done as much again."""
    db = world.other_cluster()
    with (
        DiscreetPooler(db.server.host, db.server.port) as pooler,
        pm.connect(pooler.dsn(db.dsn)) as server,
    ):
        with set_back(db):
            db.execute(ADD)
            server.pull(world.mirror)
            assert server.pull(world.mirror).method == "unchanged"
        db.execute("UPDATE tracks SET tempo = 3 WHERE id = 't1'")
        with pytest.raises(pm.ServerChanged):
            server.pull(world.mirror)


@contextmanager
def set_back(db: MusicDb) -> Iterator[None]:
    """Afterwards the server has the files that it had before."""
    cluster = db.server
    assert isinstance(cluster, Cluster)
    cluster.stop()
    backup = cluster.directory / "backup"
    copy_files(cluster.data, backup)
    cluster.start()
    yield
    cluster.stop()
    shutil.rmtree(cluster.data)
    copy_files(backup, cluster.data)
    cluster.start()


def copy_files(source: Path, target: Path) -> None:
    """Of a stopped server, whose user keeps them."""
    shutil.copytree(source, target)
    owner = source.stat()
    for path in (target, *target.rglob("*")):
        shutil.chown(path, owner.st_uid, owner.st_gid)


SCENARIOS: dict[str, Callable[[World], None]] = {
    "identity": another_database,
    "high water": a_standby_that_lags,
    "oldest transaction of a standby": a_standby_that_lacks_an_earlier_transaction,
    "forgotten commits": a_crash_that_forgot_what_was_seen,
    "no short cut on a standby": what_commits_in_between_on_a_standby,
    "checkpoint": a_server_that_crashed_and_forgot,
    "same process": a_pooler_that_passes_for_the_server,
    "start": a_server_set_back_to_do_as_much_again,
    "witnesses": a_server_whose_files_were_set_back,
}
