"""What the music is like and how good its data are, against SQL: genres, eras, audio features."""

from __future__ import annotations

import math
from typing import Any

import playmirror as pm
import pytest
from support.stats_comparing import ENTITIES, TIME, check, same, splits, time_of
from support.stats_oracle import Oracle


def test_genres_by_daypart(stats: pm.Stats, oracle: Oracle, filters: Any) -> None:
    def compare(filter: dict[str, Any]) -> None:
        weight = "1.0 / n" if splits("genre", filter) else "1"
        rows = oracle.ask(
            f"""SELECT hour / 6 AS part, key, count(*) AS plays, sum({weight})::float8 AS weight,
                min(of_all) AS of_all FROM ({ENTITIES["genre"]}) AS e
                JOIN (SELECT hour / 6 AS part, count(*) AS of_all FROM sel GROUP BY 1) AS p
                ON p.part = e.hour / 6 WHERE local IS NOT NULL GROUP BY 1, 2""",
            filter,
        )
        parts = [part.value for part in pm.Daypart]
        found = stats.genre_by_daypart(**{**filter, "limit": 0})
        assert {(each.daypart.value, each.genre): each.plays for each in found} == {
            (parts[row["part"]], row["key"]): row["plays"] for row in rows
        }
        expected = {(parts[row["part"]], row["key"]): row for row in rows}
        for each in found:
            row = expected[each.daypart.value, each.genre]
            assert same(each.weight, row["weight"])
            assert same(each.share, row["weight"] / row["of_all"])
        genres = stats.genres(**{**filter, "limit": 0})
        (row,) = oracle.ask(
            """SELECT count(*) AS plays, count(*) FILTER (WHERE NOT EXISTS (
                   SELECT FROM genres g WHERE g.track_id = sel.track_id)) AS unknown FROM sel""",
            filter,
        )
        assert (genres.plays, genres.plays_unknown) == (row["plays"], row["unknown"])

    check(filters, 20)(compare)


@pytest.mark.parametrize("unit", ["year", "decade"])
def test_eras(stats: pm.Stats, oracle: Oracle, filters: Any, unit: str) -> None:
    def compare(filter: dict[str, Any]) -> None:
        year = """CASE WHEN t.raw_data->'album'->>'release_date' ~ '^[0-9]{4}'
            AND left(t.raw_data->'album'->>'release_date', 4)::int BETWEEN 1800 AND 2027
            THEN left(t.raw_data->'album'->>'release_date', 4)::int END"""
        step = 1 if unit == "year" else 10
        rows = oracle.ask(
            f"""SELECT y.year / {step} * {step} AS first, count(*) AS plays, {TIME}
                FROM sel LEFT JOIN tracks t ON t.id = sel.track_id
                CROSS JOIN LATERAL (SELECT {year} AS year) AS y GROUP BY 1 ORDER BY 1""",
            filter,
        )
        (median,) = oracle.ask(
            f"""SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY {year}) AS year
                FROM sel LEFT JOIN tracks t ON t.id = sel.track_id""",
            filter,
        )
        found = stats.eras(unit, **filter)
        assert [(era.first_year, era.plays, era.time) for era in found.eras] == [
            (row["first"], row["plays"], time_of(row)) for row in rows if row["first"] is not None
        ]
        assert found.plays == sum(row["plays"] for row in rows)
        assert found.plays_unknown == sum(row["plays"] for row in rows if row["first"] is None)
        assert same(found.median_year, median["year"])

    check(filters, 20)(compare)


FEATURES = [
    "danceability",
    "energy",
    "loudness",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
]


def test_audio_profile(stats: pm.Stats, oracle: Oracle, filters: Any) -> None:
    def compare(filter: dict[str, Any]) -> None:
        found = stats.audio_profile(**filter)
        assert [each.feature for each in found.features] == FEATURES
        for each in found.features:
            (row,) = oracle.ask(
                f"""SELECT count(f) AS n, count(*) AS plays, avg(f) AS mean,
                    stddev_pop(f) AS stddev,
                    min(f) AS min, max(f) AS max,
                    percentile_cont(0.1) WITHIN GROUP (ORDER BY f) AS p10,
                    percentile_cont(0.5) WITHIN GROUP (ORDER BY f) AS median,
                    percentile_cont(0.9) WITHIN GROUP (ORDER BY f) AS p90
                    FROM (SELECT t.{each.feature} AS f FROM sel
                          LEFT JOIN tracks t ON t.id = sel.track_id) AS s""",
                filter,
            )
            assert (each.n, found.plays) == (row["n"], row["plays"])
            for name in ("mean", "min", "p10", "median", "p90", "max"):
                assert same(getattr(each, name), row[name]), name
            if each.stddev is not None:
                assert math.isclose(each.stddev, row["stddev"], rel_tol=1e-6, abs_tol=1e-6)
        (row,) = oracle.ask(
            """SELECT array_agg(key) AS keys, array_agg(mode) AS modes,
               array_agg(time_signature) AS t
               FROM sel LEFT JOIN tracks t ON t.id = sel.track_id""",
            filter,
        )
        keys, modes, signatures = ((row[name] or []) for name in ("keys", "modes", "t"))
        assert found.keys == [keys.count(key) for key in range(12)]
        assert found.key_unknown == len(keys) - sum(found.keys)
        assert (found.major, found.minor) == (modes.count(1), modes.count(0))
        counted = {each.time_signature: each.plays for each in found.time_signatures}
        assert counted == {each: signatures.count(each) for each in set(signatures)}

    check(filters, 15)(compare)


