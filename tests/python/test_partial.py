"""Mirrors of a part: without lyrics, without raw_data, only plays since a date.

What is mirrored equals the server's, whatever happens there; a change of the choice moves only the
difference; and nothing recorded is lost or doubled for being outside.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from playmirror.cli.main import main
from support.comparing import file_rows
from support.cut_proxy import Cut
from support.faults import BROKEN_LINE, add_tracks, plays_on_server, proxy_of
from support.music_db import MusicDb

BULKY = ("raw_data", "lyrics")
MIDDLE = "2025-07-01T00:00:00Z"  #: some plays of the small library lie on either side


@pytest.fixture
def db(small_db: MusicDb) -> MusicDb:
    """The small library, moved so that MIDDLE is in its middle."""
    small_db.execute(
        "UPDATE play_history SET played_at = played_at + (SELECT %s::timestamp - "
        "percentile_disc(0.5) WITHIN GROUP (ORDER BY played_at) FROM play_history)",
        [MIDDLE.rstrip("Z")],
    )
    return small_db


def assert_part(
    mirror: pm.Mirror, db: MusicDb, *, without: Sequence[str] = (), since: str | None = None
) -> None:
    """The file holds just that part, value by value, and says so."""
    status = mirror.status()
    assert list(status.left_out) == list(without)
    assert status.plays_since == (None if since is None else pm.Timestamp(since))
    assert status.complete
    limit = "-infinity" if since is None else since.rstrip("Z")
    plays = "SELECT id, track_id, played_at{text}, listened_ms, source FROM play_history {where}"
    order = " ORDER BY id"
    assert [
        tuple(row) for row in file_rows(mirror.path, plays.format(text="", where="") + order)
    ] == [
        tuple(row)
        for row in db.execute(
            plays.format(text="::text", where="WHERE played_at >= %s") + order, [limit]
        )
    ]
    columns = [column for column in BULKY if column not in without]
    tracks = f"SELECT id, name, {', '.join(['tempo', *columns])} FROM tracks ORDER BY id COLLATE "
    assert file_rows(mirror.path, tracks + "BINARY") == db.execute(
        tracks.replace("raw_data", "raw_data::text") + '"C"'
    )
    for column in without:
        assert file_rows(mirror.path, f"SELECT count({column}) FROM tracks") == [(0,)]
    for table in ("artists", "track_artists", "analysis_snapshots", "playlist_config"):
        count = f"SELECT count(*) FROM {table}"
        assert file_rows(mirror.path, count) == db.execute(count)
    assert mirror.verify().ok
    with pm.connect(db.dsn) as server:
        report = server.verify(mirror)
        assert report.equal, report.differences[:5]


def received(report: pm.SyncReport) -> int:
    return report.wire.bytes_received


# Choosing --------------------------------------------------------------------------------------


def test_a_first_copy_of_a_part_brings_no_more(db: MusicDb, tmp_path: Path) -> None:
    with pm.open(tmp_path / "whole.db") as mirror:
        whole = mirror.pull(db.dsn)
        assert_part(mirror, db)
    with pm.open(tmp_path / "part.db") as mirror:
        part = mirror.pull(db.dsn, leave_out=BULKY, plays_since=MIDDLE)
        assert_part(mirror, db, without=BULKY, since=MIDDLE)
        assert part.pulled["play_history"].inserted == len(mirror.plays) < 600
        assert mirror.pull(db.dsn).complete
        assert_part(mirror, db, without=BULKY, since=MIDDLE)  # remembered in the file
    assert received(part) < received(whole) / 3


def test_giving_up_a_part_takes_nothing_from_the_server(db: MusicDb, mirror: pm.Mirror) -> None:
    mirror.pull(db.dsn)
    with pm.connect(db.dsn) as server:
        server.pull(mirror)
        report = server.pull(mirror, leave_out=["lyrics"])
        assert received(report) < 10_000
        assert_part(mirror, db, without=["lyrics"])
        report = server.pull(mirror, leave_out=["lyrics", "lyrics", "raw_data"], plays_since=MIDDLE)
        assert received(report) < 10_000
        assert_part(mirror, db, without=BULKY, since=MIDDLE)


def test_taking_a_column_back_transfers_only_that(db: MusicDb, mirror: pm.Mirror) -> None:
    mirror.pull(db.dsn, leave_out=BULKY)
    [(size,)] = db.execute(
        "SELECT sum(octet_length(id) + coalesce(octet_length(lyrics), 0) + 50) FROM tracks"
    )
    report = mirror.pull(db.dsn, leave_out=["raw_data"])
    assert report.pulled["tracks"].new_columns == ["lyrics"]
    assert report.pulled["tracks"].inserted == 0
    assert received(report) < size + 50_000
    assert_part(mirror, db, without=["raw_data"])
    mirror.pull(db.dsn, leave_out=[])
    assert_part(mirror, db)


def test_an_earlier_date_transfers_only_the_older_plays(db: MusicDb, mirror: pm.Mirror) -> None:
    late, early = "2025-10-01T00:00:00Z", "2025-05-01T00:00:00Z"
    with pm.connect(db.dsn) as server:
        server.pull(mirror, plays_since=late)
        held = len(mirror.plays)
        report = server.pull(mirror, plays_since=early)
    assert_part(mirror, db, since=early)
    assert report.wire.round_trips <= 3  # not found by comparing keys
    plays = report.pulled["play_history"]
    assert plays.inserted == len(mirror.plays) - held > 100
    assert plays.unchanged < held
    assert plays.deleted == 0
    report = mirror.pull(db.dsn, plays_since="-infinity")
    assert_part(mirror, db)
    assert report.pulled["play_history"].deleted == 0


def test_narrower_in_one_and_wider_in_the_other(db: MusicDb, mirror: pm.Mirror) -> None:
    mirror.pull(db.dsn, leave_out=["lyrics"], plays_since=MIDDLE)
    mirror.pull(db.dsn, leave_out=["raw_data"], plays_since="2025-08-01T00:00:00Z")
    assert_part(mirror, db, without=["raw_data"], since="2025-08-01T00:00:00Z")
    mirror.pull(db.dsn, leave_out=["lyrics"], plays_since="2025-06-01T00:00:00Z")
    assert_part(mirror, db, without=["lyrics"], since="2025-06-01T00:00:00Z")


def test_the_choice_of_a_pull_that_fails_is_no_choice(db: MusicDb, mirror: pm.Mirror) -> None:
    mirror.pull(db.dsn, plays_since=MIDDLE)
    held = len(mirror.plays)
    with proxy_of(db) as proxy, pm.connect(proxy.dsn(db.dsn)) as server:
        proxy.last.cut = Cut("down", after=proxy.last.down + 20_000)
        with pytest.raises(BROKEN_LINE):
            server.pull(mirror, plays_since="-infinity")
    assert mirror.status().plays_since == pm.Timestamp(MIDDLE)
    assert len(mirror.plays) == held
    mirror.pull(db.dsn)
    assert_part(mirror, db, since=MIDDLE)


@pytest.mark.parametrize(
    "then",
    [
        {"leave_out": [], "plays_since": "-infinity"},
        {"leave_out": BULKY, "plays_since": "2025-09-01T00:00:00Z"},
        {"leave_out": ["raw_data"], "plays_since": "2025-03-01T00:00:00Z"},
    ],
)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_first_copy_goes_on_with_another_choice(
    db: MusicDb, tmp_path: Path, share: float, then: dict[str, Any]
) -> None:
    with pm.open(tmp_path / "measure.db") as mirror:
        size = received(mirror.pull(db.dsn, leave_out=["lyrics"], plays_since=MIDDLE))
    with pm.open(tmp_path / "music.db") as mirror:
        with proxy_of(db) as proxy, pm.connect(proxy.dsn(db.dsn)) as server:
            proxy.last.cut = Cut("down", after=proxy.last.down + int(size * share))
            with pytest.raises(BROKEN_LINE):
                server.pull(mirror, leave_out=["lyrics"], plays_since=MIDDLE)
        assert not mirror.status().complete
        mirror.pull(db.dsn, **then)
        since = None if then["plays_since"] == "-infinity" else then["plays_since"]
        assert_part(mirror, db, without=[c for c in BULKY if c in then["leave_out"]], since=since)


@pytest.mark.parametrize(
    "choice", [{"leave_out": ["name"]}, {"plays_since": "infinity"}, {"plays_since": "2025-01-01"}]
)
def test_choices_without_sense_are_refused(
    db: MusicDb, mirror: pm.Mirror, choice: dict[str, Any]
) -> None:
    with pytest.raises(pm.InvalidArgument):
        mirror.pull(db.dsn, **choice)
    assert mirror.status().plays_since is None


# What happens on the server ----------------------------------------------------------------------


def test_a_play_that_moves_across_the_cut(db: MusicDb, mirror: pm.Mirror) -> None:
    mirror.pull(db.dsn, plays_since=MIDDLE)
    db.execute(
        "UPDATE play_history SET played_at = %s::timestamp - (played_at - %s::timestamp) "
        "WHERE id %% 50 = 0",
        [MIDDLE.rstrip("Z")] * 2,
    )
    report = mirror.pull(db.dsn)
    assert report.pulled["play_history"].deleted > 0
    assert report.pulled["play_history"].inserted > 0
    assert_part(mirror, db, since=MIDDLE)


def test_deletes_beyond_the_cut_are_none_of_its_business(db: MusicDb, mirror: pm.Mirror) -> None:
    mirror.pull(db.dsn, plays_since=MIDDLE)
    db.execute("DELETE FROM play_history WHERE played_at < %s", [MIDDLE.rstrip("Z")])
    report = mirror.pull(db.dsn)  # half of the server's rows: the guard would hold them back
    assert (report.pulled["play_history"].deleted, report.complete) == (0, True)
    assert_part(mirror, db, since=MIDDLE)


def test_the_guard_counts_shares_of_the_part(db: MusicDb, mirror: pm.Mirror) -> None:
    mirror.pull(db.dsn, plays_since=MIDDLE)
    here = len(mirror.plays)
    db.execute(
        "DELETE FROM play_history WHERE id IN (SELECT id FROM play_history WHERE played_at >= %s "
        "ORDER BY id LIMIT %s)",
        [MIDDLE.rstrip("Z"), here * 3 // 10],  # 15 % of all rows, 30 % of ours
    )
    assert mirror.pull(db.dsn).pulled["play_history"].held_deletes == here * 3 // 10
    mirror.pull(db.dsn, confirm_deletes=True)
    assert_part(mirror, db, since=MIDDLE)


def test_late_commits_arrive(db: MusicDb, mirror: pm.Mirror) -> None:
    mirror.pull(db.dsn, leave_out=BULKY, plays_since=MIDDLE)
    late = db.connect(autocommit=False)
    track = mirror.tracks.list(limit=1).__next__().id
    insert = "INSERT INTO play_history (track_id, played_at) VALUES (%s, %s)"
    late.execute(insert, [track, "2025-07-02"])
    late.execute(insert, [track, "2025-06-02"])
    late.execute("UPDATE tracks SET lyrics = 'late', name = 'late' WHERE id = %s", [track])
    db.execute(insert, [track, "2025-07-03"])
    mirror.pull(db.dsn)
    late.commit()
    mirror.pull(db.dsn)
    assert_part(mirror, db, without=BULKY, since=MIDDLE)
    mirror.pull(db.dsn, leave_out=[], plays_since="2025-06-01T00:00:00Z")
    assert mirror.tracks[track].lyrics == "late"
    assert_part(mirror, db, since="2025-06-01T00:00:00Z")


@pytest.mark.parametrize("seed", range(4))
def test_a_random_writer_and_a_random_mind(db: MusicDb, mirror: pm.Mirror, seed: int) -> None:
    """Statements of open transactions interleave with pulls, of which each may choose anew."""
    dice = random.Random(seed)
    dates = ["2025-03-01", "2025-05-15", "2025-07-01", "2025-09-01", "2025-11-01"]
    without: list[str] = []
    since: str | None = None
    writers = [db.connect(autocommit=False) for _ in range(3)]

    def write(writer: Any) -> None:
        day = f"'2025-01-01'::timestamp + {dice.randrange(365)} * interval '1 day'"
        number = dice.randrange(1_000)
        chosen = f"(SELECT id FROM play_history WHERE id % 1000 = {number} FOR UPDATE SKIP LOCKED)"
        track = (
            f"(SELECT id FROM tracks ORDER BY id OFFSET {dice.randrange(30)} LIMIT 1 "
            "FOR NO KEY UPDATE SKIP LOCKED)"
        )
        writer.execute(
            dice.choice(
                [
                    "INSERT INTO play_history (track_id, played_at) "
                    f"SELECT id, {day} FROM tracks ORDER BY id OFFSET {dice.randrange(30)} LIMIT 1",
                    f"UPDATE play_history SET played_at = {day} WHERE id IN {chosen}",
                    f"DELETE FROM play_history WHERE id IN {chosen}",
                    f"UPDATE tracks SET lyrics = 'words {number}' WHERE id IN {track}",
                    f"UPDATE tracks SET raw_data = '[{number}]' WHERE id IN {track}",
                ]
            )
        )

    for _ in range(12):
        for _ in range(dice.randrange(8)):
            writer = dice.choice(writers)
            write(writer)
            if dice.random() < 0.3:
                dice.choice([writer.commit, writer.rollback])()
        choice: dict[str, Any] = {}
        if dice.random() < 0.5:
            without = [column for column in BULKY if dice.random() < 0.5]
            choice["leave_out"] = without
        if dice.random() < 0.5:
            day = dice.choice([None, *dates])
            since = None if day is None else f"{day}T00:00:00Z"
            choice["plays_since"] = since or "-infinity"
        mirror.pull(db.dsn, confirm_deletes=True, **choice)
    for writer in writers:
        writer.commit()
    mirror.pull(db.dsn, confirm_deletes=True)
    assert_part(mirror, db, without=without, since=since)


def test_a_part_of_another_server_is_compared_whole(db: MusicDb, mirror: pm.Mirror) -> None:
    mirror.pull(db.dsn, leave_out=BULKY, plays_since=MIDDLE)
    with MusicDb.create(db.server, template=db.name) as copy:
        copy.execute("UPDATE play_history SET source = 'copy' WHERE id % 3 = 0")
        with pytest.raises(pm.ServerChanged):
            mirror.pull(copy.dsn)
        mirror.pull(copy.dsn, accept_server=True)
        assert_part(mirror, copy, without=BULKY, since=MIDDLE)


# What is recorded here ---------------------------------------------------------------------------


def a_track(mirror: pm.Mirror) -> str:
    return next(iter(mirror.tracks.list(limit=1))).id


def test_a_play_older_than_the_cut_is_sent_once_and_then_given_up(
    db: MusicDb, mirror: pm.Mirror
) -> None:
    mirror.pull(db.dsn, plays_since=MIDDLE)
    before = plays_on_server(db)[0]
    old = mirror.plays.add(track_id=a_track(mirror), played_at="2024-05-05T05:05:05Z")
    new = mirror.plays.add(track_id=a_track(mirror), played_at="2025-12-12T12:12:12Z")
    mirror.pull(db.dsn, plays_since="2025-08-01T00:00:00Z")
    assert old.id in mirror.plays  # pending: nothing recorded is ever given up
    report = mirror.sync(db.dsn)
    assert report.pushed == 2
    assert report.pulled["play_history"].deleted == 0  # nor was it found missing on the server
    assert plays_on_server(db)[0] == before + 2
    assert mirror.plays.find(old.id) is None
    found = mirror.plays.find(new.id)
    assert found is not None
    assert found.id > 0
    assert_part(mirror, db, since="2025-08-01T00:00:00Z")
    mirror.pull(db.dsn, plays_since="-infinity")
    assert_part(mirror, db)


def test_a_play_that_the_server_has_beyond_the_cut_is_not_doubled(
    db: MusicDb, mirror: pm.Mirror
) -> None:
    mirror.pull(db.dsn, plays_since=MIDDLE)
    [(track, played_at)] = db.execute(
        "SELECT track_id, played_at FROM play_history WHERE played_at < %s ORDER BY id LIMIT 1",
        [MIDDLE.rstrip("Z")],
    )
    before = plays_on_server(db)
    with pm.connect(db.dsn) as server:
        server.pull(mirror)  # nothing is newer than the mirror, which may be a reason not to look
        mirror.plays.add(track_id=track, played_at=f"{played_at.isoformat()}Z")
        report = server.sync(mirror)
    assert (report.pushed, report.already_there) == (0, 1)
    assert plays_on_server(db) == before
    assert mirror.status().pending == 0
    assert_part(mirror, db, since=MIDDLE)


def test_a_recorded_track_keeps_its_lyrics_until_it_is_the_servers(
    db: MusicDb, mirror: pm.Mirror
) -> None:
    mirror.pull(db.dsn, leave_out=["raw_data"])
    mirror.tracks.add(id="mine", name="Mine", lyrics="la la", raw_data="{}")
    mirror.pull(db.dsn, leave_out=BULKY)
    assert mirror.tracks["mine"].lyrics == "la la"
    mirror.sync(db.dsn)
    assert db.execute("SELECT lyrics, raw_data::text FROM tracks WHERE id = 'mine'") == [
        ("la la", "{}")
    ]
    assert mirror.tracks["mine"].lyrics is None
    assert_part(mirror, db, without=BULKY)


# Asking ------------------------------------------------------------------------------------------


def test_one_track_is_fetched_on_demand(db: MusicDb, mirror: pm.Mirror) -> None:
    add_tracks(db, "odd")
    db.execute(
        "UPDATE tracks SET tempo = 'NaN', valence = '-0', lyrics = '', raw_data = '{\"a\":  1}', "
        "created_at = 'infinity' WHERE id = 'odd'"
    )
    mirror.pull(db.dsn)
    whole = {track.id: track for track in mirror.tracks.list()}
    mirror.pull(db.dsn, leave_out=BULKY)
    with pm.connect(db.plain_role()) as server:
        for id, track in list(whole.items())[:5]:
            assert server.track(id) == track
        odd = server.track("odd")
        assert odd is not None
        assert repr(odd) == repr(whole["odd"])
        assert (repr(odd.tempo), repr(odd.valence)) == ("nan", "-0.0")
        assert (odd.lyrics, odd.raw_data) == ("", '{"a":  1}')
        assert server.track("no such") is None
        assert server.pull(mirror).method in ("unchanged", "sweep")  # no transaction is left open
        db.execute("REVOKE SELECT ON tracks FROM laptop")
        with pytest.raises(pm.AccessDenied):
            server.track("odd")
    assert {track.lyrics for track in mirror.tracks.list()} == {None}  # nothing was kept


def test_statistics_are_honest_about_the_cut(db: MusicDb, mirror: pm.Mirror) -> None:
    mirror.pull(db.dsn, plays_since=MIDDLE)
    quality = mirror.stats.data_quality
    assert quality().plays_since == pm.Timestamp(MIDDLE)
    assert quality(period="2025-06").plays_since == pm.Timestamp(MIDDLE)
    assert quality(period="2025-07").plays_since is None
    with pytest.raises(pm.InvalidArgument) as error:
        mirror.snapshots.compute(pm.Period.year(2025))
    assert "plays before 2025-07-01T00:00:00Z" in str(error.value)
    assert mirror.snapshots.compute(pm.Period.month(2025, 7)).id < 0
    mirror.pull(db.dsn, plays_since="-infinity")
    assert quality().plays_since is None
    assert mirror.snapshots.compute(pm.Period.year(2025)).id < 0


def test_the_command_line_chooses_and_tells(
    db: MusicDb,
    mirror_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PLAYMIRROR_DB", str(mirror_path))
    monkeypatch.setenv("PLAYMIRROR_DSN", db.dsn)

    def run(*arguments: str) -> Any:
        assert main([*arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    run("sync", "--leave-out", "lyrics", "--leave-out", "raw_data", "--plays-since", MIDDLE)
    status = run("status")
    assert (status["left_out"], status["plays_since"]) == (["raw_data", "lyrics"], MIDDLE)
    assert main(["status"]) == 0
    assert "raw_data of tracks, lyrics of tracks, plays before 2025-07" in capsys.readouterr().out
    run("pull", "--plays-since", MIDDLE[:10])  # the start of that day
    assert run("status")["plays_since"] == f"{MIDDLE[:10]}T00:00:00Z"
    run("pull", "--leave-out", "nothing", "--plays-since", "ever")
    status = run("status")
    assert (status["left_out"], status["plays_since"]) == ([], None)
    with pm.open(mirror_path) as mirror:
        assert_part(mirror, db)


def test_a_play_older_than_the_cut_that_was_in_doubt_is_given_up_too(
    db: MusicDb, mirror: pm.Mirror
) -> None:
    mirror.pull(db.dsn, plays_since=MIDDLE)
    before = plays_on_server(db)[0]
    mirror.plays.add(track_id=a_track(mirror), played_at="2024-05-05T05:05:05Z")
    with proxy_of(db) as proxy, pm.connect(proxy.dsn(db.dsn)) as server:
        proxy.last.cut = Cut("down", after=1, behind=b"COMMIT\0")
        with pytest.raises(pm.InDoubt):
            server.push(mirror)
    report = mirror.sync(db.dsn)
    assert plays_on_server(db)[0] == before + 1
    assert report.pulled["play_history"].deleted == 0
    assert mirror.status().pending == 0
    assert_part(mirror, db, since=MIDDLE)
