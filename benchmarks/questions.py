"""Statistics as they are asked here and as plain SQL asks them: what every_statistic.py compares.

Each question has two sides that answer with the same value. The SQL reads `p`, the plays of the
period with their local time `l`, and the tables that load_duckdb makes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import playmirror as pm

TZ = "Europe/Berlin"

WEEKDAYS = {day: number for number, day in enumerate(pm.Weekday)}

FEATURES = [
    "danceability", "energy", "loudness", "speechiness", "acousticness", "instrumentalness",
    "liveness", "valence", "tempo",
]  # fmt: skip

PERIOD = f"""
    WITH p AS (
        SELECT *, played_at AT TIME ZONE 'UTC' AT TIME ZONE '{TZ}' AS l FROM plays
        WHERE played_at >= make_timestamp($since) AND played_at < make_timestamp($until))
"""

#: What a ranked list tells of each item.
TOP = """count(*) AS n, coalesce(sum(coalesce(listened_ms, duration_ms)), 0)::BIGINT AS ms,
    count(DISTINCT l::DATE), count(*) FILTER (WHERE skipped), min(played_at), max(played_at)"""

Rows = list[tuple[Any, ...]]


@dataclass
class Question:
    name: str
    sql: str  #: behind PERIOD
    ask: Callable[..., Any]  #: of the statistics and the filter, as the rows of the SQL


def near(rows: Rows) -> Rows:
    """Fractions to nine digits: sums in another order differ behind those."""
    return [tuple(float(f"{v:.9g}") if isinstance(v, float) else v for v in row) for row in rows]


def _totals(stats: pm.Stats, **filter: Any) -> Rows:
    found = stats.totals(**filter)
    return [(found.plays, found.time.measured_ms, found.tracks, found.artists, found.active_days)]


def _ms(time: pm.TimeTotal) -> int:
    return time.measured_ms + time.estimated_ms


def _top(item: Any) -> tuple[Any, ...]:
    ends = [at.replace(tzinfo=None) for at in (item.first_at, item.last_at)]
    return (item.plays, _ms(item.time), item.days, item.skips, *ends)


def _sessions(stats: pm.Stats, **filter: Any) -> Rows:
    found = stats.sessions(timedelta(minutes=30), played_at_is="start", **filter)
    longest = (found.longest.end - found.longest.start) // timedelta(microseconds=1)
    return [(found.count, found.mean_plays, found.median_plays, found.p90_plays,
             found.mean_length_ms, found.median_length_ms, longest)]  # fmt: skip


def _audio(stats: pm.Stats, **filter: Any) -> Rows:
    features = stats.audio_profile(**filter).features
    row: list[Any] = []
    for each in features:
        row += [each.n, each.mean, each.p10, each.median, each.p90]
    return [tuple(row)]


def _moods(stats: pm.Stats, **filter: Any) -> Rows:
    found = stats.moods(**filter)
    return [(found.happy, found.angry, found.calm, found.sad, found.unknown)]


def _skips(stats: pm.Stats, **filter: Any) -> Rows:
    return [(each.known, each.skipped) for each in stats.skips("hour", **filter) if each.known]


def _repeats(stats: pm.Stats, **filter: Any) -> Rows:
    return [(each.plays, each.days) for each in stats.repeats(**filter).most_repeated]


QUESTIONS = [
    Question(
        "totals",
        """SELECT count(*), coalesce(sum(listened_ms), 0)::BIGINT, count(DISTINCT track_id),
           (SELECT count(DISTINCT artist_id) FROM credits
            WHERE track_id IN (SELECT track_id FROM p)),
           count(DISTINCT l::DATE) FROM p""",
        _totals,
    ),
    Question(
        "top_tracks by time",
        f"""SELECT track_id, {TOP} FROM p JOIN tracks USING (track_id)
            GROUP BY 1 ORDER BY ms DESC, n DESC, 1 LIMIT 10""",
        lambda stats, **filter: [
            (each.track_id, *_top(each)) for each in stats.top_tracks(10, by="time", **filter)
        ],
    ),
    Question(
        "top_artists",
        f"""SELECT artist_id, {TOP} FROM p LEFT JOIN tracks USING (track_id)
            JOIN credits USING (track_id) GROUP BY 1 ORDER BY n DESC, ms DESC, 1 LIMIT 10""",
        lambda stats, **filter: [
            (each.artist_id, *_top(each)) for each in stats.top_artists(**filter) if each.artist_id
        ],
    ),
    Question(
        "top_genres",
        f"""SELECT genre, {TOP} FROM p LEFT JOIN tracks USING (track_id)
            JOIN genres USING (track_id) GROUP BY 1 ORDER BY n DESC, ms DESC, 1 LIMIT 10""",
        lambda stats, **filter: [
            (each.genre, *_top(each)) for each in stats.top_genres(**filter) if each.genre
        ],
    ),
    Question(
        "top_contexts",
        f"""SELECT context_uri, {TOP} FROM p LEFT JOIN tracks USING (track_id)
            WHERE context_uri IS NOT NULL GROUP BY 1 ORDER BY n DESC, ms DESC, 1 LIMIT 10""",
        lambda stats, **filter: [
            (each.context_uri, *_top(each))
            for each in stats.top_contexts(**filter)
            if each.context_uri
        ],
    ),
    Question(
        "activity by day",
        """, tracks_of AS (SELECT l::DATE AS day, count(*) AS n,
             coalesce(sum(coalesce(listened_ms, duration_ms)), 0)::BIGINT AS ms,
             count(DISTINCT track_id) AS t FROM p LEFT JOIN tracks USING (track_id) GROUP BY 1),
           artists_of AS (SELECT l::DATE AS day, count(DISTINCT artist_id) AS a
             FROM p JOIN credits USING (track_id) GROUP BY 1)
           SELECT strftime(day, '%Y-%m-%d'), n, ms, t, coalesce(a, 0)
           FROM tracks_of LEFT JOIN artists_of USING (day) ORDER BY 1""",
        lambda stats, **filter: [
            (each.local_start, each.plays, _ms(each.time), each.tracks, each.artists)
            for each in stats.activity("day", **filter)
            if each.plays
        ],
    ),
    Question(
        "heatmap",
        """SELECT isodow(l)::INT - 1 AS d, hour(l)::INT AS h, count(*),
           coalesce(sum(listened_ms), 0)::BIGINT FROM p GROUP BY 1, 2 ORDER BY 1, 2""",
        lambda stats, **filter: [
            (WEEKDAYS[each.weekday], each.hour, each.plays, each.time.measured_ms)
            for each in stats.heatmap(**filter)
            if each.plays
        ],
    ),
    Question(
        "streaks",
        """SELECT max(n) FROM (SELECT count(*) AS n FROM (
             SELECT d, row_number() OVER (ORDER BY d) AS i FROM (
               SELECT DISTINCT l::DATE AS d FROM p))
           GROUP BY d - i::INT)""",
        lambda stats, **filter: [(stats.streaks(**filter).longest.days,)],
    ),
    Question(
        "sessions",
        """, timed AS (SELECT played_at, id,
             played_at + to_milliseconds(coalesce(listened_ms, duration_ms, 0)) AS until
             FROM p LEFT JOIN tracks USING (track_id)),
           marked AS (SELECT *, CASE WHEN played_at - lag(until) OVER (ORDER BY played_at, id)
             <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END AS fresh FROM timed),
           numbered AS (SELECT *, sum(fresh) OVER (ORDER BY played_at, id) AS session FROM marked),
           sessions AS (SELECT count(*) AS n, max(until) - min(played_at) AS length
             FROM numbered GROUP BY session)
           SELECT count(*), avg(n), quantile_cont(n, 0.5), quantile_cont(n, 0.9),
             avg(epoch_us(length)) / 1000, quantile_cont(epoch_us(length), 0.5) / 1000,
             max(epoch_us(length)) FROM sessions""",
        _sessions,
    ),
    Question(
        "skips by hour",
        """SELECT count(skipped), count(*) FILTER (WHERE skipped) FROM p GROUP BY hour(l)
           HAVING count(skipped) > 0 ORDER BY hour(l)""",
        _skips,
    ),
    Question(
        "discovery",
        """, firsts AS (SELECT track_id, min(played_at) AS first_at FROM plays GROUP BY 1)
           SELECT count(DISTINCT track_id), count(DISTINCT track_id) FILTER (
               WHERE first_at >= make_timestamp($since)) FROM p JOIN firsts USING (track_id)""",
        lambda stats, **filter: [
            (found.tracks, found.new_tracks) for found in [stats.discovery(**filter)]
        ],
    ),
    Question(
        "repeats",
        """SELECT n, d FROM (SELECT track_id, count(*) AS n, count(DISTINCT l::DATE) AS d FROM p
           GROUP BY 1) ORDER BY n / d DESC, n DESC, track_id LIMIT 10""",
        _repeats,
    ),
    Question(
        "diversity of artists",
        """SELECT count(*), -sum(s * ln(s)) FROM (SELECT count(*) / sum(count(*)) OVER () AS s
           FROM p JOIN credits USING (track_id) GROUP BY artist_id)""",
        lambda stats, **filter: [
            (found.richness, found.shannon) for found in [stats.diversity("artist", **filter)]
        ],
    ),
    Question(
        "eras",
        """SELECT year // 10 * 10 AS era, count(*),
           coalesce(sum(coalesce(listened_ms, duration_ms)), 0)::BIGINT
           FROM p JOIN tracks USING (track_id) WHERE year BETWEEN 1800 AND 2027
           GROUP BY 1 ORDER BY 1""",
        lambda stats, **filter: [
            (each.first_year, each.plays, _ms(each.time)) for each in stats.eras(**filter).eras
        ],
    ),
    Question(
        "audio_profile",
        "SELECT "
        + ", ".join(
            f"count({f}), avg({f}), quantile_cont({f}, 0.1), quantile_cont({f}, 0.5), "
            f"quantile_cont({f}, 0.9)"
            for f in FEATURES
        )
        + " FROM p JOIN tracks USING (track_id)",
        _audio,
    ),
    Question(
        "moods",
        """SELECT count(*) FILTER (WHERE valence >= 0.5 AND energy >= 0.5),
           count(*) FILTER (WHERE valence < 0.5 AND energy >= 0.5),
           count(*) FILTER (WHERE valence >= 0.5 AND energy < 0.5),
           count(*) FILTER (WHERE valence < 0.5 AND energy < 0.5),
           count(*) FILTER (WHERE valence IS NULL OR energy IS NULL)
           FROM p LEFT JOIN tracks USING (track_id)""",
        _moods,
    ),
    Question(
        "completion",
        """SELECT least(listened_ms::BIGINT * 10 // duration_ms, 10)::INT AS tenth, count(*)
           FROM p JOIN tracks USING (track_id) WHERE listened_ms IS NOT NULL AND duration_ms > 0
           GROUP BY 1 ORDER BY 1""",
        lambda stats, **filter: [
            (n, plays) for n, plays in enumerate(stats.completion(**filter).tenths) if plays
        ],
    ),
    Question(
        "obsessions",
        """, weeks AS (SELECT date_trunc('week', l) AS week, count(*) AS n FROM p GROUP BY 1
             HAVING n >= 10)
           SELECT count(*) FROM (SELECT 1 FROM p JOIN weeks ON week = date_trunc('week', l)
             JOIN credits USING (track_id) GROUP BY week, artist_id, n HAVING count(*) >= 0.3 * n)
        """,
        lambda stats, **filter: [(len(stats.obsessions(**filter)),)],
    ),
    Question(
        "loyalty",
        """SELECT count(*) + 1 AS n, quantile_cont(epoch_us(gap), 0.5) / 864e8 AS days FROM (
             SELECT artist_id, played_at - lag(played_at) OVER (
               PARTITION BY artist_id ORDER BY played_at, id) AS gap
             FROM p JOIN credits USING (track_id)) WHERE gap IS NOT NULL
           GROUP BY artist_id HAVING n >= 5 ORDER BY days, n DESC, artist_id LIMIT 10""",
        lambda stats, **filter: [
            (each.plays, each.median_days) for each in stats.loyalty(**filter)
        ],
    ),
    Question(
        "comebacks",
        """, gaps AS (SELECT played_at, played_at - lag(played_at) OVER (
             PARTITION BY track_id ORDER BY played_at, id) AS gap FROM plays
             WHERE played_at < make_timestamp($until))
           SELECT count(*) FROM gaps
           WHERE gap > INTERVAL 90 DAY AND played_at >= make_timestamp($since)""",
        lambda stats, **filter: [(len(stats.comebacks(**filter)),)],
    ),
    Question(
        "milestones",
        """SELECT id FROM (SELECT id, row_number() OVER (ORDER BY played_at, id) AS n FROM p)
           WHERE n % 1000 = 0 ORDER BY n""",
        lambda stats, **filter: [(each.id,) for each in stats.milestones(**filter)],
    ),
]
