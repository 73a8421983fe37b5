"""Copies of a mirror, made while other processes write."""

import multiprocessing
import os
import signal
import sqlite3
from contextlib import closing
from multiprocessing.synchronize import Event
from pathlib import Path

import playmirror as pm
import pytest
from support.offline_library import NOON, open_library


def test_a_copy_is_a_backup(mirror_path: Path, tmp_path: Path) -> None:
    with open_library(mirror_path) as mirror:
        mirror.copy_to(tmp_path / "copy.db")
        plays = mirror.plays.table()
    with pm.open(tmp_path / "copy.db") as copy:
        assert copy.plays.table() == plays
        assert len(copy.pending()) == 11
        assert copy.verify().ok
    assert sorted(each.name for each in tmp_path.iterdir() if "partial" in each.name) == []


def test_a_name_that_is_taken_stays_what_it_is(mirror: pm.Mirror, tmp_path: Path) -> None:
    taken = tmp_path / "taken.txt"
    taken.write_text("a shopping list")
    with pytest.raises(pm.InvalidArgument, match="exists already"):
        mirror.copy_to(taken)
    with pytest.raises(pm.MirrorUnusable):
        mirror.copy_to(taken, overwrite=True)
    assert taken.read_text() == "a shopping list"


def test_a_copy_that_is_open_elsewhere_is_not_replaced(mirror: pm.Mirror, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    mirror.copy_to(copy)
    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as reader:
        reader.execute("SELECT count(*) FROM tracks").fetchone()
        with pytest.raises(pm.MirrorBusy, match="is open"):
            mirror.copy_to(copy, overwrite=True)
    mirror.copy_to(copy, overwrite=True)


def _record(path: Path, enough: Event) -> None:
    with pm.open(path) as mirror:
        number = 0
        while not enough.is_set():
            number += 1
            mirror.plays.add(track_id="blue", played_at=NOON.replace(microsecond=number))
    os._exit(0)


def test_copies_made_while_another_process_records_are_whole(
    mirror_path: Path, tmp_path: Path
) -> None:
    with open_library(mirror_path) as mirror:
        context = multiprocessing.get_context("spawn")
        enough = context.Event()
        writer = context.Process(target=_record, args=(mirror_path, enough))
        writer.start()
        counts: list[int] = []
        try:
            while writer.is_alive() and len(set(counts)) < 10:
                copy = tmp_path / "copy.db"
                mirror.copy_to(copy, overwrite=True)
                with pm.open(copy) as opened:
                    assert opened.verify().ok
                    counts.append(opened.plays.count())
                    assert len(opened.pending()) == counts[-1] + 5
        finally:
            enough.set()
            writer.join(timeout=30)
        assert writer.exitcode == 0
    assert counts == sorted(counts)
    assert len(set(counts)) == 10


def test_progress_can_stop_it(mirror: pm.Mirror, tmp_path: Path) -> None:
    def enough(now: pm.Progress) -> None:
        assert now.phase == "copy"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mirror.copy_to(tmp_path / "copy.db", progress=enough)
    assert not (tmp_path / "copy.db").exists()


def _killed_while_it_copies(path: Path, to: Path, *, export: bool) -> None:
    def kill(now: pm.Progress) -> None:
        if now.phase == ("export" if export else "copy"):
            os.kill(os.getpid(), signal.SIGKILL)

    with pm.open(path) as mirror:
        if export:
            mirror.export(to, format="csv", progress=kill)
        mirror.copy_to(to, progress=kill)


@pytest.mark.parametrize("export", [False, True])
def test_a_process_that_is_killed_leaves_no_copy_and_its_remains_go(
    mirror_path: Path, tmp_path: Path, export: bool
) -> None:
    open_library(mirror_path).close()
    to = tmp_path / ("out" if export else "copy.db")
    context = multiprocessing.get_context("spawn")
    child = context.Process(
        target=_killed_while_it_copies, args=(mirror_path, to), kwargs={"export": export}
    )
    child.start()
    child.join(timeout=30)
    assert child.exitcode == -signal.SIGKILL
    assert not to.exists()

    def remains() -> list[Path]:
        return [each for each in tmp_path.iterdir() if "partial" in each.name]

    (left,) = remains()
    with pm.open(mirror_path) as mirror:
        again = mirror.export if export else mirror.copy_to
        options = {"format": "csv"} if export else {}
        again(to, **options)
        assert remains() == [left]  # it could be a process of another machine
        os.utime(left, (0, 0))
        again(to, overwrite=True, **options)
        assert remains() == []
        assert mirror.verify().ok
