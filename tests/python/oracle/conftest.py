"""A small library with dirt in it, the same on the server and in a mirror, and filters over it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import playmirror as pm
import pytest
from hypothesis import strategies as st
from support.music_db import SMALL_TEMPLATE, MusicDb
from support.stats_oracle import NOW, Oracle

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
    "America/St_Johns",
    "Africa/Casablanca",
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
        (9, '2030-01-01', 30000, false, 'import', NULL), (9, '2026-01-31', 29999, false, '', ''),
        (10, '2011-12-30 09:59', 1, NULL, 'x', NULL), (10, '2011-12-30 10:00', 1, NULL, 'x', NULL),
        (11, '2006-10-29 02:00', 1, NULL, 'x', NULL), (11, '2006-10-29 03:01', 1, NULL, 'x', NULL),
        (11, '2006-10-29 02:30:30', 1, NULL, 'x', NULL)
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


@pytest.fixture(scope="session")
def library(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MusicDb]:
    with MusicDb.create(cluster, template=SMALL_TEMPLATE) as db:
        # An element that is no string would be a genre to the server's own function.
        db.execute(DIRT.replace('[null, 5, ["a"]]', "[]"))
        yield db


@pytest.fixture(scope="session")
def stats(library: MusicDb, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pm.Stats]:
    with pm.open(tmp_path_factory.mktemp("stats") / "music.db") as mirror:
        mirror.sync(library.dsn)
        yield mirror.stats


@pytest.fixture(scope="session")
def oracle(library: MusicDb) -> Iterator[Oracle]:
    asked = Oracle(library.dsn, NOW)
    yield asked
    asked.close()


@pytest.fixture(scope="session")
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
