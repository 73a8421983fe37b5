"""A program that watches a mirror: how it ends, and what the command line prints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import playmirror as pm
import pytest
from support.faults import add_play, add_tracks
from support.music_db import MusicDb


@pytest.fixture
def music_db(music_db: MusicDb) -> MusicDb:
    add_tracks(music_db, "t1", "t2")
    return music_db


def run(program: str, *arguments: object, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def test_ctrl_c_ends_a_program_that_waits(music_db: MusicDb, mirror_path: Path) -> None:
    program = (
        "import playmirror as pm, sys\n"
        "with pm.open(sys.argv[1]) as mirror:\n"
        "    with mirror.watch(sys.argv[2], on_event=lambda e: print(e.state, flush=True)) as w:\n"
        "        w.wait()\n"
    )
    process = run(program, mirror_path, music_db.dsn)
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["connecting\n", "current\n"]
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    told, complaint = process.communicate(timeout=20)
    assert time.monotonic() - begun < 2
    assert told == "stopped\n"
    assert "KeyboardInterrupt" in complaint


@pytest.mark.parametrize("leave", ["", "del watcher, mirror", "sys.exit(0)", "raise SystemExit"])
def test_a_program_that_forgets_it_ends_well(
    music_db: MusicDb, mirror_path: Path, leave: str
) -> None:
    program = (
        "import playmirror as pm, sys, time\n"
        "seen = []\n"
        "mirror = pm.open(sys.argv[1])\n"
        "watcher = mirror.watch(sys.argv[2], interval=0.001, on_event=seen.append)\n"
        "while len(seen) < 2: time.sleep(0.01)\n"
        f"{leave}\n"
    )
    told, complaint = (process := run(program, mirror_path, music_db.dsn)).communicate(timeout=30)
    assert (process.returncode, told, complaint) == (0, "", "")


def test_a_forked_child_must_start_its_own(music_db: MusicDb, mirror_path: Path) -> None:
    program = (
        "import os, playmirror as pm, sys, warnings\n"
        "warnings.simplefilter('ignore', DeprecationWarning)\n"
        "mirror = pm.open(sys.argv[1])\n"
        "watcher = mirror.watch(sys.argv[2], interval=0.001)\n"
        "for _ in range(20):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        try:\n"
        "            watcher.state\n"
        "        except pm.Error as error:\n"
        "            assert error.code == 'closed', error.code\n"
        "            watcher.stop()\n"
        "            del watcher\n"
        "            sys.exit(7)\n"
        "    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7\n"
        "assert watcher.state != 'stopped'\n"
    )
    told, complaint = (process := run(program, mirror_path, music_db.dsn)).communicate(timeout=60)
    assert (process.returncode, told, complaint) == (0, "", "")


def test_sync_watch_prints_what_happens(music_db: MusicDb, mirror_path: Path) -> None:
    command = [sys.executable, "-m", "playmirror", "sync", "--watch", "--interval", "0.05"]
    environment = {**os.environ, "PLAYMIRROR_DB": str(mirror_path), "PLAYMIRROR_DSN": music_db.dsn}
    process = subprocess.Popen(
        [*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    connecting, first = (json.loads(process.stdout.readline()) for _ in range(2))
    assert (connecting["state"], connecting["report"], connecting["error"]) == (
        "connecting",
        None,
        None,
    )
    assert first["at"].endswith("Z")
    assert first["report"]["pulled"]["tracks"]["inserted"] == 2
    with pm.open(mirror_path) as mirror:
        add_play(mirror, 1)
    assert json.loads(process.stdout.readline())["report"]["pushed"] == 1
    process.send_signal(signal.SIGINT)
    told, complaint = process.communicate(timeout=20)
    assert json.loads(told)["state"] == "stopped"
    assert (process.returncode, complaint) == (130, b"stopped\n")

    # For people, and with a server that is not ours.
    with MusicDb.create(music_db.server) as other:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=30,
            env={**environment, "PLAYMIRROR_DSN": other.dsn},
        )
    assert done.returncode == 10
    assert "  connecting" in done.stdout
    assert "  stopped     " in done.stdout
    assert "error:" in done.stderr
