"""Statistics a second time, in SQL on the server: what the answers of the mirror are held to.

A filter of `mirror.stats` becomes a common table expression `sel` with the plays that it selects:

    id, track_id, played_at, source, context_uri, skipped   the columns of the play
    listened                 listened_ms, NULL when negative
    estimate                 the duration that stands for it
    duration                 of the track
    day, hour, week_hour     local, of finite times
    known                    whether the track has a row
    same                     the track that stands for it

`credits` has (track_id, artist_id, n), `genres` (track_id, genre, n), `albums` (track_id, key),
`same_tracks` (track_id, same).
"""

from __future__ import annotations

from typing import Any

import playmirror as pm
import psycopg
from psycopg.rows import dict_row

from .sameness_oracle import DOUBLES, SAME_TRACKS

NOW = "2026-11-20T06:00:00Z"  #: what periods are counted from

GENRES = """
    SELECT DISTINCT ta.track_id, lower(btrim(e.value, E' \\t\\n\\x0b\\f\\r')) AS genre
    FROM track_artists ta JOIN artists a ON a.id = ta.artist_id,
    json_array_elements_text(
        CASE WHEN json_typeof(a.genres) = 'array' THEN a.genres ELSE '[]' END) AS e(value)
    WHERE btrim(e.value, E' \\t\\n\\x0b\\f\\r') <> ''
"""


class Oracle:
    """Asks one server; `now` is what every filter's periods are resolved with."""

    def __init__(self, dsn: str, now: str) -> None:
        self.connection = psycopg.connect(dsn, autocommit=True, row_factory=dict_row)
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute("SET jit = off")
        self.now = now

    def close(self) -> None:
        self.connection.close()

    def values(self, query: str) -> list[Any]:
        """The first column of every row."""
        return [next(iter(row.values())) for row in self.connection.execute(query).fetchall()]

    def ask(
        self,
        query: str,
        filter: dict[str, Any],
        *,
        timeless: bool = False,
        more: str = "",
        **parameters: Any,
    ) -> list[dict[str, Any]]:
        """The rows of a query over `sel` and the expressions in `more`, which build on it.

        `timeless` leaves out the filter's period.
        """
        conditions, values = _conditions(filter, timeless, self.now)
        credit = filter.get("artist_credit", "each")
        statement = f"""
            WITH RECURSIVE same_tracks AS ({SAME_TRACKS[filter.get("track_identity", "id")]}),
            doubles AS ({DOUBLES}),
            credits AS ({_credits(credit)}),
            genre_rows AS ({GENRES}),
            genres AS (SELECT *, count(*) OVER (PARTITION BY track_id) AS n FROM genre_rows),
            albums AS (
                SELECT id AS track_id, coalesce('0' || nullif(raw_data->'album'->>'id', ''),
                    '1' || album || E'\\x1f' || coalesce('1' || artist, '0')) AS key FROM tracks),
            sel AS (
                SELECT p.id, p.track_id, p.played_at, p.source, p.context_uri, p.skipped,
                    CASE WHEN p.listened_ms >= 0 THEN p.listened_ms END AS listened,
                    CASE WHEN p.listened_ms >= 0 THEN NULL
                         WHEN %(measured_only)s THEN NULL
                         WHEN t.duration_ms >= 0 THEN t.duration_ms END AS estimate,
                    CASE WHEN t.duration_ms >= 0 THEN t.duration_ms END AS duration,
                    l.local::date AS day,
                    extract(hour FROM l.local)::int AS hour,
                    ((extract(isodow FROM l.local) - 1) * 24 + extract(hour FROM l.local))::int
                        AS week_hour,
                    l.local, t.id IS NOT NULL AS known, s.same
                FROM play_history p LEFT JOIN tracks t ON t.id = p.track_id
                LEFT JOIN same_tracks s ON s.track_id = p.track_id
                CROSS JOIN LATERAL (SELECT CASE WHEN isfinite(p.played_at)
                    THEN p.played_at AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s END AS local) AS l
                WHERE {conditions})
            {more}
            {query}"""
        values |= {
            "tz": filter.get("tz", "UTC"),
            "measured_only": filter.get("time_basis") == "measured_only",
            "window": filter.get("dedupe_window", 30),
            **parameters,
        }
        return self.connection.execute(statement, values).fetchall()


