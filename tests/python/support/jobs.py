"""What forked children do, see forker.py. Each gets `tell` first."""

import ctypes
import itertools
import os
import signal
from collections.abc import Callable

import playmirror as pm

from support import hooks
from support.faults import add_play
from support.forker import Tell


def sync(tell: Tell, path: str, dsn: str) -> None:
    """A sync that takes what it is given: typed errors are told, anything else is a crash."""
    try:
        with pm.open(path) as mirror, pm.connect(dsn, timeout=10) as server:
            server.sync(mirror, push={"batch_rows": 2})
    except pm.Error as error:
        tell(error.code)


# File calls that go wrong, under tests/faults/file_faults.cpp ----------------------------------


def create(tell: Tell, mirror: pm.Mirror, server: pm.Server) -> None:
    mirror.artists.add(id="recorded at once")
    tell("recorded")


def copy(tell: Tell, mirror: pm.Mirror, server: pm.Server) -> None:
    server.pull(mirror)


def pull(tell: Tell, mirror: pm.Mirror, server: pm.Server) -> None:
    server.pull(mirror)


def push(tell: Tell, mirror: pm.Mirror, server: pm.Server) -> None:
    server.push(mirror, batch_rows=1)


def add(tell: Tell, mirror: pm.Mirror, server: pm.Server) -> None:
    for number in range(3):
        add_play(mirror, number, source="fault")
        tell(number)


def import_plays(tell: Tell, mirror: pm.Mirror, server: pm.Server) -> None:
    history = mirror.path.parents[1] / "beginnings" / "history.json"
    mirror.import_plays(history, source="fault")
    for number in range(3):
        tell(number)


OPERATIONS: dict[str, Callable[[Tell, pm.Mirror, pm.Server], None]] = {
    operation.__name__: operation for operation in (create, copy, pull, push, add, import_plays)
}


def with_file_fault(
    tell: Tell,
    operation: str,
    path: str,
    dsn: str,
    directory: str,
    kind: str,
    call: int,
    for_ever: bool,
    seed: int,
    without: str = "",
) -> None:
    """One operation, from opening the file to closing it, with a fault at one of its file calls.
    Tells what was recorded, `["error", code]`, and `["calls", n]` in the end."""
    library = ctypes.CDLL(None)
    if without:
        hooks.switch_off(without)
    with pm.connect(dsn, timeout=10) as server:
        library.playmirror_arm(directory.encode(), kind.encode(), call, for_ever, seed)
        try:
            with pm.open(path) as mirror:
                OPERATIONS[operation](tell, mirror, server)
        except pm.Error as error:
            tell(["error", error.code])
        tell(["calls", library.playmirror_disarm()])


# A wall clock that jumps, under tests/faults/clock_jumps.cpp -----------------------------------


def with_clock_jump(tell: Tell, path: str, dsn: str, seconds: int, position: int) -> None:
    """Records, pushes, pulls, records, syncs; the clock jumps before the step at `position`, and
    back before the last."""
    library = ctypes.CDLL(None)
    with pm.open(path) as mirror, pm.connect(dsn, timeout=10) as server:
        steps: list[Callable[[], object]] = [
            lambda: add_play(mirror, 1),
            lambda: server.push(mirror),
            lambda: server.pull(mirror),
            lambda: add_play(mirror, 2),
            lambda: server.sync(mirror),
        ]
        for number, step in enumerate(steps):
            if number == position:
                library.playmirror_set_clock(seconds)
            step()
            tell(number)
        library.playmirror_set_clock(0)
        tell(server.sync(mirror).pushed)


# Steps of the protocol, under core/test_hooks.hpp ----------------------------------------------


def killed_at_step(tell: Tell, path: str, dsn: str, number: int, operation: str = "sync") -> None:
    """A sync, or a repair, that dies at its n-th step."""
    steps = itertools.count(1)

    def die(step: str) -> None:
        if next(steps) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    with hooks.at_steps(die), pm.open(path) as mirror, pm.connect(dsn) as server:
        getattr(server, operation)(mirror)