def test_audio_trend(stats: pm.Stats, oracle: Oracle, filters: Any) -> None:
    def compare(filter: dict[str, Any]) -> None:
        rows = oracle.ask(
            f"""SELECT to_char(date_trunc('month', local), 'YYYY-MM-DD') AS at,
                {", ".join(f"count({f}) AS n_{f}, avg({f}) AS {f}" for f in FEATURES)}
                FROM sel LEFT JOIN tracks t ON t.id = sel.track_id
                WHERE local IS NOT NULL GROUP BY 1""",
            filter,
        )
        expected = {
            (row["at"], f): (row[f"n_{f}"], row[f])
            for row in rows
            for f in FEATURES
            if row[f"n_{f}"]
        }
        found = {
            (each.local_start, each.feature): (each.n, each.mean)
            for each in stats.audio_trend(**filter)
            if each.n
        }
        assert found.keys() == expected.keys()
        for key, (n, mean) in found.items():
            assert n == expected[key][0] and same(mean, expected[key][1])

    check(filters, 15)(compare)


def test_data_quality(stats: pm.Stats, oracle: Oracle, filters: Any) -> None:
    def compare(filter: dict[str, Any]) -> None:
        (row,) = oracle.ask(
            f"""SELECT count(*) AS plays,
                count(*) FILTER (WHERE p.listened_ms IS NULL) AS null_listened,
                count(*) FILTER (WHERE p.listened_ms < 0) AS negative_listened,
                count(*) FILTER (WHERE p.listened_ms > sel.duration) AS over_long,
                count(*) FILTER (WHERE sel.skipped IS NULL) AS null_skipped,
                count(*) FILTER (WHERE sel.source IS NULL) AS null_source,
                count(*) FILTER (WHERE sel.context_uri IS NULL) AS null_context,
                count(*) FILTER (WHERE sel.local IS NULL) AS no_time,
                count(*) FILTER (WHERE sel.local IS NOT NULL
                    AND sel.played_at > '2026-11-20 06:00') AS future,
                count(*) FILTER (WHERE sel.local IS NOT NULL AND (SELECT count(*) FROM sel s
                    WHERE s.played_at = sel.played_at) > 1) AS equal_timestamps,
                count(*) FILTER (WHERE NOT sel.known) AS no_track,
                count(*) FILTER (WHERE sel.duration IS NULL) AS no_duration,
                count(*) FILTER (WHERE NOT EXISTS (SELECT FROM track_artists ta
                    WHERE ta.track_id = sel.track_id)) AS no_artists,
                count(*) FILTER (WHERE NOT EXISTS (SELECT FROM genres g
                    WHERE g.track_id = sel.track_id)) AS no_genres,
                count(*) FILTER (WHERE num_nonnulls({", ".join(f"t.{f}" for f in FEATURES)},
                    t.key, t.mode, t.time_signature) = 0) AS no_features,
                count(*) FILTER (WHERE least({
                ", ".join(f"t.{f}" for f in FEATURES if f not in ("loudness",))
            }) < 0
                    OR greatest({
                ", ".join(f"t.{f}" for f in FEATURES if f not in ("loudness", "tempo"))
            }) > 1
                    OR t.key NOT BETWEEN -1 AND 11 OR t.mode NOT IN (0, 1)
                    OR t.time_signature NOT BETWEEN 0 AND 11) AS out_of_range_features
                FROM sel JOIN play_history p USING (id)
                LEFT JOIN tracks t ON t.id = sel.track_id""",
            filter,
        )
        found = stats.data_quality(**filter)
        for name, value in row.items():
            assert getattr(found, name) == value, name

    check(filters, 25)(compare)
