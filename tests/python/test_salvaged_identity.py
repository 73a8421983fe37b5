"""What a salvaged mirror knows of its server: a new file in the place of a damaged one follows the
same server, and shows what was recorded to no other."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from support.faults import START, add_play, add_tracks, plays_on_server
from support.music_db import MusicDb


def damage_and_salvage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE playlist_config")
    assert pm.Mirror.salvage(path).saved == 1


@pytest.fixture
def salvaged(cluster: Any, music_db: MusicDb, mirror_path: Path) -> MusicDb:
    """The database of a mirror that was damaged and salvaged, with a play that was not sent."""
    add_tracks(music_db, "t1")
    with pm.open(mirror_path) as mirror:
        mirror.pull(music_db.dsn)
        add_play(mirror, 1)
    damage_and_salvage(mirror_path)
    return music_db


def test_another_server_is_refused_before_anything_is_sent(
    cluster: Any, salvaged: MusicDb, mirror_path: Path
) -> None:
    with MusicDb.create(cluster) as other, pm.open(mirror_path) as mirror:
        add_tracks(other, "t1")
        for call in (mirror.sync, mirror.push, mirror.pull):
            with pytest.raises(pm.ServerChanged) as refused:
                call(other.dsn)
            assert refused.value.code == "server_changed"
        assert plays_on_server(other) == (0, 0)
        assert mirror.status().queued == 1
        assert mirror.sync(salvaged.dsn).pushed == 1
        assert plays_on_server(salvaged) == (1, 1)
        assert mirror.verify().ok


def test_another_zone_of_local_times_is_refused(music_db: MusicDb, mirror_path: Path) -> None:
    add_tracks(music_db, "t1")
    zone = "Europe/Berlin"
    with pm.open(mirror_path) as mirror, pm.connect(music_db.dsn, played_at_zone=zone) as server:
        server.pull(mirror)
        mirror.plays.add(track_id="t1", played_at=START)
    damage_and_salvage(mirror_path)
    with pm.open(mirror_path) as mirror:
        with pytest.raises(pm.InvalidArgument, match=zone):
            mirror.sync(music_db.dsn)
        assert plays_on_server(music_db) == (0, 0)


def test_another_server_may_be_accepted(cluster: Any, salvaged: MusicDb, mirror_path: Path) -> None:
    with MusicDb.create(cluster) as other, pm.open(mirror_path) as mirror:
        add_tracks(other, "t1")
        assert mirror.pull(other.dsn, accept_server=True).complete
        assert mirror.sync(other.dsn).pushed == 1
        assert (plays_on_server(other), plays_on_server(salvaged)) == ((1, 1), (0, 0))
