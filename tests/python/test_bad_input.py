"""What a caller can get wrong, and a server that is not there: each has its typed error with a
hint, comes within its time, and costs nothing that was recorded."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from support.faults import START, add_play, add_tracks
from support.music_db import MusicDb
from support.offline_library import open_library

MEGABYTE = 1 << 20


@pytest.fixture
def library(mirror_path: Path) -> Iterator[pm.Mirror]:
    """Six plays of three tracks by two artists, all pending; nothing of it may get lost."""
    with open_library(mirror_path) as mirror:
        before = [(entry.entry, entry.key) for entry in mirror.pending()]
        yield mirror
        assert [(entry.entry, entry.key) for entry in mirror.pending()] == before
        assert len(mirror.plays) == 6
        assert mirror.verify().ok


# A server that is not there, or lets nobody in --------------------------------------------------


def server_refuses(dsn: str, cls: type[pm.Error], code: str, **options: Any) -> pm.Error:
    start = time.monotonic()
    with pytest.raises(cls) as caught:
        pm.connect(dsn, **options)
    assert time.monotonic() - start < options.get("connect_timeout", 10) + 1
    assert caught.value.code == code
    assert caught.value.hint
    return caught.value


def test_nobody_listens(library: pm.Mirror) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    dsn = f"host=127.0.0.1 port={port} user=u dbname=d"
    error = server_refuses(dsn, pm.ServerUnavailable, "unreachable")
    assert error.retryable
    assert str(port) in str(error)
    with pytest.raises(pm.ServerUnavailable):
        library.sync(dsn)


def test_a_name_that_nobody_knows() -> None:
    dsn = "host=no-such-host.invalid user=u dbname=d"
    server_refuses(dsn, pm.ServerUnavailable, "unreachable", connect_timeout=5)


def test_a_server_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=8) as silent:
        dsn = f"host=127.0.0.1 port={silent.getsockname()[1]} user=u dbname=d"
        error = server_refuses(dsn, pm.ServerUnavailable, "unreachable", connect_timeout=0.5)
        assert error.retryable


def test_the_connection_comes_from_the_environment(
    library: pm.Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYMIRROR_DSN", "host=127.0.0.1 port=9 dbname=from_the_environment")
    with pytest.raises(pm.ServerUnavailable, match=r"127\.0\.0\.1:9"):
        library.pull()


@pytest.mark.parametrize(
    "dsn",
    [
        "nonsense",
        "host=127.0.0.1 nonsense=1",
        "host=127.0.0.1 port=x",
        "host=127.0.0.1 port=99999",
        "postgresql://127.0.0.1:port/d",
        "postgresql://%zz@127.0.0.1/d",
        "host=127.0.0.1 sslmode=sometimes",
        "service=no-such-service",
        "host=127.0.0.1 dbname='unclosed",
    ],
)
def test_a_connection_string_that_makes_no_sense(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSERVICEFILE", "/nowhere")
    server_refuses(dsn, pm.InvalidArgument, "bad_connection_options")


def test_no_such_role_and_no_such_database(music_db: MusicDb) -> None:
    server_refuses(f"{music_db.dsn} user=nobody_here", pm.AccessDenied, "authentication_failed")
    error = server_refuses(f"{music_db.dsn} dbname=not_there", pm.Error, "server_refused")
    assert error.sqlstate == "3D000"
    assert "dbname" in error.hint


def test_a_server_without_the_tls_that_was_asked_for(music_db: MusicDb) -> None:
    error = server_refuses(f"{music_db.dsn} sslmode=require", pm.AccessDenied, "encryption_refused")
    assert "sslmode" in error.hint or "allow_plaintext" in error.hint


def test_a_schema_that_is_not_there(music_db: MusicDb, library: pm.Mirror) -> None:
    with pm.connect(music_db.dsn, schema="nowhere") as server:
        for call in (server.pull, server.sync):
            with pytest.raises(pm.SchemaMismatch) as caught:
                call(library)
            assert "nowhere" in f"{caught.value} {caught.value.hint}"


def test_a_database_of_something_else(music_db: MusicDb, library: pm.Mirror) -> None:
    with (
        pm.connect(f"{music_db.dsn} dbname=postgres") as server,
        pytest.raises(pm.SchemaMismatch) as caught,
    ):
        server.pull(library)
    assert caught.value.code == "schema_mismatch"
    assert caught.value.hint


def test_another_server_than_the_one_it_follows(
    music_db: MusicDb, small_db: MusicDb, mirror: pm.Mirror
) -> None:
    add_tracks(music_db, "t1")
    mirror.pull(music_db.dsn)
    add_play(mirror, 1)
    for call in ("sync", "push", "pull"):
        with pytest.raises(pm.ServerChanged) as caught:
            getattr(mirror, call)(small_db.dsn)
        assert caught.value.code == "server_changed"
        assert small_db.name in str(caught.value) and "accept_server" in caught.value.hint
    assert len(mirror.pending()) == 1
    assert mirror.sync(music_db.dsn).pushed == 1


# What is recorded ----------------------------------------------------------------------------

PLAY = {"track_id": "blue", "played_at": START}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"track_id": "unknown"}, "unknown_reference"),
        ({"track_id": ""}, "invalid_argument"),
        ({"track_id": "a\0b"}, "invalid_argument"),
        ({"track_id": "a\ud800"}, "invalid_argument"),
        ({"played_at": datetime(2026, 1, 31)}, "invalid_argument"),
        ({"played_at": "2026-01-31 06:00"}, "invalid_argument"),
        ({"played_at": "2026-02-30T06:00:00Z"}, "invalid_argument"),
        ({"played_at": "yesterday"}, "invalid_argument"),
        ({"played_at": ""}, "invalid_argument"),
        ({"played_at": "infinity"}, "invalid_argument"),
        ({"played_at": "-infinity"}, "invalid_argument"),
        ({"played_at": "294277-01-01T00:00:00Z"}, "invalid_argument"),
        ({"played_at": "4715-01-01T00:00:00Z BC"}, "invalid_argument"),
        ({"listened_ms": 2**63}, "invalid_argument"),
        ({"source": "nul\0"}, "invalid_argument"),
        ({"source": "\udfff"}, "invalid_argument"),
        ({"context_uri": "x" * (64 * MEGABYTE + 1)}, "value_too_large"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_play_that_cannot_be(library: pm.Mirror, wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(pm.InvalidArgument) as caught:
        library.plays.add(**(PLAY | wrong))
    assert caught.value.code == code
    assert str(caught.value)
    assert not caught.value.retryable
    assert caught.value.outcome == "unchanged"


@pytest.mark.parametrize(
    "text", ["", "{", "{'a': 1}", "nul", "[1,]", "NaN", "\ufeff{}", '"\0"', "{} {}", '"\ud800"']
)
def test_json_that_is_none(library: pm.Mirror, text: str) -> None:
    for column in ("metrics_payload", "narrative_report", "playlist_composition"):
        with pytest.raises(pm.InvalidArgument) as caught:
            library.snapshots.add(date=START, **{column: text})
        assert column in str(caught.value)
    with pytest.raises(pm.InvalidArgument, match="genres"):
        library.artists.add(id="x", genres=text)
    assert len(library.snapshots) == 0
    assert "x" not in library.artists


def test_json_of_more_levels_than_sqlite_reads(library: pm.Mirror) -> None:
    quoted = '["[[[[\\"[[[[",' + '{"a":' * 2_500 + "1" + "}" * 2_500 + "]"
    for text, levels in (("[" * 9_999 + "]" * 9_999, "9999"), (quoted, "2501")):
        with pytest.raises(pm.InvalidArgument, match=f"nested {levels} levels deep") as caught:
            library.snapshots.add(date=START, metrics_payload=text)
        assert "1,000 levels" in caught.value.hint
    assert len(library.snapshots) == 0


def test_a_snapshot_that_cannot_be(library: pm.Mirror) -> None:
    for wrong in ({"date": "infinity"}, {"date": datetime(2026, 1, 1)}, {"period_label": "\0"}):
        with pytest.raises(pm.InvalidArgument):
            library.snapshots.add(**({"date": START} | wrong))
    assert len(library.snapshots) == 0


@pytest.mark.parametrize("value", [float("nan"), -0.0])
def test_a_number_that_the_file_cannot_hold(library: pm.Mirror, value: float) -> None:
    with pytest.raises(pm.InvalidArgument, match="tempo"):
        library.tracks.add(id="x", tempo=value)
    assert "x" not in library.tracks


def test_a_track_with_a_wrong_part_is_not_recorded_by_half(library: pm.Mirror) -> None:
    for wrong in ({"artist_ids": ["miles", "nobody"]}, {"lyrics": "\0"}, {"raw_data": "{"}):
        with pytest.raises(pm.InvalidArgument):
            library.tracks.add(id="x", **wrong)
        assert "x" not in library.tracks
    assert library.sql("SELECT count(*) AS n FROM track_artists").column("n") == [3]


@pytest.mark.parametrize("entry", [0, -1, 999, 2**62])
def test_an_entry_that_is_not_pending(library: pm.Mirror, entry: int) -> None:
    for call in (library.retry, library.discard):
        with pytest.raises(pm.InvalidArgument) as caught:
            call(entry)
        assert str(entry) in str(caught.value)


def test_a_field_of_the_server_over_the_cap(music_db: MusicDb, mirror: pm.Mirror) -> None:
    music_db.execute(
        "INSERT INTO tracks (id, lyrics) "
        "VALUES ('small', 'x'), ('the large one', repeat('x', 5000))"
    )
    with pm.connect(music_db.dsn) as server:
        with pytest.raises(pm.InvalidArgument) as caught:
            server.pull(mirror, field_cap=4_000)
        assert caught.value.code == "value_too_large"
        for part in ("tracks", "5000", "4000", "the large one"):
            assert part in str(caught.value), part
        server.pull(mirror)
        music_db.execute("UPDATE tracks SET lyrics = repeat('y', 6000) WHERE id = 'small'")
        with pytest.raises(pm.InvalidArgument, match="small"):
            server.pull(mirror, field_cap=5_999)
        assert mirror.tracks["small"].lyrics == "x"  # the file stays as it was
        server.pull(mirror, field_cap=6_000)
        assert mirror.tracks["small"].lyrics == "y" * 6_000


@pytest.mark.parametrize(
    ("call", "options"),
    [
        ("pull", {"delete_limit": -0.1}),
        ("pull", {"delete_limit": 1.5}),
        ("pull", {"delete_limit": float("nan")}),
        ("pull", {"lock_timeout": 0}),
        ("pull", {"field_cap": 0}),
        ("push", {"lock_timeout": -1}),
        ("push", {"batch_rows": 0}),
        ("sync", {"push": {"batch_rows": -5}}),
        ("sync", {"pull": {"field_cap": -5}}),
    ],
    ids=str,
)
def test_an_option_without_sense(
    music_db: MusicDb, mirror: pm.Mirror, call: str, options: dict[str, Any]
) -> None:
    with pm.connect(music_db.dsn) as server, pytest.raises(pm.InvalidArgument) as caught:
        getattr(server, call)(mirror, **options)
    assert caught.value.code == "invalid_argument"
    assert caught.value.hint
    for option in ("connect_timeout", "timeout"):
        with pytest.raises(pm.InvalidArgument, match=option):
            pm.connect(music_db.dsn, **{option: 0})
