"""When and how is listened, against SQL: activity, clock, streaks, sessions, skips."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise
from typing import Any

import playmirror as pm
import pytest
from hypothesis import strategies as st
from support.stats_comparing import ENTITIES, TIME, check, same, time_of, utc
from support.stats_oracle import Oracle


@pytest.mark.parametrize("unit", ["hour", "day", "week", "month", "quarter", "year"])
def test_activity(stats: pm.Stats, oracle: Oracle, filters: Any, unit: str) -> None:
    def compare(drawn: dict[str, Any]) -> None:
        # A year of hours is enough.
        filter = {**drawn, "period": drawn.get("period", "2026")}
        local = "local"
        if unit == "week":
            shift = [day.value for day in pm.Weekday].index(filter.get("week_start", "monday"))
            local = f"local - interval '{shift} days'"
        shown = f"date_trunc('{unit}', {local})"
        if unit == "week":
            shown += f" + interval '{shift} days'"
        form = 'YYYY-MM-DD"T"HH24:MI' if unit == "hour" else "YYYY-MM-DD"
        rows = oracle.ask(
            f"""SELECT to_char({shown}, '{form}') AS local_start, count(*) AS plays, {TIME},
                count(DISTINCT track_id) FILTER (WHERE known) AS tracks,
                count(DISTINCT artist_id) AS artists FROM (
                    SELECT sel.*, NULL AS artist_id FROM sel WHERE local IS NOT NULL) AS s
                GROUP BY 1""",
            filter,
        )
        credited = oracle.ask(
            f"""SELECT to_char({shown}, '{form}') AS local_start, count(DISTINCT artist_id) AS n
                FROM sel JOIN credits USING (track_id) WHERE local IS NOT NULL GROUP BY 1""",
            filter,
        )
        artists = {row["local_start"]: row["n"] for row in credited}
        buckets = stats.activity(unit, **filter)
        found = {
            bucket.local_start: (bucket.plays, bucket.time, bucket.tracks, bucket.artists)
            for bucket in buckets
            if bucket.plays
        }
        assert found == {
            row["local_start"]: (
                row["plays"],
                time_of(row),
                row["tracks"],
                artists.get(row["local_start"], 0),
            )
            for row in rows
        }
        for before, after in pairwise(buckets):
            assert before.end == after.start
            assert before.local_start < after.local_start

    check(filters, 12)(compare)


def test_heatmap_and_clock(stats: pm.Stats, oracle: Oracle, filters: Any) -> None:
    def compare(filter: dict[str, Any]) -> None:
        rows = oracle.ask(
            f"""SELECT week_hour, count(*) AS plays, {TIME} FROM sel
                WHERE local IS NOT NULL GROUP BY 1""",
            filter,
        )
        cells = stats.heatmap(**filter)
        assert [(cell.weekday.value, cell.hour) for cell in cells] == [
            (day.value, hour) for day in pm.Weekday for hour in range(24)
        ]
        assert {n: (cell.plays, cell.time) for n, cell in enumerate(cells) if cell.plays} == {
            row["week_hour"]: (row["plays"], time_of(row)) for row in rows
        }
        clock = stats.clock(**filter)
        assert [hour.plays for hour in clock] == [
            sum(cell.plays for cell in cells if cell.hour == hour) for hour in range(24)
        ]
        spread = stats.heatmap("spread", **filter)
        assert [cell.plays for cell in spread] == [cell.plays for cell in cells]
        for name in ("measured_ms", "estimated_ms"):
            assert sum(getattr(cell.time, name) for cell in spread) == sum(
                getattr(cell.time, name) for cell in cells
            )

    check(filters, 40)(compare)


def test_streaks(stats: pm.Stats, oracle: Oracle, filters: Any) -> None:
    def compare(drawn: tuple[dict[str, Any], int]) -> None:
        filter, least = drawn
        # In Samoa, 31 December 2011 came after the 29th.
        skipped = "(%(tz)s = 'Pacific/Apia' AND day > '2011-12-30')::int"
        rows = oracle.ask(
            f"""SELECT min(day) AS first_day, max(day) AS last_day, count(*) AS days,
                   sum(plays)::bigint AS plays FROM (
                   SELECT day, plays,
                       day - {skipped} - (row_number() OVER (ORDER BY day))::int AS island
                   FROM (SELECT day, count(*) AS plays FROM sel WHERE day IS NOT NULL
                         GROUP BY day HAVING count(*) >= %(least)s) AS d) AS islands
               GROUP BY island ORDER BY 1""",
            filter,
            least=least,
        )
        expected = [pm.Streak(**row) for row in rows]
        streaks = stats.streaks(least, **filter)
        assert streaks.streaks == expected
        assert streaks.longest == max(expected, key=lambda each: each.days, default=None)

    check(st.tuples(filters, st.integers(1, 4)), 40)(compare)


@pytest.mark.parametrize("played_at_is", ["start", "end", "unknown"])
def test_sessions(stats: pm.Stats, oracle: Oracle, filters: Any, played_at_is: str) -> None:
    at_end = {
        "start": "false",
        "end": "true",
        "unknown": "coalesce(source = 'import' OR source LIKE 'spotify%%', false)",
    }[played_at_is]

    def compare(drawn: tuple[dict[str, Any], int]) -> None:
        filter, minutes = drawn
        common = f"""
            , timed AS (SELECT *, least(coalesce(listened, duration, 0), 31622400000)
                * interval '1 ms' AS length FROM sel WHERE local IS NOT NULL),
            spans AS (SELECT *, CASE WHEN {at_end} THEN played_at - length ELSE played_at END AS b,
                CASE WHEN {at_end} THEN played_at ELSE played_at + length END AS e FROM timed),
            marked AS (SELECT *, CASE WHEN b - lag(e) OVER (ORDER BY played_at, id)
                <= make_interval(mins => %(minutes)s) THEN 0 ELSE 1 END AS fresh FROM spans),
            numbered AS (SELECT *, sum(fresh) OVER (ORDER BY played_at, id) AS session FROM marked),
            sessions AS (SELECT session, min(b) AS start, max(e) AS "end", count(*) AS plays,
                coalesce(sum(coalesce(listened, estimate)), 0)::bigint AS ms,
                count(DISTINCT track_id) FILTER (WHERE known) AS tracks,
                (SELECT count(DISTINCT artist_id) FROM numbered n JOIN credits USING (track_id)
                 WHERE n.session = numbered.session) AS artists,
                count(*) FILTER (WHERE skipped) AS skips FROM numbered GROUP BY session)"""
        asked = {**filter, "played_at_is": played_at_is}
        rows = oracle.ask(
            "SELECT * FROM sessions ORDER BY session", asked, more=common, minutes=minutes
        )
        listed = stats.session_list(timedelta(minutes=minutes), **asked)
        expected = [
            pm.Session(
                utc(row["start"]),
                utc(row["end"]),
                row["plays"],
                row["ms"],
                row["tracks"],
                row["artists"],
                row["skips"],
            )
            for row in rows
        ]
        assert listed == expected
        summary = stats.sessions(timedelta(minutes=minutes), **asked)
        assert summary.count == len(rows)
        assert summary.longest == max(
            expected, key=lambda each: each.end - each.start, default=None
        )
        if not rows:
            assert summary.mean_plays is None and summary.p90_length_ms is None
            return
        plays = sorted(row["plays"] for row in rows)
        lengths = sorted((row["end"] - row["start"]) / timedelta(milliseconds=1) for row in rows)
        for values, name in ((plays, "plays"), (lengths, "length_ms")):
            assert same(getattr(summary, f"mean_{name}"), sum(values) / len(values))
            assert same(getattr(summary, f"median_{name}"), percentile(values, 0.5))
            assert same(getattr(summary, f"p90_{name}"), percentile(values, 0.9))

    check(st.tuples(filters, st.sampled_from([0, 5, 30, 600])), 20)(compare)


def percentile(values: list[float], share: float) -> float:
    place = share * (len(values) - 1)
    low = math.floor(place)
    high = math.ceil(place)
    return values[low] + (values[high] - values[low]) * (place - low)


@pytest.mark.parametrize("group", ["none", "track", "artist", "hour", "context"])
def test_skips(stats: pm.Stats, oracle: Oracle, filters: Any, group: str) -> None:
    source = {
        "none": "SELECT NULL AS key, skipped FROM sel",
        "hour": "SELECT lpad(hour::text, 2, '0') AS key, skipped FROM sel WHERE local IS NOT NULL",
    }.get(group) or f"SELECT key, skipped FROM ({ENTITIES[group]}) AS e WHERE key IS NOT NULL"

    def compare(drawn: tuple[dict[str, Any], int]) -> None:
        filter, least = drawn
        rows = oracle.ask(
            f"""SELECT key, count(skipped) AS known, count(*) FILTER (WHERE skipped) AS skipped
                FROM ({source}) AS s GROUP BY key""",
            filter,
        )
        found = [
            (rate.key, rate.known, rate.skipped)
            for rate in stats.skips(group, least, **{**filter, "limit": 0})
        ]
        expected = [(row["key"], row["known"], row["skipped"]) for row in rows]
        if group == "hour":
            empty = [(f"{hour:02}", 0, 0) for hour in range(24)]
            assert found == sorted(
                {**{e[0]: e for e in empty}, **{e[0]: e for e in expected}}.values()
            )
        elif group == "none":
            assert found == (expected or [(None, 0, 0)])
        else:
            ranked = [each for each in expected if each[1] >= max(least, 1)]
            ranked.sort(key=lambda each: (-each[2] / each[1], -each[1], each[0].encode()))
            assert found == ranked

    check(st.tuples(filters, st.integers(0, 6)), 20)(compare)
