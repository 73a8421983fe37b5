#!/usr/bin/env python3
"""Checks that a generated library looks like the listening history that it imitates.

    python3 tests/server/check_library.py build/dev/tests/generator/music-generator

Loads the size `medium` into a throwaway server, measures it there with plain SQL and prints each
figure beside the band it must lie in. Exit code 0 when all of them do.
"""

import subprocess
import sys

from cluster import Cluster
from databases import create_database, make_template

PLAYS_PER_TRACK = "SELECT track_id, count(*) AS n FROM play_history GROUP BY 1"
PLAYS_PER_ARTIST = """
    SELECT t.raw_data -> 'artists' -> 0 ->> 'id' AS artist, count(*) AS n
    FROM play_history p JOIN tracks t ON t.id = p.track_id WHERE t.raw_data IS NOT NULL GROUP BY 1
"""
LOCAL = "played_at AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Berlin'"
PAST = "play_history WHERE played_at < '2026-11-21'"
PER_DAY = f"SELECT ({LOCAL})::date AS day, count(*) AS n FROM {PAST} GROUP BY 1"
# From before polling began, since when some plays are told twice.
ORDERED = """
    SELECT p.track_id, t.raw_data -> 'artists' -> 0 ->> 'id' AS artist,
           lag(p.track_id) OVER w AS track_before,
           lag(t.raw_data -> 'artists' -> 0 ->> 'id') OVER w AS artist_before
    FROM play_history p JOIN tracks t ON t.id = p.track_id WHERE p.played_at < '2020-01-01'
    WINDOW w AS (ORDER BY p.played_at, p.id)
"""
# A play lasts as long as is known, or as the track; imports are stamped at the end, polls at the
# start.
SESSIONS = """
    WITH plays AS (
        SELECT p.id,
               CASE WHEN source = 'import' THEN played_at - length ELSE played_at END AS began,
               CASE WHEN source = 'import' THEN played_at ELSE played_at + length END AS ended
        FROM (SELECT p.*, coalesce(listened_ms, duration_ms) * interval '1 ms' AS length
              FROM play_history p JOIN tracks t ON t.id = p.track_id
              WHERE played_at < '2026-11-21') p
    ), marked AS (
        SELECT *, began - max(ended) OVER (ORDER BY began, id ROWS BETWEEN UNBOUNDED PRECEDING
                                           AND 1 PRECEDING) > interval '30 min' AS new
        FROM plays
    ), numbered AS (SELECT sum(new::int) OVER (ORDER BY began, id) AS session FROM marked)
    SELECT session, count(*) AS n FROM numbered GROUP BY 1
"""
# A play told twice: polled at its start and imported at its end.
TWICE = """
    SELECT count(*) FROM play_history a WHERE source = 'spotify_poll' AND EXISTS (
        SELECT FROM play_history b WHERE b.track_id = a.track_id AND b.source = 'import'
        AND b.played_at BETWEEN a.played_at - interval '1 s' AND a.played_at
                                + b.listened_ms * interval '1 ms' + interval '1 s')
"""
FIRST_PLAYS = f"SELECT track_id, min(played_at) AS first FROM {PAST} GROUP BY 1"


# In 1/10000 of all plays, by local hour.
HOURS = [28, 19, 15, 7, 12, 76, 134, 220, 301, 451, 549, 619,
         517, 584, 624, 741, 841, 871, 896, 828, 723, 562, 289, 92]  # fmt: skip
OFF_HOURS = f"""
    SELECT sum(abs(n / sum - (ARRAY{HOURS})[hour::int + 1] / 10000.0)) / 2
    FROM (SELECT extract(hour FROM {LOCAL}) AS hour, count(*) AS n, sum(count(*)) OVER () AS sum
          FROM {PAST} GROUP BY 1) h
"""


def novelty(condition: str) -> str:
    """The share of plays in a part of the history whose track had not been played before."""
    return f"""
        WITH years AS (SELECT extract(epoch FROM p.played_at - min(p.played_at) OVER ())
                              / 31557600 AS year, p.played_at = f.first AS new
                       FROM play_history p JOIN ({FIRST_PLAYS}) f USING (track_id)
                       WHERE p.played_at < '2026-11-21')
        SELECT avg(new::int) FROM years WHERE year {condition}
    """


def top_share(counts: str, n: int) -> str:
    return f"""SELECT sum(n) FILTER (WHERE place <= {n}) / sum(n)
               FROM (SELECT n, row_number() OVER (ORDER BY n DESC) AS place FROM ({counts}) c) r"""


