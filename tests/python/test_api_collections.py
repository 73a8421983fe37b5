"""Reading a mirror: by key, by filter, in order."""

import gc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import playmirror as pm
import pytest
from support.offline_library import NOON, open_library


@pytest.fixture
def mirror(mirror_path: Path) -> Iterator[pm.Mirror]:
    with open_library(mirror_path) as mirror:
        yield mirror


def minutes(plays: Iterator[pm.Play]) -> list[int]:
    """The plays by their minutes after noon."""
    return [(play.played_at - NOON) // timedelta(minutes=1) for play in plays]  # type: ignore


def test_a_record_is_found_by_its_key(mirror: pm.Mirror) -> None:
    track = mirror.tracks["so-what"]
    assert track == mirror.tracks.find("so-what") == mirror.tracks.get("so-what")
    assert (track.name, track.tempo, track.lyrics) == ("So What", 136.5, None)
    assert "so-what" in mirror.tracks
    assert mirror.artists["nina"].name == "Nina Simone"
    play = mirror.plays.recent(1)[0]
    assert mirror.plays[play.id] == play


def test_a_missing_key_is_none_a_default_or_a_key_error(mirror: pm.Mirror) -> None:
    assert mirror.tracks.find("nothing") is None
    assert mirror.tracks.get("nothing") is None
    assert mirror.tracks.get("nothing", 5) == 5
    assert "nothing" not in mirror.tracks
    for collection, key in (
        (mirror.tracks, "nothing"),
        (mirror.artists, "nothing"),
        (mirror.playlists, "nothing"),
        (mirror.plays, 10**15),
        (mirror.snapshots, 10**15),
    ):
        with pytest.raises(KeyError) as caught:
            collection[key]  # type: ignore[index]
        assert caught.value.args == (key,)


def test_a_key_of_the_wrong_type_is_a_type_error(mirror: pm.Mirror) -> None:
    with pytest.raises(TypeError, match="id must be int, not str"):
        mirror.plays.find("7")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="id must be str, not int"):
        mirror.tracks.find(7)  # type: ignore[arg-type]


def test_collections_are_sized_and_iterable(mirror: pm.Mirror) -> None:
    assert len(mirror.tracks) == mirror.tracks.count() == 3
    assert [track.id for track in mirror.tracks] == ["blue", "sinnerman", "so-what"]
    assert [artist.id for artist in mirror.artists] == ["miles", "nina"]
    assert (len(mirror.plays), len(mirror.snapshots), len(mirror.playlists)) == (6, 0, 0)


def test_recent_plays_come_newest_first(mirror: pm.Mirror) -> None:
    assert minutes(iter(mirror.plays.recent(2))) == [50, 40]
    assert minutes(iter(mirror.plays.recent(0))) == [50, 40, 30, 20, 10, 0]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ({}, [50, 40, 30, 20, 10, 0]),
        ({"order": "oldest_first", "limit": 2}, [0, 10]),
        ({"order": pm.Order.OLDEST_FIRST, "since": NOON + timedelta(minutes=40)}, [40, 50]),
        ({"until": NOON + timedelta(minutes=20)}, [10, 0]),
        ({"track_id": "blue"}, [50, 10]),
        ({"artist_id": "nina"}, [30]),
        ({"skipped": True}, [40, 20]),
        ({"skipped": False}, [50, 30, 10]),
        ({"source": "test", "limit": 1}, [50]),
        ({"source": "elsewhere"}, []),
        ({"context_uri": "spotify:album:1"}, []),
        ({"pending": False}, []),
        ({"pending": True, "track_id": "sinnerman"}, [30]),
    ],
    ids=str,
)
def test_plays_are_filtered_by_keywords(
    mirror: pm.Mirror, filter: dict[str, object], expected: list[int]
) -> None:
    assert minutes(mirror.plays.list(**filter)) == expected  # type: ignore[arg-type]
    assert mirror.plays.count(**filter) == len(expected)  # type: ignore[arg-type]


def test_tracks_and_artists_are_filtered_by_keywords(mirror: pm.Mirror) -> None:
    assert [track.id for track in mirror.tracks.list(name_contains="BLUE")] == ["blue"]
    assert [track.id for track in mirror.tracks.list(artist_id="miles")] == ["blue", "so-what"]
    assert mirror.tracks.count(album="Kind of Blue") == 2
    assert [artist.id for artist in mirror.artists.list(genre="soul")] == ["nina"]
    assert mirror.artists.count(name_contains="d") == 1
    assert [artist.id for artist in mirror.tracks.artists("blue")] == ["miles"]


def test_a_misspelt_filter_is_an_error(mirror: pm.Mirror) -> None:
    with pytest.raises(TypeError, match="sinse"):
        mirror.plays.list(sinse=NOON)  # type: ignore[call-arg]
    with pytest.raises(pm.InvalidArgument, match="order must be one of 'newest_first'"):
        mirror.plays.list(order="newest")


def test_a_listing_is_one_moment_of_the_file(mirror: pm.Mirror) -> None:
    plays = mirror.plays.list()
    mirror.plays.add(track_id="blue", played_at=NOON + timedelta(hours=5))
    assert len(list(plays)) == 6
    assert len(mirror.plays) == 7


def test_a_listing_longer_than_one_batch_is_complete_and_in_order(mirror: pm.Mirror) -> None:
    for number in range(200):
        mirror.plays.add(track_id="blue", played_at=NOON + timedelta(days=1, minutes=number))
    listed = minutes(mirror.plays.list(order="oldest_first"))
    assert len(listed) == 206
    assert listed == sorted(listed)


def test_a_cursor_ends_once_and_for_all(mirror: pm.Mirror) -> None:
    plays = mirror.plays.list(limit=1)
    assert iter(plays) is plays
    next(plays)
    for _ in range(2):
        with pytest.raises(StopIteration):
            next(plays)


def test_a_closed_cursor_is_at_its_end(mirror: pm.Mirror) -> None:
    plays = mirror.plays.list()
    next(plays)
    plays.close()
    plays.close()
    assert list(plays) == []


def test_a_cursor_is_closed_by_its_block(mirror: pm.Mirror) -> None:
    with mirror.plays.list() as plays:
        next(plays)
    assert list(plays) == []
    with pytest.raises(KeyError), mirror.tracks.list() as tracks:
        raise KeyError(next(tracks).id)
    assert list(tracks) == []


def test_a_cursor_outlives_its_mirror(mirror_path: Path) -> None:
    mirror = open_library(mirror_path)
    plays = mirror.plays.list()
    mirror.close()
    del mirror
    gc.collect()
    assert len(list(plays)) == 6


def test_statistics_are_typed_records(mirror: pm.Mirror) -> None:
    top = mirror.stats.top_tracks(2)
    assert [(track.track_id, track.name, track.plays, track.rank) for track in top] == [
        ("so-what", "So What", 3, 1),
        ("blue", "Blue in Green", 2, 2),
    ]
    assert top[0].time == pm.TimeTotal(
        measured_ms=6000, estimated_ms=0, plays_measured=3, plays_estimated=0, plays_unknown=0
    )
    assert [play.name for play in mirror.stats.recent_plays(2)] == ["Blue in Green", "So What"]
    assert mirror.stats.genre_artist_counts() == [
        pm.GenreCount("cool jazz", 2),
        pm.GenreCount("bebop", 1),
        pm.GenreCount("soul", 1),
    ]
