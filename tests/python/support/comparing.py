"""Whether the mirror's file holds what the server holds, found without playmirror's own verify().

Both sides are read as text, the server's by its own casts, the file's through Python's sqlite3.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import playmirror as pm
import psycopg
from databases import TABLES, quote

from support.music_db import MusicDb

Row = dict[str, str | None]

REALS = ("float4", "float8")
INTEGERS = ("int2", "int4", "int8")
# How each type is printed on the server, where its plain text is not what the file should give.
CASTS = {
    "float4": "{}::float8::text",  # the file holds its exact value
    "timestamptz": "({} AT TIME ZONE 'UTC')::text",
}


def assert_equal(mirror: pm.Mirror, db: MusicDb, tables: Iterable[str] = TABLES) -> None:
    """The same columns and rows, by value, in the file and on the server; typed reads agree, and
    the file with itself."""
    assert [(each.where, each.what) for each in mirror.verify().problems] == []
    with psycopg.connect(db.dsn, autocommit=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET DateStyle = 'ISO'")
        shapes = _shapes(connection, tables)
        with _read_transaction(mirror.path) as file:
            for table, shape in shapes.items():
                there = _server_rows(connection, table, shape)
                _compare(table, _file_rows(file, table, shape), there)
                _compare_typed(mirror, table, there)


def assert_same_rows(path: Path, connection: psycopg.Connection, tables: Iterable[str]) -> None:
    """The same columns and rows in the file and on the server, but for what is pending here. The
    connection prints times as the file does: ISO, UTC."""
    shapes = _shapes(connection, tables)
    with _read_transaction(path) as file:
        pending: dict[str, set[str]] = {table: set() for table in TABLES}
        query = "SELECT table_name, iif(row_id = 0, identity, row_id) FROM playmirror_outbox"
        for table, key in file.execute(query):
            pending[table].add(str(key))
        pending["track_artists"] = pending["tracks"]  # the links of a new track travel with it
        for table, shape in shapes.items():
            there = _server_rows(connection, table, shape)
            here = _file_rows(file, table, shape)
            sent = {k: row for k, row in here.items() if k in there or k[0] not in pending[table]}
            _compare(table, sent, there)


def file_connection(path: Path) -> closing[sqlite3.Connection]:
    """The mirror's file, read only, to be used in a with statement."""
    return closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None))


def file_rows(path: Path, query: str, parameters: Iterable[object] = ()) -> list[tuple]:
    """The answer of one query on the mirror's file."""
    with file_connection(path) as connection:
        return connection.execute(query, tuple(parameters)).fetchall()


@contextmanager
def _read_transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """The mirror's file at one moment."""
    with file_connection(path) as connection:
        connection.execute("BEGIN")
        yield connection


@dataclass
class _Shape:
    """What a table on the server looks like."""

    types: dict[str, str]  #: of every column, in order; that under domains
    key: list[str]  #: the columns of the primary key


def _shapes(connection: psycopg.Connection, tables: Iterable[str]) -> dict[str, _Shape]:
    shapes = {table: _Shape({}, []) for table in tables}
    columns = connection.execute(
        "SELECT relname, attname, coalesce(base.typname, own.typname), "
        "array_position(indkey::int2[], attnum) AS place "
        "FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
        "JOIN pg_type own ON own.oid = atttypid "
        "LEFT JOIN LATERAL (WITH RECURSIVE below AS (SELECT own.typbasetype AS oid UNION "
        "SELECT t.typbasetype FROM below JOIN pg_type t USING (oid)) SELECT t.typname "
        "FROM below JOIN pg_type t USING (oid) WHERE t.typtype <> 'd') base ON true "
        "LEFT JOIN pg_index ON indrelid = pg_class.oid AND indisprimary "
        "WHERE pg_class.oid = ANY(%s::text[]::regclass[]) AND attnum > 0 AND NOT attisdropped "
        "ORDER BY attnum",
        [[f"public.{table}" for table in shapes]],
    ).fetchall()
    for table, name, type_name, _ in columns:
        shapes[table].types[name] = type_name
    in_key = [column for column in columns if column[3] is not None]
    for table, name, _, _ in sorted(in_key, key=lambda column: column[3]):
        shapes[table].key.append(name)
    return shapes


