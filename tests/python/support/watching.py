"""What the tests of watchers share: a log of events, and patience."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import playmirror as pm

Event = pm.WatchEvent

QUICK = 0.02  #: a poll that a test waits for
NEVER = 3600.0  #: one that must not be what brought it


class Log:
    """The events of a watcher, for the test's thread to wait for."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._added = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._added:
            self.events.append(event)
            self._added.notify_all()

    def states(self) -> list[str]:
        return [str(event.state) for event in self.events]

    def wait_for(self, wanted: Callable[[Event], object], *, after: int = 0) -> Event:
        """The first event from number `after` on for which `wanted` holds."""
        with self._added:
            found: list[Event] = []

            def has_come() -> bool:
                found[:] = [event for event in self.events[after:] if wanted(event)]
                return bool(found)

            assert self._added.wait_for(has_come, timeout=20), self.events
            return found[0]

    def wait_until(self, state: str, *, after: int = 0) -> Event:
        return self.wait_for(lambda event: event.state == state, after=after)


def eventually(holds: Callable[[], object], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.005)
