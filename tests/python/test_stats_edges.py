"""Statistics at the edges: of what rows may hold, of runs of days, of periods without plays."""

from __future__ import annotations

import json
import math
from typing import Any

import playmirror as pm
import pytest

NOW = "2026-01-31T06:00:00Z"
GREATEST = 1.7976931348623157e308


def add_played(mirror: pm.Mirror, at: str, **fields: Any) -> None:
    """Records a play of a new track."""
    mirror.tracks.add(**{"artist_ids": [], **fields})
    mirror.plays.add(track_id=fields["id"], played_at=at)


def test_a_run_that_goes_on_after_the_day_asked_for_is_not_the_current_one(
    mirror: pm.Mirror,
) -> None:
    mirror.tracks.add(id="t", name="T", artist_ids=[])
    for day in (4, 5, 6, 7):
        mirror.plays.add(track_id="t", played_at=f"2026-01-0{day}T12:00:00Z")
    current = {
        day: mirror.stats.streaks(as_of=f"2026-01-0{day}T18:00:00Z").current for day in range(3, 10)
    }
    whole = mirror.stats.streaks(now=NOW).longest
    assert current == {3: None, 4: None, 5: None, 6: None, 7: whole, 8: whole, 9: None}


def test_a_period_without_plays_has_no_averages(mirror: pm.Mirror) -> None:
    totals = mirror.stats.totals(period="2026-01", now=NOW)
    assert totals.calendar_days == 31
    assert (totals.plays_per_calendar_day, totals.ms_per_calendar_day) == (None, None)
    mirror.tracks.add(id="t", name="T", artist_ids=[])
    mirror.plays.add(track_id="t", played_at="2026-01-05T12:00:00Z")
    totals = mirror.stats.totals(period="2026-01", now=NOW)
    assert (totals.plays_per_calendar_day, totals.ms_per_calendar_day) == (1 / 31, 0)


@pytest.mark.parametrize(
    ("start", "end"),
    [(None, "-infinity"), ("-infinity", "-infinity"), ("infinity", None), ("infinity", "infinity")],
)
def test_a_period_beyond_all_time_has_no_series(
    mirror: pm.Mirror, start: str | None, end: str | None
) -> None:
    mirror.tracks.add(id="t", name="T", artist_ids=[])
    mirror.plays.add(track_id="t", played_at="2026-01-05T12:00:00Z")
    period = pm.Period.between(start, end)
    for unit in pm.Unit:
        assert mirror.stats.activity(unit, period=period) == []
        assert mirror.stats.audio_trend(unit, period=period) == []
        assert mirror.stats.discovery_trend(unit, period=period) == []
        assert mirror.stats.evolution("track", unit, period=period) == []


def test_an_album_without_an_artist_is_not_that_of_an_empty_artist(mirror: pm.Mirror) -> None:
    for track, artist in (("a", None), ("b", ""), ("c", "Ann"), ("d", None)):
        add_played(
            mirror, f"2026-01-01T00:0{ord(track) - 97}:00Z", id=track, album="Hits", artist=artist
        )
    albums = mirror.stats.top_albums()
    assert [(album.name, album.artist, album.plays) for album in albums] == [
        ("Hits", None, 2),
        ("Hits", "", 1),
        ("Hits", "Ann", 1),
    ]
    assert mirror.stats.totals().albums == 3


@pytest.mark.parametrize(
    "names",
    [
        ["Straße", "STRASSE", "strasse", "Stra\u1e9ee"],
        ["ΣΊΣΥΦΟΣ", "σίσυφος", "σίσυφοσ"],
        ["Οδός", "ΟΔΌΣ"],
        ["\ufb01n", "FIN"],
        ["Ǆ", "ǅ", "ǆ"],
        ["İz", "i\u0307z"],
        ["Caf\u00e9", "CAF\u00c9"],
        ["\U00010400", "\U00010428"],
    ],
)
def test_names_that_differ_in_case_alone_are_one(mirror: pm.Mirror, names: list[str]) -> None:
    assert len({name.casefold() for name in names}) == 1
    mirror.artists.add(id="a", name="A")
    for number, name in enumerate([*names, "another"]):
        add_played(
            mirror,
            f"2026-01-01T00:0{number}:00Z",
            id=f"t{number}",
            name=name,
            duration_ms=200_000,
            artist_ids=["a"],
        )
    tracks = mirror.stats.top_tracks(track_identity="fingerprint")
    assert [(track.track_id, track.plays) for track in tracks] == [
        ("t0", len(names)),
        (f"t{len(names)}", 1),
    ]


