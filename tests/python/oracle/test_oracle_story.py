"""How a history goes on, against SQL: discovery, repeats, obsessions, comebacks, profiles."""

from __future__ import annotations

from typing import Any

import playmirror as pm
import pytest
from hypothesis import strategies as st
from support.stats_comparing import ENTITIES, check, same, utc
from support.stats_oracle import NOW, Oracle


def test_discovery(stats: pm.Stats, oracle: Oracle, filters: Any) -> None:
    def compare(filter: dict[str, Any]) -> None:
        found = stats.discovery(**filter)
        (start,) = oracle.ask(
            "SELECT min(played_at) FILTER (WHERE isfinite(played_at)) AS at FROM sel",
            filter,
            timeless=True,
        )
        assert found.history_start == utc(start["at"])
        for entity, name in (("track", "tracks"), ("artist", "artists"), ("album", "albums")):
            within = oracle.ask(
                f"SELECT key, count(*) AS plays FROM ({ENTITIES[entity]}) AS e "
                "WHERE key IS NOT NULL GROUP BY 1",
                filter,
            )
            span = (
                pm.Period.parse(filter["period"])
                if isinstance(filter.get("period"), str)
                else filter.get("period", pm.Period.all_time())
            )
            since = span.resolve(
                filter.get("tz", "UTC"), NOW, filter.get("week_start", "monday")
            ).start
            before = set()
            if since is not None:
                before = {
                    row["key"]
                    for row in oracle.ask(
                        f"SELECT DISTINCT key FROM ({ENTITIES[entity]}) AS e "
                        "WHERE key IS NOT NULL AND played_at < %(before)s",
                        filter,
                        timeless=True,
                        before=since.replace(tzinfo=None),
                    )
                }
            fresh = [row for row in within if row["key"] not in before]
            assert (getattr(found, name), getattr(found, f"new_{name}")) == (
                len(within),
                len(fresh),
            )
            if entity == "track":
                assert found.new_plays == sum(row["plays"] for row in fresh)

    check(filters, 30)(compare)


@pytest.mark.parametrize("unit", ["day", "month", "year"])
def test_discovery_trend(stats: pm.Stats, oracle: Oracle, filters: Any, unit: str) -> None:
    def compare(filter: dict[str, Any]) -> None:
        buckets = stats.discovery_trend(unit, **filter)
        kept = {row["id"] for row in oracle.ask("SELECT id FROM sel", filter)}
        for entity in ("track", "artist", "album"):
            # Of each group the first play of all, if it is one of the period.
            rows = oracle.ask(
                f"""SELECT to_char(date_trunc('{unit}', local), 'YYYY-MM-DD') AS at, key, id,
                    row_number() OVER (PARTITION BY key ORDER BY played_at, id) AS place
                    FROM ({ENTITIES[entity]}) AS e
                    WHERE key IS NOT NULL AND played_at < 'infinity' ORDER BY played_at, id""",
                filter,
                timeless=True,
            )
            first = {row["key"]: row for row in rows if row["place"] == 1}
            within = [row for row in rows if row["id"] in kept and row["at"] is not None]
            for bucket in buckets:
                here = [row for row in within if row["at"] == bucket.local_start]
                keys = {row["key"] for row in here}
                fresh = {
                    key
                    for key in keys
                    if first[key]["id"] in kept and first[key]["at"] == bucket.local_start
                }
                counted = (getattr(bucket, f"{entity}s"), getattr(bucket, f"new_{entity}s"))
                assert counted == (len(keys), len(fresh))
                if entity == "track":
                    assert bucket.new_plays == sum(row["key"] in fresh for row in here)
        in_calendar = oracle.ask("SELECT count(*) AS n FROM sel WHERE local IS NOT NULL", filter)
        assert sum(bucket.plays for bucket in buckets) == in_calendar[0]["n"]

    # Of days only a year: each bucket is compared with every row.
    of_days = filters.map(lambda drawn: {"period": "2026-10", **drawn})
    bounded = filters.filter(lambda drawn: drawn.get("period") != "all_time")
    check(of_days if unit == "day" else bounded, 6)(compare)


