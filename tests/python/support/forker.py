"""Processes that begin at once, to be killed: forked off one that has everything imported.

    with Forker() as forker:
        child = forker.start("support.jobs:sync", path, dsn)
        child.kill()
        told = child.finish()

Run as a program, this module is that one. A job is a function; what it calls `tell` with reaches
the test even when it dies in the next instant.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Tell = Callable[[Any], None]


@dataclass
class Ended:
    """What became of a child."""

    code: int  #: its exit code, negative for a signal
    told: list[Any] = field(default_factory=list)


class Child:
    def __init__(self, line: _Line, pid: int) -> None:
        self._line = line
        self._told: list[Any] = []
        self._ended: Ended | None = None
        self.pid = pid

    def kill(self) -> None:
        if self._ended is None:
            os.kill(self.pid, signal.SIGKILL)  # not waited for yet, so the number is still its own

    def wait(self, seconds: float | None = None) -> Ended | None:
        """What became of it; None when it lives on after so many seconds."""
        while self._ended is None:
            message = self._line.read(seconds)
            if message is None:
                return None
            kind, value = message
            if kind == "told":
                self._told.append(value)
            else:
                self._ended = Ended(value, self._told)
                self._line.write("reap")
        return self._ended

    def finish(self) -> Ended:
        """Waits for its end."""
        ended = self.wait()
        assert ended is not None
        return ended


class Forker:
    """Starts one child at a time. `environment` is added to that of this process."""

    def __init__(self, **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.forker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd=Path(__file__).resolve().parents[1],
            env=os.environ | environment,
        )
        self._line = _Line(self._process)

    def start(self, job: str, *arguments: object) -> Child:
        """Calls function `module:name` with `tell` and the arguments, paths and plain values."""
        plain = [str(value) if isinstance(value, Path) else value for value in arguments]
        self._line.write([job, *plain])
        message = self._line.read(None)
        assert message is not None and message[0] == "pid"
        return Child(self._line, message[1])

    def run(self, job: str, *arguments: object) -> Ended:
        return self.start(job, *arguments).finish()

    def close(self) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()

    def __enter__(self) -> Forker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Line:
    """Messages to and from the forking process, one JSON document a line."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._to, self._from = process.stdin, process.stdout
        self._received = b""

    def write(self, message: object) -> None:
        self._to.write(json.dumps(message).encode() + b"\n")

    def read(self, seconds: float | None) -> list[Any] | None:
        while b"\n" not in self._received:
            readable, _, _ = select.select([self._from], [], [], seconds)
            if not readable:
                return None
            piece = self._from.read(1 << 16)
            assert piece, "the forking process has ended"
            self._received += piece
        line, _, self._received = self._received.partition(b"\n")
        return json.loads(line)


# The forking process -------------------------------------------------------------------------


def _say(*values: object) -> None:
    os.write(1, (json.dumps(values) + "\n").encode())


def _serve() -> None:
    for line in sys.stdin:
        job, *arguments = json.loads(line)
        module, name = job.split(":")
        work = getattr(importlib.import_module(module), name)
        pid = os.fork()
        if pid == 0:
            # Said by the parent, it could come behind what the work tells.
            _say("pid", os.getpid())
            try:
                work(lambda value: _say("told", value), *arguments)
            except BaseException:
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            os._exit(0)  # no clean-up: every job decides by itself how it ends
        # Until the test knows that it is dead, nobody else may get its number.
        end = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert end is not None
        _say("ended", end.si_status if end.si_code == os.CLD_EXITED else -end.si_status)
        sys.stdin.readline()
        os.waitpid(pid, 0)


if __name__ == "__main__":
    _serve()
