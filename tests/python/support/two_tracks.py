"""A server and a mirror that know two tracks: a test module takes these fixtures by name."""

from __future__ import annotations

import playmirror as pm
import pytest

from .faults import add_tracks
from .music_db import MusicDb


@pytest.fixture
def db(music_db: MusicDb) -> MusicDb:
    add_tracks(music_db, "t1", "t2")
    return music_db


@pytest.fixture
def mirror(db: MusicDb, mirror: pm.Mirror) -> pm.Mirror:
    mirror.pull(db.dsn)
    return mirror
