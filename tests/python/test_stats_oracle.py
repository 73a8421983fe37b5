"""Every statistic against the same question in SQL on the server, over filters and zones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import playmirror as pm
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.music_db import SMALL_TEMPLATE, MusicDb
from support.stats_oracle import Oracle

NOW = "2026-11-20T06:00:00Z"
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
]
DIRT = """
    INSERT INTO play_history (track_id, played_at, listened_ms, skipped, source, context_uri)
    SELECT t.id, v.played_at::timestamp, v.listened_ms, v.skipped, v.source, v.context
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM tracks) AS t
    JOIN (VALUES
        (1, NULL, 1000, true, NULL, NULL), (2, 'infinity', NULL, NULL, 'import', NULL),
        (3, '-infinity', 5, false, 'import', 'spotify:playlist:odd'),
        (4, '2025-10-26 00:30', -5, NULL, NULL, NULL), (4, '2025-10-26 01:30', 0, true, 'x', NULL),
        (5, '2025-03-30 00:59:59.999999', 70000, false, 'x', NULL),
        (5, '2025-03-30 01:00', 2000000000, false, 'x', NULL),
        (6, '2025-04-05 15:10', NULL, NULL, 'x', NULL), (6, '2025-04-05 14:50', 1, NULL, 'x', NULL),
        (7, '2025-12-31 23:59:59.999999', 1, true, 'x', NULL),
        (7, '2026-01-01', 1, true, 'x', NULL),
        (8, '2026-01-30 23:00', 1, NULL, 'x', NULL), (8, '2026-01-30 23:00', 1, NULL, 'y', NULL),
        (9, '2030-01-01', 30000, false, 'import', NULL), (9, '2026-01-31', 29999, false, '', '')
    ) AS v(n, played_at, listened_ms, skipped, source, context) ON v.n = t.n;
    INSERT INTO play_history (track_id, played_at) VALUES (NULL, '2025-06-01'), (NULL, NULL);
    UPDATE artists SET genres = v.genres::json FROM (VALUES
        (1, NULL), (2, '[]'), (3, '"jazz"'), (4, '{"a": 1}'), (5, '[" Jazz ", "JAZZ", "Ærö", ""]'),
        (6, '[null, 5, ["a"]]')) AS v(n, genres)
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM artists) AS a ON a.n = v.n
    WHERE artists.id = a.id;
    UPDATE tracks SET raw_data = v.raw::json, album = v.album FROM (VALUES
        (1, NULL, NULL), (2, '{}', 'Alone'), (3, '{"album": {"release_date": "12"}}', 'Alone'),
        (4, '{"album": {"release_date": "1066-10-14"}}', NULL),
        (5, '[]', 'Other'), (6, '{"artists": [], "album": {"id": "", "release_date": "2999"}}', 'O')
    ) AS v(n, raw, album)
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM tracks) AS a ON a.n = v.n
    WHERE tracks.id = a.id;
    UPDATE tracks SET duration_ms = NULL WHERE id IN (SELECT id FROM tracks ORDER BY id LIMIT 3);
    UPDATE tracks SET key = -1, mode = 7, valence = 1.5
    WHERE id = (SELECT id FROM tracks WHERE key IS NOT NULL ORDER BY id LIMIT 1);