def _server_rows(connection: psycopg.Connection, table: str, shape: _Shape) -> dict[tuple, Row]:
    fields = ", ".join(
        CASTS.get(type_name, "{}::text").format(quote(name))
        for name, type_name in shape.types.items()
    )
    rows = {}
    for values in connection.execute(f"SELECT {fields} FROM public.{quote(table)}"):
        row = {
            name: repr(float(value)) if value is not None and type_name in REALS else value
            for (name, type_name), value in zip(shape.types.items(), values, strict=True)
        }
        rows[tuple(row[name] for name in shape.key)] = row
    return rows


def _file_rows(file: sqlite3.Connection, table: str, shape: _Shape) -> dict[tuple, Row]:
    types, key = shape.types, shape.key
    cursor = file.execute(f"SELECT * FROM {quote(table)}")
    names = [column[0] for column in cursor.description]
    assert sorted(names) == sorted(types), f"{table}: other columns in the file"
    rows = {}
    for values in cursor:
        row = {name: _text(value, types[name]) for name, value in zip(names, values, strict=True)}
        rows[tuple(row[name] for name in key)] = row
    odd = file.execute(
        "SELECT row_key, column_name, value FROM playmirror_odd_values WHERE table_name = ?",
        [table],
    )
    for row_key, column, value in odd:
        row = rows[(row_key,) if len(key) == 1 else tuple(row_key.split("\x1f"))]
        assert row[column] == {"NaN": None, "-0": "0.0"}[value]
        row[column] = {"NaN": "nan", "-0": "-0.0"}[value]
    return rows


def _text(value: object, type_name: str) -> str | None:
    """A value of the file as the server's text; its SQLite type must be the one it belongs in."""
    if value is None:
        return None
    if type_name == "bool":
        return {0: "false", 1: "true"}[value]
    if type_name in REALS:
        assert type(value) is float
        return repr(value)
    if type_name in INTEGERS:
        assert type(value) is int
        return str(value)
    assert type(value) is str
    return value


def _compare(table: str, here: dict[tuple, Row], there: dict[tuple, Row]) -> None:
    missing = sorted(there.keys() - here.keys())
    extra = sorted(here.keys() - there.keys())
    differing = [
        (key, name, here[key][name], value)
        for key in there.keys() & here.keys()
        for name, value in there[key].items()
        if here[key][name] != value
    ]
    assert not missing, f"{table}: {len(missing)} rows are not in the file: {missing[:5]}"
    assert not extra, f"{table}: {len(extra)} rows are in the file only: {extra[:5]}"
    assert not differing, f"{table}: {len(differing)} values differ: {str(differing[:5])[:2000]}"


def _compare_typed(mirror: pm.Mirror, table: str, there: dict[tuple, Row]) -> None:
    """The records of the typed API against the same rows; the bulk of the tracks is left out."""
    if table == "track_artists":
        return
    if table == "tracks":
        assert mirror.tracks.count() == len(there)
        return
    collections = {
        "artists": (mirror.artists, "id"),
        "play_history": (mirror.plays, "id"),
        "analysis_snapshots": (mirror.snapshots, "id"),
        "playlist_config": (mirror.playlists, "key"),
    }
    collection, key = collections[table]
    seen = set()
    for record in collection.list():
        values = vars(record)
        row = there[(str(values[key]),)]
        seen.add(values[key])
        for name, value in values.items():
            assert _typed_text(value) == row[name], f"{table} {values[key]}: {name}"
    assert len(seen) == len(there)


def _typed_text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    return pm.Timestamp(value).to_postgres_string()