def test_repeats(stats: pm.Stats, oracle: Oracle, filters: Any) -> None:
    def compare(filter: dict[str, Any]) -> None:
        rows = oracle.ask(
            """SELECT track_id, known,
               CASE WHEN isfinite(played_at) THEN played_at END AS played_at,
               skipped, day FROM sel ORDER BY sel.played_at, id""",
            filter,
        )
        found = stats.repeats(**{**filter, "limit": 0})
        played = [row for row in rows if row["known"]]
        tracks = {row["track_id"] for row in played}
        assert (found.plays, found.tracks) == (len(played), len(tracks))
        assert same(found.repeat_share, 1 - len(tracks) / len(played) if played else None)
        longest: list[Any] = []
        run: list[Any] = []
        for row in rows:
            if row["day"] is None:
                continue
            if row["skipped"] or not row["known"]:
                run = []
                continue
            run = [*run, row] if run and run[-1]["track_id"] == row["track_id"] else [row]
            longest = run if len(run) > len(longest) else longest
        assert (found.longest_run is None) == (not longest)
        if longest:
            assert (found.longest_run.track_id, found.longest_run.plays) == (
                longest[0]["track_id"],
                len(longest),
            )
            assert found.longest_run.first_at == utc(longest[0]["played_at"])
        scores = {}
        for track in tracks:
            days = {row["day"] for row in played if row["track_id"] == track} - {None}
            if days:
                plays = sum(row["track_id"] == track for row in played)
                scores[track] = (-plays / len(days), -plays, track.encode())
        assert [each.track_id for each in found.most_repeated] == sorted(
            scores, key=scores.__getitem__
        )

    check(filters, 25)(compare)


def test_what_stands_out(stats: pm.Stats, oracle: Oracle, filters: Any) -> None:
    def compare(drawn: dict[str, Any]) -> None:
        filter = {**drawn, "limit": 0}
        played = "FROM sel WHERE local IS NOT NULL"
        rows = oracle.ask(
            f"""SELECT * FROM (SELECT id, played_at, row_number() OVER (ORDER BY played_at, id) AS n
                {played}) AS numbered WHERE n %% 7 = 0 ORDER BY n""",
            filter,
        )
        assert [(each.number, each.id) for each in stats.milestones(7, **filter)] == [
            (row["n"], row["id"]) for row in rows
        ]
        rows = oracle.ask(
            f"SELECT id {played} AND known AND to_char(day, 'MM-DD') = '11-20' "
            "ORDER BY played_at DESC, id DESC",
            {**filter, "tz": "UTC"},
        )
        today = stats.on_this_day(**{**filter, "tz": "UTC"})
        assert [each.id for each in today] == [row["id"] for row in rows]
        rows = oracle.ask(
            """SELECT track_id, CASE WHEN isfinite(min(played_at)) THEN min(played_at) END AS at
               FROM sel WHERE known GROUP BY 1 HAVING count(*) = 1
               ORDER BY 2 DESC NULLS LAST, track_id COLLATE "C" """,
            filter,
        )
        assert [(each.track_id, each.first_at) for each in stats.one_time(**filter)] == [
            (row["track_id"], utc(row["at"])) for row in rows
        ]
        (row,) = oracle.ask(
            """SELECT count(*) AS plays,
                count(*) FILTER (WHERE valence >= 0.5 AND energy >= 0.5) AS happy,
                count(*) FILTER (WHERE valence < 0.5 AND energy >= 0.5) AS angry,
                count(*) FILTER (WHERE valence >= 0.5 AND energy < 0.5) AS calm,
                count(*) FILTER (WHERE valence < 0.5 AND energy < 0.5) AS sad
                FROM sel LEFT JOIN tracks t ON t.id = sel.track_id""",
            filter,
        )
        moods = stats.moods(**filter)
        assert row == {name: getattr(moods, name) for name in row}
        rows = oracle.ask(
            """SELECT least(floor(energy * 10), 9)::int * 10 + least(floor(valence * 10), 9)::int
                AS cell, count(*) AS n FROM sel JOIN tracks t ON t.id = sel.track_id
                WHERE valence IS NOT NULL AND energy IS NOT NULL GROUP BY 1""",
            filter,
        )
        grid = {cell: plays for cell, plays in enumerate(moods.grid) if plays}
        assert grid == {row["cell"]: row["n"] for row in rows}
        rows = oracle.ask(
            """SELECT least(listened::bigint * 10 / duration, 10) AS tenth, count(*) AS n FROM sel
               WHERE listened IS NOT NULL AND duration > 0 GROUP BY 1""",
            filter,
        )
        tenths = {n: plays for n, plays in enumerate(stats.completion(**filter).tenths) if plays}
        assert tenths == {row["tenth"]: row["n"] for row in rows}
        rows = oracle.ask(
            """SELECT artist_id, count(*) AS plays, percentile_cont(0.5) WITHIN GROUP (
                    ORDER BY extract(epoch FROM gap)) / 86400 AS days FROM (
                    SELECT artist_id, played_at - lag(played_at) OVER (
                        PARTITION BY artist_id ORDER BY played_at, sel.id) AS gap
                    FROM sel JOIN credits USING (track_id) WHERE local IS NOT NULL) AS gaps
                GROUP BY 1 HAVING count(*) >= 5""",
            filter,
        )
        loyal = {each.artist_id: each for each in stats.loyalty(**filter)}
        assert {each: loyal[each].plays for each in loyal} == {
            row["artist_id"]: row["plays"] for row in rows
        }
        assert all(same(loyal[row["artist_id"]].median_days, row["days"]) for row in rows)

    check(filters, 20)(compare)


