"""What the safeguards of watchers keep from happening."""

from __future__ import annotations

import time
from collections.abc import Callable

import playmirror as pm
import pytest
from psycopg.conninfo import make_conninfo
from support import hooks
from support.faults import add_play, plays_on_server
from support.music_db import MusicDb
from support.watching import NEVER, QUICK, Log, eventually
from world import World


def tracks_that_vanish_after_a_word(world: World) -> None:
    """Which was about other rows."""
    world.db.execute("INSERT INTO tracks (id) SELECT 'x' || generate_series(1, 40)")
    log = Log()
    with world.mirror.watch(
        world.db.dsn, interval=QUICK, pull={"confirm_deletes": True}, on_event=log
    ):
        log.wait_until("current")
        world.db.execute("DELETE FROM tracks WHERE id LIKE 'x%'")

        def is_noticed(event: pm.WatchEvent) -> bool:
            tracks = event.report and event.report.pulled["tracks"]
            return bool(tracks and (tracks.held_deletes or tracks.deleted))

        log.wait_for(is_noticed)
    assert world.mirror.tracks.count() == 43


def a_push_that_fails_time_and_again(world: World) -> None:
    with (
        world.db.connect(autocommit=False) as blocker,
        world.mirror.watch(
            world.db.dsn, push={"lock_timeout": 0.05}, interval=QUICK, max_backoff=0.1
        ),
    ):
        blocker.execute("SELECT pg_advisory_xact_lock(8100957003887243890)")
        add_play(world.mirror, 1)
        world.db.execute("INSERT INTO artists (id) VALUES ('new')")
        eventually(lambda: "new" in world.mirror.artists, seconds=4)


def a_watch_on_the_wrong_server(world: World) -> None:
    with MusicDb.create(world.server) as other:
        watcher = world.mirror.watch(other.dsn, interval=QUICK)
        try:
            with pytest.raises(pm.ServerChanged):
                watcher.wait(4)
        finally:
            watcher.stop()


def a_server_that_is_down(world: World) -> None:
    log = Log()
    nobody = make_conninfo(world.db.dsn, host="127.0.0.1", port=1)
    with world.mirror.watch(nobody, interval=0.2, max_backoff=1, on_event=log):
        log.wait_until("retrying")
        time.sleep(0.5)
    assert log.states().count("retrying") < 6


def a_play_recorded_while_it_pulls(world: World) -> None:
    recorded = []

    def record(step: str) -> None:
        if step == "pull.begin" and not recorded:
            recorded.append(add_play(world.mirror, 1))

    with hooks.at_steps(record), world.mirror.watch(world.db.dsn, interval=NEVER):
        eventually(lambda: plays_on_server(world.db) == (9, 9), seconds=4)


SCENARIOS: dict[str, Callable[[World], None]] = {
    "a word counts once": tracks_that_vanish_after_a_word,
    "pull behind a failed push": a_push_that_fails_time_and_again,
    "what waiting cannot heal": a_watch_on_the_wrong_server,
    "backoff": a_server_that_is_down,
    "look before resting": a_play_recorded_while_it_pulls,
}
