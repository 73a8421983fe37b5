#!/usr/bin/env python3
"""playmirror in four acts, on a throwaway PostgreSQL: sync, go offline, come back, prove it.

`./dev demo` runs it.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

import playmirror as pm
from stage import DATABASE, Cluster, act, check, server_with_a_library, show


def main() -> None:
    print("Starting a throwaway PostgreSQL with a made-up library ...")
    with (
        server_with_a_library() as (cluster, dsn),
        tempfile.TemporaryDirectory(prefix="playmirror-demo-") as directory,
        pm.open(Path(directory) / "music.db") as mirror,
    ):
        top = first_sync(mirror, dsn)
        cluster.stop()
        play, snapshot = on_the_train(mirror, dsn, top)
        cluster.start()
        back_home(mirror, dsn, cluster, play, snapshot)
        the_server_moves_on(mirror, dsn, cluster)
    print("\ndemo: ok")


def first_sync(mirror: pm.Mirror, dsn: str) -> pm.Records[pm.TopTrack]:
    act("1. The first sync")
    with pm.connect(dsn) as server:
        print(f"{server.name} -> {mirror.path.name}")
        report = server.sync(mirror, progress=sys.stderr.isatty())
    show(("table", "rows copied"), [(name, each.inserted) for name, each in report.pulled.items()])
    megabytes = mirror.path.stat().st_size / 1e6
    print(f"{megabytes:.0f} MB in {report.duration.total_seconds():.1f} s.\n")
    ask(mirror)
    return mirror.stats.top_tracks(5)


def ask(mirror: pm.Mirror) -> None:
    show(
        ("recent plays", "artist", "played at"),
        [(each.name, each.artist, each.played_at) for each in mirror.stats.recent_plays(5)],
    )
    show(
        ("top tracks", "artist", "plays"),
        [(each.name, each.artist, each.plays) for each in mirror.stats.top_tracks(5)],
    )
    show(
        ("genres", "artists"),
        [(each.genre, each.artists) for each in mirror.stats.genre_artist_counts()[:5]],
    )


def on_the_train(
    mirror: pm.Mirror, dsn: str, top: pm.Records[pm.TopTrack]
) -> tuple[pm.Play, pm.Snapshot]:
    act("2. On the train: the server is stopped")
    try:
        pm.connect(dsn)
    except pm.ServerUnavailable as error:
        print(f"connect: {error}\n")
    check("the same question has the same answer", mirror.stats.top_tracks(5) == top)
    table = mirror.sql("SELECT count(*) AS n FROM tracks WHERE tempo > ?", [170])
    print(f"\nSQL of one's own works too: {table.column('n')[0]!r} tracks are above 170 bpm.\n")

    print("A play and a snapshot are recorded, without any network:\n")
    now = datetime.now(timezone.utc)
    play = mirror.plays.add(
        track_id=top[0].track_id, played_at=now, listened_ms=183_000, skipped=False, source="laptop"
    )
    snapshot = mirror.snapshots.add(
        date=now,
        period_label="on_the_train",
        metrics_payload={"top_track": top[0].name, "plays": top[0].plays + 1},
    )
    show(
        ("pending", "state", "what"),
        [(each.table, each.state, each.key) for each in mirror.pending()],
    )
    counted = mirror.stats.top_tracks(1)[0].plays
    check(f"the play counts at once: {top[0].plays} -> {counted}", counted == top[0].plays + 1)
    return play, snapshot


def back_home(
    mirror: pm.Mirror, dsn: str, cluster: Cluster, play: pm.Play, snapshot: pm.Snapshot
) -> None:
    act("3. Back home: the server is there again")
    report = mirror.sync(dsn)
    print(f"sync: pushed {report.pushed}, already there {report.already_there}\n")
    print("What the server itself says:\n")
    plays = f"play_history WHERE source = 'laptop' AND track_id = '{play.track_id}'"
    snapshots = f"analysis_snapshots WHERE period_label = '{snapshot.period_label}'"
    check("it has the play exactly once", count(cluster, plays) == 1)
    check("it has the snapshot exactly once", count(cluster, snapshots) == 1)
    report = mirror.sync(dsn)
    check("another sync sends nothing", report.pushed == 0 and not mirror.pending())
    check("and the server still has each once", count(cluster, plays, snapshots) == 2)
    now = mirror.plays[play.id]
    check(f"the play's first id {play.id} finds it under its new id {now.id}", now.id > 0)


def count(cluster: Cluster, *tables: str) -> int:
    return sum(int(cluster.psql(f"SELECT count(*) FROM {each}", DATABASE)) for each in tables)


def the_server_moves_on(mirror: pm.Mirror, dsn: str, cluster: Cluster) -> None:
    act("4. The server moves on")
    oldest = next(mirror.plays.list(order="oldest_first", limit=1))
    favourite = mirror.stats.top_tracks(1)[0].track_id
    cluster.psql(
        f"""
        INSERT INTO play_history (track_id, played_at, source)
            VALUES ('{favourite}', '2026-01-31 06:00:00.25', 'phone');
        UPDATE tracks SET popularity = 100 WHERE id = '{favourite}';
        DELETE FROM play_history WHERE id = {oldest.id};
        """,
        DATABASE,
    )
    print(
        "On the server one play was inserted, one track updated, one play deleted. A pull brings:\n"
    )
    with pm.connect(dsn) as server:
        report = server.pull(mirror)
        show(
            ("table", "inserted", "updated", "deleted"),
            [
                (name, each.inserted, each.updated, each.deleted)
                for name, each in report.pulled.items()
                if each.inserted or each.updated or each.deleted
            ],
        )
        check("the new play is here", mirror.plays.count(source="phone") == 1)
        check("the track has changed", mirror.tracks[favourite].popularity == 100)
        check("the deleted play is gone", oldest.id not in mirror.plays)
        verified = server.verify(mirror)
        check(
            f"mirror and server are equal, {verified.rows_compared:,} rows compared one by one",
            verified.equal,
        )


if __name__ == "__main__":
    main()