def test_obsessions_comebacks_and_evolution(stats: pm.Stats, oracle: Oracle, filters: Any) -> None:
    def compare(drawn: dict[str, Any]) -> None:
        filter = {**drawn, "week_start": "monday"}
        rows = oracle.ask(
            """SELECT w.week, artist_id, count(*) AS plays, of_all FROM
                (SELECT date_trunc('week', local)::date AS week, count(*) AS of_all
                 FROM sel WHERE local IS NOT NULL GROUP BY 1) AS w
                JOIN sel ON date_trunc('week', sel.local)::date = w.week
                JOIN credits USING (track_id) WHERE of_all >= 10
                GROUP BY 1, 2, 4 HAVING count(*) >= 0.2 * of_all ORDER BY 1, 3 DESC, 2""",
            filter,
        )
        found = stats.obsessions(0.2, **filter)
        assert {(each.week, each.artist_id, each.plays, each.week_plays) for each in found} == {
            (row["week"], row["artist_id"], row["plays"], row["of_all"]) for row in rows
        }
        span = filter.get("period", "all_time")
        resolved = (pm.Period.parse(span) if isinstance(span, str) else span).resolve(
            filter.get("tz", "UTC"), NOW
        )
        rows = oracle.ask(
            """SELECT track_id, at FROM (SELECT track_id, played_at AS at,
                   played_at - lag(played_at)
                       OVER (PARTITION BY track_id ORDER BY played_at, id) AS gap
                   FROM sel WHERE local IS NOT NULL AND known) AS gaps
               WHERE gap > interval '10 days'""",
            filter,
            timeless=True,
        )
        expected = {
            (row["track_id"], utc(row["at"]))
            for row in rows
            if (resolved.start is None or utc(row["at"]) >= resolved.start)
            and (resolved.end is None or utc(row["at"]) < resolved.end)
        }
        assert {(e.track_id, e.back_at) for e in stats.comebacks(10, **filter)} == expected
        top = stats.top_artists(**{**filter, "limit": 3})
        points = stats.evolution("artist", "week", **{**filter, "limit": 3})
        series = stats.activity("week", **filter)
        assert [point.key for point in points] == [
            artist.artist_id for artist in top if artist.artist_id for _ in series
        ]
        in_calendar = oracle.ask(
            """SELECT artist_id, count(*) AS plays FROM sel JOIN credits USING (track_id)
               WHERE local IS NOT NULL GROUP BY 1""",
            filter,
        )
        plays = {row["artist_id"]: row["plays"] for row in in_calendar}
        for artist in top:
            if artist.artist_id:
                own = sum(point.plays for point in points if point.key == artist.artist_id)
                assert own == plays.get(artist.artist_id, 0)

    check(filters, 15)(compare)


