"""What the safeguards of pull, push and the file keep from happening."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import playmirror as pm
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from support import hooks
from support.comparing import file_rows
from support.cut_proxy import Cut, Direction, How
from support.faults import add_play, played_at, plays_on_server, proxy_of
from support.file_faults import Fault, bench
from support.model_backend import BEGINNING
from support.music_db import MusicDb
from world import ADD, World

# Pull ------------------------------------------------------------------------------------------


def a_late_commit(world: World) -> None:
    with world.db.connect(autocommit=False) as late:
        late.execute("UPDATE tracks SET tempo = 1")
        world.db.execute(ADD)
        world.pull()
        late.commit()
    world.pull()
    world.assert_equal()


def a_late_commit_that_is_looked_for_by_ids(world: World) -> None:
    """In a library so large that it is not swept each time."""
    world.db.execute(
        "INSERT INTO play_history (track_id) SELECT 't1' FROM generate_series(1, 200000)"
    )
    world.pull(sweep_interval=600)
    with world.db.connect(autocommit=False) as late:
        late.execute(ADD)
        world.db.execute(ADD)
        assert world.pull(sweep_interval=600).method == "by_ids"
        late.commit()
    assert world.pull(sweep_interval=600).method == "by_ids"
    world.assert_equal()


def a_rewriting_migration_during_a_pull(world: World) -> None:
    world.db.execute(ADD)
    blocked = []

    def migrate(step: str) -> None:
        if step != "pull.opened":
            return
        with world.db.connect(options="-c lock_timeout=200") as other:
            try:
                other.execute("ALTER TABLE playlist_config ALTER composition TYPE jsonb")
            except psycopg.errors.LockNotAvailable:
                blocked.append(step)

    with hooks.at_steps(migrate):
        world.pull(accept_server=True)  # which asks for rows behind the opening, not along with it
    assert len(world.mirror.playlists) == 2, "the table was taken as empty"
    assert blocked


def a_migration_under_way_during_a_push(world: World) -> None:
    add_play(world.mirror, 1)
    with world.db.connect(autocommit=False) as migration, ThreadPoolExecutor() as pool:
        migration.execute(
            "ALTER TABLE play_history ADD COLUMN weather text NOT NULL DEFAULT 'rain'"
        )
        migration.execute("ALTER TABLE play_history ALTER weather DROP DEFAULT")
        push = pool.submit(world.push, lock_timeout=20)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation::text = %s"
        (table,) = migration.execute("SELECT 'play_history'::regclass::oid::text").fetchone()
        while world.db.execute(waiting, [table]) == [(0,)] and not push.done():
            time.sleep(0.01)
        migration.commit()
        assert push.result(30).waiting == 1, "the row is refused"


def rows_that_a_policy_hides(world: World) -> None:
    dsn = world.db.plain_role()
    world.db.execute(
        "ALTER TABLE playlist_config ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY one ON playlist_config USING (key = 'daily')"
    )
    with pm.connect(dsn) as server:
        assert server.pull(world.mirror).pulled["playlist_config"].problem_code == "row_security"
    assert len(world.mirror.playlists) == 2, "a hidden row was taken as deleted"


def a_migration_that_takes_its_time(world: World) -> None:
    with world.db.connect(autocommit=False) as migration:
        migration.execute("LOCK TABLE tracks IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        with pytest.raises(pm.Error):
            world.pull(lock_timeout=0.3)
        assert time.monotonic() - began < 3, "the pull waited for the migration"


def settings_of_the_role(world: World) -> None:
    dsn = world.db.plain_role()
    world.db.execute(
        "ALTER TABLE tracks ADD COLUMN took interval DEFAULT '1 day 02:03:04';"
        f"ALTER ROLE laptop IN DATABASE {world.db.name} SET IntervalStyle = 'sql_standard'"
    )
    with pm.connect(dsn) as server:
        server.pull(world.mirror)
    world.assert_equal()


def tracks_that_vanish(world: World) -> None:
    world.db.execute("INSERT INTO tracks (id) SELECT 'x' || generate_series(1, 40)")
    world.pull()
    world.db.execute("DELETE FROM tracks WHERE id LIKE 'x%'")
    assert world.pull().pulled["tracks"].held_deletes == 40
    assert world.mirror.tracks.count() == 43


def a_deleted_row(world: World) -> None:
    world.db.execute("DELETE FROM play_history WHERE listened_ms = 5")
    world.pull()
    world.assert_equal()


def a_new_column(world: World) -> None:
    world.db.execute("ALTER TABLE tracks ADD COLUMN mood varchar DEFAULT 'calm'")
    world.pull()
    world.assert_equal()


def an_older_table_under_the_name(world: World) -> None:
    world.db.execute(
        "CREATE TABLE older (LIKE playlist_config INCLUDING ALL);"
        "INSERT INTO older SELECT key, 'of the older table' FROM playlist_config"
    )
    mirror = world.device()
    world.db.execute("DROP TABLE playlist_config; ALTER TABLE older RENAME TO playlist_config")
    world.pull(mirror)
    world.mirror = mirror
    world.assert_equal()


def a_commit_during_a_first_copy(world: World) -> None:
    """Of a transaction that was open when it began."""
    world.mirror = world.stack.enter_context(pm.open(world.directory / "late.db"))
    begun = []
    with world.db.connect(autocommit=False) as late:
        late.execute("UPDATE tracks SET tempo = 1")
        world.db.execute(ADD)

        def commit(step: str) -> None:
            if step == "pull.begin":
                begun.append(step)
                if len(begun) == 2:  # the sweep behind the copy
                    late.commit()

        with hooks.at_steps(commit):
            world.pull()
    assert len(begun) == 2
    world.assert_equal()


def a_recorded_play_that_another_device_has_sent(world: World) -> None:
    other = world.device()
    for mirror in (world.mirror, other):
        add_play(mirror, 1)
    world.push(other)
    world.pull()
    assert world.mirror.plays.count() == 9, "it is there twice"


def a_sent_play_that_the_next_server_lacks(world: World) -> None:
    add_play(world.mirror, 1)
    world.push()
    with MusicDb.create(world.server) as other:
        other.execute(BEGINNING)
        with pm.connect(other.dsn) as server:
            server.pull(world.mirror, accept_server=True)
            server.push(world.mirror)
        assert plays_on_server(other) == (9, 9), "a recorded play is lost"


# Push ------------------------------------------------------------------------------------------


def one_play_from_two_devices_at_once(world: World) -> None:
    """The second one begins when the first has inserted and not committed."""
    other = world.device()
    add_play(world.mirror, 1)
    add_play(other, 1)
    second = threading.Thread(target=lambda: world.push(other))

    def push_beside(step: str) -> None:
        if step != "push.inserted" or second.ident is not None:
            return
        second.start()
        with world.db.connect() as watcher:
            waits = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
            deadline = time.monotonic() + 10
            while second.is_alive() and watcher.execute(waits).fetchone() != (True,):
                assert time.monotonic() < deadline
                time.sleep(0.01)

    with hooks.at_steps(push_beside):
        world.push()
        second.join()  # its steps are told as well, and there must be somebody to tell
    assert plays_on_server(world.db)[1] == plays_on_server(world.db)[0] == 9


def both_copies_of_a_file(world: World) -> None:
    add_play(world.mirror, 1)
    world.mirror.close()
    world.mirror = world.stack.enter_context(pm.open(world.mirror.path))
    copy = world.device(copy_of=world.mirror)
    original = world.stack.enter_context(pm.open(world.mirror.path))
    for mirror in (copy, original):
        world.push(mirror)
    assert plays_on_server(world.db) == (9, 9)


def a_play_beyond_the_cut(world: World) -> None:
    world.pull(plays_since="2026-01-01T00:00:00Z")
    world.db.execute(
        "INSERT INTO play_history (track_id, played_at) VALUES ('t1', '2020-02-02 02:02:02')"
    )
    world.pull()
    before = plays_on_server(world.db)
    world.mirror.plays.add(track_id="t1", played_at="2020-02-02T02:02:02Z")
    world.push()
    assert plays_on_server(world.db) == before


def push_in_doubt(
    world: World, direction: Direction, how: How, *, plays: int = 1, after: int = 0, first: int = 0
) -> None:
    """The COMMIT does not get through ("up"), or its answer does not ("down"), but for so many
    bytes. Each play is a batch."""
    for number in range(first, first + plays):
        add_play(world.mirror, number)
    proxy = world.stack.enter_context(proxy_of(world.db))

    def cut(step: str) -> None:
        if step == "push.recorded" and proxy.last.cut is None:
            proxy.last.cut = Cut(direction, proxy.last[direction] + after, how, linger=6)

    with (
        pm.connect(proxy.dsn(world.db.dsn)) as server,
        hooks.at_steps(cut),
        pytest.raises(pm.InDoubt),
    ):
        server.push(world.mirror, batch_rows=1)


def cut_at_commit(world: World, direction: Direction, how: How, **options: float) -> None:
    """Then the push once more."""
    push_in_doubt(world, direction, how)
    world.push(**options)
    assert world.mirror.pending() == []
    assert plays_on_server(world.db) == (9, 9)


def a_lost_answer(world: World) -> None:
    cut_at_commit(world, "down", "reset")


def an_old_backend_that_holds_the_lock(world: World) -> None:
    cut_at_commit(world, "up", "half_open", lock_timeout=1)


def an_old_backend_that_works_on_the_next_batch(world: World) -> None:
    """COMMIT waits for a standby that is not there, so that the next batch is at the server's when
    the answer is lost. Then the push once more."""
    db = world.other_cluster(synchronous_standby_names="nobody", synchronous_commit="local")
    over = threading.Event()

    def do_without_the_standby() -> None:
        """Ends each wait after a second; the transaction is committed all the same."""
        with db.connect() as owner:
            while not over.wait(0.05):
                owner.execute(
                    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = "
                    "'SyncRep' AND query_start < clock_timestamp() - interval '1 s'"
                )

    waiting = threading.Thread(target=do_without_the_standby)
    waiting.start()
    try:
        push_in_doubt(world, "down", "half_open", plays=3, after=1)
        world.push(lock_timeout=1)
    finally:
        over.set()
        waiting.join()
    assert world.mirror.pending() == []
    assert plays_on_server(db) == (11, 11)


def a_server_that_crashes_after_commit(world: World) -> None:
    db = world.other_cluster(synchronous_commit="off", wal_writer_delay="10s")
    add_play(world.mirror, 1)
    world.push()
    assert world.mirror.pending() == []
    db.server.restart("immediate")
    assert plays_on_server(db) == (9, 9)


def a_bad_row_among_good_ones(world: World) -> None:
    world.db.execute("ALTER TABLE play_history ADD CHECK (listened_ms <> 13)")
    send_three_of_which_one_is_refused(world)


def a_play_put_right_while_it_travels(world: World) -> None:
    add_play(world.mirror, 1)
    wrong = add_play(world.mirror, 2, listened_ms=1)

    def put_right(step: str) -> None:
        for entry in world.mirror.pending():
            if step == "push.inserted" and entry.row_id == wrong.id:
                world.mirror.discard(entry.entry)
                add_play(world.mirror, 2, listened_ms=2)

    with hooks.at_steps(put_right):
        world.push()
    world.push()
    world.pull()
    world.assert_equal()
    assert world.db.execute(
        "SELECT listened_ms FROM play_history WHERE played_at = %s",
        [played_at(2).replace(tzinfo=None)],
    ) == [(2,)]


def a_constraint_that_is_deferred(world: World) -> None:
    world.db.execute(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF NEW.listened_ms = 13 THEN RAISE check_violation; END IF; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON play_history
          DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()
        """
    )
    send_three_of_which_one_is_refused(world)
    [refused] = world.mirror.pending()
    assert refused.attempts == 1  # and not once more for each smaller batch


