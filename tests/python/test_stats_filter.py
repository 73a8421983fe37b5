"""What a filter's odd values mean: numbers beyond all others, empty names, columns that are not
there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from support.music_db import MusicDb
from support.offline_library import open_library

NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
MOST = 2**63 - 1


@pytest.fixture
def mirror(mirror_path: Path) -> pm.Mirror:
    return open_library(mirror_path)


def test_equals_come_in_the_same_order_with_and_without_details(mirror: pm.Mirror) -> None:
    for number in range(3):  # "sinnerman" is played as often as "so-what", and for longer
        mirror.plays.add(
            track_id="sinnerman",
            played_at=NOON + timedelta(days=1, minutes=number),
            listened_ms=600_000,
        )
    mirror.plays.add(track_id="so-what", played_at=NOON - timedelta(days=1))
    assert mirror.stats.top_tracks()[0].track_id == "sinnerman"
    # Equals in order of id, whether running totals are asked or each play.
    for filter in ({}, {"skips": "include", "sources": [None, "test"]}, {"track_identity": "isrc"}):
        found = mirror.stats.top_tracks(details=False, **filter)
        assert [(track.track_id, track.plays, track.rank) for track in found] == [
            ("sinnerman", 4, 1),
            ("so-what", 4, 1),
            ("blue", 2, 3),
        ]
        assert {track.of for track in found} == {0}
        assert {track.time for track in found} == {pm.TimeTotal(0, 0, 0, 0, 0)}
        assert sum(track.share for track in found) == 1
    once = [track.track_id for track in mirror.stats.one_time(details=False, period="2026-01-31")]
    assert once == ["sinnerman"]


@pytest.mark.parametrize("longest", [10**17, MOST])
def test_no_time_is_so_long_that_sums_overflow(longest: int, mirror: pm.Mirror) -> None:
    year = 366 * 86_400_000
    mirror.tracks.add(id="endless", duration_ms=longest)
    for number, listened in enumerate([longest, longest, year + 1, year - 1, None, None, -MOST]):
        mirror.plays.add(
            track_id="endless", played_at=NOON + timedelta(days=number), listened_ms=listened
        )
    measured, estimated = min(2 * longest + 2 * year, MOST), min(3 * longest, MOST)
    stats = mirror.stats
    time = stats.totals(track_id="endless").time
    assert time == pm.TimeTotal(measured, estimated, 4, 3, 0)
    assert stats.top_tracks(by="time")[0].time == time
    assert sum(hour.time.measured_ms for hour in stats.clock(track_id="endless")) == measured
    session = stats.session_list(track_id="endless")[0]
    assert (session.plays, session.ms) == (7, min(5 * longest + 2 * year, MOST))
    payload = json.loads(stats.metrics_payload(track_id="endless"))
    assert payload["totals"]["measured_ms"] == measured
    assert stats.data_quality(track_id="endless").negative_listened == 1


def test_an_album_is_known_by_what_each_of_its_tracks_calls_it(mirror: pm.Mirror) -> None:
    for number, name in enumerate(["Sketches", "Sketches (Remastered)", None]):
        mirror.tracks.add(
            id=f"k{number}", album=name, raw_data=json.dumps({"album": {"id": "spain"}})
        )
        mirror.plays.add(track_id=f"k{number}", played_at=NOON + timedelta(days=2, minutes=number))
    plays = {
        album: [play.track_id for play in mirror.stats.recent_plays(album=album)]
        for album in ("spain", "Sketches", "Sketches (Remastered)", "sketches", "")
    }
    assert plays == {
        "spain": ["k2", "k1", "k0"],
        "Sketches": ["k0"],
        "Sketches (Remastered)": ["k1"],
        "sketches": [],
        "": [],
    }


def test_pages_beyond_everything_are_empty(mirror: pm.Mirror) -> None:
    stats = mirror.stats
    for details in (True, False):
        assert len(stats.top_tracks(limit=MOST, details=details)) == 3
        assert stats.top_tracks(limit=MOST, offset=MOST, details=details) == []
        assert len(stats.top_tracks(limit=MOST, offset=1, details=details)) == 2
        assert stats.top_tracks(limit=0, offset=MOST, details=details) == []
    assert stats.recent_plays(limit=MOST, offset=MOST) == []
    assert len(stats.recent_plays(limit=MOST, offset=1)) == 5
    for listed in (stats.loyalty, stats.one_time, stats.top_artists, stats.top_contexts):
        assert listed(limit=MOST, offset=MOST) == []
    assert stats.skips("track", 1, limit=MOST, offset=MOST) == []
    assert stats.repeats(limit=MOST, offset=MOST).most_repeated == []
    assert stats.evolution(limit=MOST, offset=MOST) == []


def test_no_silence_is_as_long_as_the_longest_gap(mirror: pm.Mirror) -> None:
    mirror.plays.add(track_id="blue", played_at="0004-01-01T00:00:00Z")
    assert mirror.stats.comebacks(MOST) == []
    assert len(mirror.stats.comebacks(1)) == 1
    century = timedelta(days=36_000)
    assert mirror.stats.sessions(century).count == 2
    assert mirror.stats.totals(dedupe="near", dedupe_window=century).plays == 4


def test_a_share_is_a_share(mirror: pm.Mirror) -> None:
    for share in (float("nan"), -0.1, 30):
        with pytest.raises(pm.InvalidArgument, match="between 0 and 1"):
            mirror.stats.obsessions(share)
    assert mirror.stats.obsessions(1, 1) == []


def test_a_number_without_sense_is_named(mirror: pm.Mirror) -> None:
    stats = mirror.stats
    calls: dict[str, list[Callable[[], object]]] = {
        "min_known": [lambda: stats.skips(min_known=-1), lambda: stats.skips("hour", -1)],
        "min_plays": [
            lambda: stats.streaks(0),
            lambda: stats.obsessions(min_plays=-1),
            lambda: stats.loyalty(-1),
        ],
        "min_listened_ms": [lambda: stats.totals(min_listened_ms=-1)],
        "gap_days": [lambda: stats.comebacks(0)],
        "every": [lambda: stats.milestones(0)],
    }
    for name, refused in calls.items():
        for call in refused:
            with pytest.raises(pm.InvalidArgument, match=f"^{name} is ") as caught:
                call()
            assert caught.value.hint


def test_a_text_that_is_no_time_is_named(mirror: pm.Mirror) -> None:
    calls: dict[str, Callable[[], object]] = {
        "now": lambda: mirror.stats.totals(now="today"),
        "as_of": lambda: mirror.stats.streaks(as_of="today"),
        "since": lambda: mirror.plays.count(since="today"),
        "start": lambda: pm.Period.between("today", None),
        "played_at": lambda: mirror.plays.add(track_id="t", played_at="today"),
    }
    for name, call in calls.items():
        with pytest.raises(pm.InvalidArgument, match=f'^{name}: "today" is not an ISO 8601 time'):
            call()


def test_a_value_of_a_wrong_type_is_named(mirror: pm.Mirror) -> None:
    wrong: Any = object()
    calls: dict[str, Callable[[], object]] = {
        "base must be a dict of keyword arguments, not object": lambda: mirror.stats.compare(wrong),
        "metrics_payload cannot be written as JSON": lambda: mirror.snapshots.add(
            date=datetime.now(timezone.utc), metrics_payload=wrong
        ),
        "micros must be int, not object": lambda: pm.Timestamp.from_unix_micros(wrong),
        "micros must be int, not float": lambda: pm.Timestamp.from_postgres_micros(wrong_number),
    }
    wrong_number: Any = 0.5
    for said, call in calls.items():
        with pytest.raises(TypeError, match=f"^{said}"):
            call()


def test_a_number_may_be_the_member_of_an_enum(mirror: pm.Mirror) -> None:
    """Its class has members to go through, itself it has none."""
    for track in ("a", "b"):
        mirror.tracks.add(id=track)
        mirror.plays.add(track_id=track, played_at="2026-01-31T06:00:00Z")

    class Size(IntEnum):
        ONE = 1

    class Rule(Enum):
        ALL = "all"

    assert len(mirror.stats.top_tracks(limit=Size.ONE)) == 1
    with pytest.raises(TypeError, match="rule must be str, not Rule"):
        mirror.stats.top_tracks(rule=Rule.ALL)  # type: ignore[arg-type]


def test_a_year_in_review_has_no_other_period(mirror: pm.Mirror) -> None:
    with pytest.raises(TypeError, match="takes no period"):
        mirror.stats.year_in_review(2026, period="2025")  # type: ignore[call-arg]


def test_plays_reported_twice_are_found_anew_when_one_comes(mirror: pm.Mirror) -> None:
    def counted(**window: timedelta) -> int:
        return mirror.stats.totals(dedupe="near", **window).plays

    long = {"dedupe_window": timedelta(minutes=20)}
    assert (counted(), counted(**long), counted()) == (6, 5, 6)
    mirror.plays.add(track_id="blue", played_at=NOON + timedelta(minutes=10, seconds=5))
    assert (counted(), counted(**long), counted()) == (6, 5, 6)
    assert mirror.stats.data_quality().duplicate_candidates == 1
    mirror.plays.add(track_id="sinnerman", played_at=NOON)
    assert (counted(), counted(**long), counted()) == (7, 6, 7)


def test_an_album_without_an_id_is_not_the_one_whose_id_is_empty(mirror: pm.Mirror) -> None:
    assert mirror.stats.totals(album="Kind of Blue").plays == 5
    assert mirror.stats.totals(album="").plays == 0


def test_recent_plays_take_the_filter(mirror: pm.Mirror) -> None:
    every = mirror.stats.recent_plays(0)
    assert [play.track_id for play in mirror.stats.recent_plays(2, artist_id="nina")] == [
        "sinnerman"
    ]
    assert mirror.stats.recent_plays(2, offset=1) == every[1:3]
    assert mirror.stats.recent_plays(2, offset=1, sources=["test"]) == every[1:3]
    assert mirror.stats.recent_plays(period="2025") == []
    with pytest.raises(pm.InvalidArgument, match="no time zone"):
        mirror.stats.recent_plays(tz="Nowhere")


def test_the_base_of_a_comparison_is_a_dict(mirror: pm.Mirror) -> None:
    with pytest.raises(TypeError):
        mirror.stats.compare("2025", period="2026")
    assert mirror.stats.compare({"period": "2025"}, period="2026").numbers


@pytest.mark.parametrize("key", [1, None, b"period"])
def test_what_is_no_text_is_no_keyword(mirror: pm.Mirror, key: Any) -> None:
    with pytest.raises(TypeError, match="keywords must be strings"):
        mirror.stats.compare(base={key: "2026"})


@pytest.mark.parametrize("name", ["peri\ud800d", "period\0", "période"])
def test_an_unknown_keyword_is_named_whatever_is_in_it(mirror: pm.Mirror, name: str) -> None:
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
        mirror.stats.totals(**{name: "2026"})


def test_an_infinite_feature_has_no_mean(mirror: pm.Mirror) -> None:
    mirror.close()
    with closing(
        sqlite3.connect(mirror.path, isolation_level=None)
    ) as file:  # as a server may hold it
        file.execute("UPDATE tracks SET tempo = 9e999 WHERE id = 'so-what'")
    with pm.open(mirror.path) as opened:
        (tempo,) = (f for f in opened.stats.audio_profile().features if f.feature == "tempo")
        assert (tempo.n, tempo.mean, tempo.max) == (0, None, None)
        quality = opened.stats.data_quality()
        assert (quality.out_of_range_features, quality.no_features) == (3, 3)
        json.loads(opened.stats.metrics_payload())


def test_what_raw_data_tells_is_refused_where_it_is_left_out(
    small_db: MusicDb, tmp_path: Path
) -> None:
    with pm.open(tmp_path / "part.db") as mirror:
        mirror.pull(small_db.dsn, leave_out=["raw_data"])
        stats = mirror.stats
        for filter, what in (
            ({"track_identity": "isrc"}, "ISRCs"),
            ({"artist_credit": "primary"}, "first artist"),
        ):
            with pytest.raises(pm.InvalidArgument, match=what):
                stats.totals(**filter)
        assert stats.eras().unknown_share == 1
        assert {album.by_name for album in stats.top_albums()} == {True}
        assert json.loads(stats.metrics_payload())["input"]["left_out"] == ["raw_data"]
        mirror.pull(small_db.dsn, leave_out=[])
        assert stats.totals(artist_credit="primary").artists > 0
        assert "left_out" not in json.loads(stats.metrics_payload())["input"]
