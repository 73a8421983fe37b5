"""What must hold for statistics whatever the data: identities, pitfalls, refusals, emptiness."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from support.music_db import SMALL_TEMPLATE, MusicDb

NOW = "2026-11-20T06:00:00Z"
UTC = timezone.utc


@pytest.fixture(scope="module")
def library(cluster: Any) -> Iterator[MusicDb]:
    with MusicDb.create(cluster, template=SMALL_TEMPLATE) as db:
        yield db


@pytest.fixture(scope="module")
def whole(library: MusicDb, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pm.Mirror]:
    """The library `small`, pulled at once."""
    with pm.open(tmp_path_factory.mktemp("stats") / "music.db") as opened:
        opened.sync(library.dsn)
        yield opened


@pytest.fixture(scope="module")
def stats(whole: pm.Mirror) -> pm.Stats:
    return whole.stats


def play(mirror: pm.Mirror, at: str, track: str = "t", **fields: Any) -> None:
    if track not in mirror.tracks:
        mirror.tracks.add(id=track, name=track.upper(), duration_ms=200_000)
    mirror.plays.add(track_id=track, played_at=at, **fields)


# Identities ----------------------------------------------------------------------------------

FILTERS: list[dict[str, Any]] = [
    {},
    {"tz": "Europe/Berlin", "period": "2026"},
    {"tz": "Australia/Lord_Howe", "skips": "exclude"},
    {"tz": "Asia/Kolkata", "sources": ["import"], "period": "last_30_days"},
    {"dedupe": "near", "tz": "Pacific/Chatham"},
]


@pytest.mark.parametrize("filter", FILTERS, ids=str)
def test_every_view_counts_the_same_plays(stats: pm.Stats, filter: dict[str, Any]) -> None:
    filter = {"now": NOW, **filter}
    totals = stats.totals(**filter)
    every = {**filter, "limit": 0}
    views: dict[str, list[Any]] = {
        **{unit: stats.activity(unit, **filter) for unit in ("hour", "day", "week", "year")},
        "clock": stats.clock(**filter),
        "heatmap": stats.heatmap(**filter),
        "sessions": stats.session_list(**filter),
        "tracks": stats.top_tracks(**every),
        "albums": stats.top_albums(**every),
        "contexts": stats.top_contexts(**every),
        "streaks": stats.streaks(**filter).streaks,
    }
    assert totals.plays > 0
    assert {name: sum(row.plays for row in rows) for name, rows in views.items()} == dict.fromkeys(
        views, totals.plays
    )
    for name in ("day", "clock", "heatmap", "tracks", "contexts"):
        for part in dataclasses.fields(pm.TimeTotal):
            summed = sum(getattr(row.time, part.name) for row in views[name])
            assert summed == getattr(totals.time, part.name), (name, part.name)
    assert len(views["tracks"]) == totals.tracks
    assert sum(day.plays > 0 for day in views["day"]) == totals.active_days
    assert sum(streak.days for streak in views["streaks"]) == totals.active_days
    assert stats.diversity("track", **filter).richness == totals.tracks
    for split in (
        stats.top_artists(artist_credit="split", **every),
        stats.top_genres(genre_weight="split", **every),
    ):
        assert sum(item.weight for item in split) == pytest.approx(totals.plays)
        assert sum(item.share for item in split) == pytest.approx(1)


def test_adjacent_periods_add_up(stats: pm.Stats) -> None:
    edges = [datetime(2026, 9, 1, 5, tzinfo=UTC) + timedelta(days=9 * n) for n in range(10)]
    parts = [stats.totals(period=pm.Period.between(*pair)) for pair in pairwise(edges)]
    all_of_it = stats.totals(period=pm.Period.between(edges[0], edges[-1]))
    assert sum(part.plays for part in parts) == all_of_it.plays > 0
    assert sum(part.time.measured_ms for part in parts) == all_of_it.time.measured_ms
    deduped = [
        stats.totals(period=pm.Period.between(*pair), dedupe="near").plays
        for pair in pairwise(edges)
    ]
    assert (
        sum(deduped)
        == stats.totals(period=pm.Period.between(edges[0], edges[-1]), dedupe="near").plays
    )


def test_a_period_holds_its_start_and_not_its_end(mirror: pm.Mirror) -> None:
    at = "2026-01-02T00:00:00Z"
    play(mirror, at)
    instant = datetime(2026, 1, 2, tzinfo=UTC)
    later, before = instant + timedelta(microseconds=1), instant - timedelta(microseconds=1)
    for start, end, plays in ((instant, later, 1), (before, instant, 0), (later, None, 0)):
        assert mirror.stats.totals(period=pm.Period.between(start, end)).plays == plays


@pytest.mark.parametrize(
    "narrower",
    [
        {"skips": "exclude"},
        {"rule": "scrobble", "null_listened": "drop"},
        {"dedupe": "near"},
        {"dedupe": "near", "sources": ["import"]},
        {"dedupe": "near", "skips": "only"},
        {"track_identity": "isrc"},
    ],
    ids=str,
)
def test_a_tighter_filter_never_counts_more(stats: pm.Stats, narrower: dict[str, Any]) -> None:
    wider = dict(list(narrower.items())[:-1])
    less, more = stats.totals(**narrower), stats.totals(**wider)
    assert less.plays <= more.plays and less.tracks <= more.tracks
    before = {track.track_id: track.plays for track in stats.top_tracks(0, **wider)}
    if "track_identity" not in narrower:
        for track in stats.top_tracks(0, **narrower):
            assert track.plays <= before[track.track_id]


def test_nothing_differs_from_itself(stats: pm.Stats) -> None:
    same: pm.StatsFilter = {"period": "2026", "tz": "Europe/Berlin"}
    compared = stats.compare(base=same, **same)
    assert all(number.delta == 0 and number.ratio in (1, None) for number in compared.numbers)
    assert all(move.rank == move.base_rank and move.rank_change == 0 for move in compared.tracks)
    assert compared.span == compared.base_span


def test_comparing_with_the_period_before(stats: pm.Stats) -> None:
    compared = stats.compare(period="2026-10", limit=5)
    numbers = {number.name: number for number in compared.numbers}
    october, september = stats.totals(period="2026-10"), stats.totals(period="2026-09")
    assert (numbers["plays"].value, numbers["plays"].base) == (october.plays, september.plays)
    ranks = {track.track_id: track.rank for track in stats.top_tracks(0, period="2026-09")}
    entered = [move for move in compared.tracks if move.rank is not None][:5]
    assert [move.base_rank for move in entered] == [ranks.get(move.id) for move in entered]
    assert {move.id for move in compared.tracks if move.rank is None} <= set(ranks)


def test_all_is_new_over_all_time(stats: pm.Stats) -> None:
    found = stats.discovery()
    assert (found.new_tracks, found.new_artists, found.new_albums) == (
        found.tracks,
        found.artists,
        found.albums,
    )
    assert found.new_play_share == 1 and found.censored
    late = stats.discovery(period="2026-11")
    assert late.censored and 0 < (late.new_play_share or 0) < 1
    assert not stats.discovery(period="2027").censored


@pytest.mark.parametrize(
    "ask",
    [
        lambda stats, **page: stats.loyalty(2, **page),
        lambda stats, **page: stats.loyalty(6, period="2026", **page),
        lambda stats, **page: stats.top_tracks(details=False, **page),
        lambda stats, **page: stats.top_tracks(details=False, period="2026-10", **page),
    ],
    ids=["loyalty", "loyalty of a year", "tracks", "tracks of a month"],
)
def test_a_page_is_a_part_of_the_whole_list(stats: pm.Stats, ask: Any) -> None:
    everything = list(ask(stats, limit=0))
    for limit in (1, 2, 7, 20, len(everything), len(everything) + 1):
        for offset in (0, 1, 5):
            page = list(ask(stats, limit=limit, offset=offset))
            assert page == everything[offset : offset + limit], (limit, offset)


def test_a_fixed_offset_shifts_the_clock(stats: pm.Stats) -> None:
    clock = [hour.plays for hour in stats.clock()]
    ahead = [hour.plays for hour in stats.clock(tz="Etc/GMT-3")]
    assert ahead == clock[-3:] + clock[:-3]
    cells = [cell.plays for cell in stats.heatmap()]
    assert [cell.plays for cell in stats.heatmap(tz="Etc/GMT-3")] == cells[-3:] + cells[:-3]


def test_the_order_of_syncs_does_not_matter(
    library: MusicDb, music_db: MusicDb, whole: pm.Mirror, tmp_path: Path
) -> None:
    rows = library.execute(
        "SELECT id, track_id, played_at, context_uri, listened_ms, skipped, source "
        "FROM play_history ORDER BY md5(id::text)"
    )
    with library.connect() as source, music_db.connect() as target:
        for table in ("artists", "tracks", "track_artists"):
            with (
                source.cursor().copy(f"COPY {table} TO STDOUT") as read,
                target.cursor().copy(f"COPY {table} FROM STDIN") as write,
            ):
                for block in read:
                    write.write(block)
        with pm.open(tmp_path / "other.db") as mirror:
            for begin in range(0, len(rows), 300):
                target.cursor().executemany(
                    "INSERT INTO play_history (id, track_id, played_at, context_uri, listened_ms, "
                    "skipped, source) VALUES (%s, %s, %s, %s, %s, %s, %s)",
                    rows[begin : begin + 300],
                )
                mirror.sync(music_db.dsn)
            for filter in FILTERS:
                assert mirror.stats.metrics_payload(
                    now=NOW, **filter
                ) == whole.stats.metrics_payload(now=NOW, **filter)


# Pitfalls ------------------------------------------------------------------------------------


def test_the_hour_that_clocks_show_twice_is_one(mirror: pm.Mirror) -> None:
    for at in ("00:30", "01:30"):  # both are half past two in Berlin
        play(mirror, f"2025-10-26T{at}:00Z")
    clock = mirror.stats.clock(tz="Europe/Berlin")
    assert [hour.hour for hour in clock if hour.plays] == [2] and clock[2].plays == 2
    (hour,) = mirror.stats.activity("hour", tz="Europe/Berlin")
    assert hour.local_start == "2025-10-26T02:00" and hour.end - hour.start == timedelta(hours=2)
    (day,) = mirror.stats.activity("day", tz="Europe/Berlin")
    assert day.end - day.start == timedelta(hours=25)


def test_weekday_and_hour_are_shifted_together(mirror: pm.Mirror) -> None:
    play(mirror, "2026-01-04T20:00:00Z")  # Sunday evening in London, Monday 1:30 in Kolkata
    (cell,) = (cell for cell in mirror.stats.heatmap(tz="Asia/Kolkata") if cell.plays)
    assert (cell.weekday, cell.hour) == (pm.Weekday.MONDAY, 1)


def test_streaks_are_of_local_days_and_reach_over_years(mirror: pm.Mirror) -> None:
    for day in range(400):
        at = datetime(2024, 12, 1, 23, 30, tzinfo=UTC) + timedelta(days=day)
        play(mirror, at.isoformat())
    local = mirror.stats.streaks(tz="Europe/Berlin", as_of="2026-01-05T12:00:00Z")
    assert local.longest and (local.longest.days, str(local.longest.first_day)) == (
        400,
        "2024-12-02",
    )
    assert local.current == local.longest
    later = mirror.stats.streaks(tz="Europe/Berlin", as_of="2026-01-07T12:00:00Z")
    assert later.current is None
    assert str(mirror.stats.streaks().longest.first_day) == "2024-12-01"  # type: ignore[union-attr]


def test_weeks_around_new_year_are_whole(mirror: pm.Mirror) -> None:
    for day in ("2025-12-29", "2025-12-31", "2026-01-01", "2026-01-04"):
        play(mirror, f"{day}T12:00:00Z")
    assert [(week.local_start, week.plays) for week in mirror.stats.activity("week")] == [
        ("2025-12-29", 4)
    ]


def test_unknown_is_neither_skipped_nor_played_to_the_end(mirror: pm.Mirror) -> None:
    for minute, skipped in enumerate((None, True, False)):
        play(mirror, f"2026-01-01T00:0{minute}:00Z", skipped=skipped)
    plays = {
        rule: mirror.stats.totals(skips=rule).plays for rule in [each.value for each in pm.Skips]
    }
    assert plays == {"include": 3, "exclude": 2, "exclude_unknown": 1, "only": 1}
    assert mirror.stats.skips() == [pm.SkipRate(None, None, known=2, skipped=1, rate=0.5)]


def test_what_is_estimated_is_said(mirror: pm.Mirror) -> None:
    mirror.tracks.add(id="endless", name="no duration")
    play(mirror, "2026-01-01T00:00:00Z", listened_ms=1000)
    play(mirror, "2026-01-01T00:10:00Z")
    play(mirror, "2026-01-01T00:20:00Z", track="endless")
    assert mirror.stats.totals().time == pm.TimeTotal(1000, 200_000, 1, 1, 1)
    measured = mirror.stats.totals(time_basis="measured_only").time
    assert measured == pm.TimeTotal(1000, 0, 1, 0, 2)


def test_listening_can_exceed_an_hour_in_an_hour(mirror: pm.Mirror) -> None:
    play(mirror, "2026-01-01T10:30:00Z", listened_ms=2 * 3_600_000, source="phone")
    spread = mirror.stats.clock("spread")
    assert [hour.time.measured_ms // 60_000 for hour in spread[10:13]] == [30, 60, 30]
    assert [hour.plays for hour in spread[10:13]] == [1, 0, 0]
    at_end = mirror.stats.clock("spread", played_at_is="end")
    assert [hour.time.measured_ms // 60_000 for hour in at_end[8:11]] == [30, 60, 30]


def test_excluding_an_artist_excludes_every_track_with_them(mirror: pm.Mirror) -> None:
    for id in ("a", "b"):
        mirror.artists.add(id=id, name=id.upper())
    mirror.tracks.add(id="both", name="Both", artist_ids=["a", "b"])
    mirror.tracks.add(id="alone", name="Alone", artist_ids=["b"])
    play(mirror, "2026-01-01T00:00:00Z", track="both")
    play(mirror, "2026-01-01T00:10:00Z", track="alone")
    kept = mirror.stats.top_tracks(exclude_artist_ids=["a"])
    assert [track.track_id for track in kept] == ["alone"]
    assert [track.track_id for track in mirror.stats.top_tracks(artist_id="a")] == ["both"]


def test_one_recording_under_two_ids(mirror: pm.Mirror) -> None:
    isrc = json.dumps({"external_ids": {"isrc": "X1"}})
    mirror.artists.add(id="a", name="A")
    for id, name, ms in (("2", "Song", 200_000), ("1", "SONG", 201_500), ("3", "Song", 210_000)):
        mirror.tracks.add(
            id=id, name=name, duration_ms=ms, raw_data=isrc if id != "1" else None, artist_ids=["a"]
        )
    for minute, id in enumerate("1233"):
        play(mirror, f"2026-01-01T00:0{minute}:00Z", track=id)

    def counted(identity: str) -> dict[str, int]:
        tracks = mirror.stats.top_tracks(0, track_identity=identity)
        return {track.track_id: track.plays for track in tracks}

    assert counted("id") == {"1": 1, "2": 1, "3": 2}
    assert counted("isrc") == {"1": 1, "2": 3}
    assert counted("fingerprint") == {"1": 2, "3": 2}
    assert mirror.stats.totals(track_identity="isrc", track_id="3").plays == 3


def test_a_play_that_two_sources_report_counts_once(mirror: pm.Mirror) -> None:
    # A poll notes the start, the export the end 200 s later; then the same track anew.
    play(mirror, "2026-01-01T10:00:00Z", source="poll")
    play(mirror, "2026-01-01T10:03:20Z", source="import", listened_ms=200_000, skipped=False)
    play(mirror, "2026-01-01T10:03:21Z", source="poll")
    play(mirror, "2026-01-01T10:06:41Z", source="import", listened_ms=200_000, skipped=False)
    play(mirror, "2026-01-01T10:06:45Z", track="another", source="poll")
    assert mirror.stats.totals().plays == 5
    assert mirror.stats.data_quality().duplicate_candidates == 2
    once = mirror.stats.totals(dedupe="near")
    assert once.plays == 3 and once.time.measured_ms == 400_000  # the fuller rows stay
    assert mirror.stats.totals(dedupe="near", sources=["poll"]).plays == 1
    assert len(mirror.plays) == 5


def test_a_negative_time_is_not_known_when_plays_are_reported_twice(mirror: pm.Mirror) -> None:
    play(mirror, "2026-01-01T10:03:20Z", source="import", listened_ms=200_000)
    play(mirror, "2026-01-01T10:00:00Z", source="poll", listened_ms=-1)  # the lower id
    assert mirror.stats.totals(dedupe="near").time.measured_ms == 200_000


def test_sessions_may_overlap_and_end_anywhere(mirror: pm.Mirror) -> None:
    play(mirror, "2026-01-01T10:00:00Z", listened_ms=3_600_000)
    play(mirror, "2026-01-01T10:30:00Z", listened_ms=60_000)  # on another device
    play(mirror, "2026-01-01T11:05:00Z", listened_ms=60_000)
    listed = mirror.stats.session_list(timedelta(minutes=30))
    assert [session.plays for session in listed] == [2, 1]
    assert listed[0].end == datetime(2026, 1, 1, 11, tzinfo=UTC)


# Reviews -------------------------------------------------------------------------------------


def test_a_year_in_review_is_what_the_calls_say(stats: pm.Stats) -> None:
    how: Any = {"tz": "Europe/Berlin", "now": "2026-11-20T06:00:00Z", "limit": 5}
    review = stats.year_in_review(2026, **how)
    year = {**how, "period": "2026"}
    assert review.year == 2026
    assert review.totals == stats.totals(**year)
    assert review.tracks == stats.top_tracks(**year)
    assert review.artists == stats.top_artists(**year)
    assert review.albums == stats.top_albums(**year)
    assert review.genres == stats.genres(**year)
    assert [month.plays for month in review.months] == [
        stats.totals(period=f"2026-{month:02}", **how).plays for month in range(1, 13)
    ]
    assert review.discovery == stats.discovery(**year)
    assert review.longest_streak == stats.streaks(**year).longest
    assert review.longest_session == stats.sessions(**year).longest
    assert review.most_replayed == stats.repeats(**year).most_repeated[0]
    assert review.eras == stats.eras(**year)
    assert review.audio == stats.audio_profile(**year)
    assert review.compare == stats.compare(**year)
    assert review.compare.base_span == pm.Period.year(2025).resolve("Europe/Berlin")
    # Only lists have pages.
    second_page = stats.year_in_review(2026, **how, offset=5)
    assert second_page.tracks == stats.top_tracks(**year, offset=5)
    assert second_page.most_replayed == review.most_replayed


def test_a_profile_of_what_is_not_played_is_empty(mirror: pm.Mirror) -> None:
    mirror.artists.add(id="quiet", name="Quiet")
    quiet = mirror.stats.entity_profile("quiet")
    assert (quiet.name, quiet.plays, quiet.rank, quiet.neighbours) == ("Quiet", 0, None, [])
    nobody = mirror.stats.entity_profile("nobody", "track")
    assert (nobody.id, nobody.name, nobody.plays, nobody.best_week) == ("nobody", None, 0, None)
    with pytest.raises(pm.InvalidArgument, match="a track or an artist"):
        mirror.stats.entity_profile("rock", "genre")


# Refusals and emptiness ----------------------------------------------------------------------


def test_an_empty_mirror_gives_zeros_and_nones(mirror: pm.Mirror) -> None:
    stats = mirror.stats
    for call in (
        stats.recent_plays, stats.top_tracks, stats.top_artists, stats.top_albums,
        stats.top_genres, stats.top_contexts, stats.activity, stats.session_list,
        stats.genre_by_daypart, stats.audio_trend,
    ):  # fmt: skip
        assert list(call()) == [], call  # type: ignore[operator]
    for record in (
        stats.totals(), stats.streaks(), stats.sessions(), stats.skips()[0], stats.discovery(),
        stats.repeats(), stats.diversity(), stats.genres(), stats.eras(), stats.audio_profile(),
        stats.data_quality(), stats.year_in_review(2026).discovery,
    ):  # fmt: skip
        for name, value in dataclasses.asdict(record).items():
            if name in ("gap", "features", "keys"):
                continue
            assert value in (0, None, []) or value == dataclasses.asdict(
                pm.TimeTotal(0, 0, 0, 0, 0)
            ), name
    assert [hour.plays for hour in stats.clock()] == [0] * 24
    assert len(stats.heatmap()) == 168
    assert [day.plays for day in stats.activity(period="2026-02")] == [0] * 28
    assert json.loads(stats.metrics_payload())["totals"]["plays"] == 0


@pytest.mark.parametrize(
    "filter",
    [
        {"tz": "Mars/Olympus"},
        {"limit": -1},
        {"offset": -1},
        {"period": "sometime"},
        {"by": "love"},
        {"skips": "sometimes"},
        {"week_start": "mon"},
        {"dedupe_window": -1},
        {"min_listened_ms": -1},
        {"now": "infinity"},
    ],
    ids=str,
)
def test_a_filter_that_means_nothing_is_refused(mirror: pm.Mirror, filter: dict[str, Any]) -> None:
    with pytest.raises(pm.InvalidArgument):
        mirror.stats.top_artists(**filter)


def test_a_misspelt_keyword_is_a_type_error(mirror: pm.Mirror) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'perod'"):
        mirror.stats.totals(perod="2026")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="period must be a Period"):
        mirror.stats.totals(period=2026)  # type: ignore[typeddict-item]


def test_a_series_of_millions_is_refused_with_advice(mirror: pm.Mirror) -> None:
    play(mirror, "1066-10-14T09:00:00Z")
    play(mirror, "2026-01-01T00:00:00Z")
    assert len(mirror.stats.activity("year")) == 961
    with pytest.raises(pm.InvalidArgument, match="million") as caught:
        mirror.stats.activity("hour")
    assert "shorter period" in caught.value.hint


def test_a_payload_lists_days_with_plays_however_far_apart(mirror: pm.Mirror) -> None:
    play(mirror, "1066-10-14T09:00:00Z")
    play(mirror, "9990-01-01T00:00:00Z")
    play(mirror, "9990-01-01T23:59:00Z")
    assert json.loads(mirror.stats.metrics_payload())["days"] == [
        ["1066-10-14", 1],
        ["9990-01-01", 2],
    ]


# Snapshots -----------------------------------------------------------------------------------


def test_a_snapshot_is_computed_recorded_and_pushed(small_db: MusicDb, mirror: pm.Mirror) -> None:
    mirror.sync(small_db.dsn)
    known = len(mirror.snapshots)
    snapshot = mirror.snapshots.compute(pm.Period.last_days(30), tz="Europe/Berlin", now=NOW)
    assert snapshot.id < 0 and snapshot.period_label == "last_30_days"
    assert snapshot.period_start == datetime(2026, 10, 20, 22, tzinfo=UTC)
    same: dict[str, Any] = {"tz": "Europe/Berlin", "now": NOW}
    assert mirror.snapshots.compute("last_30_days", **same) == snapshot
    with pytest.raises(pm.InvalidArgument, match="of another period or filter") as caught:
        mirror.snapshots.compute("last_30_days", tz="UTC", now=NOW)
    assert "another `now`" in caught.value.hint
    mirror.sync(small_db.dsn)
    assert len(mirror.snapshots) == known + 1
    (stored,) = small_db.execute(
        "SELECT metrics_payload::text, period_end FROM analysis_snapshots WHERE date = %s",
        [datetime(2026, 11, 20, 6)],
    )
    assert stored == (snapshot.metrics_payload, datetime(2026, 11, 19, 23))
    again = mirror.stats.metrics_payload(period="last_30_days", tz="Europe/Berlin", now=NOW)
    assert again == stored[0]


def test_a_snapshot_is_never_returned_for_one_of_another_period(mirror: pm.Mirror) -> None:
    play(mirror, "2026-09-10T00:00:00Z")
    edges = ["2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"]
    september, october = (pm.Period.between(*pair) for pair in pairwise(edges))
    first = mirror.snapshots.compute(september, now=NOW)
    assert first.period_label == "custom"
    for period, filter in ((october, {}), (september, {"skips": "exclude"})):
        with pytest.raises(pm.InvalidArgument, match="called custom, and it is of another"):
            mirror.snapshots.compute(period, now=NOW, **filter)
    play(mirror, "2026-09-11T00:00:00Z")
    assert mirror.snapshots.compute(september, now=NOW) == first  # a late play changes it not

    theirs = mirror.snapshots.add(date=NOW, period_label="2026", metrics_payload={"mood": "calm"})
    with pytest.raises(pm.InvalidArgument, match="called 2026, and"):
        mirror.snapshots.compute("2026", now=NOW)
    assert mirror.snapshots.find(theirs.id) == theirs


def test_the_payload_holds_what_the_calls_say(stats: pm.Stats) -> None:
    filter: dict[str, Any] = {"period": "2026", "tz": "Europe/Berlin", "now": NOW}
    payload = json.loads(stats.metrics_payload(**filter))
    assert payload["schema"] == "playmirror.metrics/1"
    assert payload["computed_at"] == NOW and payload["library"] == pm.__version__
    assert payload["filter"]["start"] == "2025-12-31T23:00:00Z"
    assert payload["totals"]["plays"] == stats.totals(**filter).plays == sum(payload["clock"])
    assert sum(map(sum, payload["heatmap"])) == sum(plays for _, plays in payload["days"])
    assert [top["id"] for top in payload["top"]["tracks"]] == [
        track.track_id for track in stats.top_tracks(**filter)
    ]
    assert payload["streaks"]["longest"] == stats.streaks(**filter).longest.days  # type: ignore[union-attr]
    assert payload["sessions"]["count"] == stats.sessions(**filter).count
    assert payload["diversity"]["artists"]["gini"] == stats.diversity(**filter).gini
    assert (
        payload["compare"]["previous"]["plays"]
        == stats.totals(**{**filter, "period": "2025"}).plays
    )
    assert "compare" not in json.loads(stats.metrics_payload(now=NOW))


def test_the_fingerprint_can_be_computed_on_the_server(stats: pm.Stats, library: MusicDb) -> None:
    payload = json.loads(stats.metrics_payload(period="2026", now=NOW))
    rows = library.execute(
        "SELECT id::text, track_id, played_at::text, listened_ms::text, "
        "CASE WHEN skipped THEN 't' ELSE CASE WHEN NOT skipped THEN 'f' END END, source "
        "FROM play_history WHERE played_at >= '2026-01-01' AND played_at < '2027-01-01' "
        "ORDER BY play_history.id"
    )
    line = b"".join(
        b"-" if field is None else b"%d:%s" % (len(field.encode()), field.encode())
        for row in rows
        for field in row
    )
    assert payload["input"] == {
        "plays_seen": len(rows),
        "max_play_id": int(rows[-1][0]),
        "fingerprint": "sha256:" + hashlib.sha256(line).hexdigest(),
    }
    other = json.loads(stats.metrics_payload(period="2026", now=NOW, skips="exclude"))
    assert other["input"]["fingerprint"] != payload["input"]["fingerprint"]
