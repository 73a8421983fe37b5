"""Other services' records of a listening history, into the mirror."""

from __future__ import annotations

import itertools
import json
import os
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import playmirror as pm
import pytest
from support import listening_exports as exports
from support.listening_exports import later
from support.music_db import MusicDb
from support.permissions import permissions_count

UTC = timezone.utc
T0 = exports.BEGIN
TIME = "2023-11-14T22:13:20Z"


def uri(number: int) -> str:
    return f"spotify:track:{exports.spotify_id(number)}"


def seconds(play: pm.Play) -> int:
    assert play.played_at is not None
    return round(play.played_at.timestamp()) - T0  # type: ignore[union-attr]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "exports"
    made.mkdir()
    return made


def check_sum(report: pm.ImportReport) -> None:
    parts = (report.recorded, report.already_there, report.matched, report.repeated)
    assert report.rows == sum(parts) + sum(report.left_out.values())
    assert report.rows == sum(file.rows for file in report.files)


def run(mirror: pm.Mirror, *files: Path, **options: object) -> pm.ImportReport:
    """Imports, and once more: the second time nothing may be new."""
    before, pending = mirror.plays.count(), mirror.pending()
    dry = mirror.import_plays(files, **options | {"dry_run": True})  # type: ignore[arg-type]
    assert (mirror.plays.count(), mirror.pending()) == (before, pending)
    report = mirror.import_plays(files, **options)  # type: ignore[arg-type]
    check_sum(report)
    check_sum(dry)
    assert (dry.recorded, dry.left_out) == (report.recorded, report.left_out)
    assert (dry.tracks, dry.artists) == (report.tracks, report.artists)
    assert mirror.plays.count() == before + report.recorded
    again = mirror.import_plays(files, **options)  # type: ignore[arg-type]
    check_sum(again)
    assert (again.recorded, again.tracks, again.artists) == (0, 0, 0)
    assert again.left_out == report.left_out
    assert mirror.plays.count() == before + report.recorded
    assert mirror.verify().ok
    return report


# Formats ---------------------------------------------------------------------------------------


def test_spotify_extended(mirror: pm.Mirror, folder: Path) -> None:
    file = exports.write(
        folder / "Streaming_History_Audio_2023_1.json",
        [
            exports.extended(1, TIME, skipped=True),
            exports.extended(2, later(200), skipped=False, ms_played=0),
            exports.extended(1, later(400)),
        ],
    )
    report = run(mirror, file)
    assert (report.recorded, report.tracks, report.artists) == (3, 2, 2)
    assert [each.format for each in report.files] == [pm.ImportFormat.SPOTIFY_EXTENDED]
    plays = list(mirror.plays.list(order="oldest_first"))
    assert (report.first, report.last) == (plays[0].played_at, plays[-1].played_at)
    assert [seconds(play) for play in plays] == [0, 200, 400]
    assert [play.track_id for play in plays] == [exports.spotify_id(n) for n in (1, 2, 1)]
    assert [play.skipped for play in plays] == [True, False, None]
    assert [play.listened_ms for play in plays] == [180_000, 0, 180_000]
    assert {play.source for play in plays} == {"import"}
    track = mirror.tracks[exports.spotify_id(2)]
    assert (track.name, track.artist, track.album) == ("Song 2", "Artist 2", "Album 2")
    assert [artist.name for artist in mirror.tracks.artists(track.id)] == ["Artist 2"]
    assert len(mirror.pending()) == 3 + 2 + 2


def test_spotify_account_data(mirror: pm.Mirror, folder: Path) -> None:
    file = exports.write(
        folder / "StreamingHistory_music_0.json",
        [
            exports.account(1, "2023-11-14 22:13"),
            exports.account(1, "2023-11-14 22:13", msPlayed=9),  # the same minute
            exports.account(2, "2023-11-14 22:17"),
        ],
    )
    podcasts = exports.write(
        folder / "StreamingHistory_podcast_0.json",
        [{"endTime": "2023-11-14 22:13", "podcastName": "P", "episodeName": "E", "msPlayed": 5}],
    )
    report = run(mirror, file, podcasts)
    assert (report.recorded, report.repeated, report.left_out) == (2, 1, {"not_music": 1})
    first, second = mirror.plays.list(order="oldest_first")
    assert (seconds(first), seconds(second)) == (-20, 220)
    assert first.track_id is not None and first.track_id.startswith("local:")
    assert len(first.track_id) == len("local:") + 32


