"""Statistics in calendars that are odd: dates that come again or never come, hours of half the
length, offsets of seconds, ten thousand years. Python's own reading of the same tz data judges."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import playmirror as pm
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

UTC = timezone.utc

#: Days around which clocks were changed in some odd way, and where.
ODD_DAYS = [
    ("America/St_Johns", "2006-10-29"),  # from 00:01 back to the day before
    ("Australia/Lord_Howe", "2025-04-05"),  # by half an hour
    ("Australia/Lord_Howe", "2025-10-04"),
    ("Pacific/Apia", "2011-12-30"),  # a date that never was
    ("Pacific/Apia", "1892-07-04"),  # a date that was twice
    ("Antarctica/Troll", "2025-10-26"),  # by two hours
    ("Africa/Casablanca", "2026-02-15"),  # behind in Ramadan
    ("America/Sao_Paulo", "2018-11-04"),  # a day that begins at 01:00
    ("Asia/Kathmandu", "1985-12-31"),  # by a quarter of an hour
    ("Africa/Monrovia", "1972-01-07"),  # from an offset with seconds
    ("Europe/Amsterdam", "1937-06-30"),
    ("America/Juneau", "1867-10-18"),  # from one side of the date line to the other
    ("America/New_York", "2060-11-07"),  # beyond what the system's files list
    ("America/Nuuk", "2061-03-26"),  # likewise, and on the evening before the day of its rule
    ("America/Scoresbysund", "2061-07-01"),
    ("Asia/Gaza", "2061-10-30"),  # hours behind the day of its rule
]


def add_plays(mirror: pm.Mirror, instants: list[datetime], track: str = "t") -> None:
    if "a" not in mirror.artists:
        mirror.artists.add(id="a", name="A")
    if track not in mirror.tracks:
        mirror.tracks.add(id=track, name=track, duration_ms=200_000, artist_ids=["a"])
    for at in instants:
        mirror.plays.add(track_id=track, played_at=at)


@settings(max_examples=20, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(st.data())
def test_plays_lie_where_the_clocks_of_the_zone_say(data: st.DataObject) -> None:
    zone, day = data.draw(st.sampled_from(ODD_DAYS))
    middle = datetime.fromisoformat(day).replace(tzinfo=UTC)
    minutes = st.integers(-3 * 1440, 3 * 1440)
    instants = data.draw(st.lists(minutes.map(lambda n: middle + timedelta(minutes=n)),
                                  min_size=1, max_size=30, unique=True))  # fmt: skip
    local = [at.astimezone(ZoneInfo(zone)) for at in instants]
    with TemporaryDirectory() as folder, pm.open(Path(folder) / "music.db") as mirror:
        add_plays(mirror, instants)
        stats = mirror.stats
        hours: Counter[str] = Counter()
        for hour in stats.activity("hour", tz=zone):
            hours[hour.local_start] += hour.plays
        assert +hours == Counter(at.strftime("%Y-%m-%dT%H:00") for at in local)
        days = Counter(at.date().isoformat() for at in local)
        found = stats.activity("day", tz=zone)
        assert {each.local_start: each.plays for each in found if each.plays} == days
        assert {each.tracks for each in found if each.plays} == {1}
        assert {each.artists for each in found if each.plays} == {1}
        assert [each.local_start for each in found] == [
            (min(local).date() + timedelta(n)).isoformat()
            for n in range((max(at.date() for at in local) - min(local).date()).days + 1)
        ] or zone in ("America/St_Johns", "America/Juneau")
        week = Counter((at.weekday(), at.hour) for at in local)
        cells = stats.heatmap(tz=zone)
        names = [each.value for each in pm.Weekday]
        assert {(names.index(c.weekday.value), c.hour): c.plays for c in cells if c.plays} == week
        (track,) = stats.top_tracks(tz=zone)
        (artist,) = stats.top_artists(tz=zone)
        assert track.days == artist.days == stats.totals(tz=zone).active_days == len(days)
        assert sum(each.days for each in stats.streaks(tz=zone).streaks) == len(days)
        weeks = Counter((at.date() - timedelta((at.weekday() + 1) % 7)).isoformat() for at in local)
        found_weeks = stats.obsessions(0.1, 1, tz=zone, week_start="sunday")
        assert [(str(each.week), each.week_plays) for each in found_weeks] == sorted(weeks.items())
        trend = stats.discovery_trend("day", tz=zone)
        assert [(each.local_start, each.plays, each.tracks) for each in trend] == [
            (each.local_start, each.plays, each.tracks) for each in found
        ]
        assert sum(each.new_tracks for each in trend) == 1


def test_a_date_that_comes_again_is_one_day(mirror: pm.Mirror) -> None:
    # 23:30, 00:00:30 of the next day, and 23:31 again, since clocks went back at 00:01.
    times = ["02:00:00", "02:30:30", "03:01:00"]
    add_plays(mirror, [datetime.fromisoformat(f"2006-10-29T{each}+00:00") for each in times])
    zone = "America/St_Johns"
    (track,) = mirror.stats.top_tracks(tz=zone)
    assert track.days == mirror.stats.totals(tz=zone).active_days == 2
    assert [(d.local_start, d.plays, d.tracks) for d in mirror.stats.activity("day", tz=zone)] == [
        ("2006-10-28", 2, 1),
        ("2006-10-29", 1, 1),
    ]
    found = mirror.stats.obsessions(1.0, 1, tz=zone, week_start="sunday")
    assert [(str(each.week), each.plays, each.week_plays) for each in found] == [
        ("2006-10-22", 2, 2),
        ("2006-10-29", 1, 1),
    ]


def test_a_date_that_never_was_breaks_no_streak(mirror: pm.Mirror) -> None:
    zone = ZoneInfo("Pacific/Apia")
    noons = [datetime(2011, 12, day, 12, tzinfo=zone) for day in (28, 29, 31)]
    add_plays(mirror, [noon.astimezone(UTC) for noon in noons])
    streaks = mirror.stats.streaks(as_of=noons[-1], tz="Pacific/Apia")
    assert streaks.streaks == [pm.Streak(date(2011, 12, 28), date(2011, 12, 31), 3, 3)]
    assert streaks.current == streaks.longest == streaks.streaks[0]
    before = mirror.stats.streaks(as_of=noons[-1], tz="Pacific/Apia", period="2011-12-29")
    assert before.current == pm.Streak(date(2011, 12, 29), date(2011, 12, 29), 1, 1)
    skipped = mirror.stats.activity("day", tz="Pacific/Apia")[2]
    assert (skipped.local_start, skipped.end - skipped.start) == ("2011-12-30", timedelta(0))


def test_ten_thousand_years_have_months(mirror: pm.Mirror) -> None:
    add_plays(mirror, [datetime(1, 1, 8, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)])
    for zone in ("UTC", "Europe/Berlin"):
        months = mirror.stats.activity("month", tz=zone)
        assert len(months) == 9999 * 12
        assert (months[0].local_start, months[-1].local_start) == ("0001-01-01", "9999-12-01")
        assert sum(month.plays for month in months) == 2
    with pytest.raises(pm.InvalidArgument, match="million"):
        mirror.stats.activity("day")
    for day in pm.Weekday:  # no week begins before the first date that Python has
        mirror.plays.add(track_id="t", played_at=datetime(1, 1, 1 + len(mirror.plays), tzinfo=UTC))
        assert mirror.stats.obsessions(0, 1, week_start=day)[0].week.year == 1
        profile = mirror.stats.entity_profile("t", "track", week_start=day)
        assert profile.best_week and profile.best_week.first_day.year == 1


def test_a_period_that_reaches_to_infinity_is_open(mirror: pm.Mirror) -> None:
    add_plays(mirror, [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 3)])
    forever = pm.Period.between(pm.Timestamp("-infinity"), pm.Timestamp("infinity"))
    assert mirror.stats.activity("day", period=forever) == mirror.stats.activity("day")
    assert mirror.stats.totals(period=forever).calendar_days is None
    assert "compare" not in mirror.stats.metrics_payload(period=forever)