def _credits(credit: str) -> str:
    if credit == "primary":
        return """SELECT t.id AS track_id, a.id AS artist_id, 1 AS n FROM tracks t
            JOIN artists a ON a.id = t.raw_data->'artists'->0->>'id'"""
    return """SELECT track_id, artist_id, count(*) OVER (PARTITION BY track_id) AS n
        FROM track_artists"""


def _conditions(filter: dict[str, Any], timeless: bool, now: str) -> tuple[str, dict[str, Any]]:
    terms = ["true"]
    values: dict[str, Any] = {}

    def add(term: str, **given: Any) -> None:
        terms.append(term)
        values.update(given)

    period = filter.get("period")
    if period is not None and not timeless:
        if isinstance(period, str):
            period = pm.Period.parse(period)
        span = period.resolve(filter.get("tz", "UTC"), now, filter.get("week_start", "monday"))
        if span.start is not None:
            add("p.played_at >= %(since)s", since=span.start.replace(tzinfo=None))
        if span.end is not None:
            add("p.played_at < %(until)s", until=span.end.replace(tzinfo=None))
    drops = "false" if filter.get("null_listened") == "drop" else "true"
    listened = "CASE WHEN p.listened_ms >= 0 THEN p.listened_ms END"
    rule = filter.get("rule", "all")
    if rule == "spotify_30s":
        add(f"coalesce({listened} >= 30000, {drops})")
    elif rule == "scrobble":
        add("t.duration_ms >= 30000")
        add(f"coalesce({listened} >= least(t.duration_ms / 2.0, 240000), {drops})")
    if filter.get("min_listened_ms") is not None:
        add(f"coalesce({listened} >= %(min_ms)s, {drops})", min_ms=filter["min_listened_ms"])
    if drops == "false" and (rule != "all" or filter.get("min_listened_ms") is not None):
        add(f"{listened} IS NOT NULL")
    skips = {
        "exclude": "p.skipped IS NOT TRUE",
        "exclude_unknown": "p.skipped = false",
        "only": "p.skipped = true",
    }
    if filter.get("skips", "include") != "include":
        add(skips[filter["skips"]])
    if filter.get("sources"):
        add(
            "(p.source = ANY(%(sources)s) OR (p.source IS NULL AND %(null_source)s))",
            sources=[source for source in filter["sources"] if source is not None],
            null_source=None in filter["sources"],
        )
    if filter.get("include_contexts"):
        add("p.context_uri = ANY(%(contexts)s)", contexts=filter["include_contexts"])
    if filter.get("exclude_contexts"):
        add(
            "(p.context_uri IS NULL OR p.context_uri <> ALL(%(no_contexts)s))",
            no_contexts=filter["exclude_contexts"],
        )
    if filter.get("exclude_track_ids"):
        add(
            "(p.track_id IS NULL OR s.same NOT IN "
            "(SELECT same FROM same_tracks WHERE track_id = ANY(%(no_tracks)s)))",
            no_tracks=filter["exclude_track_ids"],
        )
    of_artists = "EXISTS (SELECT FROM track_artists ta WHERE ta.track_id = p.track_id AND {})"
    if filter.get("exclude_artist_ids"):
        add(
            "NOT " + of_artists.format("ta.artist_id = ANY(%(no_artists)s)"),
            no_artists=filter["exclude_artist_ids"],
        )
    if filter.get("track_id"):
        add(
            "s.same = (SELECT same FROM same_tracks WHERE track_id = %(track)s)",
            track=filter["track_id"],
        )
    if filter.get("artist_id"):
        add(of_artists.format("ta.artist_id = %(artist)s"), artist=filter["artist_id"])
    if filter.get("dedupe") == "near":
        add("p.id NOT IN (SELECT id FROM doubles)")
    if filter.get("album"):
        add(
            "(t.raw_data->'album'->>'id' = %(album)s OR t.album = %(album)s)",
            album=filter["album"],
        )
    if filter.get("genre"):
        add(
            f"EXISTS (SELECT FROM ({GENRES}) g WHERE g.track_id = p.track_id "
            "AND g.genre = lower(%(genre)s))",
            genre=filter["genre"],
        )
    return " AND ".join(terms), values
