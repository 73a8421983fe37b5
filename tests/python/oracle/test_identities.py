"""What must hold between statistics whatever the filter, and needs no SQL to say so."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta, timezone
from typing import Any

import playmirror as pm
import pytest
from hypothesis import strategies as st
from support.stats_comparing import check
from support.stats_oracle import NOW

UTC = timezone.utc

#: What the SQL of most statistics has no say in: test_oracle_sameness.py asks it what these are.
MORE = st.fixed_dictionaries(
    {},
    optional={
        "track_identity": st.sampled_from(["isrc", "fingerprint"]),
        "dedupe": st.just("near"),
        "played_at_is": st.sampled_from(["start", "end"]),
    },
)


def span_of(filter: dict[str, Any]) -> pm.Span:
    period = filter.get("period", pm.Period.all_time())
    if isinstance(period, str):
        period = pm.Period.parse(period)
    return period.resolve(filter.get("tz", "UTC"), NOW, filter.get("week_start", "monday"))


def test_every_view_counts_the_same_plays(stats: pm.Stats, filters: Any) -> None:
    def compare(drawn: tuple[dict[str, Any], dict[str, Any]]) -> None:
        filter = {**drawn[0], **drawn[1]}
        every = {**filter, "limit": 0}
        totals, quality = stats.totals(**filter), stats.data_quality(**filter)
        in_calendar = totals.plays - quality.no_time
        assert quality.plays == totals.plays
        for rows in (
            stats.activity("month", **filter),
            stats.discovery_trend("month", **filter),
            stats.clock(**filter),
            stats.heatmap(**filter),
            stats.session_list(**filter),
            stats.streaks(**filter).streaks,
        ):
            assert sum(row.plays for row in rows) == in_calendar
        tracks = stats.top_tracks(**every)
        assert sum(row.plays for row in tracks) == totals.plays - quality.no_track
        assert len(tracks) == totals.tracks == stats.diversity("track", **filter).richness
        for rows in (stats.top_albums(**every), stats.top_contexts(**every)):
            assert sum(row.plays for row in rows) == totals.plays
            for part in dataclasses.fields(pm.TimeTotal):
                summed = sum(getattr(row.time, part.name) for row in rows)
                assert summed == getattr(totals.time, part.name)
        for split in (
            stats.top_artists(**{**every, "artist_credit": "split"}),
            stats.top_genres(**{**every, "genre_weight": "split"}),
        ):
            assert sum(item.weight for item in split) == pytest.approx(totals.plays)

    check(st.tuples(filters, MORE), 40)(compare)


def test_adjacent_periods_add_up(stats: pm.Stats, filters: Any) -> None:
    def compare(drawn: tuple[dict[str, Any], dict[str, Any], int]) -> None:
        filter = {**drawn[0], **drawn[1]}
        filter.pop("period", None)
        edge = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(hours=drawn[2])
        sides = [pm.Period.between(None, edge), pm.Period.between(edge, None)]
        timed = pm.Period.between(pm.Timestamp("-infinity"), None)  # all that have a time
        parts = [stats.totals(period=side, **filter) for side in sides]
        whole = stats.totals(period=timed, **filter)
        assert sum(part.plays for part in parts) == whole.plays
        for name in ("measured_ms", "estimated_ms", "plays_unknown"):
            assert sum(getattr(part.time, name) for part in parts) == getattr(whole.time, name)
        new = [stats.discovery(period=side, **filter).new_tracks for side in sides]
        assert sum(new) == stats.discovery(period=timed, **filter).new_tracks == whole.tracks

    check(st.tuples(filters, MORE, st.integers(0, 2400)), 20)(compare)


def test_a_tighter_filter_never_counts_more(stats: pm.Stats, filters: Any) -> None:
    tightening = {
        "skips": "only",
        "sources": ["import"],
        "dedupe": "near",
        "min_listened_ms": 40_000,
        "null_listened": "drop",
        "exclude_contexts": ["nothing of the kind"],
        "period": "2026-10",
    }

    def compare(drawn: tuple[dict[str, Any], dict[str, Any], str]) -> None:
        wide = {**drawn[0], **drawn[1]}
        if drawn[2] in wide:
            return
        narrow = {**wide, drawn[2]: tightening[drawn[2]]}
        less, more = stats.totals(**narrow), stats.totals(**wide)
        for name in ("plays", "tracks", "artists", "albums", "genres", "active_days"):
            assert getattr(less, name) <= getattr(more, name)

    check(st.tuples(filters, MORE, st.sampled_from(sorted(tightening))), 60)(compare)


def test_a_filter_differs_in_nothing_from_itself(stats: pm.Stats, filters: Any) -> None:
    def compare(filter: dict[str, Any]) -> None:
        compared = stats.compare(base=filter, **filter)
        assert compared.span == compared.base_span == span_of(filter)
        assert {number.delta for number in compared.numbers} == {0}
        assert {number.ratio for number in compared.numbers} <= {1, None}
        for moves in (compared.tracks, compared.artists):
            assert {move.rank_change for move in moves} <= {0}
            assert all(move.plays == move.base_plays for move in moves)

    check(filters, 20)(compare)


def test_a_trend_tells_of_a_bucket_what_discovery_does(stats: pm.Stats, filters: Any) -> None:
    def compare(drawn: tuple[dict[str, Any], dict[str, Any]]) -> None:
        filter = {**drawn[0], **drawn[1], "period": "2026"}
        months = stats.discovery_trend("month", **filter)
        assert len(months) == 12
        for month in months:
            found = stats.discovery(**{**filter, "period": month.local_start[:7]})
            for field in dataclasses.fields(month):
                if field.name not in ("local_start", "start", "end", "censored"):
                    assert getattr(month, field.name) == getattr(found, field.name), field.name
            if found.history_start:
                assert month.censored == found.censored

    check(st.tuples(filters, MORE), 15)(compare)


def test_a_fixed_offset_shifts_every_hour(stats: pm.Stats, filters: Any) -> None:
    def compare(drawn: tuple[dict[str, Any], int]) -> None:
        filter, ahead = drawn
        filter["period"] = pm.Period.between(*(span_of(filter).start, span_of(filter).end))
        filter.pop("tz", None)
        here = [cell.plays for cell in stats.heatmap(**filter)]
        there = stats.heatmap(tz=f"Etc/GMT{-ahead:+d}", **filter)
        assert [cell.plays for cell in there] == [here[(n - ahead) % 168] for n in range(168)]

    check(st.tuples(filters, st.integers(-12, 14).filter(bool)), 15)(compare)