def send_three_of_which_one_is_refused(world: World) -> None:
    for number in (12, 13, 14):
        add_play(world.mirror, number, listened_ms=number)
    report = world.push()
    assert (report.pushed, report.rejected) == (2, 1)


# The file --------------------------------------------------------------------------------------


def a_flipped_bit_in_the_outbox(world: World) -> None:
    add_play(world.mirror, 1, source="right")
    with closing(sqlite3.connect(world.mirror.path)) as file:
        [(image,)] = file_rows(world.mirror.path, "SELECT image FROM playmirror_outbox")
        file.execute("UPDATE playmirror_outbox SET image = ?", [image.replace(b"right", b"wrong")])
        file.commit()
    with pytest.raises(pm.Error) as caught:
        world.push()
    assert caught.value.code == "damaged"
    assert plays_on_server(world.db) == (8, 8)


def a_process_killed_while_it_records(world: World, without: str = "") -> None:
    """Also in a process of its own."""
    with bench(world.db) as files:
        for operation in ("add", "import_plays"):
            for call in range(1, files.calls(operation, "kill") + 1):
                files.check(operation, Fault("kill", call), without=without)


def a_file_that_others_may_read(world: World) -> None:
    world.mirror.close()
    world.mirror.path.chmod(0o644)
    with pm.open(world.mirror.path):
        assert world.mirror.path.stat().st_mode & 0o077 == 0