def quantile(q: float, value: str, source: str) -> str:
    return f"SELECT percentile_cont({q}) WITHIN GROUP (ORDER BY {value}) FROM {source}"


def share(condition: str, source: str) -> str:
    return f"SELECT avg(({condition})::int) FROM {source}"


# What, how it is measured, and the lowest and highest value that will do.
BANDS = [
    ("plays", "SELECT count(*) FROM play_history", 70_000, 70_000),
    ("distinct tracks", f"SELECT count(*) FROM ({PLAYS_PER_TRACK}) c", 13_000, 17_000),
    ("tracks played once", share("n = 1", f"({PLAYS_PER_TRACK}) c"), 0.40, 0.50),
    ("most played track", f"SELECT max(n) FROM ({PLAYS_PER_TRACK}) c", 50, 90),
    ("top 10 tracks", top_share(PLAYS_PER_TRACK, 10), 0.008, 0.012),
    ("top 100 tracks", top_share(PLAYS_PER_TRACK, 100), 0.056, 0.084),
    ("top 500 tracks", top_share(PLAYS_PER_TRACK, 500), 0.192, 0.288),
    ("top 10 artists", top_share(PLAYS_PER_ARTIST, 10), 0.16, 0.24),
    ("top 100 artists", top_share(PLAYS_PER_ARTIST, 100), 0.49, 0.73),
    ("top 500 artists", top_share(PLAYS_PER_ARTIST, 500), 0.70, 1.00),
    ("new tracks in year 1", novelty("< 1"), 0.32, 0.44),
    ("new tracks after it", novelty(">= 1"), 0.16, 0.24),
    ("same track again", share("track_id = track_before", f"({ORDERED}) o"), 0.018, 0.034),
    ("same artist again", share("artist = artist_before", f"({ORDERED}) o"), 0.27, 0.36),
    ("active days", f"SELECT count(*) / (max(day) - min(day) + 1.0) FROM ({PER_DAY}) d",
        0.80, 0.86),
    ("mean plays of a day", f"SELECT avg(n) FROM ({PER_DAY}) d", 25, 30),
    ("median plays of a day", quantile(0.5, "n", f"({PER_DAY}) d"), 17, 23),
    ("plays in the wrong hour", OFF_HOURS, 0, 0.05),
    ("plays at 18 h", share(f"extract(hour FROM {LOCAL}) = 18", PAST), 0.080, 0.100),
    ("plays at 3 h", share(f"extract(hour FROM {LOCAL}) = 3", PAST), 0.0002, 0.004),
    ("plays on Thursdays", share(f"extract(isodow FROM {LOCAL}) = 4", PAST), 0.145, 0.172),
    ("plays on Sundays", share(f"extract(isodow FROM {LOCAL}) = 7", PAST), 0.105, 0.130),
    ("median plays of a session", quantile(0.5, "n", f"({SESSIONS}) s"), 8, 11),
    ("skipped, where known", share("skipped",
        "play_history WHERE skipped IS NOT NULL"), 0.37, 0.43),
    ("heard below 30 s", share("listened_ms < 30000",
        "play_history WHERE listened_ms IS NOT NULL"), 0.31, 0.38),
    ("skips below 3 s", share("listened_ms < 3000", "play_history WHERE skipped"), 0.60, 0.68),
    ("polls that know no more", share("listened_ms IS NULL AND skipped IS NULL",
        "play_history WHERE source = 'spotify_poll'"), 0.67, 0.73),
    ("imports that know all", share("listened_ms IS NOT NULL AND skipped IS NOT NULL",
        "play_history WHERE source = 'import'"), 1, 1),
    ("plays told twice", f"SELECT ({TWICE}) / 70000.0", 0.016, 0.024),
    ("late rows", """SELECT avg((played_at < before - interval '10 min')::int) FROM (
        SELECT played_at, lag(played_at) OVER (ORDER BY id) AS before
        FROM play_history WHERE played_at < '2026-11-21') p""", 0.001, 0.004),
    ("plays in a shared second", """SELECT avg((n > 1)::int) FROM (SELECT count(*) OVER
        (PARTITION BY date_trunc('second', played_at)) AS n FROM play_history) s""", 0.005, 0.05),
    ("future rows", "SELECT count(*) FROM play_history WHERE played_at > '2026-11-21'", 1, 1),
    ("plays of length 0", "SELECT count(*) FROM play_history WHERE listened_ms = 0", 1, 1),
    ("plays of over twice the track", """SELECT count(*) FROM play_history p
        JOIN tracks t ON t.id = track_id WHERE listened_ms > 2 * duration_ms""", 1, 1),
    ("longest gap in days", f"""SELECT max(gap) FROM (SELECT extract(day FROM played_at
        - lag(played_at) OVER (ORDER BY played_at)) AS gap FROM {PAST}) g""", 20, 26),
    ("plays on a clock change", f"""SELECT count(DISTINCT played_at) FROM {PAST} AND played_at IN (
        SELECT day + interval '1 hour' FROM generate_series('2016-01-01'::timestamp, '2026-11-01',
            '1 day') day WHERE extract(isodow FROM day) = 7 AND extract(month FROM day) IN (3, 10)
            AND extract(month FROM day + interval '7 days') IN (4, 11))""", 16, 17),
    ("median duration in s", quantile(0.5, "duration_ms / 1000.0", "tracks"), 214, 224),
    ("5 % duration in s", quantile(0.05, "duration_ms / 1000.0", "tracks"), 145, 172),
    ("95 % duration in s", quantile(0.95, "duration_ms / 1000.0", "tracks"), 305, 360),
    ("tracks without features", share("danceability IS NULL", "tracks"), 0.40, 0.44),
    ("features all or none", share("""num_nulls(energy, key, loudness, mode, speechiness,
        tempo, acousticness, instrumentalness, liveness, valence, danceability, reccobeats_id)
        IN (0, 12)""", "tracks"), 1, 1),
    ("time signatures", "SELECT count(time_signature) FROM tracks", 0, 0),
    ("energy with loudness", "SELECT corr(energy, loudness) FROM tracks", 0.7, 1),
    ("energy with acousticness", "SELECT corr(energy, acousticness) FROM tracks", -1, -0.6),
    ("tracks of one artist", share("n = 1", """(SELECT count(*) AS n FROM track_artists
        GROUP BY track_id) c"""), 0.86, 0.90),
    ("artists without genres", share("coalesce(genres::text, '[]') = '[]'", "artists"), 0.23, 0.27),
    ("genres that are NULL", share("genres IS NULL", "artists"), 0.10, 0.15),
    ("names outside ASCII", share("name ~ '[^ -~]'", "artists"), 0.08, 0.12),
    ("names right to left", "SELECT count(*) FROM artists WHERE name ~ '[א-ת؀-ۿ]'", 10, 300),
    ("artists with a comma", "SELECT count(*) FROM artists WHERE name LIKE '%,%'", 1, 1),
    ("ids beyond one per ISRC", """SELECT 1 - count(DISTINCT raw_data -> 'external_ids' ->> 'isrc')
        / count(raw_data)::float FROM tracks""", 0.007, 0.013),
    ("mean lyrics in bytes", "SELECT avg(octet_length(lyrics)) FROM tracks", 1_700, 2_400),
    ("mean raw_data in bytes", "SELECT avg(length(raw_data::text)) FROM tracks", 3_500, 5_500),
    ("least raw_data", "SELECT min(length(raw_data::text)) FROM tracks", 2_700, 3_400),
    ("most raw_data", "SELECT max(length(raw_data::text)) FROM tracks", 6_500, 8_500),
    ("days per weekly snapshot", """SELECT extract(day FROM max(date) - min(date)) / count(*)
        FROM analysis_snapshots WHERE period_label = 'last_7_days'""", 6.9, 7.1),
    ("maintained playlists", "SELECT count(*) FROM playlist_config", 2, 2),
    ("plays of no track", """SELECT count(*) FROM play_history p LEFT JOIN tracks t
        ON t.id = track_id WHERE t.id IS NULL""", 0, 0),
    ("credits of nobody", """SELECT count(*) FROM track_artists LEFT JOIN tracks t
        ON t.id = track_id LEFT JOIN artists a ON a.id = artist_id
        WHERE t.id IS NULL OR a.id IS NULL""", 0, 0),
    ("next id", "SELECT nextval('play_history_id_seq')", 70_001, 70_001),
]  # fmt: skip


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: check_library.py MUSIC-GENERATOR", file=sys.stderr)
        return 2
    outside = 0
    with Cluster() as cluster:
        make_template(cluster)
        dsn = create_database(cluster, "library")
        subprocess.run([sys.argv[1], "--size", "medium", "--dsn", dsn], check=True)
        for what, sql, low, high in BANDS:
            reached = float(cluster.psql(sql, "library"))
            ok = low <= reached <= high
            outside += not ok
            print(f"{what:32}{reached:12.6g}  in {low:g} to {high:g}{'' if ok else '  OUTSIDE'}")
    print(f"check_library: {f'{outside} figures OUTSIDE' if outside else 'ok'}")
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
