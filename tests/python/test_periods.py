"""Periods and time zones, beside Python's own reading of the same tz data."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import playmirror as pm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playmirror.asked import asked_of

NOW = "2026-01-31T06:00:00Z"
ZONES = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
]


def span(label: str, zone: str = "UTC", now: str = NOW, **options: str) -> tuple[str, str]:
    found = pm.Period.parse(label).resolve(zone, now, **options)
    assert isinstance(found.start, datetime) and isinstance(found.end, datetime)
    zoned = ZoneInfo(zone)
    return tuple(f"{end.astimezone(zoned):%Y-%m-%d %H:%M}" for end in (found.start, found.end))


@pytest.mark.parametrize(
    ("label", "start", "end"),
    [
        ("last_30_days", "2026-01-01", "2026-01-31"),
        ("last_1_days", "2026-01-30", "2026-01-31"),
        ("previous_30_days", "2025-12-02", "2026-01-01"),
        ("30_days_2_before", "2025-11-02", "2025-12-02"),
        ("this_day", "2026-01-31", "2026-02-01"),
        ("this_week", "2026-01-26", "2026-02-02"),
        ("this_month", "2026-01-01", "2026-02-01"),
        ("this_quarter", "2026-01-01", "2026-04-01"),
        ("this_year", "2026-01-01", "2027-01-01"),
        ("previous_day", "2026-01-30", "2026-01-31"),
        ("previous_week", "2026-01-19", "2026-01-26"),
        ("previous_month", "2025-12-01", "2026-01-01"),
        ("previous_quarter", "2025-10-01", "2026-01-01"),
        ("previous_year", "2025-01-01", "2026-01-01"),
        ("3_months_ago", "2025-10-01", "2025-11-01"),
        ("2024", "2024-01-01", "2025-01-01"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"])
def test_a_label_names_whole_local_days(label: str, start: str, end: str, zone: str) -> None:
    assert span(label, zone) == (f"{start} 00:00", f"{end} 00:00")
    assert pm.Period.parse(label).label() == label


def test_the_local_day_decides_what_today_is() -> None:
    late = "2026-01-31T23:30:00Z"
    assert span("this_day", "UTC", late)[0] == "2026-01-31 00:00"
    assert span("this_day", "Europe/Berlin", late)[0] == "2026-02-01 00:00"
    assert span("this_month", "Europe/Berlin", late)[0] == "2026-02-01 00:00"


def test_weeks_begin_where_they_are_told_to() -> None:
    assert span("this_week", week_start="sunday")[0] == "2026-01-25 00:00"
    assert span("this_week", week_start="saturday")[0] == "2026-01-31 00:00"


def test_days_last_as_long_as_clocks_make_them() -> None:
    def hours(label: str, zone: str) -> float:
        found = pm.Period.parse(label).resolve(zone)
        return (found.end - found.start) / timedelta(hours=1)  # type: ignore[operator]

    assert hours("2025-03-30", "Europe/Berlin") == 23
    assert hours("2025-10-26", "Europe/Berlin") == 25
    assert hours("2025-04-06", "Australia/Lord_Howe") == 24.5
    assert hours("2025-10-05", "Australia/Lord_Howe") == 23.5
    # Clocks go forward at midnight: the day begins at one o'clock.
    assert span("2024-09-08", "America/Santiago")[0] == "2024-09-08 01:00"
    # Samoa had no 30 December 2011.
    assert hours("2011-12-30", "Pacific/Apia") == 0


@pytest.mark.parametrize(
    ("label", "before"),
    [
        ("2026-03", "2026-02"),
        ("2026-01", "2025-12"),
        ("2024", "2023"),
        ("2024-03-01", "2024-02-29"),
        ("this_week", "previous_week"),
        ("previous_month", "2_months_ago"),
        ("last_7_days", "previous_7_days"),
    ],
)
def test_the_period_before_is_as_long_by_the_calendar(label: str, before: str) -> None:
    assert pm.Period.parse(label).previous() == pm.Period.parse(before)


def test_a_period_between_two_instants() -> None:
    period = pm.Period.between("2026-01-02T00:00:00Z", "2026-01-05T00:00:00Z")
    start, end = (
        datetime(2026, 1, 2, tzinfo=timezone.utc),
        datetime(2026, 1, 5, tzinfo=timezone.utc),
    )
    assert period.resolve("Asia/Kolkata") == pm.Span(start, end)
    assert period.previous().resolve() == pm.Span(start - (end - start), start)
    assert period.label() == "custom"
    assert pm.Period.between(None, end).resolve() == pm.Span(None, end)
    assert pm.Period.all_time().resolve() == pm.Span(None, None)
    with pytest.raises(pm.InvalidArgument, match="before it starts"):
        pm.Period.between(end, start)
    with pytest.raises(pm.InvalidArgument, match="open period"):
        pm.Period.between(start, None).previous()


@pytest.mark.parametrize(
    "label",
    ["", "custom", "last_0_days", "last_-1_days", "this_hour", "2026-13", "2026-02-30", "0000",
     "20260101", "1_months_ago", "last_99999999999999999999_days", "2026-1-1"],
)  # fmt: skip
def test_what_is_no_period_is_refused(label: str) -> None:
    with pytest.raises(pm.InvalidArgument):
        pm.Period.parse(label)


def test_a_period_before_all_timestamps_is_refused() -> None:
    for label in ("2013686_years_ago", "3000000_days_3000000_before"):
        with pytest.raises(pm.InvalidArgument):
            pm.Period.parse(label).resolve()


def test_periods_are_values() -> None:
    for period in (
        pm.Period.year(2026),
        pm.Period.last_days(30),
        pm.Period(),
        pm.Period.between("2026-01-02T00:00:00Z", None),
    ):
        assert pickle.loads(pickle.dumps(period)) == period
        assert hash(pickle.loads(pickle.dumps(period))) == hash(period)
    assert pm.Period.year(2026) != pm.Period.this_year()
    assert repr(pm.Period.month(2026, 1)) == "Period(2026-01)"


def test_a_zone_may_be_what_python_has_for_one(mirror: pm.Mirror) -> None:
    mirror.tracks.add(id="t")
    mirror.plays.add(track_id="t", played_at="2026-01-31T23:30:00Z")
    for zone, hour in ((ZoneInfo("Asia/Kathmandu"), 5), (timezone.utc, 23)):
        day = pm.Period.day(2026, 1, 31)
        assert day.resolve(zone) == day.resolve(str(zone))
        [cell] = [cell for cell in mirror.stats.heatmap(tz=zone) if cell.plays]
        assert cell.hour == hour
        assert mirror.stats.heatmap(tz=zone) == mirror.stats.heatmap(tz=str(zone))
    with pytest.raises(pm.InvalidArgument, match="no time zone"):
        mirror.stats.totals(tz=timezone(timedelta(hours=2)))
    with pytest.raises(TypeError, match="tz must be str or a tzinfo, not int"):
        mirror.stats.totals(tz=2)  # type: ignore[arg-type]


def test_a_fixed_offset_is_no_zone_whatever_it_is_called_now(mirror: pm.Mirror) -> None:
    """As datetime.now().astimezone().tzinfo is in Berlin, in winter."""
    winter = timezone(timedelta(hours=1), "CET")
    with pytest.raises(pm.InvalidArgument, match=re.escape('no time zone "UTC+01:00"')):
        pm.Period.day(2026, 7, 1).resolve(winter)
    with pytest.raises(pm.InvalidArgument, match=re.escape('no time zone "UTC+02:00"')):
        mirror.stats.totals(tz=timezone(timedelta(hours=2), "UTC"))
    day = pm.Period.day(2026, 7, 1)
    lisbon = timezone(timedelta(0), "WET")
    assert day.resolve(lisbon) == day.resolve("UTC")
    asked = asked_of(mirror.stats.totals(period="2026-07-01", tz=lisbon))
    assert asked is not None and asked.span() == day.resolve("UTC") and asked.tz == "UTC"


@pytest.mark.parametrize(
    "zone", ["", "Berlin", "europe/berlin", "EST5EDT4", "../UTC", "Local", "+02"]
)
def test_an_unknown_zone_is_an_error(zone: str) -> None:
    with pytest.raises(pm.InvalidArgument, match="no time zone"):
        pm.Period.all_time().resolve(zone)


def test_a_zone_that_could_not_be_read_is_known_later() -> None:
    """Also one that is asked for first when no more files can be opened."""
    code = """
