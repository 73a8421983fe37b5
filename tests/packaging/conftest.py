"""What the packaging tests share: the source, its version, and a way to run a command."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
Run = Callable[..., str]


@pytest.fixture(scope="session")
def source() -> Path:
    return SOURCE


@pytest.fixture(scope="session")
def version() -> str:
    found = re.search(
        r"project\(playmirror VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text()
    )
    assert found
    return found[1]


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs a command and returns what it printed; its output is the message when it fails."""

    def run_command(*command: str | Path, expect: int = 0, **environment: str) -> str:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | environment,
            timeout=1200,
        )
        assert done.returncode == expect, f"{' '.join(map(str, command))}\n{done.stdout}"
        return done.stdout

    return run_command
