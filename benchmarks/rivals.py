"""P7 and P8 again, four questions of them, put to what a person might use instead.

Floor: SQLite on the mirror itself, by the SQL that one would type; DuckDB on the mirror, by its
extension for SQLite files; polars, lazily, on a Parquet file of the plays; DuckDB on a table of its
own. Each may use all processors; ours is called from Python and uses one. All are asked for the
same periods, drawn at random, in UTC, and must agree.
"""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import playmirror as pm
import polars
from measure import Line, expect, milliseconds
from place import RIVALS, Library

Rows = list[list[Any]]
Answer = tuple[Rows, float]  #: and the seconds it took

QUESTIONS = ("top 50 tracks", "totals", "weekday by hour", "tracks by month")

#: With {day}, {d}, {h} and {m} for day, weekday, hour and month as the tool has them.
SQL = {
    "top 50 tracks": """SELECT track_id, count(*) AS n FROM plays GROUP BY 1
                        ORDER BY n DESC, 1 LIMIT 50""",
    "totals": """SELECT count(*), coalesce(sum(listened_ms), 0), count(DISTINCT track_id),
                 count(DISTINCT {day}) FROM plays""",
    "weekday by hour": """SELECT {d}, {h}, count(*), coalesce(sum(listened_ms), 0) FROM plays
                          GROUP BY 1, 2 ORDER BY 1, 2""",
    "tracks by month": """SELECT {m}, count(*), coalesce(sum(listened_ms), 0),
                          count(DISTINCT track_id) FROM plays GROUP BY 1 ORDER BY 1""",
}

#: Times of the file are texts, which sort as the times do.
OF_FILE = """WITH plays AS (SELECT track_id, listened_ms, played_at FROM {file}
             WHERE played_at >= '{since}' AND played_at < '{until}') """

PARTS_IN_SQLITE = {
    "day": "date(played_at)",
    "d": "CAST(strftime('%u', played_at) AS INTEGER)" if sqlite3.sqlite_version_info >= (3, 46)
    else "(CAST(strftime('%w', played_at) AS INTEGER) + 6) % 7 + 1",
    "h": "CAST(strftime('%H', played_at) AS INTEGER)",
    "m": "strftime('%Y-%m', played_at)",
}  # fmt: skip
PARTS_IN_DUCKDB = {
    "day": "played_at::TIMESTAMP::DATE",
    "d": "isodow(played_at::TIMESTAMP)::INT",
    "h": "hour(played_at::TIMESTAMP)::INT",
    "m": "strftime(played_at::TIMESTAMP, '%Y-%m')",
}


def run(library: Library, runs: int) -> list[Line]:
    path = library.synced()
    parquet = library.path("plays").with_suffix(".parquet")
    lines = []
    with pm.open(path) as mirror:
        columns = mirror.plays.table(order="oldest_first").to_arrow()
        as_text = polars.col("track_id").cast(polars.String)
        polars.from_arrow(columns).with_columns(as_text).write_parquet(parquet)
        database = duckdb.connect()
        database.execute("SET TimeZone = 'UTC'")
        database.execute(
            "CREATE TABLE plays AS SELECT track_id::VARCHAR AS track_id, listened_ms, played_at "
            "FROM columns"
        )
        del columns
        first, last = _range(mirror)
        over_sqlite = DuckdbOnFile(path)
        rivals: dict[str, Callable[[str, int, int], Answer]] = {
            "SQLite on the mirror": sqlite_on(path),
            "DuckDB on the mirror": over_sqlite,
            "polars on Parquet": polars_on(parquet),
            "DuckDB on its own table": duckdb_on(database),
        }
        for question in QUESTIONS:
            for name, rival in rivals.items():
                chance = random.Random(9)
                floor_times, our_times = [], []
                for number in range(-1, runs):
                    since, until = sorted(chance.randrange(first, last + 2) for _ in range(2))
                    wanted, theirs = rival(question, since, until)
                    found, seconds = ours(mirror, question, since, until)
                    expect(found, [list(row) for row in wanted], f"{question}, {name}")
                    if number >= 0:  # the first warms both up
                        floor_times.append(theirs)
                        our_times.append(seconds)
                key = "P7" if question == QUESTIONS[0] else "P8"
                lines.append(
                    Line(key, f"{question}: {name}", "ms", milliseconds(our_times),
                         milliseconds(floor_times), "", {})
                )  # fmt: skip
        over_sqlite.close()
    parquet.unlink()
    lines[-1].notes = {
        "SQLite": sqlite3.sqlite_version, "polars": polars.__version__,
        "DuckDB": duckdb.__version__, "DuckDB on the mirror": over_sqlite.version,
    }  # fmt: skip
    return lines


