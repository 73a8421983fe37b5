"""Points in time on their way between Python and the library."""

import inspect
import operator
import pickle
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import playmirror as pm
import pytest
from support.offline_library import NOON, open_library

BERLIN = ZoneInfo("Europe/Berlin")
BEYOND = [
    pm.Timestamp.infinity(),
    pm.Timestamp.negative_infinity(),
    pm.Timestamp.parse("0044-03-15 12:00:00Z BC"),
    pm.Timestamp.parse("10000-01-01T00:00:00Z"),
    pm.Timestamp.from_postgres_micros(-211_813_488_000_000_000),
    pm.Timestamp.parse("294276-12-31T23:59:59.999999Z"),
]


@pytest.mark.parametrize(
    "given",
    [
        datetime(2026, 1, 31, 13, tzinfo=BERLIN),
        datetime(2026, 1, 31, 12, tzinfo=timezone.utc),
        "2026-01-31T12:00:00Z",
        "2026-01-31 13:00:00+01:00",
        pm.Timestamp(NOON),
    ],
    ids=repr,
)
def test_every_way_to_say_an_instant_is_the_same_instant(
    given: datetime | str | pm.Timestamp, mirror_path: Path
) -> None:
    assert pm.Timestamp(given) == NOON
    with open_library(mirror_path) as mirror:
        (play,) = mirror.plays.list(since=given, until="2026-01-31T12:00:00.000001Z")
        assert play.played_at == NOON


def test_instants_arrive_as_aware_datetimes_in_utc(mirror_path: Path) -> None:
    with open_library(mirror_path) as mirror:
        played_at = mirror.plays.recent(1)[0].played_at
    assert type(played_at) is datetime
    assert played_at.tzinfo is timezone.utc


@pytest.mark.parametrize(
    "instant",
    [
        datetime.min.replace(tzinfo=timezone.utc),
        datetime.max.replace(tzinfo=timezone.utc),
        datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc),
        datetime(2024, 2, 29, 0, 0, 0, 1, tzinfo=timezone.utc),
    ],
    ids=str,
)
def test_a_datetime_survives_exactly(instant: datetime) -> None:
    assert pm.Timestamp(instant).to_datetime() == instant
    micros = pm.Timestamp(instant).postgres_micros()
    assert micros == (instant - datetime(2000, 1, 1, tzinfo=timezone.utc)) // timedelta(
        microseconds=1
    )
    assert pm.Timestamp(instant).unix_micros() == micros + 946_684_800_000_000


def test_an_hour_that_happens_twice_is_told_apart_by_its_fold() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    second = first.replace(fold=1)
    hour = pm.Timestamp(second).unix_micros() - pm.Timestamp(first).unix_micros()
    assert hour == 3_600_000_000


@pytest.mark.parametrize("given", [datetime(2026, 1, 31, 12), "2026-01-31T12:00:00", "2026-01-31"])
def test_a_time_without_zone_is_refused_with_a_remedy(given: datetime | str) -> None:
    with pytest.raises(pm.InvalidArgument) as caught:
        pm.Timestamp(given)
    assert caught.value.code == "invalid_argument"
    assert caught.value.hint


def test_a_day_is_told_from_what_is_no_time() -> None:
    with pytest.raises(pm.InvalidArgument, match='"2026-01-31" is a day without a time of day'):
        pm.Timestamp("2026-01-31")


def test_nanoseconds_are_told_from_what_is_no_time() -> None:
    with pytest.raises(pm.InvalidArgument, match="more than six digits behind the second"):
        pm.Timestamp("2026-01-31T06:00:00.1234567Z")
    with pytest.raises(pm.InvalidArgument, match="is not an ISO 8601 time"):
        pm.Timestamp("2026-01-31T06:00:00.Z")


@pytest.mark.parametrize("given", [None, 0, 1.5, date(2026, 1, 31), b"2026-01-31T12:00:00Z"])
def test_what_is_no_time_is_a_type_error(given: object) -> None:
    with pytest.raises(TypeError, match="must be an aware datetime, a Timestamp, or ISO 8601"):
        pm.Timestamp(given)  # type: ignore[arg-type]


