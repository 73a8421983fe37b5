"""The logger `playmirror`: what it tells, to whom, and what it never holds."""

import logging
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import playmirror as pm
import pytest
from support.music_db import MusicDb
from support.offline_library import NOON


def messages(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == "playmirror" and record.levelno == level
    ]


def test_a_connection_and_what_was_moved_are_told(
    mirror: pm.Mirror, small_db: MusicDb, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="playmirror")
    with pm.connect(small_db.dsn) as server:
        server.sync(mirror)
        told = messages(caplog, logging.INFO)
        assert told[0] == f"connected to {server.name}"
        assert told[1].startswith(f"sync with {server.name}: first copy, ")
        assert "inserted" in told[1]
        assert "round trips" in told[1]
        caplog.clear()
        server.sync(mirror)  # nothing new is nothing to tell
        assert messages(caplog, logging.INFO) == []
        mirror.plays.add(track_id=mirror.stats.top_tracks(1)[0].track_id, played_at=NOON)
        server.sync(mirror)
        (moved,) = messages(caplog, logging.INFO)
        assert "1 pushed" in moved


def test_steps_are_told_when_asked_for(
    mirror: pm.Mirror, small_db: MusicDb, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="playmirror")
    mirror.sync(small_db.dsn)
    steps = messages(caplog, logging.DEBUG)
    assert "first copy of play_history" in steps
    assert "index of tracks" in steps


def test_a_broken_connection_is_told(
    mirror: pm.Mirror, small_db: MusicDb, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="playmirror")
    with pm.connect(small_db.dsn) as server:
        server.pull(mirror)
        small_db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE 'playmirror%%' AND datname = current_database()"
        )
        server.pull(mirror)
    assert any("the connection had broken" in told for told in messages(caplog, logging.INFO))


def test_refused_rows_are_warnings_in_one_line(
    mirror: pm.Mirror, small_db: MusicDb, caplog: pytest.LogCaptureFixture
) -> None:
    mirror.pull(small_db.dsn)
    small_db.execute(
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION E'no\\x1b[2J\\nroom'; END $$;
           CREATE TRIGGER refuse BEFORE INSERT ON play_history
           FOR EACH ROW EXECUTE FUNCTION refuse()"""
    )
    mirror.plays.add(track_id=mirror.stats.top_tracks(1)[0].track_id, played_at=NOON)
    mirror.push(small_db.dsn)
    (warning,) = messages(caplog, logging.WARNING)
    assert "was rejected" in warning
    assert "\x1b" not in warning
    assert "\n" not in warning


def test_one_call_cannot_flood_the_log(
    mirror: pm.Mirror, small_db: MusicDb, caplog: pytest.LogCaptureFixture
) -> None:
    mirror.pull(small_db.dsn)
    small_db.execute("ALTER TABLE play_history ADD CHECK (source <> 'flood') NOT VALID")
    track = mirror.stats.top_tracks(1)[0].track_id
    for second in range(1100):
        mirror.plays.add(track_id=track, played_at=NOON + timedelta(seconds=second), source="flood")
    report = mirror.push(small_db.dsn)
    assert report.rejected == 1100
    told = messages(caplog, logging.WARNING)
    assert len(told) <= 1000
    assert told[-1] == "this call has more to tell than is logged"


def test_nobody_is_bothered_unasked(small_db: MusicDb, mirror_path: Path) -> None:
    """No handler, no output; and a program that does not log never loads `logging`."""
    script = (
        "import sys, playmirror as pm\n"
        "with pm.open(sys.argv[1]) as mirror: mirror.sync(sys.argv[2])\n"
        "assert 'logging' not in sys.modules, 'logging'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, mirror_path, small_db.dsn], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_a_handler_raises_ends_the_call(mirror: pm.Mirror, small_db: MusicDb) -> None:
    class Impatient(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise KeyboardInterrupt

    logger = logging.getLogger("playmirror")
    handler = Impatient()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with pytest.raises(KeyboardInterrupt):
            mirror.sync(small_db.dsn)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    mirror.sync(small_db.dsn)


def test_a_handler_may_record_in_the_mirror(mirror: pm.Mirror, small_db: MusicDb) -> None:
    """No writer waits for the log, in a call or in a watcher."""
    mirror.artists.add(id="logger", name="Logger")
    mirror.tracks.add(id="logged", name="Logged", artist_ids=["logger"])
    recorded = threading.Event()

    class Recorder(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            mirror.plays.add(track_id="logged", played_at=NOON)
            if "watch" in record.getMessage():
                recorded.set()

    logger = logging.getLogger("playmirror")
    handler = Recorder()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        mirror.sync(small_db.dsn)
        with mirror.watch(small_db.dsn, interval=0.05):
            assert recorded.wait(20)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
