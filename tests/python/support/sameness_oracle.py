"""Which tracks are one, and which rows report one play twice: the same in SQL on the server.

Both are told in docs/statistics.md. `SAME_TRACKS` are bodies of a common table expression with
(track_id, same), where `same` is the track that stands for it; `DOUBLES` is one with the `id` of
the plays that do not count, over `same_tracks`. Both recur, and so need WITH RECURSIVE.
"""

from __future__ import annotations

SAME_TRACKS = {
    "id": "SELECT id AS track_id, id AS same FROM tracks",
    "isrc": """
        SELECT id AS track_id,
            CASE WHEN isrc <> '' THEN min(id COLLATE "C") OVER (PARTITION BY isrc) ELSE id END
                AS same
        FROM (SELECT id, raw_data->'external_ids'->>'isrc' AS isrc FROM tracks) AS t""",
    # A leader is the shortest track that no shorter leader has within its two seconds.
    "fingerprint": """
        WITH RECURSIVE alike AS (
            SELECT t.id, lower(t.name) AS name, array_agg(ta.artist_id ORDER BY ta.artist_id) AS by,
                CASE WHEN t.duration_ms >= 0 THEN t.duration_ms END AS ms
            FROM tracks t JOIN track_artists ta ON ta.track_id = t.id
            WHERE t.name IS NOT NULL GROUP BY t.id),
        leaders AS (
            SELECT name, by, min(ms) AS ms FROM alike GROUP BY name, by
            UNION ALL
            SELECT name, by, (SELECT min(a.ms) FROM alike a
                WHERE (a.name, a.by) = (l.name, l.by) AND a.ms > l.ms + 2000)
            FROM leaders l WHERE ms IS NOT NULL),
        led AS (
            SELECT a.*, (SELECT max(l.ms) FROM leaders l
                WHERE (l.name, l.by) = (a.name, a.by) AND l.ms <= a.ms) AS leader FROM alike a)
        SELECT t.id AS track_id,
            CASE WHEN led.id IS NULL THEN t.id
                ELSE min(t.id COLLATE "C") OVER (PARTITION BY led.name, led.by, led.leader) END
                AS same
        FROM tracks t LEFT JOIN led ON led.id = t.id""",
}

#: Play by play, each track carries its groups along: when one began, how long its first track is,
#: and which sources reported it. %(window)s is in seconds.
DOUBLES = """
    WITH RECURSIVE played AS (
        SELECT p.id, s.same, extract(epoch FROM p.played_at) AS at, to_jsonb(ARRAY[p.source]) AS
            source, greatest(coalesce(t.duration_ms, 0), 0) / 1000.0 AS length,
            num_nonnulls(CASE WHEN p.listened_ms >= 0 THEN 0 END, p.skipped, p.source,
                p.context_uri) AS fields,
            row_number() OVER (PARTITION BY s.same ORDER BY p.played_at, p.id) AS n
        FROM play_history p JOIN tracks t ON t.id = p.track_id
        JOIN same_tracks s ON s.track_id = p.track_id WHERE isfinite(p.played_at)),
    walked AS (
        SELECT id, same, n, fields, 0 AS place, jsonb_build_array(jsonb_build_object(
            'at', at, 'length', length, 'sources', source)) AS groups
        FROM played WHERE n = 1
        UNION ALL
        SELECT p.id, p.same, p.n, p.fields, coalesce(found, jsonb_array_length(groups)),
            CASE WHEN found IS NULL
                THEN groups || jsonb_build_object('at', at, 'length', length, 'sources', source)
                ELSE jsonb_set(groups, ARRAY[found::text, 'sources'],
                    groups->found->'sources' || source) END
        FROM walked w JOIN played p ON p.same = w.same AND p.n = w.n + 1
        CROSS JOIN LATERAL (
            SELECT min(nr)::int - 1 AS found
            FROM jsonb_array_elements(w.groups) WITH ORDINALITY AS g(g, nr)
            WHERE at - (g->>'at')::numeric <= %(window)s
                OR (at - (g->>'at')::numeric <= greatest(length, (g->>'length')::numeric) + 10
                    AND NOT g->'sources' @> source)) AS looked)
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY same, place ORDER BY fields DESC, id) AS best
        FROM walked) AS grouped
    WHERE best > 1"""
