"""Servers that keep local time: the mirror has instants, whichever way a play goes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import playmirror as pm
import pytest
from playmirror.cli.main import main
from support.music_db import MusicDb

ZONES = [
    "Europe/Berlin",
    "Europe/Dublin",
    "America/St_Johns",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Africa/Monrovia",
    "Etc/UTC",
]
ODD_TIMES = [
    None, "infinity", "-infinity", "0044-03-15 12:00:00 BC", "0001-01-01 00:00", "1582-10-15",
    "1883-11-18 12:03:58.123456", "1893-04-01 00:06:31", "1972-01-07 00:44:30", "2011-12-30 12:00",
    # Local times of Berlin that never were, and that were twice.
    "2026-03-29 02:30", "2026-03-29 03:30", "2026-10-25 02:30", "2026-10-25 02:59:59.999999",
    "2026-10-25 03:00", "9999-12-31 23:59:59.999999", "12026-01-01",
]  # fmt: skip


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    small_db.execute("INSERT INTO tracks (id, name) VALUES ('t', 'Track')")
    for at in ODD_TIMES:
        small_db.execute("INSERT INTO play_history (track_id, played_at) VALUES ('t', %s)", [at])
    return small_db


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def server(music_db: MusicDb, zone: str) -> Iterator[pm.Server]:
    with pm.connect(music_db.dsn, played_at_zone=zone) as connected:
        yield connected


def assert_instants(mirror: pm.Mirror, server: pm.Server, db: MusicDb, zone: str) -> None:
    """What the file has is what PostgreSQL makes of its local times; verify() says the same."""
    wanted = db.execute(
        "SELECT id, ((played_at AT TIME ZONE %s) AT TIME ZONE 'UTC')::text FROM play_history "
        "ORDER BY id",
        [zone],
    )
    with closing(sqlite3.connect(f"file:{mirror.path}?mode=ro", uri=True)) as file:
        assert file.execute("SELECT id, played_at FROM play_history ORDER BY id").fetchall() == (
            wanted
        )
    for depth in ("quick", "full"):
        report = server.verify(mirror, depth=depth)
        assert (report.equal, report.depth) == (True, depth)
    assert mirror.verify().ok


def test_local_times_come_as_instants(
    mirror: pm.Mirror, server: pm.Server, music_db: MusicDb, zone: str
) -> None:
    assert server.sync(mirror).method == "first_copy"
    assert_instants(mirror, server, music_db, zone)
    music_db.execute(
        "INSERT INTO play_history (track_id, played_at) VALUES ('t', '2026-10-25 02:15'); "
        "UPDATE play_history SET played_at = played_at + interval '1 h' WHERE id % 7 = 0; "
        "DELETE FROM play_history WHERE id % 11 = 0"
    )
    assert server.sync(mirror).method == "sweep"
    assert_instants(mirror, server, music_db, zone)
    assert server.sync(mirror).method == "unchanged"
    first, last = music_db.execute(
        "SELECT min(played_at AT TIME ZONE %s), max(played_at AT TIME ZONE %s) FROM play_history "
        "WHERE played_at BETWEEN '2000-01-01' AND '2030-01-01'",
        [zone, zone],
    )[0]
    within = pm.Period.between(first, last + timedelta(microseconds=1))
    counted = music_db.execute(
        "SELECT count(*) FROM play_history WHERE played_at AT TIME ZONE %s BETWEEN %s AND %s",
        [zone, first, last],
    )
    assert mirror.stats.totals(period=within).plays == counted[0][0]


def test_instants_go_as_local_times_and_only_once(
    mirror: pm.Mirror, server: pm.Server, music_db: MusicDb, zone: str
) -> None:
    server.sync(mirror)
    # Among them both of two hours that have one local time in Berlin.
    begin = datetime(2026, 10, 24, 20, tzinfo=timezone.utc)
    moments = [begin + timedelta(minutes=17 * n, microseconds=n) for n in range(40)]
    before = music_db.execute("SELECT count(*) FROM play_history")[0][0]
    known = music_db.execute(
        "INSERT INTO play_history (track_id, played_at) VALUES ('t', %s AT TIME ZONE %s) "
        "RETURNING id",
        [moments[5], zone],
    )[0][0]
    for moment in moments:
        mirror.plays.add(track_id="t", played_at=moment, listened_ms=1, skipped=False)
    report = server.sync(mirror)
    assert (report.pushed, report.already_there) == (len(moments) - 1, 1)
    assert music_db.execute(
        "SELECT count(*), count(*) FILTER (WHERE id = %s) FROM play_history", [known]
    ) == [(before + len(moments), 1)]
    assert not mirror.pending()
    sent = music_db.execute(
        "SELECT played_at FROM play_history WHERE track_id = 't' AND listened_ms = 1 ORDER BY id"
    )
    expected = music_db.execute(
        "SELECT given AT TIME ZONE %s "
        "FROM unnest(%s::timestamptz[]) WITH ORDINALITY AS m (given, n) WHERE n <> 6 ORDER BY n",
        [zone, moments],
    )
    assert sent == expected
    assert_instants(mirror, server, music_db, zone)


def test_an_hour_that_clocks_show_twice_has_one_name(mirror: pm.Mirror, music_db: MusicDb) -> None:
    with pm.connect(music_db.dsn, played_at_zone="Europe/Berlin") as server:
        server.sync(mirror)
        first = datetime(2026, 10, 25, 0, 40, tzinfo=timezone.utc)
        mirror.plays.add(track_id="t", played_at=first, listened_ms=1, skipped=False)
        assert server.sync(mirror).pushed == 1
        # The server has no way to tell it from the one an hour later, and PostgreSQL takes that.
        (play,) = [play for play in mirror.plays if play.listened_ms == 1 and play.track_id == "t"]
        assert play.played_at == first + timedelta(hours=1)
        assert_instants(mirror, server, music_db, "Europe/Berlin")
        assert server.sync(mirror).method == "unchanged"


def test_a_play_of_an_hour_shown_twice_outlives_the_table_it_was_sent_to(
    mirror: pm.Mirror, music_db: MusicDb
) -> None:
    """No pull has told yet which of the two instants the server makes of it."""
    with pm.connect(music_db.dsn, played_at_zone="Europe/Berlin") as server:
        server.sync(mirror)
        first = datetime(2026, 10, 25, 0, 40, tzinfo=timezone.utc)
        for moment in (first, first + timedelta(days=1)):
            mirror.plays.add(track_id="t", played_at=moment, listened_ms=1, skipped=False)
        assert server.push(mirror).pushed == 2
        music_db.execute(
            "CREATE TABLE copied (LIKE play_history INCLUDING ALL); "
            "INSERT INTO copied SELECT * FROM play_history; "
            "ALTER SEQUENCE play_history_id_seq OWNED BY copied.id; DROP TABLE play_history; "
            "ALTER TABLE copied RENAME TO play_history"
        )
        server.pull(mirror)
        assert not mirror.pending()
        assert_instants(mirror, server, music_db, "Europe/Berlin")


def test_a_cut_is_an_instant(
    mirror: pm.Mirror, server: pm.Server, music_db: MusicDb, zone: str
) -> None:
    since = datetime(2026, 3, 29, 1, 30, tzinfo=timezone.utc)
    server.pull(mirror, plays_since=since)

    def wanted(at: datetime) -> list[tuple]:
        return music_db.execute(
            "SELECT id FROM play_history WHERE played_at AT TIME ZONE %s >= %s ORDER BY id",
            [zone, at],
        )

    assert [(play.id,) for play in sorted(mirror.plays, key=lambda play: play.id)] == wanted(since)
    assert server.verify(mirror).equal
    earlier = since - timedelta(hours=30)
    server.pull(mirror, plays_since=earlier)
    assert sorted((play.id,) for play in mirror.plays) == wanted(earlier)
    assert server.verify(mirror, depth="quick").equal


def test_a_column_with_a_zone_needs_no_other(mirror: pm.Mirror, music_db: MusicDb) -> None:
    music_db.execute(
        "DELETE FROM play_history WHERE played_at IS NULL OR NOT isfinite(played_at); "
        "ALTER TABLE play_history ALTER played_at TYPE timestamptz "
        "USING played_at AT TIME ZONE 'Asia/Tokyo'"
    )
    with pm.connect(music_db.dsn, played_at_zone="Europe/Berlin") as server:
        server.sync(mirror)
        moment = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)
        mirror.plays.add(track_id="t", played_at=moment, listened_ms=7, skipped=False)
        server.sync(mirror)
        assert music_db.execute(
            "SELECT played_at FROM play_history WHERE listened_ms = 7 AND track_id = 't'"
        ) == [(moment,)]
        assert server.verify(mirror).equal
        # A migration takes the zone away: from now on the times are those of Berlin's clocks.
        music_db.execute(
            "ALTER TABLE play_history ALTER played_at TYPE timestamp "
            "USING played_at AT TIME ZONE 'Europe/Berlin'"
        )
        server.sync(mirror)
        assert_instants(mirror, server, music_db, "Europe/Berlin")


def test_a_column_that_gets_a_zone_without_a_rewrite_is_read_anew(
    mirror: pm.Mirror, music_db: MusicDb
) -> None:
    """What was the local time of Berlin is the same time of UTC then, and back."""
    with pm.connect(music_db.dsn, played_at_zone="Europe/Berlin") as server:
        for type_ in ("timestamp", "timestamptz", "timestamp"):
            music_db.execute(
                f"SET TimeZone = 'UTC'; ALTER TABLE play_history ALTER played_at TYPE {type_}"
            )
            assert server.pull(mirror).complete
            for depth in ("quick", "full"):
                assert server.verify(mirror, depth=depth).equal


def test_a_mirror_keeps_to_its_zone(mirror: pm.Mirror, music_db: MusicDb) -> None:
    with (
        pm.connect(music_db.dsn) as plain,
        pm.connect(music_db.dsn, played_at_zone="Europe/Berlin") as berlin,
    ):
        plain.sync(mirror)
        mirror.plays.add(track_id="t", played_at="2026-01-01T00:00:00Z", listened_ms=1)
        for call in (berlin.sync, berlin.pull, berlin.push, berlin.verify, berlin.repair):
            with pytest.raises(
                pm.InvalidArgument, match="local times of UTC, not of Europe/Berl"
            ) as e:
                call(mirror)
            assert 'played_at_zone "UTC"' in e.value.hint
        # Nor does it go another way when it is told to follow another server.
        with pytest.raises(pm.InvalidArgument):
            berlin.sync(mirror, pull={"accept_server": True})
        assert len(mirror.pending()) == 1
        assert plain.sync(mirror).pushed == 1


def test_an_unknown_zone_is_an_error(music_db: MusicDb) -> None:
    for name in ("Europe/Atlantis", "", "europe/berlin", "' || pg_sleep(1) || '"):
        with pytest.raises(pm.InvalidArgument):
            pm.connect(music_db.dsn, played_at_zone=name)


def test_the_command_line_takes_the_zone_too(
    music_db: MusicDb,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    db = str(tmp_path / "music.db")
    dsn = ["--dsn", music_db.dsn]
    assert main(["sync", "--db", db, *dsn, "--played-at-zone", "Europe/Berlin"]) == 0
    assert main(["verify", "--db", db, *dsn]) != 0
    assert "Europe/Berlin" in capsys.readouterr().err
    settings = tmp_path / "config.ini"
    settings.write_text("[playmirror]\nplayed_at_zone = Europe/Berlin\n")
    monkeypatch.setenv("PLAYMIRROR_CONFIG", str(settings))
    assert main(["verify", "--db", db, *dsn]) == 0
    assert main(["config"]) == 0
    assert "Europe/Berlin" in capsys.readouterr().out
