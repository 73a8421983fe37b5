"""Files that cannot be used as a mirror: each is refused for its own reason, with a remedy, and
nothing in it is changed. Files that got hurt: what is left stays readable."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import playmirror as pm
import pytest
from support.faults import add_play
from support.offline_library import open_library
from support.permissions import permissions_count

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def refused(path: Path, **options: object) -> pm.Error:
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises((pm.MirrorUnusable, pm.StorageError)) as caught:
        pm.open(path, **options)
    assert caught.value.hint
    assert str(path.name) in str(caught.value) or caught.value.code != "unsafe_file"
    if before is not None:
        assert path.read_bytes() == before
    return caught.value


@pytest.fixture
def made(mirror_path: Path) -> Path:
    """A closed mirror with a small library in it, all of it pending."""
    open_library(mirror_path).close()
    return mirror_path


# What lies at the path ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"hello", b"PK\3\4" * 5_000, b"\0" * 4096, b"SQLite format 3\0"]
)
def test_a_file_of_another_program(mirror_path: Path, content: bytes) -> None:
    mirror_path.write_bytes(content)
    error = refused(mirror_path)
    assert error.code in ("not_a_mirror", "damaged")
    assert str(mirror_path) in str(error) or error.code == "damaged"


def test_another_sqlite_database(mirror_path: Path) -> None:
    with closing(sqlite3.connect(mirror_path)) as database:
        database.execute("CREATE TABLE tracks (id)")
    assert refused(mirror_path).code == "not_a_mirror"


def test_a_newer_format(made: Path) -> None:
    with closing(sqlite3.connect(made)) as database:
        database.execute("PRAGMA user_version = 1000")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    error = refused(made)
    assert error.code == "format_too_new"
    assert "1000" in str(error) and "newer" in error.hint


def test_a_symbolic_link(made: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(made)
    assert refused(link).code == "unsafe_file"
    link.unlink()
    link.symlink_to(tmp_path / "nothing there")
    assert refused(link).code in ("unsafe_file", "storage_failed")
    assert not (tmp_path / "nothing there").exists()


def test_a_symbolic_link_is_named_to_readers_too(made: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(made)
    with pytest.raises(pm.MirrorUnusable) as caught:
        pm.open(link, read_only=True)
    assert (caught.value.code, "link" in str(caught.value)) == ("unsafe_file", True)


@pytest.mark.parametrize("content", [b"my thesis", None], ids=["text", "database"])
def test_nothing_is_changed_in_a_file_that_is_no_mirror(
    mirror_path: Path, content: bytes | None
) -> None:
    if content is None:
        with closing(sqlite3.connect(mirror_path)) as database:
            database.execute("CREATE TABLE precious (x)")
    else:
        mirror_path.write_bytes(content)
    mirror_path.chmod(0o644)
    before = mirror_path.read_bytes()
    assert refused(mirror_path).code == "not_a_mirror"
    if content is None:
        with pytest.raises(pm.MirrorUnusable):
            pm.Mirror.salvage(mirror_path)
    assert (stat.S_IMODE(mirror_path.stat().st_mode), mirror_path.read_bytes()) == (0o644, before)


@pytest.mark.parametrize("has_written", [True, False])
@pytest.mark.parametrize("replaced", [True, False])
def test_nothing_is_recorded_into_a_file_that_has_lost_its_name(
    made: Path, tmp_path: Path, replaced: bool, has_written: bool
) -> None:
    with pm.open(made) as mirror:
        if has_written:
            add_play(mirror, 1, "blue")
        plays = mirror.plays.count()
        if replaced:
            mirror.copy_to(tmp_path / "backup.db")
            (tmp_path / "backup.db").replace(made)
        else:
            made.unlink()
        with pytest.raises(pm.MirrorUnusable, match="replaced") as caught:
            add_play(mirror, 2, "blue")
        assert (caught.value.code, "open it again" in caught.value.hint) == ("unsafe_file", True)
    if replaced:
        with pm.open(made) as mirror:
            add_play(mirror, 2, "blue")
            assert mirror.plays.count() == plays + 1
            assert mirror.verify().ok


def test_no_answer_is_of_two_files(made: Path, tmp_path: Path) -> None:
    with pm.open(made) as mirror:
        add_play(mirror, 1, "blue")
        mirror.copy_to(tmp_path / "backup.db")
        add_play(mirror, 2, "blue")
        cursors = [iter(mirror.plays) for _ in range(2)]
        for cursor in cursors:
            next(cursor)
        (tmp_path / "backup.db").replace(made)
        with pytest.raises(pm.MirrorUnusable, match="replaced"):
            cursors += [iter(mirror.plays) for _ in range(20)]


def test_a_linked_directory_is_fine(made: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(made.parent)
    with pm.open(tmp_path / "link" / made.name) as mirror:
        assert mirror.path == made.resolve()


def test_a_hard_link(made: Path, tmp_path: Path) -> None:
    (tmp_path / "second.db").hardlink_to(made)
    assert refused(made).code == "unsafe_file"
    assert refused(tmp_path / "second.db").code == "unsafe_file"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "directory"])
def test_what_is_no_file(mirror_path: Path, make: Callable[[Path], None]) -> None:
    make(mirror_path)
    assert refused(mirror_path).code == "unsafe_file"


@AS_ROOT
def test_a_file_of_another_user(made: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(made, nobody.pw_uid, nobody.pw_gid)
    assert refused(made).code == "unsafe_file"


def test_a_file_that_others_may_read_is_made_private(made: Path) -> None:
    made.chmod(0o666)
    with pm.open(made) as mirror:
        add_play(mirror, 1, "blue")
        for file in made.parent.glob("music.db*"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_mirror_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with pm.open(tmp_path / "new" / "deep" / "music.db") as mirror:
            mirror.tracks.add(id="t1")
            files = list(mirror.path.parent.iterdir())
    finally:
        os.umask(before)
    assert len(files) >= 3  # the log and the locks are as private as the file
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE((tmp_path / "new" / "deep").stat().st_mode) == 0o700


def test_an_empty_file_becomes_a_mirror(mirror_path: Path) -> None:
    mirror_path.touch()
    with pm.open(mirror_path) as mirror:
        assert len(mirror.plays) == 0
    assert stat.S_IMODE(mirror_path.stat().st_mode) == 0o600


def test_an_empty_path() -> None:
    with pytest.raises(pm.InvalidArgument, match="path"):
        pm.open("")


@pytest.mark.parametrize(
    "path",
    ["music\0.db", b"music\0.db", "music\ud800.db", Path("music\0.db"), Path("music\ud800.db")],
)
def test_a_path_that_is_none(path: str, tmp_path: Path) -> None:
    with pytest.raises(pm.InvalidArgument, match="file is no path"):
        pm.open(path)
    if not isinstance(path, bytes):
        mirror = pm.open(tmp_path / "music.db")
        with mirror, pytest.raises(pm.InvalidArgument, match="no path"):
            mirror.export(path)


def test_a_path_that_is_longer_than_sqlite_takes(made: Path, tmp_path: Path) -> None:
    directory = tmp_path
    while len(bytes(directory)) < 400:
        directory /= "d" * 40
    longest = directory / ("m" * (504 - len(bytes(directory)) - 1))
    with pm.open(longest) as mirror, pytest.raises(pm.InvalidArgument, match="504"):
        mirror.copy_to(f"{longest}c")
    too_long = Path(f"{longest}m")
    with pytest.raises(pm.InvalidArgument, match="505 bytes") as caught:
        pm.open(too_long)
    assert "shorter" in caught.value.hint
    assert not too_long.exists()
    with pm.open(made) as mirror, pytest.raises(pm.InvalidArgument, match="504"):
        mirror.copy_to(too_long)
    assert sorted(directory.iterdir())[0] == longest


def test_a_path_below_a_file(made: Path) -> None:
    with pytest.raises(pm.StorageError) as caught:
        pm.open(made / "music.db")
    assert caught.value.hint


# Directories and media that cannot be written to ------------------------------------------------


@pytest.fixture
def frozen(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A mirror of our own in a directory that we may not write to."""
    directory = tmp_path_factory.mktemp("frozen")
    shutil.copy(made, directory)
    directory.chmod(0o555)
    with permissions_count():
        yield directory / made.name
    directory.chmod(0o755)


