"""P8: every other statistic, of a period drawn at random, warm.

Floor: the same question in SQL to DuckDB, on tables of its own of the same rows, on all processors.
Ours is called from Python and runs on one. Both are asked for the same periods and must agree;
fractions may differ behind nine digits, as the order of a sum may.
"""

from __future__ import annotations

import random
import time

import duckdb
import playmirror
from columns import load_duckdb
from measure import Line, expect, milliseconds
from place import Library
from questions import PERIOD, QUESTIONS, TZ, near


def run(library: Library, runs: int) -> list[Line]:
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    load_duckdb(library, database, "plays", "tracks", "credits", "genres")
    [(first, last)] = database.execute(
        "SELECT min(epoch_us(played_at)), max(epoch_us(played_at)) FROM plays"
    ).fetchall()
    chance = random.Random(8)
    instant = playmirror.Timestamp.from_unix_micros
    lines = []
    with playmirror.open(library.synced()) as mirror:
        for question in QUESTIONS:
            floor_times, our_times = [], []
            for run in range(-1, 2 * runs):
                since, until = sorted(chance.randrange(first, last + 2) for _ in range(2))
                period = playmirror.Period.between(instant(since), instant(until))
                begin = time.perf_counter()
                found = question.ask(mirror.stats, period=period, tz=TZ)
                middle = time.perf_counter()
                asked = PERIOD + question.sql
                limits = {"since": since, "until": until}
                wanted = database.execute(
                    asked, {name: limits[name] for name in limits if f"${name}" in asked}
                ).fetchall()
                end = time.perf_counter()
                expect(near(found), near(wanted), question.name)
                if run >= 0:  # the first warms both up
                    our_times.append(middle - begin)
                    floor_times.append(end - middle)
            lines.append(
                Line("P8", question.name, "ms", milliseconds(our_times),
                     milliseconds(floor_times), "0.33 F", {})
            )  # fmt: skip
    lines[-1].notes = {"DuckDB": duckdb.__version__}
    return lines