@pytest.mark.parametrize("entity", ["track", "artist", "genre"])
def test_evolution(stats: pm.Stats, oracle: Oracle, filters: Any, entity: str) -> None:
    def compare(drawn: dict[str, Any]) -> None:
        filter = {**drawn, "limit": 3}
        rows = oracle.ask(
            f"""SELECT key, to_char(date_trunc('month', local), 'YYYY-MM-DD') AS at,
                count(*) AS plays FROM ({ENTITIES[entity]}) AS e
                WHERE key IS NOT NULL AND local IS NOT NULL GROUP BY 1, 2""",
            filter,
        )
        plays = {(row["key"], row["at"]): row["plays"] for row in rows}
        name = "genre" if entity == "genre" else f"{entity}_id"
        top = [getattr(item, name) for item in getattr(stats, f"top_{entity}s")(**filter)]
        leading = [key for key in top if key is not None]
        points = stats.evolution(entity, "month", **filter)
        months = [month.local_start for month in stats.activity("month", **filter)]
        assert [(point.key, point.local_start) for point in points] == [
            (key, month) for key in leading for month in months
        ]
        for point in points:
            own = plays.get((point.key, point.local_start), 0)
            better = sum(plays.get((key, point.local_start), 0) > own for key in leading)
            assert (point.plays, point.rank) == (own, better + 1 if own else None)

    check(filters, 15)(compare)


@pytest.mark.parametrize("entity", ["track", "artist"])
def test_profiles(stats: pm.Stats, oracle: Oracle, filters: Any, entity: str) -> None:
    def compare(drawn: tuple[dict[str, Any], int]) -> None:
        filter = {**drawn[0], "week_start": "monday", "limit": 0}
        top = stats.top_tracks if entity == "track" else stats.top_artists
        ranked = [item for item in top(**filter) if item.position]  # type: ignore[operator]
        if not ranked:
            return
        place = drawn[1] % len(ranked)
        item = ranked[place]
        key = item.track_id if entity == "track" else item.artist_id
        found = stats.entity_profile(key, entity, **filter)
        for name in ("name", "plays", "time", "days", "skips", "first_at", "last_at", "share",
                     "position", "rank", "of"):  # fmt: skip
            assert getattr(found, name) == getattr(item, name), name
        near = ranked[max(place - 2, 0) : place] + ranked[place + 1 : place + 3]
        assert [(each.position, each.rank, each.plays) for each in found.neighbours] == [
            (each.position, each.rank, each.plays) for each in near
        ]
        for unit, peak in (("week", found.best_week), ("month", found.best_month)):
            rows = oracle.ask(
                f"""SELECT date_trunc('{unit}', local)::date AS first, count(*) AS plays
                    FROM ({ENTITIES[entity]}) AS e WHERE key = %(key)s AND local IS NOT NULL
                    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1""",
                filter,
                key=key,
            )
            expected = [(row["first"], row["plays"]) for row in rows]
            assert ([(peak.first_day, peak.plays)] if peak else []) == expected

    check(st.tuples(filters, st.integers(0, 1000)), 20)(compare)
