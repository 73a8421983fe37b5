"""Totals, ranked lists and how plays are spread over them, against SQL on the server."""

from __future__ import annotations

import math
from typing import Any

import playmirror as pm
import pytest
from hypothesis import strategies as st
from support.stats_comparing import ENTITIES, TIME, check, same, splits, time_of, utc
from support.stats_oracle import Oracle


def test_totals(stats: pm.Stats, oracle: Oracle, filters: Any) -> None:
    def compare(filter: dict[str, Any]) -> None:
        (row,) = oracle.ask(
            f"""SELECT count(*) AS plays, {TIME},
                count(DISTINCT same) FILTER (WHERE known) AS tracks,
                count(DISTINCT day) AS active_days,
                min(played_at) FILTER (WHERE isfinite(played_at)) AS first_at,
                max(played_at) FILTER (WHERE isfinite(played_at)) AS last_at,
                (SELECT count(DISTINCT artist_id) FROM sel JOIN credits USING (track_id))
                    AS artists,
                (SELECT count(DISTINCT genre) FROM sel JOIN genres USING (track_id)) AS genres,
                (SELECT count(DISTINCT key) FROM sel JOIN albums USING (track_id)) AS albums
                FROM sel""",
            filter,
        )
        totals = stats.totals(**filter)
        for name in ("plays", "tracks", "artists", "albums", "genres", "active_days"):
            assert getattr(totals, name) == row[name], name
        assert totals.time == time_of(row)
        assert (totals.first_at, totals.last_at) == (utc(row["first_at"]), utc(row["last_at"]))
        days = totals.active_days
        assert same(totals.plays_per_active_day, totals.plays / days if days else None)

    check(filters, 60)(compare)


@pytest.mark.parametrize("entity", ENTITIES)
def test_ranked_lists(stats: pm.Stats, oracle: Oracle, filters: Any, entity: str) -> None:
    ask = getattr(stats, f"top_{entity}s")
    key = {
        "artist": lambda item: item.artist_id,
        "genre": lambda item: item.genre,
        "context": lambda item: item.context_uri,
        "track": lambda item: item.track_id,
        "album": lambda item: (
            None
            if item.album_id is None and item.name is None
            else "1" + item.name + "\x1f" + ("0" if item.artist is None else "1" + item.artist)
            if item.by_name
            else "0" + item.album_id
        ),
    }[entity]

    def compare(drawn: tuple[dict[str, Any], str]) -> None:
        filter, by = drawn
        weight = "1.0 / n" if splits(entity, filter) else "1"
        metric = {"plays": "weight", "time": "weight_ms", "days": "days", "skips": "skips"}[by]
        other = "weight_ms" if by == "plays" else "weight"
        rows = oracle.ask(
            f"""SELECT key, count(*) AS plays, {TIME}, sum({weight})::float8 AS weight,
                coalesce(sum(coalesce(listened, estimate) * {weight}), 0)::float8 AS weight_ms,
                count(DISTINCT day) AS days, count(*) FILTER (WHERE skipped) AS skips,
                min(played_at) FILTER (WHERE isfinite(played_at)) AS first_at,
                max(played_at) FILTER (WHERE isfinite(played_at)) AS last_at,
                (SELECT count(*) FROM sel) AS of_all
                FROM ({ENTITIES[entity]}) AS played GROUP BY key""",
            filter,
        )
        rows.sort(
            key=lambda row: (
                row["key"] is None,
                -round(row[metric], 6),
                -round(row[other], 6),
                (row["key"] or "").encode(),
            )
        )
        items = ask(by=by, limit=0, **filter)
        assert [key(item) for item in items] == [row["key"] for row in rows]
        known = [row for row in rows if row["key"] is not None]
        for position, (item, row) in enumerate(zip(items, rows, strict=True), 1):
            for name in ("plays", "days", "skips"):
                assert getattr(item, name) == row[name], name
            assert item.time == time_of(row)
            assert same(item.share, row["weight"] / row["of_all"])
            assert (item.first_at, item.last_at) == (utc(row["first_at"]), utc(row["last_at"]))
            better = sum(round(each[metric], 6) > round(row[metric], 6) for each in known)
            expected = (position, better + 1) if row["key"] is not None else (0, 0)
            assert (item.position, item.rank, item.of) == (*expected, len(known))

    check(st.tuples(filters, st.sampled_from(["plays", "time", "days", "skips"])))(compare)