def test_a_directory_that_cannot_be_written_to(frozen: Path) -> None:
    with pytest.raises(pm.StorageError) as caught:
        pm.open(frozen.with_name("new.db"))
    assert caught.value.code == "storage_failed"
    assert "write" in caught.value.hint
    with pytest.raises(pm.StorageError), pm.open(frozen) as mirror:
        add_play(mirror, 1, "blue")


def test_a_mirror_on_read_only_media_can_be_read(frozen: Path) -> None:
    with pm.open(frozen, read_only=True) as mirror:
        assert len(mirror.plays) == 6
        assert mirror.stats.top_tracks(1)
        assert mirror.sql("SELECT count(*) AS n FROM tracks").column("n") == [3]
        assert mirror.status().queued == 11
        with pytest.raises(pm.StorageError, match="read_only"):
            add_play(mirror, 1, "blue")
        with pytest.raises(pm.StorageError, match="read_only"):
            mirror.retry()
    assert [file.name for file in frozen.parent.iterdir()] == [frozen.name]


# Damage --------------------------------------------------------------------------------------


def test_a_file_cut_short_is_told_and_left_alone(made: Path) -> None:
    whole = made.read_bytes()
    for share in (0.1, 0.3, 0.5, 0.9):
        made.write_bytes(whole[: int(len(whole) * share)])
        for side_file in made.parent.glob("music.db-*"):
            side_file.unlink()
        before = made.read_bytes()
        try:
            with pm.open(made) as mirror:
                report = mirror.verify()
                assert not report.ok
                assert report.problems[0].what
        except pm.MirrorUnusable as error:
            assert error.code in ("damaged", "not_a_mirror")
            assert error.hint
        assert made.read_bytes() == before, share