def test_listenbrainz(mirror: pm.Mirror, folder: Path) -> None:
    rows = [
        exports.listenbrainz(1, T0, ms_played=1234),
        exports.listenbrainz(2, T0 + 300, duration_played=77),
        exports.listenbrainz(
            3, T0 + 600, origin_url=f"https://open.spotify.com/track/{exports.spotify_id(3)}?si=x"
        ),
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    file = exports.write_zip(
        folder / "listenbrainz.zip",
        {"user.json": '{"user_id": 1, "username": "x"}', "listens/2023/11.jsonl": lines},
    )
    report = run(mirror, file)
    assert report.recorded == 3
    assert [each.format for each in report.files] == ["listenbrainz", None]
    plays = list(mirror.plays.list(order="oldest_first"))
    assert [play.listened_ms for play in plays] == [1234, 77_000, None]
    assert plays[2].track_id == exports.spotify_id(3)
    assert mirror.tracks[exports.spotify_id(3)].duration_ms == 200_000


def test_an_array_of_listens(mirror: pm.Mirror, folder: Path) -> None:
    file = exports.write(folder / "x.json", [exports.listenbrainz(n, T0 + n) for n in range(3)])
    assert run(mirror, file).recorded == 3


@pytest.mark.parametrize(
    "wrap",
    [
        lambda rows: [{"track": rows[:1]}, {"track": rows[1:]}],
        lambda rows: {"recenttracks": {"track": rows, "@attr": {"page": "1"}}},
        lambda rows: [{"recenttracks": {"track": rows}}],
        lambda rows: [rows[:2], rows[2:]],
        lambda rows: rows,
    ],
)
def test_lastfm(mirror: pm.Mirror, folder: Path, wrap: object) -> None:
    rows = [exports.lastfm(n, T0 + 300 * n) for n in range(3)] + [exports.lastfm(9, None)]
    report = run(mirror, exports.write(folder / "lastfm.json", wrap(rows)))  # type: ignore[operator]
    assert report.files[0].format == "lastfm"
    assert (report.recorded, report.left_out) == (3, {"no_time": 1})
    assert [seconds(play) for play in mirror.plays.list(order="oldest_first")] == [0, 300, 600]


def test_maloja(mirror: pm.Mirror, folder: Path) -> None:
    file = exports.write(
        folder / "maloja.json",
        {"maloja": {"export_time": T0}, "scrobbles": [exports.maloja(1, T0), exports.maloja(2, 0)]},
    )
    report = run(mirror, file)
    assert (report.recorded, report.left_out) == (1, {"no_time": 1})
    (play,) = mirror.plays.list()
    assert play.listened_ms == 150_000
    track = mirror.tracks[str(play.track_id)]
    assert (track.artist, track.duration_ms) == ("Artist 1, Guest", 200_000)
    assert {a.name for a in mirror.tracks.artists(track.id)} == {"Artist 1", "Guest"}


def test_a_folder_of_everything(mirror: pm.Mirror, folder: Path) -> None:
    """Told by content: the names say nothing, or lie."""
    (folder / "deep").mkdir()
    exports.write(folder / "deep" / "photos.txt", [exports.extended(1, TIME)])
    exports.write(folder / "Streaming_History_Audio_1.json", {"what": "ever"})
    exports.write(folder / "endsong_0.json", [])
    (folder / "ReadMeFirst.pdf").write_bytes(b"%PDF-1.7\n\xff\x00")
    exports.write_zip(folder / "mine.zip", {"a/b.json": json.dumps([exports.extended(2, TIME)])})
    report = run(mirror, folder)
    assert report.recorded == 2
    assert sum(file.format is None for file in report.files) == 3
    assert not any(file.problem for file in report.files)


def test_what_is_no_history_is_refused(mirror: pm.Mirror, folder: Path) -> None:
    for file in (exports.write(folder / "a.json", [{"x": 1}]), folder):
        with pytest.raises(pm.InvalidArgument, match="no listening history"):
            mirror.import_plays(file)
    with pytest.raises(pm.InvalidArgument, match="does not exist"):
        mirror.import_plays(folder / "nowhere.json")
    with pytest.raises(pm.InvalidArgument, match="source is empty"):
        mirror.import_plays(folder, source="")


def test_a_pipe_is_no_file(mirror: pm.Mirror, folder: Path) -> None:
    """Nobody writes into this one: to open it would wait for ever."""
    os.mkfifo(folder / "pipe")
    with pytest.raises(pm.InvalidArgument, match="pipe: it is no file"):
        mirror.import_plays(folder / "pipe")
    file = exports.write(folder / "a.json", [exports.extended(1, TIME)])
    report = run(mirror, file, folder / "pipe")
    assert [(each.rows, bool(each.problem)) for each in report.files] == [(1, False), (0, True)]


def test_a_directory_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for name in ("closed", "open"):
        (tmp_path / name).mkdir()
        exports.write(tmp_path / name / "a.json", [exports.extended(1, TIME)])
    (tmp_path / "open" / "closed").mkdir(0o000)
    (tmp_path / "closed").chmod(0o000)
    with permissions_count(), pm.open(tmp_path / "music.db") as mirror:
        report = mirror.import_plays(tmp_path / "open")
        assert report.recorded == 1
        assert {Path(file.name).name: file.problem for file in report.files} == {
            "a.json": "",
            "closed": "Permission denied",
        }
        with pytest.raises(pm.InvalidArgument, match="closed: Permission denied"):
            mirror.import_plays(tmp_path / "closed")
        with pytest.raises(pm.InvalidArgument, match="cannot be read: Permission denied"):
            mirror.import_plays(tmp_path / "closed" / "a.json")
    (tmp_path / "closed").chmod(0o700)
    (tmp_path / "open" / "closed").chmod(0o700)


# Rows ------------------------------------------------------------------------------------------


def test_every_row_is_accounted_for(mirror: pm.Mirror, folder: Path) -> None:
    nameless = {
        "master_metadata_track_name": None,
        "master_metadata_album_artist_name": None,
        "spotify_track_uri": None,
    }
    rows = [
        exports.extended(1, TIME),
        exports.extended(1, TIME),  # many offline plays share one time
        exports.extended(2, TIME),
        exports.extended(3, TIME, **nameless, spotify_episode_uri="spotify:episode:x"),
        exports.extended(3, TIME, **nameless, audiobook_uri="spotify:show:x"),
        exports.extended(3, TIME, **nameless),
        exports.extended(4, TIME, incognito_mode=True),
        exports.extended(5, "1970-01-01T00:00:00Z"),
        exports.extended(5, "2123-01-01T00:00:00Z"),
        exports.extended(5, "yesterday"),
        exports.extended(5, TIME, ms_played=3_000_000_000),
        exports.extended(6, TIME, ms_played=-1),
        exports.extended(7, TIME, spotify_track_uri="spotify:local:a:b:c:1"),
        exports.extended(8, TIME, master_metadata_track_name="NUL \0 in it"),
    ]
    report = run(mirror, exports.write(folder / "x.json", rows))
    assert report.left_out == {
        "not_music": 2,
        "no_name": 1,
        "private_session": 1,
        "no_time": 3,
        "bad_value": 2,
    }
    assert (report.recorded, report.repeated) == (4, 1)
    assert mirror.plays.count(track_id=exports.spotify_id(6)) == 1


def test_private_sessions_by_choice(mirror: pm.Mirror, folder: Path) -> None:
    file = exports.write(folder / "x.json", [exports.extended(4, TIME, incognito_mode=True)])
    assert run(mirror, file).recorded == 0
    assert run(mirror, file, private_sessions=True).recorded == 1


def test_tracks_without_an_id_by_choice(mirror: pm.Mirror, folder: Path) -> None:
    file = exports.write(folder / "x.json", [exports.account(1, "2023-11-14 22:13")])
    report = run(mirror, file, local_tracks="leave_out")
    assert (report.recorded, report.left_out) == (0, {"no_spotify_id": 1})
    # A track that the mirror knows by name needs none.
    mirror.tracks.add(id="known", name="SONG  1", artist="artist 1, Somebody")
    assert run(mirror, file, local_tracks="leave_out").recorded == 1
    (play,) = mirror.plays.list()
    assert play.track_id == "known"


def test_nothing_private_is_kept(mirror: pm.Mirror, folder: Path) -> None:
    run(mirror, exports.write(folder / "x.json", [exports.extended(1, TIME)]))
    mirror.close()
    content = b"".join(file.read_bytes() for file in mirror.path.parent.glob("music.db*"))
    for secret in (b"203.0.113.77", b"someone-private", b"secret agent"):
        assert secret not in content


def test_a_mark_at_the_beginning_and_text_of_any_kind(mirror: pm.Mirror, folder: Path) -> None:
    name = 'שיר 🎵 "x" \u202e=cmd|1'
    row = exports.extended(1, TIME, master_metadata_track_name=name)
    file = folder / "x.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps([row], ensure_ascii=False).encode())
    assert run(mirror, file).recorded == 1
    assert mirror.tracks[exports.spotify_id(1)].name == name


def test_text_that_is_none(mirror: pm.Mirror, folder: Path) -> None:
    rows = json.dumps([exports.extended(1, TIME), exports.extended(2, TIME)]).encode()
    file = folder / "x.json"
    file.write_bytes(rows.replace(b"Song 1", b"Song \xff"))
    report = run(mirror, file)
    assert (report.recorded, report.left_out) == (1, {"bad_value": 1})


# One listen, several records -------------------------------------------------------------------


@pytest.mark.parametrize("first", ["account", "extended", "both"])
def test_account_data_beside_extended(mirror: pm.Mirror, folder: Path, first: str) -> None:
    numbers = range(40)
    extended = exports.write(
        folder / "endsong_0.json",
        [exports.extended(n % 5, later(200 * n)) for n in numbers],
    )
    account = exports.write(
        folder / "StreamingHistory0.json",
        [exports.account(n % 5, later(200 * n)[:16].replace("T", " ")) for n in numbers],
    )
    if first == "both":
        report = run(mirror, folder)
        assert (report.recorded, report.matched) == (40, 40)
        return
    order = (account, extended) if first == "account" else (extended, account)
    assert run(mirror, order[0]).recorded == 40
    report = run(mirror, order[1])
    assert (report.recorded, report.matched + report.already_there) == (0, 40)


@pytest.mark.parametrize("order", [*itertools.permutations(range(3)), None])
def test_the_same_plays_from_three_services(
    mirror: pm.Mirror, folder: Path, order: tuple[int, ...] | None
) -> None:
    """Spotify notes the end of a play; Last.fm its beginning, and no length."""
    numbers = range(20)
    files = [
        exports.write(
            folder / "a.json", [exports.extended(n % 3, later(200 * n)) for n in numbers]
        ),
        exports.write(
            folder / "b.json", [exports.lastfm(n % 3, T0 + 200 * n - 178) for n in numbers]
        ),
        exports.write_lines(
            folder / "c.json", [exports.listenbrainz(n % 3, T0 + 200 * n - 180) for n in numbers]
        ),
    ]
    if order is None:
        report = run(mirror, folder)
        assert (report.recorded, report.matched) == (20, 40)
    else:
        reports = [run(mirror, files[number]) for number in order]
        assert [(each.recorded, each.matched) for each in reports] == [(20, 0), (0, 20), (0, 20)]
    assert run(mirror, *files).matched == 40
    first = 0 if order is None else order[0]
    [source] = {play.source for play in mirror.plays.list()}
    assert source == ["import", "lastfm", "listenbrainz"][first]
    start = mirror.stats.session_list(timedelta(days=1))[0].start
    assert abs(start.timestamp() - (T0 - 180)) < 3


def test_a_dry_run_counts_tracks_and_artists_as_a_run_does(mirror: pm.Mirror, folder: Path) -> None:
    """The first play of a track is another service's, and a name is spelt in two ways."""
    exports.write(folder / "a.json", [exports.lastfm(1, T0)])
    exports.write(
        folder / "b.json",
        [
            exports.extended(1, later(180)),
            exports.extended(1, later(5_000)),
            exports.extended(8, later(6_000), master_metadata_album_artist_name="ARTIST  1"),
        ],
    )
    report = run(mirror, folder)  # which compares it with a dry run
    assert (report.recorded, report.matched, report.tracks, report.artists) == (3, 1, 3, 1)


@pytest.mark.parametrize("stamp", [0, -180], ids=["end", "start"])
def test_plays_that_were_polled(
    music_db: MusicDb, mirror: pm.Mirror, server: pm.Server, folder: Path, stamp: int
) -> None:
    """A poller noted the same plays by another clock, by their beginning or their end, but for
    some that it missed; of one, it noted another id of the same song."""
    numbers = range(30)
    for n in range(3):
        music_db.execute(
            "INSERT INTO tracks (id, name, artist) VALUES (%s, %s, %s)",
            [exports.spotify_id(n) if n else "relinked", f"Song {n}", f"Artist {n}, Guest"],
        )
    for n in numbers:
        if n % 6 != 5:
            at = datetime.fromtimestamp(T0, UTC) + timedelta(seconds=200 * n + stamp + n % 9)
            music_db.execute(
                "INSERT INTO play_history (track_id, played_at, source) VALUES (%s, %s, %s)",
                [
                    exports.spotify_id(n % 3) if n % 3 else "relinked",
                    at.replace(tzinfo=None),
                    "spotify_poll",
                ],
            )
    server.pull(mirror)
    file = exports.write(
        folder / "x.json", [exports.extended(n % 3, later(200 * n)) for n in numbers]
    )
    report = run(mirror, file)
    assert (report.recorded, report.matched) == (5, 25)


def test_the_same_song_on_repeat(mirror: pm.Mirror, folder: Path) -> None:
    rows = [exports.extended(1, later(20 * n), ms_played=20_000) for n in range(10)]
    assert run(mirror, exports.write(folder / "x.json", rows)).recorded == 10


@pytest.mark.parametrize("how", ["imported", "pulled"])
def test_plays_by_name_whose_tracks_get_ids_later(
    music_db: MusicDb, mirror: pm.Mirror, server: pm.Server, folder: Path, how: str
) -> None:
    """The name belongs to another track then. The plays are there all the same."""
    scrobbles = [exports.lastfm(n, T0 + 207 * n) for n in range(10)]
    file = exports.write(folder / "scrobbles.json", scrobbles)
    assert run(mirror, file).recorded == 10
    if how == "imported":
        rows = [exports.extended(n, later(10**6 + n)) for n in range(10)]
        assert run(mirror, exports.write(folder / "endsong.json", rows)).tracks == 10
    else:
        for n in range(10):
            music_db.execute(
                "INSERT INTO tracks (id, name, artist) VALUES (%s, %s, %s)",
                [exports.spotify_id(n), f"Song {n}", f"Artist {n % 7}, Guest"],
            )
        server.pull(mirror)
    longer = exports.write(folder / "scrobbles.json", [*scrobbles, exports.lastfm(3, T0 + 2070)])
    report = run(mirror, longer)
    assert (report.recorded, report.already_there + report.matched, report.tracks) == (1, 10, 0)


def test_a_listen_that_gets_an_id_later(mirror: pm.Mirror, folder: Path) -> None:
    bare = exports.write_lines(
        folder / "a.jsonl", [exports.listenbrainz(n, T0 + 207 * n) for n in range(5)]
    )
    assert run(mirror, bare).recorded == 5
    named = exports.write_lines(
        folder / "b.jsonl",
        [exports.listenbrainz(n, T0 + 207 * n, spotify_id=uri(n)) for n in range(5)],
    )
    report = run(mirror, named)
    assert (report.recorded, report.matched) == (0, 5)
    # Two ids that are told are two tracks, whatever their names.
    other = exports.write_lines(
        folder / "c.jsonl",
        [exports.listenbrainz(0, T0 + 5000, spotify_id=uri(n)) for n in (7, 8)],
    )
    assert run(mirror, other).recorded == 2


def test_a_dry_run_counts_what_a_run_does(mirror: pm.Mirror, folder: Path) -> None:
    """The later file names songs that the earlier one has told the ids of, at the same instants."""
    exports.write_lines(
        folder / "a.jsonl",
        [exports.listenbrainz(n, T0 + 207 * n, spotify_id=uri(n)) for n in range(5)],
    )
    exports.write(folder / "b.json", [exports.lastfm(n, T0 + 207 * n) for n in range(7)])
    report = run(mirror, folder)  # which compares it with a dry run
    assert (report.recorded, report.repeated, report.tracks, report.artists) == (7, 5, 7, 7)


# Files -----------------------------------------------------------------------------------------


def test_files_that_are_cut_short(mirror: pm.Mirror, folder: Path) -> None:
    whole = json.dumps([exports.extended(n, later(n)) for n in range(100)])
    (folder / "cut.json").write_text(whole[: len(whole) // 2])
    report = run(mirror, folder / "cut.json")
    assert 40 < report.recorded < 60 and "byte" in report.files[0].problem
    (folder / "cut.json").write_text(whole)
    assert run(mirror, folder / "cut.json").recorded == 100 - report.recorded

    archive = exports.write_zip(folder / "x.zip", {"a.json": whole, "b.json": whole})
    content = archive.read_bytes()
    archive.write_bytes(content[: len(content) // 2])
    with pytest.raises(pm.InvalidArgument, match=r"x\.zip"):
        mirror.import_plays(archive)


def test_an_archive_with_a_changed_byte(mirror: pm.Mirror, folder: Path) -> None:
    whole = json.dumps([exports.extended(n, later(n)) for n in range(2_000)])
    archive = exports.write_zip(folder / "x.zip", {"a.json": whole})
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 0xFF
    archive.write_bytes(bytes(content))
    report = mirror.import_plays(archive)
    check_sum(report)
    assert report.files[0].problem


def test_hostile_archives(mirror: pm.Mirror, folder: Path, tmp_path: Path) -> None:
    good = json.dumps([exports.extended(1, TIME)])
    archive = exports.write_zip(
        folder / "x.zip",
        {
            "../../outside.json": good,
            "/etc/absolute.json": good,
            "zeros.json": bytes(50_000_000),
            "long.json": b'[{"ts": "' + b"x" * 20_000_000,
            "deep.json": b"[" * 1_000_000,
            "inner.zip": exports.write_zip(tmp_path / "i.zip", {"a.json": good}).read_bytes(),
        },
    )
    before = sorted(tmp_path.rglob("*"))
    assert run(mirror, archive).recorded == 1
    assert sorted(tmp_path.rglob("*")) == before


# The call --------------------------------------------------------------------------------------


def test_what_is_imported_is_pushed(
    music_db: MusicDb, mirror: pm.Mirror, server: pm.Server, folder: Path
) -> None:
    file = exports.write(folder / "x.json", [exports.extended(n, later(n)) for n in range(50)])
    report = run(mirror, file)
    assert server.sync(mirror).pushed == 50 + report.tracks + report.artists
    assert music_db.execute(
        "SELECT count(*), min(played_at)::text FROM play_history WHERE source = 'import'"
    ) == [(50, "2023-11-14 22:13:20")]
    assert not mirror.pending()
    again = mirror.import_plays(file)
    assert (again.recorded, again.already_there) == (0, 50)
    assert server.verify(mirror).equal


def test_progress_and_stop(mirror: pm.Mirror, folder: Path) -> None:
    plays = 250_000
    file = exports.write(folder / "x.json", [exports.extended(1, later(n)) for n in range(plays)])
    seen: list[pm.Progress] = []
    assert mirror.import_plays(file, progress=seen.append, dry_run=True).recorded == plays
    assert {now.phase for now in seen} == {"import"}
    stop = threading.Event()

    def stop_soon(now: pm.Progress) -> None:
        if now.rows:
            stop.set()

    with pytest.raises(pm.Cancelled):
        mirror.import_plays(file, progress=stop_soon, stop=stop)
    assert mirror.plays.count() % 25_000 == 0
    assert mirror.verify().ok
    report = mirror.import_plays(file)
    assert mirror.verify().ok and mirror.stats.totals().plays == plays
    assert mirror.plays.count() == plays == report.recorded + report.already_there


def test_a_mirror_that_may_only_be_read(mirror: pm.Mirror, folder: Path) -> None:
    file = exports.write(folder / "x.json", [exports.extended(1, TIME)])
    with pm.open(mirror.path, read_only=True) as other:
        with pytest.raises(pm.StorageError, match="read_only"):
            other.import_plays(file)
        assert other.import_plays(file, dry_run=True).recorded == 1


def test_plays_recorded_meanwhile_do_not_wait(mirror: pm.Mirror, folder: Path) -> None:
    file = exports.write(folder / "x.json", [exports.extended(1, later(n)) for n in range(60_000)])
    mirror.tracks.add(id="t", name="T")
    done = threading.Event()

    def record() -> None:
        n = 0
        while not done.is_set():
            n += 1
            mirror.plays.add(
                track_id="t", played_at=f"2020-01-01T00:{n // 60 % 60:02}:{n % 60:02}Z"
            )

    thread = threading.Thread(target=record)
    thread.start()
    try:
        assert mirror.import_plays(file).recorded == 60_000
    finally:
        done.set()
        thread.join(30)
    assert mirror.verify().ok
