"""Which tracks are one, and which rows report one play twice, against SQL on the server.

The library is made for it: few names, artists and lengths at the edges of what counts as one, and
plays close together from several sources.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import playmirror as pm
import pytest
from hypothesis import strategies as st
from support.music_db import MusicDb
from support.stats_comparing import check
from support.stats_oracle import NOW, Oracle

LENGTHS = [None, -1, 0, 60_000, 61_999, 62_000, 62_001, 64_000, 64_001, 180_000]
NAMES = [None, "", "Ærö", "ÆRÖ", "one", "One", "ONE "]
ARTISTS = [[], ["a"], ["b"], ["a", "b"]]
SOURCES = [None, "", "import", "spotify_poll", "phone"]
ISRCS = [None, "", "X1", "X2"]
#: Between one play and the next, in seconds.
STEPS = [0, 0.000001, 0.001, 9.9, 29.9, 30, 30.000001, 70, 74.001, 190]


def fill(db: MusicDb) -> None:
    """The same library each time."""
    chance = random.Random(2026)
    tracks = [f"{letter}{n}" for n in range(20) for letter in "tT"]
    db.execute("INSERT INTO artists (id, name) VALUES ('a', 'A'), ('b', 'B')")
    for track in tracks:
        isrc = chance.choice(ISRCS)
        raw = "{}" if isrc is None else f'{{"external_ids": {{"isrc": "{isrc}"}}}}'
        db.execute(
            "INSERT INTO tracks (id, name, duration_ms, raw_data) VALUES (%s, %s, %s, %s)",
            [track, chance.choice(NAMES), chance.choice(LENGTHS), raw],
        )
        for artist in chance.choice(ARTISTS):
            db.execute("INSERT INTO track_artists VALUES (%s, %s)", [track, artist])
    at, plays = datetime(2026, 9, 1), []
    for _ in range(1200):
        at += timedelta(seconds=chance.choice(STEPS))
        plays.append(
            {
                "track_id": chance.choice(tracks[: chance.choice([3, 8, len(tracks)])]),
                "played_at": str(at - timedelta(seconds=chance.choice([0, 0, 100]))),
                "listened_ms": chance.choice([None, -5, 0, 50_000]),
                "skipped": chance.choice([None, True, False]),
                "source": chance.choice(SOURCES),
                "context_uri": chance.choice([None, "spotify:album:x"]),
            }
        )
    columns = "track_id, played_at, listened_ms, skipped, source, context_uri"
    db.execute(
        f"INSERT INTO play_history ({columns}) SELECT {columns} "
        "FROM json_populate_recordset(NULL::play_history, %s)",
        [json.dumps(plays)],
    )
    db.execute(
        "INSERT INTO play_history (track_id, played_at) VALUES ('t1', 'infinity'), "
        "('t1', 'infinity'), ('t1', NULL), (NULL, '2026-09-01'), (NULL, '2026-09-01')"
    )


@pytest.fixture(scope="module")
def alike(
    cluster: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[pm.Stats, Oracle]]:
    """The statistics of a mirror, and SQL on its server."""
    with MusicDb.create(cluster) as db:
        fill(db)
        with pm.open(tmp_path_factory.mktemp("alike") / "music.db") as mirror:
            mirror.sync(db.dsn)
            oracle = Oracle(db.dsn, NOW)
            yield mirror.stats, oracle
            oracle.close()


def compare(alike: tuple[pm.Stats, Oracle], filter: dict[str, Any]) -> None:
    """Totals, and plays by track, of which the id is that of the one that stands for all."""
    stats, oracle = alike
    rows = oracle.ask(
        "SELECT same, known, array_agg(id ORDER BY id) AS ids FROM sel GROUP BY same, known", filter
    )
    totals = stats.totals(now=NOW, **filter)
    known = {row["same"]: len(row["ids"]) for row in rows if row["known"]}
    assert totals.plays == sum(len(row["ids"]) for row in rows)
    assert totals.tracks == len(known)
    ranked = stats.top_tracks(now=NOW, limit=0, **filter)
    assert {track.track_id: track.plays for track in ranked} == known
    recent = stats.recent_plays(now=NOW, limit=0, **filter)
    assert sorted(play.id for play in recent) == sorted(
        play for row in rows if row["known"] for play in row["ids"]
    )


WINDOWS = st.sampled_from([0, 0.001, 1, 30, 30.001, 71, 600])
NARROWING = {
    "sources": st.lists(st.sampled_from(SOURCES), min_size=1, max_size=2),
    "skips": st.sampled_from(["exclude", "exclude_unknown", "only"]),
    "track_id": st.sampled_from(["t1", "T1", "t2", "T7", "none such"]),
    "exclude_track_ids": st.lists(st.sampled_from(["t0", "T0", "t1", "T5"]), min_size=1),
    "period": st.just("2026-09-01"),
}


@pytest.mark.parametrize("identity", [identity.value for identity in pm.TrackIdentity])
def test_tracks_that_are_one(alike: tuple[pm.Stats, Oracle], identity: str) -> None:
    compare(alike, {"track_identity": identity})
    stats, _ = alike
    apart = stats.totals().tracks
    assert (stats.totals(track_identity=identity).tracks == apart) == (identity == "id")


def test_rows_that_report_one_play_twice(alike: tuple[pm.Stats, Oracle]) -> None:
    stats, _ = alike
    assert stats.totals(dedupe="near").plays < stats.totals().plays * 0.9
    filters = st.fixed_dictionaries(
        {"dedupe": st.just("near"), "dedupe_window": WINDOWS},
        optional={
            "track_identity": st.sampled_from([identity.value for identity in pm.TrackIdentity]),
            **NARROWING,
        },
    )
    check(filters, 60)(lambda filter: compare(alike, filter))


def test_the_candidates_of_data_quality_are_the_rows_that_near_drops(
    alike: tuple[pm.Stats, Oracle],
) -> None:
    stats, _ = alike
    dropped = stats.totals().plays - stats.totals(dedupe="near").plays
    assert stats.data_quality().duplicate_candidates == dropped > 0