@pytest.mark.parametrize("instant", BEYOND, ids=str)
class TestBeyondDatetime:
    def test_it_has_no_datetime(self, instant: pm.Timestamp) -> None:
        with pytest.raises(pm.InvalidArgument, match="outside the years 1 to 9999"):
            instant.to_datetime()

    def test_it_survives_text_and_pickle(self, instant: pm.Timestamp) -> None:
        for twin in (
            pm.Timestamp.parse(instant.to_string()),
            pm.Timestamp.parse_postgres(instant.to_postgres_string()),
            pm.Timestamp.from_postgres_micros(instant.postgres_micros()),
            pickle.loads(pickle.dumps(instant)),
        ):
            assert twin == instant
            assert hash(twin) == hash(instant)

    def test_it_sorts_among_datetimes(self, instant: pm.Timestamp) -> None:
        later = instant > pm.Timestamp(NOON)
        assert (instant > NOON) is operator.lt(NOON, instant) is later
        assert (instant <= NOON) is operator.ge(NOON, instant) is not later
        assert instant != NOON


def test_only_the_infinities_are_not_finite() -> None:
    assert [instant.is_finite() for instant in BEYOND] == [False, False, True, True, True, True]


def test_a_timestamp_equals_and_hashes_like_the_datetime_of_its_instant() -> None:
    instant = pm.Timestamp(NOON)
    assert instant == NOON == instant
    assert instant == datetime(2026, 1, 31, 13, tzinfo=BERLIN)
    assert {instant, NOON, datetime(2026, 1, 31, 13, tzinfo=BERLIN)} == {NOON}


def test_a_timestamp_is_not_compared_with_what_is_no_instant() -> None:
    instant = pm.Timestamp(NOON)
    assert instant != "2026-01-31T12:00:00Z"
    assert instant != datetime(2026, 1, 31, 12)  # naive, as between datetimes
    with pytest.raises(TypeError):
        assert instant < datetime(2026, 1, 31, 12)
    with pytest.raises(TypeError):
        assert instant < 5  # type: ignore[operator]


def test_signatures_say_what_they_take_and_give() -> None:
    told = {
        name: (inspect.getdoc(getattr(pm.Timestamp, name)) or "").split("\n")[0]
        for name in vars(pm.Timestamp)
    }
    told = {name: line for name, line in told.items() if line.startswith(f"{name}(")}
    assert "instant: datetime.datetime | playmirror.Timestamp | str" in told["__init__"]
    assert "datetime.datetime | playmirror.Timestamp" in told["__lt__"]
    assert told["__lt__"].endswith("-> bool")
    assert told["to_datetime"].endswith("-> datetime.datetime")
    assert told["parse"].startswith("parse(text: str)")
    assert [name for name, line in told.items() if "object" in line] == ["__eq__"]


def test_now_is_now() -> None:
    before = datetime.now(timezone.utc)
    assert before <= pm.Timestamp.now() <= datetime.now(timezone.utc) + timedelta(microseconds=1)


def test_lengths_of_time_are_timedeltas_or_seconds(mirror_path: Path) -> None:
    for timeout in (5, 0.5, timedelta(seconds=5)):
        with pm.open(mirror_path, busy_timeout=timeout) as mirror:
            assert mirror.sql("SELECT 1", timeout=timeout).rows() == [(1,)]


@pytest.mark.parametrize("timeout", [float("nan"), float("inf"), 1e30, timedelta.max])
def test_a_senseless_length_of_time_is_refused(
    timeout: float | timedelta, mirror_path: Path
) -> None:
    with pytest.raises(pm.InvalidArgument, match="busy_timeout is no sensible length of time"):
        pm.open(mirror_path, busy_timeout=timeout)


def test_a_negative_patience_is_refused(mirror_path: Path) -> None:
    with pytest.raises(pm.InvalidArgument, match="busy_timeout is negative"):
        pm.open(mirror_path, busy_timeout=-1)
    assert not mirror_path.exists()


def test_none_is_no_timestamp() -> None:
    """Also where a method is given to map(), among times that can be missing."""
    methods = [name for name in dir(pm.Timestamp) if not name.startswith("_")]
    for name in (*methods, "__str__", "__repr__", "__hash__"):
        with pytest.raises(TypeError):
            getattr(pm.Timestamp, name)(None)


def test_the_nat_of_pandas_is_no_point_in_time(mirror_path: Path) -> None:
    nat = pytest.importorskip("pandas").NaT
    infinity = pm.Timestamp.infinity()
    assert infinity != nat
    assert not infinity == nat  # noqa: SIM201
    with pytest.raises(TypeError):
        assert infinity > nat
    with open_library(mirror_path) as mirror:
        with pytest.raises(TypeError, match="since must be a point in time"):
            mirror.plays.count(since=nat)
        with pytest.raises(TypeError, match="now must be a point in time"):
            mirror.stats.totals(now=nat)
