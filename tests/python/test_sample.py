"""Made-up libraries: those of the generator, without a server, and never taken for a server's."""

import os
from pathlib import Path

import playmirror as pm
import pytest
from support.music_db import MusicDb

TABLES = (
    "artists", "tracks", "track_artists", "play_history", "analysis_snapshots", "playlist_config",
)  # fmt: skip


def test_a_sample_is_what_a_server_with_that_library_would_give(
    small_db: MusicDb, mirror_path: Path, tmp_path: Path
) -> None:
    with (
        pm.open(mirror_path) as pulled,
        pm.Mirror.make_sample(tmp_path / "sample.db", plays=1000) as sample,
    ):
        pulled.pull(small_db.dsn)
        for table in TABLES:
            query = f"SELECT * FROM {table} ORDER BY 1, 2"
            assert sample.sql(query) == pulled.sql(query)
        assert sample.stats.top_tracks(50) == pulled.stats.top_tracks(50)
        assert sample.verify().ok
        status = sample.status()
        assert (status.server, status.complete, status.pending) == ("made up", True, 0)


def test_no_server_takes_it_for_its_own(small_db: MusicDb, tmp_path: Path) -> None:
    with pm.Mirror.make_sample(tmp_path / "sample.db", plays=100) as sample:
        track = next(sample.tracks.list()).id
        sample.plays.add(track_id=track, played_at="2026-12-01T00:00:00Z")
        before = small_db.execute("SELECT count(*) FROM play_history")
        with pm.connect(small_db.dsn) as server:
            for call in (server.sync, server.pull, server.push):
                with pytest.raises(pm.ServerChanged):
                    call(sample)
        assert small_db.execute("SELECT count(*) FROM play_history") == before
        assert sample.plays.count() == 101


def test_seeds_give_other_listeners(tmp_path: Path) -> None:
    rows = []
    for number, seed in enumerate((1, 1, 2)):
        with pm.Mirror.make_sample(tmp_path / f"{number}.db", plays=50, seed=seed) as sample:
            rows.append(sample.plays.table().rows())
    assert rows[0] == rows[1] != rows[2]


def test_what_it_refuses(tmp_path: Path) -> None:
    taken = tmp_path / "taken.db"
    pm.open(taken).close()
    with pytest.raises(pm.InvalidArgument, match="exists already"):
        pm.Mirror.make_sample(taken)
    for plays in (0, -1, 10_000_001):
        with pytest.raises(pm.InvalidArgument, match="1 to 10,000,000"):
            pm.Mirror.make_sample(tmp_path / "sample.db", plays=plays)
    assert os.listdir(tmp_path) == ["taken.db"] or "sample.db" not in os.listdir(tmp_path)


def test_one_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    def stop_in_tracks(now: pm.Progress) -> None:
        if now.table == "tracks":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pm.Mirror.make_sample(tmp_path / "sample.db", progress=stop_in_tracks)
    assert os.listdir(tmp_path) == []
