"""What the packaging tests share: the source, its version, and a way to run a command."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import checkout
import pytest
from checkout import SOURCE

Run = Callable[..., str]

# The source is built in several places here; ccache shall know it again.
ANYWHERE = {"CCACHE_BASEDIR": str(SOURCE), "CCACHE_NOHASHDIR": "1"}


@pytest.fixture(scope="session")
def source() -> Path:
    return SOURCE


@pytest.fixture(scope="session")
def version() -> str:
    return checkout.version()


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs a command and returns what it printed; its output is the message when it fails."""

    def run_command(*command: str | Path, expect: int = 0, **environment: str) -> str:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | ANYWHERE | environment,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=3600)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # the compilers below it too
            process.wait()
            raise
        assert process.returncode == expect, f"{' '.join(map(str, command))}\n{output}"
        return output

    return run_command
