"""Databases whose texts are not in UTF-8: in another encoding, or in none that they know of."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import playmirror as pm
import psycopg
import pytest
from databases import Server
from playmirror.exporting import rows
from pyarrow import parquet
from support.comparing import file_rows
from support.music_db import MusicDb

#: In no encoding, in another one, in UTF-8, and such that the first two characters are odd.
ODD = (b"M\xe9z", b"\xff\xfe1", b"\x80\x81\x82", "é1é".encode(), "🎵x".encode(), b"ab\x80", b"\xe9")


@contextmanager
def database(cluster: Server, encoding: str) -> Iterator[MusicDb]:
    name = f"music_{encoding.lower()}"
    cluster.psql(
        f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' "
        "TEMPLATE template0"
    )
    # For alembic and for our own look at it; the library chooses for itself.
    with patch.dict(os.environ, PGCLIENTENCODING="UTF8"), MusicDb(cluster, name) as db:
        db.alembic("upgrade", "head")
        yield db


@pytest.fixture
def without_encoding(cluster: Server) -> Iterator[MusicDb]:
    with database(cluster, "SQL_ASCII") as db:
        yield db


def add_odd_tracks(db: MusicDb) -> None:
    with psycopg.connect(db.dsn, autocommit=True, client_encoding="SQL_ASCII") as connection:
        for number, text in enumerate(ODD):
            connection.execute(
                "INSERT INTO tracks (id, name, raw_data) VALUES "
                "(convert_from(%s, 'SQL_ASCII'), convert_from(%s, 'SQL_ASCII'), "
                "convert_from(%s, 'SQL_ASCII')::json)",
                [text, text, b'{"name": "' + text + b'"}'],
            )
            connection.execute(
                "INSERT INTO play_history (track_id, played_at, source) "
                "VALUES (convert_from(%s, 'SQL_ASCII'), %s, convert_from(%s, 'SQL_ASCII'))",
                [text, f"2026-01-01 00:00:{number:02}", text],
            )


def assert_same_bytes(mirror: pm.Mirror, db: MusicDb) -> None:
    for table, columns in (("tracks", ("id", "name")), ("play_history", ("track_id", "source"))):
        there = ", ".join(f"upper(encode({name}::bytea, 'hex'))" for name in columns)
        here = ", ".join(f"hex(CAST({name} AS BLOB))" for name in columns)
        assert sorted(file_rows(mirror.path, f"SELECT {here} FROM {table}")) == sorted(
            db.execute(f"SELECT {there} FROM {table}")
        )


def test_texts_in_no_encoding_are_kept_byte_by_byte(
    without_encoding: MusicDb, mirror: pm.Mirror
) -> None:
    db = without_encoding
    add_odd_tracks(db)
    with pm.connect(db.dsn) as server:
        assert server.pull(mirror).complete
        assert_same_bytes(mirror, db)
        db.execute("UPDATE tracks SET tempo = 7; DELETE FROM play_history WHERE id = 2")
        server.pull(mirror)
        assert_same_bytes(mirror, db)
        assert server.verify(mirror).equal
        assert server.verify(mirror, depth="quick").equal
        assert server.repair(mirror).complete
        assert mirror.verify().ok


def test_rows_with_odd_keys_go_when_they_are_deleted(
    without_encoding: MusicDb, mirror: pm.Mirror
) -> None:
    db = without_encoding
    add_odd_tracks(db)
    db.execute("DELETE FROM play_history")
    with pm.connect(db.dsn) as server:
        server.pull(mirror)
        for left in range(len(ODD) - 1, 0, -1):
            db.execute("DELETE FROM tracks WHERE id = (SELECT min(id) FROM tracks)")
            report = server.pull(mirror, confirm_deletes=True)
            assert report.pulled["tracks"].deleted == 1
            assert len(mirror.tracks) == left
            assert_same_bytes(mirror, db)


def test_texts_in_no_encoding_can_be_read(without_encoding: MusicDb, mirror: pm.Mirror) -> None:
    add_odd_tracks(without_encoding)
    mirror.sync(without_encoding.dsn)
    odd = b"M\xe9z".decode("utf-8", "surrogateescape")
    [track] = (track for track in mirror.tracks if track.name == odd)
    assert track.id == odd
    assert track.raw_data == f'{{"name": "{odd}"}}'
    assert "M\ufffdz" in mirror.tracks.table()["name"]
    assert b"M\xe9z" in mirror.sql("SELECT name FROM tracks")["name"]
    assert odd in {top.name for top in mirror.stats.top_tracks()}
    mirror.tracks.table().to_arrow().validate(full=True)
    mirror.plays.table().to_arrow().validate(full=True)


def test_what_is_read_finds_its_row_again(without_encoding: MusicDb, mirror: pm.Mirror) -> None:
    add_odd_tracks(without_encoding)
    mirror.sync(without_encoding.dsn)
    read = [track.id for track in mirror.tracks]
    assert len(read) == len(ODD)
    for odd in read:
        assert mirror.tracks[odd].id == odd
        assert mirror.tracks.artists(odd) == []
        assert mirror.plays.count(track_id=odd) == mirror.plays.count(source=odd) == 1
        assert mirror.stats.totals(track_id=odd, sources=[odd]).plays == 1
        assert mirror.sql("SELECT count(*) FROM tracks WHERE id = ?", [odd])[0] == (1,)
    unknown = b"\xe9?".decode("utf-8", "surrogateescape")
    assert unknown not in mirror.tracks
    for new in (
        {"track_id": unknown, "played_at": "2026-02-02T02:02:02Z"},
        {"track_id": "é1é", "played_at": "2026-02-02T02:02:02Z", "source": unknown},
    ):
        with pytest.raises(pm.InvalidArgument, match="UTF-8"):
            mirror.plays.add(**new)
    with pytest.raises(pm.InvalidArgument, match="lone surrogate"):
        mirror.tracks.find("\ud800")


def test_all_texts_in_no_encoding_are_exported(
    without_encoding: MusicDb, mirror: pm.Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever bytes a batch ends with, the next one begins behind them."""
    add_odd_tracks(without_encoding)
    mirror.sync(without_encoding.dsn)
    names = sorted(name or "" for name in mirror.tracks.table()["name"])
    assert len(names) == len(ODD) and "M\ufffdz" in names
    for batch in (1, 2, 100):
        monkeypatch.setitem(rows._BATCH, "tracks", batch)
        target = tmp_path / str(batch)
        assert mirror.export(target, format="jsonl").tables["tracks"].rows == len(ODD)
        lines = (target / "tracks.jsonl").read_text().splitlines()
        assert sorted(json.loads(line)["name"] for line in lines) == names
        mirror.export(target / "t.csv", tables=["tracks"])
        with open(target / "t.csv", encoding="utf-8", newline="") as file:
            assert sorted(row["name"] for row in csv.DictReader(file)) == names
        mirror.export(target / "t.parquet", tables=["tracks"])
        assert sorted(parquet.read_table(target / "t.parquet")["name"].to_pylist()) == names


