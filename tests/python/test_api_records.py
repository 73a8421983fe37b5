"""Records are values: immutable, compared and hashed by content, cheap to show."""

import copy
import dataclasses
import pickle
from datetime import datetime, timezone

import playmirror as pm
import pytest

RECORDS = [
    pm.Artist("a", name="Miles", genres='["bebop"]'),
    pm.Track(
        "t", name="So What", tempo=136.5, created_at=datetime(2026, 1, 1, tzinfo=timezone.utc)
    ),
    pm.Play(-1, "t", pm.Timestamp.infinity(), skipped=False),
    pm.Snapshot(1, metrics_payload='{"plays": 3}'),
    pm.PlaylistConfig("six_hour", composition="[]"),
    pm.RecentPlay(1, "t", None, None, None),
    pm.TopTrack("t", None, None, 3, 1, 1, 1, 1.0, pm.TimeTotal(0, 0, 0, 0, 3), 1, 0, None, None),
    pm.GenreCount("bebop", 2),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
class TestEveryRecord:
    def test_is_immutable(self, record: object) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            record.id = "other"  # type: ignore[attr-defined]

    def test_is_equal_to_and_hashes_like_a_copy(self, record: object) -> None:
        for twin in (copy.copy(record), pickle.loads(pickle.dumps(record))):
            assert twin == record
            assert hash(twin) == hash(record)
            assert type(twin) is type(record)

    def test_differs_from_another_type_with_the_same_content(self, record: object) -> None:
        assert record != dataclasses.astuple(record)  # type: ignore[call-overload]

    def test_matches_by_position(self, record: object) -> None:
        first = dataclasses.fields(record)[0].name  # type: ignore[arg-type]
        assert type(record).__match_args__[0] == first  # type: ignore[attr-defined]

    def test_has_a_repr_of_one_line_that_names_its_class(self, record: object) -> None:
        assert repr(record).startswith(type(record).__name__ + "(")
        assert "\n" not in repr(record)


def test_repr_leaves_out_nulls_and_the_middle_of_long_text() -> None:
    shown = repr(pm.Track("t", lyrics="la\n" * 100_000))
    assert "name" not in shown
    assert "\\n" in shown
    assert len(shown) < 120


def test_json_members_are_text_with_a_parsed_view() -> None:
    snapshot = pm.Snapshot(1, metrics_payload='{"plays": 3}')
    assert snapshot.metrics_payload == '{"plays": 3}'
    assert snapshot.metrics_payload_json == {"plays": 3}
    assert snapshot.narrative_report_json is None
    assert pm.Track("t", raw_data="[1]").raw_data_json == [1]


def test_the_parsed_view_cannot_change_the_record() -> None:
    artist = pm.Artist("a", genres='["bebop"]')
    artist.genres_json.append("polka")
    assert artist.genres_json == ["bebop"]


def test_records_take_part_in_match() -> None:
    match pm.Play(7, "t", skipped=True):
        case pm.Play(id=id, track_id=str(track), skipped=True):
            assert (id, track) == (7, "t")
        case _:
            pytest.fail("no match")


def test_replace_makes_a_changed_copy() -> None:
    play = pm.Play(7, "t")
    assert dataclasses.replace(play, source="x") == pm.Play(7, "t", source="x")


@pytest.mark.parametrize("enum", [pm.Order, pm.PendingState, pm.PullMethod, pm.Difference.Kind])
def test_enums_are_their_names(enum: type[pm.Order]) -> None:
    for member in enum:
        assert member == member.value == str(member) == f"{member}" == member.name.lower()
        assert enum(member.value) is member
        assert pickle.loads(pickle.dumps(member)) is member
