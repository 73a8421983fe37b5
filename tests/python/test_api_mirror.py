"""The mirror file from Python: opening, closing, status."""

import os
import pickle
import stat
import subprocess
import sys
from pathlib import Path

import playmirror as pm
import pytest
from support.offline_library import open_library


def test_a_new_file_is_private_and_empty(mirror_path: Path) -> None:
    with pm.open(mirror_path) as mirror:
        assert mirror.path == mirror_path
        assert repr(mirror) == f"<Mirror '{mirror_path}'>"
        assert len(mirror.plays) == 0
    assert stat.S_IMODE(mirror_path.stat().st_mode) == 0o600


def test_text_and_paths_name_a_file(mirror_path: Path) -> None:
    for file in (str(mirror_path), mirror_path):
        pm.Mirror.open(file).close()
    with pytest.raises(TypeError, match=r"file must be str or os\.PathLike, not int"):
        pm.open(5)


def test_a_tilde_makes_no_directory_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pm.Mirror.make_sample("sample.db", plays=1) as mirror:
        for make in (pm.open, pm.Mirror.make_sample, mirror.copy_to):
            with pytest.raises(pm.InvalidArgument, match="shell") as caught:
                make("~/music/music.db")
            assert "expanduser" in caught.value.hint
        assert not (tmp_path / "~").exists()
    (tmp_path / "~").mkdir()
    pm.open("~/music.db").close()  # whoever has one may use it


def test_a_mirror_is_not_made_by_its_class() -> None:
    for arguments in ((), ("music.db",), (None,)):
        with pytest.raises(TypeError, match=r"playmirror\.open\(file\)"):
            pm.Mirror(*arguments)


def test_the_default_path_comes_from_the_environment(
    mirror_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYMIRROR_DB", str(mirror_path))
    assert pm.Mirror.default_path() == mirror_path
    with pm.open() as mirror:
        assert mirror.path == mirror_path
    monkeypatch.delenv("PLAYMIRROR_DB")
    monkeypatch.setenv("XDG_DATA_HOME", str(mirror_path.parent))
    assert pm.Mirror.default_path() == mirror_path.parent / "playmirror" / "music.db"


def test_a_missing_file_is_not_made_against_the_callers_wish(mirror_path: Path) -> None:
    for options in ({"create": False}, {"read_only": True}):
        with pytest.raises(pm.Error):
            pm.open(mirror_path, **options)
        assert not mirror_path.exists()


def test_a_read_only_mirror_answers_and_refuses_to_record(mirror_path: Path) -> None:
    open_library(mirror_path).close()
    with pm.open(mirror_path, read_only=True) as mirror:
        assert len(mirror.plays) == 6
        with pytest.raises(pm.Error):
            mirror.artists.add(id="x")


def test_every_call_on_a_closed_mirror_says_so(mirror_path: Path) -> None:
    mirror = open_library(mirror_path)
    plays = mirror.plays
    mirror.close()
    mirror.close()
    for call in (
        mirror.status,
        mirror.pending,
        mirror.verify,
        lambda: mirror.sql("SELECT 1"),
        lambda: len(mirror.plays),
        lambda: len(plays),
        lambda: mirror.tracks.find("x"),
        lambda: mirror.stats.top_tracks(),
    ):
        with pytest.raises(pm.Error) as caught:
            call()
        assert caught.value.code is pm.ErrorCode.CLOSED
    assert repr(mirror)


def test_status_of_a_mirror_that_never_met_a_server(mirror_path: Path) -> None:
    with open_library(mirror_path) as mirror:
        status = mirror.status()
    assert status.file == mirror_path
    assert (status.server, status.last_pull, status.last_push) == ("", None, None)
    assert not status.complete
    assert status.tables["play_history"] == pm.TableStatus(rows=6, complete=False, problem="")
    assert status.pending == status.queued == 11


def test_a_sound_file_verifies(mirror_path: Path) -> None:
    with open_library(mirror_path) as mirror:
        report = mirror.verify()
        assert (report.ok, report.outbox_entries, report.problems) == (True, 11, [])


def test_a_mirror_cannot_be_pickled(mirror_path: Path) -> None:
    with pm.open(mirror_path) as mirror, pytest.raises(TypeError):
        pickle.dumps(mirror)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork()")
def test_a_forked_child_is_told_to_open_its_own(mirror_path: Path) -> None:
    script = """
import os, sys, playmirror as pm
mirror = pm.open(sys.argv[1])
child = os.fork()
if child == 0:
    try:
        mirror.plays.recent()
    except pm.Error as error:
        os._exit(0 if error.code == "closed" else 1)
    os._exit(2)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert mirror.plays.recent() == []
"""
    subprocess.run([sys.executable, "-c", script, mirror_path], check=True, timeout=60)