def test_statistics_know_texts_in_no_encoding(without_encoding: MusicDb, mirror: pm.Mirror) -> None:
    add_odd_tracks(without_encoding)
    without_encoding.execute(
        "UPDATE tracks SET album = name, artist = name, raw_data = "
        """('{"album": {"release_date": "1999"}, "x": "' || name || '"}')::json;"""
        "INSERT INTO artists (id, name, genres) "
        "SELECT id, name, json_build_array(name) FROM tracks;"
        "INSERT INTO track_artists SELECT id, id FROM tracks"
    )
    mirror.sync(without_encoding.dsn)
    read = {str(track.name) for track in mirror.tracks}
    assert {album.name for album in mirror.stats.top_albums(limit=0)} == read
    assert len(mirror.stats.top_genres(limit=0)) == len(read)
    assert all(genre.genre for genre in mirror.stats.top_genres(limit=0))
    totals = mirror.stats.totals()
    assert (totals.albums, totals.genres) == (len(read), len(read))
    for name in read:
        assert mirror.stats.totals(album=name).plays == 1
    assert mirror.stats.eras().plays_unknown == 0
    snapshot = mirror.snapshots.compute(pm.Period.all_time())
    assert isinstance(snapshot.metrics(), pm.Metrics)


def test_what_is_recorded_arrives_as_utf8(without_encoding: MusicDb, mirror: pm.Mirror) -> None:
    db = without_encoding
    add_odd_tracks(db)
    with pm.connect(db.dsn) as server:
        server.pull(mirror)
        mirror.plays.add(
            track_id="é1é", played_at="2026-02-02T02:02:02Z", source="Zürich", context_uri="日本"
        )
        mirror.snapshots.compute(pm.Period.all_time())
        assert server.sync(mirror).pushed == 2
        assert server.verify(mirror).equal
    assert db.execute("SELECT encode(source::bytea, 'hex') FROM play_history ORDER BY id")[-1] == (
        "Zürich".encode().hex(),
    )


def test_a_database_in_latin1(cluster: Server, mirror: pm.Mirror) -> None:
    with database(cluster, "LATIN1") as db, pm.connect(db.dsn) as server:
        db.execute("INSERT INTO tracks (id, name) VALUES ('é', 'Zürich')")
        server.pull(mirror)
        assert mirror.tracks["é"].name == "Zürich"
        for second, source in enumerate(("Köln", "日本")):
            mirror.plays.add(track_id="é", played_at=f"2026-02-02T02:02:0{second}Z", source=source)
        report = server.sync(mirror)
        assert (report.pushed, report.rejected) == (1, 1)
        assert server.verify(mirror).equal