import os, resource
import playmirror as pm
from playmirror import StorageError

def summer(zone):
    return str(pm.Period.day(2045, 7, 1).resolve(zone).start)

assert summer("UTC").startswith("2045-07-01 00:00")
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
opened = []
try:
    while True:
        opened.append(os.open("/", os.O_RDONLY))
except OSError:
    pass
for _ in range(2):
    try:
        summer("Europe/Berlin")
    except StorageError as error:
        assert "Too many open files" in str(error) and error.retryable, error
    else:
        raise AssertionError("not refused")
for descriptor in opened:
    os.close(descriptor)
print(summer("Europe/Berlin"), summer("America/New_York"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (
        "2045-06-30 22:00:00+00:00 2045-07-01 04:00:00+00:00\n",
        "",
    )


@pytest.mark.parametrize(
    ("make", "missing"),
    [
        (lambda: pm.Period.parse("2026-02-30"), "day 2026-02-30"),
        (lambda: pm.Period.parse("2026-13"), "month 2026-13"),
        (lambda: pm.Period.month(2026, 100), "month 2026-100"),
        (lambda: pm.Period.day(2026, 1, 0), "day 2026-01-00"),
        (lambda: pm.Period.year(10_000), "year 10000"),
    ],
)
def test_what_the_calendar_lacks_is_named_as_asked_for(
    make: Callable[[], pm.Period], missing: str
) -> None:
    with pytest.raises(pm.InvalidArgument, match=rf"^there is no {missing}($|\n)"):
        make()


@pytest.mark.parametrize("zone", ZONES)
def test_every_day_begins_when_python_says_so(zone: str) -> None:
    zoned = ZoneInfo(zone)

    @settings(max_examples=150, deadline=None, derandomize=True, database=None)
    @given(st.dates(datetime(1890, 1, 1).date(), datetime(2199, 12, 31).date()))
    def check(date: object) -> None:
        start = pm.Period.parse(str(date)).resolve(zone).start
        assert isinstance(start, datetime)
        midnight = datetime.fromisoformat(str(date))
        # The first instant whose clock shows this midnight, or none and then a later time.
        first = midnight.replace(tzinfo=zoned, fold=0).astimezone(timezone.utc)
        if first.astimezone(zoned).replace(tzinfo=None) == midnight:
            assert start == first
        else:
            assert start.astimezone(zoned).replace(tzinfo=None) > midnight
            before = start - timedelta(microseconds=1)
            assert before.astimezone(zoned).replace(tzinfo=None) < midnight

    check()