def test_pages_are_cut_from_the_whole_list(stats: pm.Stats) -> None:
    whole = stats.top_artists(limit=0)
    assert stats.top_artists(limit=7, offset=5) == whole[5:12]
    assert stats.top_artists(limit=0, offset=len(whole) - 1) == whole[-1:]
    assert stats.top_artists(limit=3, offset=10**6) == []


def test_recent_plays(stats: pm.Stats, oracle: Oracle, filters: Any) -> None:
    def compare(drawn: tuple[dict[str, Any], int, int]) -> None:
        filter, limit, offset = drawn
        rows = oracle.ask(
            """SELECT id, track_id, CASE WHEN isfinite(played_at) THEN played_at END AS at FROM sel
               WHERE known ORDER BY played_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s""",
            filter,
            limit=limit or None,
            offset=offset,
        )
        found = stats.recent_plays(limit, offset=offset, **filter)
        assert [(each.id, each.track_id) for each in found] == [
            (row["id"], row["track_id"]) for row in rows
        ]
        for each, row in zip(found, rows, strict=True):
            assert row["at"] is None or each.played_at == utc(row["at"])

    check(st.tuples(filters, st.integers(0, 30), st.integers(0, 5)), 40)(compare)


def test_ranking_by_running_totals_gives_the_same_order(
    stats: pm.Stats, oracle: Oracle, filters: Any
) -> None:
    def compare(drawn: tuple[dict[str, Any], int, int]) -> None:
        filter, limit, offset = drawn
        period = {
            name: filter[name] for name in ("period", "tz", "now", "week_start") if name in filter
        }
        rows = oracle.ask(
            """SELECT track_id, count(*) AS plays FROM sel WHERE known GROUP BY 1
               ORDER BY 2 DESC, track_id COLLATE "C" LIMIT %(limit)s OFFSET %(offset)s""",
            period,
            limit=limit or None,
            offset=offset,
        )
        top = stats.top_tracks(details=False, limit=limit, offset=offset, **period)
        assert [(each.track_id, each.plays) for each in top] == [
            (row["track_id"], row["plays"]) for row in rows
        ]
        assert [each.position for each in top] == list(range(offset + 1, offset + len(top) + 1))

    check(st.tuples(filters, st.integers(0, 30), st.integers(0, 20)), 40)(compare)


@pytest.mark.parametrize("entity", ENTITIES)
def test_diversity(stats: pm.Stats, oracle: Oracle, filters: Any, entity: str) -> None:
    def compare(filter: dict[str, Any]) -> None:
        weight = "1.0 / n" if splits(entity, filter) else "1"
        rows = oracle.ask(
            f"SELECT key, sum({weight})::float8 AS w FROM ({ENTITIES[entity]}) AS e "
            "WHERE key IS NOT NULL GROUP BY key",
            filter,
        )
        found = stats.diversity(entity, **filter)
        weights = sorted(row["w"] for row in rows)
        assert found.richness == len(weights)
        assert same(found.plays, sum(weights))
        if not weights:
            assert found.shannon is None and found.gini is None
            return
        shares = [w / sum(weights) for w in weights]
        entropy = -sum(p * math.log(p) for p in shares)
        n = len(weights)
        assert math.isclose(found.shannon or 0, entropy, rel_tol=1e-9, abs_tol=1e-9)
        assert same(found.effective, math.exp(found.shannon or 0))
        assert (found.evenness is None) == (n < 2)
        assert math.isclose(found.simpson or 0, 1 - sum(p * p for p in shares), abs_tol=1e-9)
        # The mean difference between any two, which is how Gini defined it.
        spread = sum(abs(a - b) for a in weights for b in weights) if n <= 300 else None
        if spread is not None:
            assert math.isclose(found.gini or 0, spread / (2 * n * sum(weights)), abs_tol=1e-9)
        assert same(found.top_10_share, sum(sorted(shares)[-10:]))

    check(filters, 15)(compare)
