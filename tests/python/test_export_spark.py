"""Spark reads an export as it lies there: `./dev spark`."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from support.music_db import MusicDb

pyspark_sql = pytest.importorskip("pyspark.sql", reason="./dev spark installs it")


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    session = (
        pyspark_sql.SparkSession.builder.master("local[1]")
        .appName("playmirror")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "1g")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    yield session
    session.stop()


def test_every_play_is_in_its_month(
    spark: Any, small_db: MusicDb, mirror: pm.Mirror, tmp_path: Path
) -> None:
    small_db.execute("INSERT INTO play_history (played_at) VALUES ('infinity'), (NULL)")
    mirror.pull(small_db.dsn)
    mirror.export(tmp_path / "out")
    plays = {play.id: play for play in mirror.plays.list()}
    frame = spark.read.parquet(str(tmp_path / "out/play_history"))
    read = {row["id"]: row for row in frame.collect()}
    assert read.keys() == plays.keys()
    for id, row in read.items():
        play = plays[id]
        dated = isinstance(play.played_at, datetime)  # not infinity
        # Spark gives local times of the process without saying so.
        at = row["played_at"] and row["played_at"].astimezone(timezone.utc)
        assert at == (play.played_at if dated else None)
        assert (row["year"], row["month"]) == ((at.year, at.month) if at else (None, None))
        assert (row["track_id"], row["listened_ms"], row["skipped"], row["source"]) == (
            *(play.track_id, play.listened_ms, play.skipped, play.source),
        )
    # What the partitions are for.
    months = Counter(
        (play.played_at.year, play.played_at.month)
        for play in plays.values()
        if isinstance(play.played_at, datetime)
    )
    (year, month), count = months.most_common(1)[0]
    assert frame.where(f"year = {year} AND month = {month}").count() == count


def test_the_other_tables_are_whole(
    spark: Any, small_db: MusicDb, mirror: pm.Mirror, tmp_path: Path
) -> None:
    mirror.pull(small_db.dsn)
    mirror.export(tmp_path / "out")
    tracks = {track.id: track for track in mirror.tracks.list()}
    rows = spark.read.parquet(str(tmp_path / "out/tracks")).collect()
    assert len(rows) == len(tracks)
    for row in rows:
        track = tracks[row["id"]]
        assert (row["name"], row["tempo"], row["raw_data"], row["lyrics"]) == (
            *(track.name, track.tempo, track.raw_data, track.lyrics),
        )
    snapshots = spark.read.parquet(str(tmp_path / "out/analysis_snapshots"))
    dates = [row["date"].astimezone(timezone.utc) for row in snapshots.collect()]
    assert sorted(dates) == sorted(snapshot.date for snapshot in mirror.snapshots.list())