@pytest.mark.parametrize("number", [*range(1, 30), 31, 37, 64, 101])
def test_a_play_split_among_many_is_all_theirs_in_equal_parts(
    mirror: pm.Mirror, number: int
) -> None:
    ids = [f"a{each:03}" for each in range(number)]
    for each in ids:
        mirror.artists.add(id=each, name=each.upper(), genres=[each])
    add_played(mirror, "2026-01-01T00:00:00Z", id="t", artist_ids=ids)
    split: dict[str, Any] = {"artist_credit": "split", "genre_weight": "split", "limit": 0}
    for found in (mirror.stats.top_artists(**split), mirror.stats.top_genres(**split),
                  mirror.stats.genre_by_daypart(**split)):  # fmt: skip
        assert [each.weight for each in found] == [pytest.approx(1 / number, rel=1e-9)] * number
        assert math.fsum(each.weight for each in found) == pytest.approx(1, rel=1e-9)
    for entity in ("artist", "genre"):
        assert mirror.stats.diversity(entity, **split).plays == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize(
    ("values", "mean", "deviation", "median"),
    [
        ([GREATEST, GREATEST, GREATEST], GREATEST, 0, GREATEST),
        ([-GREATEST, GREATEST], 0, GREATEST, 0),
        ([1e308, 5e307], 7.5e307, 2.5e307, 7.5e307),
        ([1e200, -1e200], 0, 1e200, 0),
        ([0.25, 0.5], 0.375, 0.125, 0.375),
    ],
)
def test_the_greatest_numbers_have_a_mean_and_a_deviation(
    mirror: pm.Mirror, values: list[float], mean: float, deviation: float, median: float
) -> None:
    for number, value in enumerate(values):
        add_played(mirror, f"2026-01-01T00:0{number}:00Z", id=f"t{number}", tempo=value)
    profile = mirror.stats.audio_profile().features[-1]
    assert profile.feature == "tempo"
    assert profile.mean == pytest.approx(mean) and profile.stddev == pytest.approx(deviation)
    assert profile.median == pytest.approx(median)
    assert all(math.isfinite(value or 0) for value in (profile.p10, profile.p90))
    (trend,) = (row for row in mirror.stats.audio_trend("year") if row.feature == "tempo")
    assert trend.mean == pytest.approx(mean)
    tempo = json.loads(mirror.stats.metrics_payload(now=NOW))["audio"]["tempo"]
    assert tempo["mean"] == pytest.approx(mean) and tempo["std"] == pytest.approx(deviation)


def test_a_genre_may_be_asked_for_with_white_space_around_it(mirror: pm.Mirror) -> None:
    mirror.artists.add(id="a", name="A", genres=["\tCool Jazz "])
    add_played(mirror, "2026-01-01T00:00:00Z", id="t", artist_ids=["a"])
    for genre in ("cool jazz", " Cool Jazz", "COOL JAZZ\r\n"):
        assert mirror.stats.totals(genre=genre).plays == 1
    assert mirror.stats.totals(genre="cool").plays == 0


NUMBERS = ("302127", "12345678901234567890", "12345678901234567891", "1.0", "1e2", "-0", "true")


def test_an_id_that_is_a_number_is_what_the_server_says_it_is(mirror: pm.Mirror) -> None:
    for number in NUMBERS:
        mirror.artists.add(id=number, name=number)
        raw = f'{{"album": {{"id": {number}}}, "artists": [{{"id": {number}}}]}}'
        add_played(mirror, NOW, id=f"t{number}", album="A", artist_ids=[number], raw_data=raw)
    albums = mirror.stats.top_albums(limit=0)
    assert sorted(each.album_id or "" for each in albums) == sorted(NUMBERS)
    artists = mirror.stats.top_artists(limit=0, artist_credit="primary")
    assert sorted(each.artist_id or "" for each in artists) == sorted(NUMBERS)
    for number in NUMBERS:
        assert mirror.stats.totals(album=number).plays == 1


def test_a_recording_whose_number_is_no_text_is_the_same_if_it_reads_the_same(
    mirror: pm.Mirror,
) -> None:
    for id, isrc in (("t1", "12345678901234567890"), ("t2", '"12345678901234567890"'), ("t3", "1")):
        raw = f'{{"external_ids": {{"isrc": {isrc}}}}}'
        add_played(mirror, NOW, id=id, name=id, raw_data=raw)
    tracks = mirror.stats.top_tracks(track_identity="isrc")
    assert [(each.track_id, each.plays) for each in tracks] == [("t1", 2), ("t3", 1)]
