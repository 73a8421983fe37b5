"""Payloads of snapshots, read: ours as Metrics, those of other programs as they are."""

import dataclasses
import json
import pickle
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from support.offline_library import open_library

NOW = "2026-11-20T06:00:00Z"
LEAST = {
    "schema": "playmirror.metrics/1",
    "library": "9.9.9",
    "computed_at": "2026-02-01T00:00:00Z",
}
#: Members that are spelled otherwise than the keys, or are no keys.
SPELLED = {"stddev": "std", "text": None}


@pytest.fixture
def library(tmp_path: Path) -> Any:
    with open_library(tmp_path / "music.db") as mirror:
        yield mirror


def shown(value: Any) -> Any:
    """A value of a record as the payload has it."""
    if isinstance(value, pm.MetricsDay | pm.MetricsEra):
        return [shown(each) for each in dataclasses.astuple(value)]
    if dataclasses.is_dataclass(value):
        members = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        keys = {SPELLED.get(name, name): shown(each) for name, each in members.items()}
        return {key: each for key, each in keys.items() if key}
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return [shown(each) for each in value] if isinstance(value, pm.Records | list) else value


def without_nothing(value: Any) -> Any:
    """Without the members that are null or empty lists, which a payload may also leave out."""
    if isinstance(value, dict):
        return {key: without_nothing(each) for key, each in value.items() if each not in (None, [])}
    return [without_nothing(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "filter",
    [
        {},
        {"period": "last_30_days", "tz": "Europe/Berlin"},
        {"period": "2026", "skips": "exclude", "sources": [None, "import"], "dedupe": "near"},
        {"period": "1999", "exclude_track_ids": ["x"], "by": "time", "week_start": "sunday"},
    ],
    ids=str,
)
def test_every_key_of_a_payload_has_a_member(library: pm.Mirror, filter: dict[str, Any]) -> None:
    text = library.stats.metrics_payload(now=NOW, **filter)
    metrics = pm.Metrics.parse(text)
    assert without_nothing(shown(metrics)) == without_nothing(json.loads(text))
    assert metrics.text == text and metrics.text_json == json.loads(text)


def test_a_snapshot_tells_who_wrote_its_payload(library: pm.Mirror) -> None:
    metrics = library.snapshots.compute("2026", now=NOW).metrics()
    assert isinstance(metrics, pm.Metrics)
    assert metrics.filter and metrics.filter.rule is pm.ListenRule.ALL
    assert metrics.totals and metrics.totals.plays == library.stats.totals(period="2026").plays
    assert metrics.computed_at == datetime(2026, 11, 20, 6, tzinfo=timezone.utc)
    assert metrics.days and metrics.days.table().column("plays")
    assert pm.Snapshot(1).metrics() is None
    theirs = library.snapshots.add(date=NOW, period_label="x", metrics_payload={"mood": "calm"})
    other = theirs.metrics()
    assert other == pm.RawMetrics('{"mood": "calm"}')
    assert isinstance(other, pm.RawMetrics) and other.text_json == {"mood": "calm"}
    assert pm.Snapshot(1, metrics_payload="not even JSON").metrics() == pm.RawMetrics(
        "not even JSON"
    )


def test_a_payload_that_jsonb_ordered_anew_reads_the_same(library: pm.Mirror) -> None:
    text = library.stats.metrics_payload(period="2026", now=NOW)
    ordered = json.dumps(json.loads(text), sort_keys=True, indent=1, ensure_ascii=False)
    assert dataclasses.replace(pm.Metrics.parse(ordered), text=text) == pm.Metrics.parse(text)


def test_a_payload_can_be_written_again_with_its_unknown_keys(library: pm.Mirror) -> None:
    text = json.dumps({**LEAST, "newer": {"x": [1]}})
    metrics = pm.Metrics.parse(text)
    for label, payload in (("text", metrics.text), ("record", metrics)):
        again = library.snapshots.add(date=NOW, period_label=label, metrics_payload=payload)
        assert (again.metrics_payload, again.metrics()) == (text, metrics)
    theirs = pm.RawMetrics('{ "mood":"calm" }')
    other = library.snapshots.add(date=NOW, period_label="raw", metrics_payload=theirs)
    assert other.metrics() == theirs


def test_what_is_no_payload_of_ours_is_refused() -> None:
    with pytest.raises(pm.InvalidArgument, match="is not JSON"):
        pm.Metrics.parse("{")
    with pytest.raises(pm.InvalidArgument, match="no payload of playmirror"):
        pm.Metrics.parse('{"plays": 3}')
    newer = json.dumps({**LEAST, "schema": "playmirror.metrics/2"})
    for read in (pm.Metrics.parse, lambda text: pm.Snapshot(1, metrics_payload=text).metrics()):
        with pytest.raises(pm.SchemaMismatch, match=r"playmirror\.metrics/2") as caught:
            read(newer)
        assert caught.value.code == "schema_mismatch" and "Upgrade" in caught.value.hint
    with pytest.raises(pm.SchemaMismatch, match=r'"totals\.plays" is not a whole number'):
        pm.Metrics.parse(json.dumps({**LEAST, "totals": {"plays": "many"}}))
    with pytest.raises(TypeError):
        pm.Metrics.parse(None)  # type: ignore[arg-type]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[tuple[Any, ...]] = []
    for key, each in items:
        found.append((*path, key))
        if isinstance(each, dict | list):
            found += places(each, (*path, key))
    return found


def test_a_payload_of_any_shape_is_read_or_refused(library: pm.Mirror) -> None:
    text = library.stats.metrics_payload(period="2026-01", now=NOW, sources=["import"], limit=2)
    ways = places(json.loads(text))
    odd = [None, True, -1, 2**63, 0.5, 1e300, "", "\ud800", "infinity", [], {}, [[]], {"": 0}]
    outcomes = set()
    for number, way in enumerate(ways):
        for value in odd[number % 3 :: 3] if len(way) > 3 else odd:
            document = json.loads(text)
            *outer, last = way
            inner = document
            for key in outer:
                inner = inner[key]
            inner[last] = value
            try:
                metrics = pm.Metrics.parse(json.dumps(document))
            except (pm.InvalidArgument, pm.SchemaMismatch) as error:
                assert error.hint
                outcomes.add(type(error))
            else:
                assert repr(metrics) and metrics._repr_html_()
                outcomes.add(pm.Metrics)
    assert outcomes == {pm.Metrics, pm.InvalidArgument, pm.SchemaMismatch}


def test_metrics_are_values(library: pm.Mirror) -> None:
    metrics = pm.Metrics.parse(library.stats.metrics_payload(period="2026", now=NOW))
    assert pickle.loads(pickle.dumps(metrics)) == metrics
    with pytest.raises(dataclasses.FrozenInstanceError):
        metrics.schema = "other"  # type: ignore[misc]
    assert "\n" not in repr(metrics)
    assert "MetricsTotals" in metrics._repr_html_() or "totals" in metrics._repr_html_()