def test_a_damaged_entry_of_the_outbox_is_found(made: Path) -> None:
    with closing(sqlite3.connect(made)) as database, database:
        database.execute(
            "UPDATE playmirror_outbox "
            "SET image = CAST(replace(image, 'test', 'tess') AS BLOB) WHERE entry = 8"
        )
    with pm.open(made) as mirror:
        report = mirror.verify()
        assert not report.ok
        [problem] = report.problems
        assert "entry 8" in problem.where
        assert report.outbox_entries == 11
        assert len(mirror.plays) == 6  # everything else goes on
        add_play(mirror, 1, "blue")


@pytest.mark.parametrize("left", [0, 1, 100, None])
def test_a_log_without_its_file_is_no_new_mirror(made: Path, left: int | None) -> None:
    """A copy was cut short, or the file deleted after a crash: to SQLite the log would belong to
    nothing, and go."""
    with pm.open(made) as mirror:
        add_play(mirror, 1, "blue")
        log = Path(f"{made}-wal").read_bytes()
    content = made.read_bytes()[:left]
    made.unlink() if left is None else made.write_bytes(content)
    Path(f"{made}-wal").write_bytes(log)
    for options in ({}, {"read_only": True}, {"create": False}):
        assert refused(made, **options).code == "damaged"
        assert Path(f"{made}-wal").read_bytes() == log
        assert made.exists() == (left is not None)

    report = pm.Mirror.salvage(made)
    assert len(report.set_aside.read_bytes()) == (left or 0)
    assert Path(f"{report.set_aside}-wal").read_bytes() == log
    assert report.saved > 0  # the log has the page of the outbox that was written last
    with pm.open(made) as mirror:
        assert len(mirror.pending()) == report.saved
        assert mirror.verify().ok


def test_a_mirror_that_was_renamed_without_its_log_gets_it_back(made: Path) -> None:
    with pm.open(made) as mirror:
        pending = len(mirror.pending())
        add_play(mirror, 1, "blue")
        log = Path(f"{made}-wal").read_bytes()
        content = made.read_bytes()
    old, new = made, made.with_name("old.db")
    old.unlink()
    new.write_bytes(content)
    Path(f"{old}-wal").write_bytes(log)
    assert "-wal" in refused(old).hint
    shutil.move(f"{old}-wal", f"{new}-wal")
    with pm.open(new) as mirror:
        assert len(mirror.pending()) == pending + 1
    with pm.open(old) as mirror:
        assert len(mirror.plays) == 0


def test_the_file_is_deleted_while_it_is_open(made: Path) -> None:
    """What was recorded went into the deleted file: this must not pass for success."""
    with pm.open(made) as mirror:
        made.unlink()
        try:
            add_play(mirror, 1, "blue")
        except pm.Error as error:
            assert isinstance(error, pm.StorageError | pm.MirrorUnusable)
            assert error.hint
        else:
            pytest.fail("a play was recorded into a file that is gone")


# Locks ---------------------------------------------------------------------------------------

HOLDER = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
fcntl.flock(descriptor, fcntl.LOCK_EX)
os.ftruncate(descriptor, 0)
os.write(descriptor, str(os.getpid()).encode())
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holding(lock: Path) -> Iterator[int]:
    """Another process holds the lock as playmirror would; its pid."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process.pid
        process.communicate()


def test_a_lock_that_another_process_holds_is_named(made: Path) -> None:
    with pm.open(made, busy_timeout=0.2) as mirror, holding(Path(f"{made}-lock")) as pid:
        with pytest.raises(pm.MirrorBusy) as caught:
            add_play(mirror, 1, "blue")
        assert f"process {pid} " in str(caught.value)
        assert caught.value.retryable and caught.value.hint
        assert len(mirror.plays) == 6  # reading does not wait
        assert mirror.status().queued == 11
    with pm.open(made) as mirror:
        add_play(mirror, 1, "blue")


def test_the_lock_of_a_killed_process_is_free(made: Path) -> None:
    with pm.open(made, busy_timeout=5) as mirror, holding(Path(f"{made}-lock")) as pid:
        os.kill(pid, 9)
        add_play(mirror, 1, "blue")
    assert pm.open(made).verify().ok
