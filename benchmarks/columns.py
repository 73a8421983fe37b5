"""The program `columns` and a DuckDB table of the same plays, for the benchmarks of the columns."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg
from place import BUILD, Library

PROGRAM = BUILD / "benchmarks/columns"

#: The same plays as the mirror's, in DuckDB's own storage.
DUCKDB_PLAYS = """
    CREATE TABLE plays AS SELECT * FROM read_csv(
        '{0}', header = false, columns = {{
            'id': 'BIGINT', 'track_id': 'VARCHAR', 'played_at': 'TIMESTAMP',
            'listened_ms': 'INTEGER'}})
"""


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


def load_duckdb(library: Library, database) -> None:
    """Fills the connection's table `plays` from the server."""
    file = library.path("plays").with_suffix(".csv")
    columns = "id, track_id, played_at, listened_ms"
    query = f"COPY (SELECT {columns} FROM play_history ORDER BY id) TO STDOUT (FORMAT csv)"
    with (
        psycopg.connect(library.dsn) as server,
        server.cursor().copy(query) as rows,
        file.open("wb") as csv,
    ):
        for data in rows:
            csv.write(data)
    database.execute(DUCKDB_PLAYS.format(file))
    file.unlink()
