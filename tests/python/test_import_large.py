"""Imports of whole histories into an empty mirror, which begin without the log."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import playmirror as pm
import pytest
from support import hooks
from support import listening_exports as exports

PLAYS = 130_000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    return exports.write(
        tmp_path / "large.json", [exports.extended(n % 500, exports.later(n)) for n in range(PLAYS)]
    )


def log_bytes(path: Path) -> int:
    log = path.with_name(path.name + "-wal")
    return log.stat().st_size if log.exists() else 0


@pytest.mark.skipif(not hooks.PRESENT, reason="built without test hooks")
@pytest.mark.parametrize("who", ["nobody", "a reader of ours", "a process that opens it"])
def test_a_large_import_into_an_empty_mirror(mirror: pm.Mirror, large: Path, who: str) -> None:
    logs: list[int] = []
    seen: list[int] = []

    def look(step: str) -> None:
        if step != "import.batch":
            return
        logs.append(log_bytes(mirror.path))
        if who == "a reader of ours":
            seen.append(mirror.plays.count())
        elif who == "a process that opens it":
            command = "import playmirror as pm, sys; print(pm.open(sys.argv[1]).plays.count())"
            told = subprocess.check_output([sys.executable, "-c", command, mirror.path])
            seen.append(int(told))

    with hooks.at_steps(look):
        assert mirror.import_plays(large).recorded == PLAYS
    # All of it went straight into the file, unless somebody looked, who saw whole batches.
    assert any(logs) == (who != "nobody")
    assert seen == ([] if who == "nobody" else [*range(25_000, PLAYS, 25_000), PLAYS])
    assert mirror.verify().ok and mirror.stats.totals().plays == PLAYS
    assert not mirror.path.with_name(mirror.path.name + "-journal").exists()
    assert mirror.import_plays(large).recorded == 0


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7, 0.95])
def test_killed_in_a_large_import(tmp_path: Path, large: Path, share: float) -> None:
    path = tmp_path / "killed.db"
    begin = time.monotonic()
    with pm.open(tmp_path / "whole.db") as whole:
        whole.import_plays(large)
    needed = time.monotonic() - begin
    command = (
        "import playmirror as pm, sys; m = pm.open(sys.argv[1]); print('.', flush=True); "
        "m.import_plays(sys.argv[2])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", command, path, large], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(share * needed)
        process.kill()
    with pm.open(path) as mirror:
        before = mirror.plays.count()
        assert before % 25_000 == 0 or before == PLAYS
        assert mirror.verify().ok
        report = mirror.import_plays(large)
        assert (report.recorded, report.already_there) == (PLAYS - before, before)
        assert mirror.verify().ok and mirror.stats.totals().plays == PLAYS
        assert mirror.status().pending == PLAYS + 500 + 7  # and their tracks and artists
