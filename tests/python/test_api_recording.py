"""Recording offline: plays, snapshots, tracks, artists."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from support.offline_library import NOON, open_library


@pytest.fixture
def mirror(mirror_path: Path) -> Iterator[pm.Mirror]:
    with open_library(mirror_path) as mirror:
        yield mirror


def test_a_recorded_play_is_there_at_once_and_pending(mirror: pm.Mirror) -> None:
    play = mirror.plays.add(
        track_id="blue",
        played_at="2026-03-01T00:00:00.25+01:00",
        listened_ms=183_000,
        skipped=False,
        context_uri="spotify:album:1",
        source="laptop",
    )
    assert play.id < 0
    assert play == mirror.plays[play.id] == mirror.plays.recent(1)[0]
    assert (play.listened_ms, play.skipped, play.source) == (183_000, False, "laptop")
    entry = mirror.pending()[-1]
    assert (entry.table, entry.row_id, entry.state) == ("play_history", play.id, "queued")
    assert entry.state is pm.PendingState.QUEUED


def test_recording_a_play_twice_gives_the_first(mirror: pm.Mirror) -> None:
    first = mirror.plays.add(track_id="blue", played_at=NOON, listened_ms=5)
    second = mirror.plays.add(track_id="blue", played_at=NOON, listened_ms=6)
    assert second == first
    assert mirror.plays.count(track_id="blue") == 3


def test_a_play_of_an_unknown_track_is_refused(mirror: pm.Mirror) -> None:
    with pytest.raises(pm.InvalidArgument) as caught:
        mirror.plays.add(track_id="nobody knows", played_at=NOON)
    assert caught.value.code is pm.ErrorCode.UNKNOWN_REFERENCE
    assert caught.value.hint


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"played_at": datetime(2026, 1, 31)}, "played_at is a naive datetime"),
        ({"played_at": pm.Timestamp.infinity()}, "infinite"),
        ({"listened_ms": 2**63}, "listened_ms does not fit into 64 bits"),
        ({"source": "a\ud800b"}, "source holds a lone surrogate"),
        ({"source": "a\0b"}, "source"),
        ({"track_id": ""}, "track"),
    ],
    ids=str,
)
def test_a_play_that_no_server_could_take_is_refused(
    mirror: pm.Mirror, wrong: dict[str, Any], complaint: str
) -> None:
    play = {"track_id": "blue", "played_at": "2026-02-01T00:00:00Z"} | wrong
    with pytest.raises(pm.InvalidArgument, match=complaint):
        mirror.plays.add(**play)
    assert len(mirror.plays) == 6


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"listened_ms": "5"}, "listened_ms must be int, not str"),
        ({"listened_ms": 5.0}, "listened_ms must be int, not float"),
        ({"skipped": 1}, "skipped must be bool, not int"),
        ({"track_id": b"blue"}, "track_id must be str, not bytes"),
        ({"played_at": 0}, "played_at must be an aware datetime"),
        ({"mood": "blue"}, "mood"),
    ],
    ids=str,
)
def test_a_wrong_type_is_a_type_error(
    mirror: pm.Mirror, wrong: dict[str, Any], complaint: str
) -> None:
    play = {"track_id": "blue", "played_at": "2026-02-01T00:00:00Z"} | wrong
    with pytest.raises(TypeError, match=complaint):
        mirror.plays.add(**play)


def test_text_of_every_script_survives(mirror: pm.Mirror) -> None:
    name = "Ænima 夜に駆ける 🎷\t\u202e"
    assert mirror.tracks.add(id="🎷", name=name).name == name
    assert mirror.tracks["🎷"].name == name


def test_a_snapshot_takes_json_as_text_or_as_values(mirror: pm.Mirror) -> None:
    as_text = mirror.snapshots.add(
        date=NOON, period_label="a", metrics_payload='{ "plays":3 }', narrative_report=None
    )
    assert as_text.metrics_payload == '{ "plays":3 }'
    assert as_text.narrative_report is None
    as_value = mirror.snapshots.add(
        date=NOON,
        period_label="b",
        metrics_payload={"plays": 3, "artist": "Ænima"},
        playlist_composition=["so-what"],
    )
    assert as_value.metrics_payload == '{"plays": 3, "artist": "Ænima"}'
    assert as_value.playlist_composition_json == ["so-what"]
    assert mirror.snapshots.recent() == list(mirror.snapshots.list(pending=True))
    assert mirror.snapshots.count(period_label="a") == 1


@pytest.mark.parametrize("wrong", ["{plays: 3}", "", {"plays": float("nan")}])
def test_what_is_no_json_is_refused(mirror: pm.Mirror, wrong: object) -> None:
    with pytest.raises(pm.InvalidArgument, match="metrics_payload"):
        mirror.snapshots.add(date=NOON, metrics_payload=wrong)
    assert len(mirror.snapshots) == 0


def test_recording_a_snapshot_twice_gives_the_first(mirror: pm.Mirror) -> None:
    first = mirror.snapshots.add(date=NOON, period_label="a", model_used="x")
    assert mirror.snapshots.add(date=NOON, period_label="a", model_used="y") == first


def test_a_track_is_given_whole_or_by_its_fields(mirror: pm.Mirror) -> None:
    whole = mirror.tracks.add(pm.Track("x", raw_data='{"a":1}'), artist_ids=["miles", "nina"])
    assert whole == pm.Track("x", raw_data='{"a":1}')
    assert [artist.id for artist in mirror.tracks.artists("x")] == ["miles", "nina"]
    fields = mirror.tracks.add(id="y", raw_data={"a": 1}, created_at=NOON)
    assert fields == pm.Track("y", raw_data='{"a": 1}', created_at=NOON)
    with pytest.raises(TypeError, match="give a Track or its fields, not both"):
        mirror.tracks.add(pm.Track("z"), name="Z")
    with pytest.raises(TypeError, match=r"track must be playmirror\.Track, not str"):
        mirror.tracks.add("z")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="artist_ids must be a sequence, not str"):
        mirror.tracks.add(id="z", artist_ids="miles")


def test_a_track_of_an_unknown_artist_is_refused(mirror: pm.Mirror) -> None:
    with pytest.raises(pm.InvalidArgument) as caught:
        mirror.tracks.add(id="z", artist_ids=["nobody knows"])
    assert caught.value.code == "unknown_reference"
    assert "z" not in mirror.tracks


def test_a_known_artist_is_not_overwritten(mirror: pm.Mirror) -> None:
    before = mirror.artists["miles"]
    assert mirror.artists.add(id="miles", name="Somebody else") == before


def test_pending_rows_can_be_retried_and_discarded(mirror: pm.Mirror) -> None:
    play = mirror.plays.add(track_id="blue", played_at="2026-03-01T00:00:00Z")
    entry = next(each for each in mirror.pending() if each.row_id == play.id)
    assert mirror.retry() == 0  # nothing was refused yet
    mirror.discard(entry.entry)
    assert play.id not in mirror.plays
    for call in (mirror.discard, mirror.retry):
        with pytest.raises(pm.InvalidArgument):
            call(entry.entry)


def test_a_track_that_a_pending_play_needs_cannot_be_discarded(mirror: pm.Mirror) -> None:
    entry = next(each for each in mirror.pending() if each.key == "blue")
    with pytest.raises(pm.InvalidArgument):
        mirror.discard(entry.entry)
