"""The program `columns` and a DuckDB table of the same plays, for the benchmarks of the columns."""

from __future__ import annotations

import subprocess
from pathlib import Path

import duckdb
import psycopg
from place import BUILD, Library
from questions import FEATURES

PROGRAM = BUILD / "benchmarks/columns"

GENRES = r"""
    SELECT DISTINCT ta.track_id, lower(btrim(e.value, E' \t\n\x0b\f\r'))
    FROM track_artists ta JOIN artists a ON a.id = ta.artist_id, json_array_elements_text(
        CASE WHEN json_typeof(a.genres) = 'array' THEN a.genres ELSE '[]' END) AS e(value)
    WHERE btrim(e.value, E' \t\n\x0b\f\r') <> ''
"""

#: Tables of DuckDB's own: what the server is asked for, and the columns.
TABLES = {
    "plays": (
        "SELECT id, track_id, played_at, listened_ms, skipped, context_uri FROM play_history "
        "ORDER BY id",
        {
            "id": "BIGINT", "track_id": "VARCHAR", "played_at": "TIMESTAMP",
            "listened_ms": "INTEGER", "skipped": "BOOLEAN", "context_uri": "VARCHAR",
        },
    ),
    "tracks": (
        "SELECT id, duration_ms, CASE WHEN raw_data->'album'->>'release_date' ~ '^[0-9]{4}' "
        "THEN left(raw_data->'album'->>'release_date', 4)::int END, "
        + ", ".join(FEATURES) + " FROM tracks ORDER BY id",
        {"track_id": "VARCHAR", "duration_ms": "INTEGER", "year": "INTEGER"}
        | dict.fromkeys(FEATURES, "DOUBLE"),
    ),
    "credits": (
        "SELECT track_id, artist_id FROM track_artists ORDER BY 1, 2",
        {"track_id": "VARCHAR", "artist_id": "VARCHAR"},
    ),
    "genres": (GENRES, {"track_id": "VARCHAR", "genre": "VARCHAR"}),
}  # fmt: skip


def answer(verb: str, *arguments: object) -> list[str]:
    """Runs the program once, in a process of its own, and returns the words that it printed."""
    command = [PROGRAM, verb, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.split()


class TopTracks:
    """The program on one open mirror, asked again and again for the 50 tracks played most."""

    def __init__(self, mirror: Path):
        self._process = subprocess.Popen(
            [PROGRAM, "top", mirror], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.tracks: list[tuple[str, int]] = []  #: of the last answer

    def __call__(self, since: int | str, until: int | str, times: int) -> float:
        """The median seconds of that many runs; limits in microseconds since 1970, or `-`."""
        self._process.stdin.write(f"{since} {until} {times}\n")
        self._process.stdin.flush()
        seconds, *words = self._process.stdout.readline().split()
        self.tracks = [
            (word, int(plays)) for word, plays in zip(words[::2], words[1::2], strict=True)
        ]
        return float(seconds)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def load_duckdb(library: Library, database: duckdb.DuckDBPyConnection, *tables: str) -> None:
    """Fills tables of the connection from the server."""
    file = library.path("duckdb").with_suffix(".csv")
    for name in tables:
        query, columns = TABLES[name]
        with (
            psycopg.connect(library.dsn) as server,
            server.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as rows,
            file.open("wb") as csv,
        ):
            for data in rows:
                csv.write(data)
        database.execute(
            f"CREATE TABLE {name} AS "
            f"SELECT * FROM read_csv('{file}', header = false, columns = {columns})"
        )
    file.unlink()
