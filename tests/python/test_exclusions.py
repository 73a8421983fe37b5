"""Lists of exclusions: kept in the file, and the same as their ids given with the call."""

import json
from typing import Any

import playmirror as pm
import pytest
from support.music_db import MusicDb


@pytest.fixture
def library(small_db: MusicDb, mirror: pm.Mirror) -> pm.Mirror:
    mirror.sync(small_db.dsn)
    return mirror


def test_a_list_leaves_out_what_its_ids_would(library: pm.Mirror) -> None:
    stats = library.stats
    tracks = [each.track_id for each in stats.top_tracks(3)]
    artists = [str(each.artist_id) for each in stats.top_artists(limit=2)]
    contexts = [str(each.context_uri) for each in stats.top_contexts(limit=4) if each.context_uri]
    library.exclusions.set(name="sleep", track_ids=tracks, contexts=contexts)
    library.exclusions.set(name="children", artist_ids=artists)
    by_hand: Any = {
        "exclude_track_ids": tracks,
        "exclude_artist_ids": artists,
        "exclude_contexts": contexts,
    }
    by_name: Any = {"exclusions": ["sleep", "children"]}
    assert 0 < stats.totals(**by_name).plays < stats.totals().plays
    for name in ("totals", "top_tracks", "top_genres", "heatmap", "sessions", "discovery"):
        ask = getattr(stats, name)
        assert ask(**by_name) == ask(**by_hand), name
    alone = stats.totals(exclusions=["children"])
    assert alone == stats.totals(exclude_artist_ids=artists)
    more = stats.totals(exclusions=["children"], exclude_track_ids=tracks)
    assert more == stats.totals(exclude_artist_ids=artists, exclude_track_ids=tracks)


def test_a_payload_spells_the_list_out(library: pm.Mirror) -> None:
    library.exclusions.set(name="one", track_ids=[library.stats.top_tracks(1)[0].track_id])
    filter = json.loads(library.stats.metrics_payload(exclusions=["one"]))["filter"]
    assert filter["exclude_track_ids"] == [library.stats.top_tracks(1)[0].track_id]


def test_lists_are_kept_replaced_and_removed(mirror: pm.Mirror) -> None:
    mirror.exclusions.set(name="b", track_ids=["t2", "t1", "t2"], contexts=["spotify:x"])
    mirror.exclusions.set(name="a", artist_ids=["nobody yet"])
    a = pm.ExclusionList("a", [], ["nobody yet"], [])
    b = pm.ExclusionList("b", ["t1", "t2"], [], ["spotify:x"])
    with pm.open(mirror.path) as again:
        assert again.exclusions.list() == [a, b]
        assert again.exclusions.find("b") == b
        again.exclusions.set(name="b", track_ids=["t3"])
    assert mirror.exclusions.find("b") == pm.ExclusionList("b", ["t3"], [], [])
    mirror.exclusions.remove("a")
    assert mirror.exclusions.find("a") is None
    assert len(mirror.exclusions.list()) == 1
    assert mirror.status().pending == 0


def test_what_means_nothing_is_refused(mirror: pm.Mirror) -> None:
    with pytest.raises(pm.InvalidArgument, match='no list of exclusions named "kids"'):
        mirror.stats.totals(exclusions=["kids"])
    with pytest.raises(pm.InvalidArgument, match='no list of exclusions named "kids"'):
        mirror.exclusions.remove("kids")
    with pytest.raises(pm.InvalidArgument, match="leaves nothing out"):
        mirror.exclusions.set(name="kids")
    with pytest.raises(pm.InvalidArgument, match="name of the list is empty"):
        mirror.exclusions.set(name="", track_ids=["t"])
    with pytest.raises(pm.InvalidArgument, match="a track of the list"):
        mirror.exclusions.set(name="kids", track_ids=["a\0b"])
    with pytest.raises(TypeError, match="must be a sequence"):
        mirror.exclusions.set(name="kids", track_ids="t1")
    assert mirror.exclusions.list() == []
