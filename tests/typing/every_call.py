"""A user's program that makes every call once, for mypy: nobody runs it.

What a call gives is told by assert_type(); a wrong call has an ignore that would be unused if the
hints let it pass.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import playmirror as pm
from playmirror import Period
from typing_extensions import assert_type

HOUR = datetime.timedelta(hours=1)


def show(progress: pm.Progress) -> None:
    print(progress.label, progress.rows)


def tell(event: pm.WatchEvent) -> None:
    if event.state == "retrying" and event.error is not None:
        print(event.error.hint, event.retry_in)


def record(mirror: pm.Mirror, now: datetime.datetime) -> None:
    play = mirror.plays.add(track_id="t", played_at=now, listened_ms=1, skipped=None, source="x")
    assert_type(play, pm.Play)
    if isinstance(play.played_at, datetime.datetime):
        print(play.played_at.year)
    mirror.plays.add(track_id="t")  # type: ignore[call-arg]
    mirror.plays.add(track_id="t", played_at=5)  # type: ignore[arg-type]
    mirror.artists.add(id="a", name="A", genres=["jazz"])
    mirror.artists.add(pm.Artist("a"))
    mirror.tracks.add(id="t", artist_ids=["a"], raw_data={"album": {"id": "x"}}, created_at=now)
    mirror.tracks.add(pm.Track("t", tempo=170.0), ["a"])
    mirror.tracks.add(id="t", temper=1)  # type: ignore[call-overload]
    mirror.snapshots.add(date=now, metrics_payload={"plays": 1})
    snapshot = mirror.snapshots.compute("last_30_days", tz=ZoneInfo("Europe/Berlin"))
    metrics = snapshot.metrics()
    if isinstance(metrics, pm.Metrics) and metrics.totals is not None:
        assert_type(metrics.totals.plays, int)
    pm.Metrics.parse("{}")


def look_up(mirror: pm.Mirror) -> Iterator[str | None]:
    assert_type(mirror.tracks["t"], pm.Track)
    assert_type(mirror.tracks.find("t"), pm.Track | None)
    assert_type(mirror.tracks.get("t"), pm.Track | None)
    assert_type(mirror.artists.get("a", 0), pm.Artist | int)
    assert_type(mirror.tracks.artists("t"), pm.Records[pm.Artist])
    assert_type(mirror.plays.recent(3), pm.Records[pm.Play])
    assert_type(mirror.plays.recent(3)[0], pm.Play)
    assert_type(mirror.plays.recent(3)[:2], pm.Records[pm.Play])
    with mirror.plays.list(since="2026-01-01T00:00:00Z", order="oldest_first") as plays:
        assert_type(plays, pm.Cursor[pm.Play])
        for play in plays:
            yield play.track_id
    mirror.plays.list(order=1)  # type: ignore[arg-type]
    mirror.plays["t"]  # type: ignore[index]
    plays.close()
    yield from (config.current_theme for config in mirror.playlists)
    assert_type(len(mirror.snapshots) + mirror.artists.count(name_contains="a"), int)
    mirror.exclusions.set(name="children", track_ids=["t"])
    assert_type(mirror.exclusions.find("children"), pm.ExclusionList | None)
    mirror.exclusions.remove(mirror.exclusions.list()[0].name)


def ask(mirror: pm.Mirror, now: datetime.datetime) -> None:
    stats = mirror.stats
    mine: pm.StatsFilter = {"tz": "Europe/Berlin", "skips": "exclude", "sources": ["x", None]}
    assert_type(stats.totals(**mine), pm.Totals)
    assert_type(stats.recent_plays(5, album="x"), pm.Records[pm.RecentPlay])
    assert_type(stats.top_tracks(5, period=Period.year(2026), by="time"), pm.Records[pm.TopTrack])
    stats.top_tracks(**mine)
    stats.top_tracks(perod="2026")  # type: ignore[call-arg]
    assert_type(stats.top_artists(artist_credit="split"), pm.Records[pm.TopArtist])
    assert_type(stats.top_albums(), pm.Records[pm.TopAlbum])
    assert_type(stats.top_genres(), pm.Records[pm.TopGenre])
    assert_type(stats.top_contexts(), pm.Records[pm.TopContext])
    assert_type(stats.activity(pm.Unit.WEEK, now=now), pm.Records[pm.ActivityBucket])
    assert_type(stats.clock("spread"), pm.Records[pm.ClockHour])
    assert_type(stats.heatmap(), pm.Records[pm.HeatmapCell])
    assert_type(stats.streaks(2, as_of=now).longest, pm.Streak | None)
    assert_type(stats.sessions(HOUR), pm.Sessions)
    assert_type(stats.session_list(1800), pm.Records[pm.Session])
    assert_type(stats.skips("artist", 5), pm.Records[pm.SkipRate])
    assert_type(stats.discovery(), pm.Discovery)
    assert_type(stats.discovery_trend(), pm.Records[pm.DiscoveryBucket])
    assert_type(stats.repeats(), pm.Repeats)
    assert_type(stats.diversity("genre"), pm.Diversity)
    assert_type(stats.genres(), pm.Genres)
    assert_type(stats.genre_by_daypart(), pm.Records[pm.DaypartGenre])
    assert_type(stats.eras("year"), pm.Eras)
    assert_type(stats.audio_profile(), pm.AudioProfile)
    assert_type(stats.audio_trend(), pm.Records[pm.FeatureTrend])
    assert_type(stats.compare(mine, period="2026"), pm.Comparison)
    assert_type(stats.data_quality(), pm.DataQuality)
    assert_type(stats.obsessions(0.5), pm.Records[pm.Obsession])
    assert_type(stats.loyalty(3), pm.Records[pm.Loyalty])
    assert_type(stats.comebacks(30), pm.Records[pm.Comeback])
    assert_type(stats.milestones(100), pm.Records[pm.Milestone])
    assert_type(stats.on_this_day(), pm.Records[pm.RecentPlay])
    assert_type(stats.one_time(), pm.Records[pm.TopTrack])
    assert_type(stats.moods(), pm.Moods)
    assert_type(stats.completion(), pm.Completion)
    assert_type(stats.evolution("track", "week"), pm.Records[pm.EvolutionPoint])
    assert_type(stats.entity_profile("a"), pm.EntityProfile)
    assert_type(stats.year_in_review(2026, tz="UTC"), pm.YearInReview)
    stats.year_in_review(2026, period="2026")  # type: ignore[call-arg]
    assert_type(stats.genre_artist_counts(), pm.Records[pm.GenreCount])
    assert_type(stats.metrics_payload(), str)
    stats.heatmap().plot(kind="bars")


def name_periods() -> list[Period]:
    week = Period.this_week()
    print(week.label(), week.previous().resolve(ZoneInfo("UTC"), now=pm.Timestamp.now()).start)
    return [
        *(Period.all_time(), Period.between("2026-01-01T00:00:00Z", None), Period.last_days(7)),
        *(Period.month(2026, 1), Period.day(2026, 1, 31), Period.parse("2026")),
        *(Period.this_day(), Period.this_month(), Period.this_quarter(), Period.this_year()),
        *(Period.previous_day(), Period.previous_week(), Period.previous_month()),
        *(Period.previous_quarter(), Period.previous_year()),
    ]


def hand_over(mirror: pm.Mirror, stop: threading.Event) -> None:
    table = mirror.sql("SELECT ?", [1], timeout=HOUR, max_rows=5, progress=show, stop=stop)
    assert_type(table["x"], pm.Column)
    assert_type(table[:2], pm.Table)
    assert_type(table.to_csv(), str)
    table.to_csv(Path("x.csv"), exact=True)
    table.to_parquet("x.parquet")
    print(table.to_dicts(), table.to_arrow(), table.to_pandas(), table.to_polars(), table.shape)
    print(table.column("x").values, table.columns[0].name, table.schema, table.row(0))
    print(table["x"].type, table["x"].null_count, table["x"].beyond_arrow, table["x"].slice(0, 1))
    print(table.slice(0, 1), table.rows(), mirror.plays.table(limit=1), mirror.tracks.table())
    assert_type(mirror.stats.top_tracks().table(), pm.Table)


def keep(mirror: pm.Mirror, stop: threading.Event) -> None:
    assert_type(mirror.path, Path)
    assert_type(mirror.status().pending, int)
    assert_type(mirror.verify(progress=True).ok, bool)
    for entry in mirror.pending():
        assert_type(mirror.retry(entry.entry), int)
        mirror.discard(entry.entry)
    mirror.copy_to("copy.db", overwrite=True, stop=stop)
    assert_type(mirror.export("out", format="csv", tables=["tracks"]).tables["x"].rows, int)
    assert_type(mirror.import_plays(["a.zip", Path("b")], local_tracks="leave_out").recorded, int)
    assert_type(pm.Mirror.salvage("music.db"), pm.SalvageReport)
    assert_type(pm.Mirror.make_sample("sample.db", plays=10), pm.Mirror)


def synchronise(mirror: pm.Mirror) -> None:
    mirror.sync("service=music", leave_out=["lyrics"], push={"batch_rows": 10}, progress=True)
    mirror.sync(lock_timeout=1)  # type: ignore[call-arg]
    mirror.pull(plays_since="-infinity", confirm_deletes=True)
    mirror.push(batch_rows=10)
    with pm.connect("service=music", timeout=HOUR, played_at_zone="UTC") as server:
        assert_type(server.name, str)
        assert_type(server.sync(mirror, pull={"lock_timeout": 1}), pm.SyncReport)
        assert_type(server.pull(mirror, sweep_interval=5), pm.SyncReport)
        assert_type(server.push(mirror).rows[0].entry, pm.PendingEntry)
        assert_type(server.verify(mirror, depth="quick"), pm.VerifyReport)
        assert_type(server.repair(mirror), pm.RepairReport)
        assert_type(server.track("t"), pm.Track | None)
        assert_type(server.doctor().findings[0].remedy, str)
    server.close()
    with mirror.watch(on_event=tell, server={"timeout": 5}, interval=HOUR) as watcher:
        watcher.wake()
        assert_type(watcher.state, pm.WatchState)
        watcher.wait(5)
        watcher.stop()
    pm.Watcher.start(mirror, "service=music", push={"lock_timeout": 1}).stop()


def main() -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    try:
        with pm.open(pm.Mirror.default_path(), busy_timeout=HOUR, create=False) as mirror:
            record(mirror, now)
            mirror.close()
    except pm.UnknownColumn as error:
        print(error.code, error.retryable)
    except pm.Error as error:
        print(error.code == "busy", error.hint, error.outcome, error.sqlstate, error.details())
