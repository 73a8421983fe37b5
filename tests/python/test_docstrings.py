"""Every public name of the package shows how it is used, and what it shows runs.

The examples run on a mirror of a small library, beside its server. One without output only has to
run; where it shows output, that has to be right.
"""

import datetime
import doctest
import enum
import inspect
import io
import json
import os
import shutil
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import playmirror as pm
import pytest
from support.listening_exports import spotify_zip
from support.music_db import SMALL_TEMPLATE, MusicDb
from support.notebooks import write_service_file

pytest.importorskip("matplotlib")

PUBLIC = [name for name in pm.__all__ if not name.startswith("_")]
MODULES = [f"playmirror.{module}" for module in sorted({*pm._HOME.values()} - {"_core"})]
TRACK, ARTIST = "4uLU6hMCjMI75M1A2tKUQC", "0TnOYISbd1XYRBk9myaseg"


@pytest.fixture(scope="module")
def library(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with a mirror of the small library, and a file that names its server `music`."""
    directory = tmp_path_factory.mktemp("library")
    with MusicDb.create(cluster, template=SMALL_TEMPLATE) as db:
        db.execute(
            f"""
            INSERT INTO artists (id, name, genres) VALUES ('{ARTIST}', 'Rick', '["pop"]');
            INSERT INTO tracks (id, name, artist, tempo, lyrics)
                VALUES ('{TRACK}', 'Never', 'Rick', 113.3, 'We''re no strangers');
            INSERT INTO track_artists VALUES ('{TRACK}', '{ARTIST}');
            INSERT INTO play_history (track_id, played_at, listened_ms, skipped)
                SELECT '{TRACK}', timestamp '2026-01-20' + n * interval '1 day', 200000, n = 3
                FROM generate_series(1, 6) n;
            """
        )
        write_service_file(db.dsn, directory / "pg_service.conf")
        with pm.open(directory / "music.db") as mirror:
            mirror.sync(db.dsn)
        yield directory


class Lenient(doctest.OutputChecker):
    """Takes any output where the example shows none."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return not want or super().check_output(want, got, optionflags)


def run(test: doctest.DocTest, library: Path, directory: Path) -> str:
    """What is wrong with the examples of one docstring; empty when nothing is."""
    directory.mkdir()
    shutil.copy(library / "music.db", directory / "music.db")
    spotify_zip(directory / "listens.zip")
    os.chdir(directory)
    told = io.StringIO()
    runner = doctest.DocTestRunner(Lenient(), verbose=False, optionflags=doctest.ELLIPSIS)
    with pm.open("music.db") as mirror, pm.connect("service=music") as server:
        test.globs = {
            **{name: getattr(pm, name) for name in PUBLIC},
            **{name: getattr(datetime, name) for name in ("datetime", "timedelta", "timezone")},
            "playmirror": pm,
            "json": json,
            "threading": threading,
            "input": lambda *_: "",
            "mirror": mirror,
            "server": server,
            "play": mirror.plays.recent(1)[0],
        }
        runner.run(test, out=told.write)
    return told.getvalue()


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(
    name: str, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSERVICEFILE", str(library / "pg_service.conf"))
    monkeypatch.chdir(tmp_path)  # and back at the end
    module: ModuleType = import_module(name)
    found = doctest.DocTestFinder(recurse=True).find(module, name)
    wrong = [
        run(test, library, tmp_path / str(number))
        for number, test in enumerate(found)
        if test.examples
    ]
    assert "".join(wrong) == ""


def functions(cls: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that a class defines in Python."""
    for name, value in vars(cls).items():
        called = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        called = inspect.unwrap(called)
        if not name.startswith("_") and inspect.isfunction(called):
            yield f"{cls.__name__}.{name}", called


def test_every_public_name_has_an_example() -> None:
    without = []
    for name in PUBLIC:
        value = getattr(pm, name)
        documented = [(name, value)]
        if inspect.isclass(value) and not issubclass(value, (enum.Enum, Exception)):
            documented += functions(value)
        without += [each for each, of in documented if ">>>" not in (inspect.getdoc(of) or "")]
    assert without == []