def a_refusal_that_repeats_the_password(world: World) -> None:
    password = "Zw5hunter2Qx"
    world.db.execute(
        f"""
        CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          RAISE check_violation USING MESSAGE = '{password} is wrong'; END $$;
        CREATE TRIGGER tell BEFORE INSERT ON play_history FOR EACH ROW EXECUTE FUNCTION tell()
        """
    )
    add_play(world.mirror, 1)
    with pm.connect(make_conninfo(world.db.dsn, password=password)) as server:
        assert server.push(world.mirror).rejected == 1
    [refused] = world.mirror.pending()
    assert "is wrong" in refused.message
    assert password not in refused.message


def a_power_cut(world: World, without: str = "") -> None:
    """In a process of its own, which has its own safeguards."""
    with bench(world.db) as files:
        for call in range(1, files.calls("add", "power") + 1, 3):
            files.check("add", Fault("power", call), without=without)


def a_play_recorded_by_another_hand_between_two_syncs(world: World) -> None:
    with pm.connect(world.db.dsn) as server, pm.open(world.mirror.path) as other:
        for _ in range(2):
            assert server.sync(world.mirror).method == "unchanged"
        add_play(other, 1)
        assert server.sync(world.mirror).pushed == 1


SCENARIOS: dict[str, Callable[[World], None]] = {
    "facts of now": a_play_recorded_by_another_hand_between_two_syncs,
    "horizon": a_late_commit,
    "sequence lock": a_late_commit_that_is_looked_for_by_ids,
    "table locks": a_rewriting_migration_during_a_pull,
    "table locks of a push": a_migration_under_way_during_a_push,
    "row security": rows_that_a_policy_hides,
    "lock timeout": a_migration_that_takes_its_time,
    "pinned formats": settings_of_the_role,
    "delete guard": tracks_that_vanish,
    "count": a_deleted_row,
    "new columns": a_new_column,
    "replaced table": an_older_table_under_the_name,
    "horizon of a first copy": a_commit_during_a_first_copy,
    "own rows come back": a_recorded_play_that_another_device_has_sent,
    "unsent elsewhere": a_sent_play_that_the_next_server_lacks,
    "advisory lock": one_play_from_two_devices_at_once,
    "read committed": one_play_from_two_devices_at_once,
    "look-up": both_copies_of_a_file,
    "look-up outside the scope": a_play_beyond_the_cut,
    "settle first": a_lost_answer,
    "release lock": an_old_backend_that_works_on_the_next_batch,
    "record before COMMIT": an_old_backend_that_holds_the_lock,
    "synchronous commit": a_server_that_crashes_after_commit,
    "splitting": a_bad_row_among_good_ones,
    "discarded meanwhile": a_play_put_right_while_it_travels,
    "immediate constraints": a_constraint_that_is_deferred,
    "checksum": a_flipped_bit_in_the_outbox,
    "private files": a_file_that_others_may_read,
    "hidden passwords": a_refusal_that_repeats_the_password,
    "one transaction": a_process_killed_while_it_records,
    "full sync": a_power_cut,
}