def _range(mirror: pm.Mirror) -> tuple[int, int]:
    """The seconds of the first and the last play."""
    totals = mirror.stats.totals()
    assert totals.first_at and totals.last_at
    return int(totals.first_at.timestamp()), int(totals.last_at.timestamp())


def timed(work: Callable[[], Rows]) -> Answer:
    begin = time.perf_counter()
    rows = work()
    return rows, time.perf_counter() - begin


def ours(mirror: pm.Mirror, question: str, since: int, until: int) -> Answer:
    instant = pm.Timestamp.from_unix_micros
    period = pm.Period.between(instant(since * 1_000_000), instant(until * 1_000_000))
    stats = mirror.stats

    def ask() -> Rows:
        if question == "top 50 tracks":
            top = stats.top_tracks(50, details=False, period=period)
            return [[each.track_id, each.plays] for each in top]
        if question == "totals":
            found = stats.totals(period=period)
            return [[found.plays, found.time.measured_ms, found.tracks, found.active_days]]
        if question == "weekday by hour":
            days = {day: number for number, day in enumerate(pm.Weekday, 1)}
            cells = stats.heatmap(period=period)
            return [
                [days[cell.weekday], cell.hour, cell.plays, cell.time.measured_ms]
                for cell in cells
                if cell.plays
            ]
        months = stats.activity("month", period=period)
        return [
            [each.local_start[:7], each.plays, each.time.measured_ms, each.tracks]
            for each in months
            if each.plays
        ]

    return timed(ask)


def text(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S}"


def sqlite_on(path: Path) -> Callable[[str, int, int], Answer]:
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    def ask(question: str, since: int, until: int) -> Answer:
        plays = OF_FILE.format(file="play_history", since=text(since), until=text(until))
        sql = plays + SQL[question].format(**PARTS_IN_SQLITE)
        return timed(lambda: database.execute(sql).fetchall())

    return ask


def duckdb_on(database: duckdb.DuckDBPyConnection) -> Callable[[str, int, int], Answer]:
    def ask(question: str, since: int, until: int) -> Answer:
        inside = OF_FILE.format(file="main.plays", since=text(since), until=text(until))
        sql = inside + SQL[question].format(**PARTS_IN_DUCKDB)
        return timed(lambda: database.execute(sql).fetchall())

    return ask


def polars_on(parquet: Path) -> Callable[[str, int, int], Answer]:
    at = polars.col("played_at")
    tracks = polars.col("track_id")
    heard = polars.col("listened_ms").cast(polars.Int64).sum()

    def ask(question: str, since: int, until: int) -> Answer:
        begin, end = (datetime.fromtimestamp(each, timezone.utc) for each in (since, until))
        plays = polars.scan_parquet(parquet).filter((at >= begin) & (at < end))
        if question == "top 50 tracks":
            asked = plays.group_by(tracks).agg(polars.len().alias("n"))
            asked = asked.sort(["n", "track_id"], descending=[True, False]).head(50)
        elif question == "totals":
            asked = plays.select(polars.len(), heard, tracks.n_unique(), at.dt.date().n_unique())
        elif question == "weekday by hour":
            asked = plays.group_by(at.dt.weekday().alias("d"), at.dt.hour().alias("h"))
            asked = asked.agg(polars.len(), heard).sort("d", "h")
        else:
            asked = plays.group_by(at.dt.strftime("%Y-%m").alias("m"))
            asked = asked.agg(polars.len(), heard, tracks.n_unique()).sort("m")
        return timed(lambda: asked.collect().rows())

    return ask


class DuckdbOnFile:
    """DuckDB with its extension for SQLite files, in a process of its own: the two packages go by
    the same version, which may be older than that of the DuckDB here."""

    def __init__(self, path: Path):
        self._path = path
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("duckdb_on_file.py"), path, RIVALS],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.version = self._read()

    def __call__(self, question: str, since: int, until: int) -> Answer:
        plays = OF_FILE.format(file="mirror.play_history", since=text(since), until=text(until))
        sql = plays + SQL[question].format(**PARTS_IN_DUCKDB)
        self._process.stdin.write(json.dumps(sql) + "\n")
        self._process.stdin.flush()
        rows, seconds = self._read()
        return rows, seconds

    def _read(self) -> Any:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("DuckDB on the mirror ended; what it said is above")
        return json.loads(line)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
