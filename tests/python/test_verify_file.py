"""Mirror.verify(): the file alone, without a server."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import playmirror as pm
import pytest
from support.offline_library import open_library


def grow(path: Path) -> None:
    """A table that SQLite's check works on for some time."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE heavy (id INTEGER PRIMARY KEY, text TEXT)")
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) "
            "INSERT INTO heavy SELECT i, 'text ' || i FROM n"
        )


def test_a_long_check_can_be_stopped(mirror_path: Path) -> None:
    with open_library(mirror_path) as mirror:
        grow(mirror_path)
        stop = threading.Event()
        stop.set()  # looked at when the check has run for a moment
        with pytest.raises(pm.Cancelled):
            mirror.verify(stop=stop)
        assert mirror.verify().ok  # the connection can be used again


def test_a_check_reports_its_phase(mirror_path: Path) -> None:
    phases: list[str] = []
    with open_library(mirror_path) as mirror:
        assert mirror.verify(progress=lambda now: phases.append(now.phase)).ok
    assert set(phases) == {"verify"}