"""


@pytest.fixture(scope="module")
def library(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MusicDb]:
    with MusicDb.create(cluster, template=SMALL_TEMPLATE) as db:
        # An element that is no string would be a genre to the server's own function.
        db.execute(DIRT.replace('[null, 5, ["a"]]', "[]"))
        yield db


@pytest.fixture(scope="module")
def stats(library: MusicDb, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pm.Stats]:
    with pm.open(tmp_path_factory.mktemp("stats") / "music.db") as mirror:
        mirror.sync(library.dsn)
        yield mirror.stats


@pytest.fixture(scope="module")
def oracle(library: MusicDb) -> Iterator[Oracle]:
    asked = Oracle(library.dsn, NOW)
    yield asked
    asked.close()


@pytest.fixture(scope="module")
def filters(oracle: Oracle) -> st.SearchStrategy[dict[str, Any]]:
    """Filters whose values occur in the library, and some that do not."""

    def some(query: str) -> st.SearchStrategy[Any]:
        return st.sampled_from([*oracle.values(query), "nothing of the kind"])

    tracks = some(
        "SELECT track_id FROM play_history WHERE track_id IS NOT NULL ORDER BY id LIMIT 40"
    )
    artists = some(
        "SELECT artist_id FROM track_artists GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 20"
    )
    contexts = some(
        "SELECT context_uri FROM play_history WHERE context_uri IS NOT NULL "
        "GROUP BY 1 ORDER BY count(*) DESC LIMIT 20"
    )
    days = st.integers(0, 100).map(lambda n: datetime(2026, 9, 1) + timedelta(days=n, hours=n % 24))
    instants = days.map(lambda day: day.replace(tzinfo=timezone.utc))
    periods = st.one_of(
        st.sampled_from(
            ["all_time", "2026", "2026-10", "2026-10-25", "last_30_days", "last_1_days"]
            + [
                f"{which}_{unit}"
                for which in ("this", "previous")
                for unit in ("day", "week", "month", "quarter", "year")
            ]
            + ["3_months_ago", "previous_7_days"]
        ),
        st.tuples(instants, instants).map(lambda pair: pm.Period.between(*sorted(pair))),
        instants.map(lambda start: pm.Period.between(start, None)),
        instants.map(lambda end: pm.Period.between(None, end)),
    )
    narrowing = {
        "rule": st.sampled_from(["spotify_30s", "scrobble"]),
        "min_listened_ms": st.sampled_from([0, 1, 30_000, 10**10]),
        "null_listened": st.just("drop"),
        "skips": st.sampled_from(["exclude", "exclude_unknown", "only"]),
        "sources": st.lists(
            st.sampled_from(["import", "spotify_poll", None, "x", "no"]), max_size=3
        ),
        "include_contexts": st.lists(contexts, min_size=1, max_size=5),
        "exclude_contexts": st.lists(contexts, max_size=5),
        "exclude_track_ids": st.lists(tracks, max_size=5),
        "exclude_artist_ids": st.lists(artists, max_size=3),
        "track_id": tracks,
        "artist_id": artists,
        "album": some("SELECT album FROM tracks WHERE album IS NOT NULL ORDER BY id LIMIT 20"),
        "genre": st.sampled_from(["jazz", "JAZZ", "ærö", "no such"]),
    }
    ways = {
        "period": periods,
        "tz": st.sampled_from(ZONES),
        "week_start": st.sampled_from([day.value for day in pm.Weekday]),
        "time_basis": st.sampled_from(["measured_or_duration", "measured_only"]),
        "artist_credit": st.sampled_from(["each", "split", "primary"]),
        "genre_weight": st.sampled_from(["full", "split"]),
    }
    return st.builds(
        lambda way, narrow: {"now": NOW, **way, **narrow},
        st.fixed_dictionaries({}, optional=ways),
        st.one_of(
            st.just({}),
            *(st.fixed_dictionaries({name: value}) for name, value in narrowing.items()),
            st.fixed_dictionaries({}, optional=narrowing),
        ),
    )


def check(filters: st.SearchStrategy[dict[str, Any]], examples: int = 25) -> Callable[..., Any]:
    """Runs a comparison over generated filters."""

    def run(compare: Callable[[dict[str, Any]], None]) -> None:
        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(filters)
        def each(filter: dict[str, Any]) -> None:
            compare(filter)

        each()

    return run


def same(mine: float | None, theirs: Any) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    return math.isclose(mine, float(theirs), rel_tol=1e-9, abs_tol=1e-12)


def utc(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=timezone.utc) if value is not None else None


TIME = """count(listened) AS plays_measured, coalesce(sum(listened), 0)::bigint AS measured_ms,
    count(estimate) AS plays_estimated, coalesce(sum(estimate), 0)::bigint AS estimated_ms,
    count(*) - count(listened) - count(estimate) AS plays_unknown"""


def time_of(row: dict[str, Any]) -> pm.TimeTotal:
    return pm.TimeTotal(**{name: row[name] for name in pm.TimeTotal.__dataclass_fields__})


def test_totals(stats: pm.Stats, oracle: Oracle, filters: Any) -> None:
    def compare(filter: dict[str, Any]) -> None:
        (row,) = oracle.ask(
            f"""SELECT count(*) AS plays, {TIME},
                count(DISTINCT track_id) FILTER (WHERE known) AS tracks,
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


ENTITIES = {
    "artist": (
        "SELECT sel.*, c.artist_id AS key, coalesce(c.n, 1) AS n FROM sel "
        "LEFT JOIN credits c USING (track_id)"
    ),
    "genre": (
        "SELECT sel.*, g.genre AS key, coalesce(g.n, 1) AS n FROM sel "
        "LEFT JOIN genres g USING (track_id)"
    ),
    "album": "SELECT sel.*, a.key, 1 AS n FROM sel LEFT JOIN albums a USING (track_id)",
    "context": "SELECT sel.*, context_uri AS key, 1 AS n FROM sel",
    "track": "SELECT sel.*, track_id AS key, 1 AS n FROM sel WHERE known",
}


def splits(entity: str, filter: dict[str, Any]) -> bool:
    return (entity == "artist" and filter.get("artist_credit") == "split") or (
        entity == "genre" and filter.get("genre_weight") == "split"
    )


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
            else "1" + item.name + "\x1f" + (item.artist or "")
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
        rows = oracle.ask(
            """SELECT min(day) AS first_day, max(day) AS last_day, count(*) AS days,
                   sum(plays)::bigint AS plays FROM (
                   SELECT day, plays, day - (row_number() OVER (ORDER BY day))::int AS island
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
            """SELECT track_id FROM sel WHERE known GROUP BY 1 HAVING count(*) = 1 ORDER BY 1""",
            filter,
        )
        once = sorted(each.track_id for each in stats.one_time(**filter))
        assert once == sorted(row["track_id"] for row in rows)
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
