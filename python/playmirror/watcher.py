"""Watching: a mirror that stays in step with its server by itself, over one connection."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from . import _core
from .display import Record
from .enums import WatchState
from .errors import Error
from .log import logger
from .progress import Progress, ProgressOption, reporting
from .server import core_of, options_of

if TYPE_CHECKING:
    from .mirror import Mirror
    from .report import SyncReport
    from .server import PullOptions, PushOptions, ServerOptions
    from .timestamp import Duration

_T = TypeVar("_T")


@dataclass(frozen=True, repr=False)
class WatchEvent(Record):
    """What a Watcher has to tell: a new state, a sync that moved something or found new trouble.

    >>> def tell(event):
    ...     if event.state == "retrying":
    ...         print(event.error, event.retry_in)
    >>> mirror.watch("service=music", on_event=tell).stop()
    """

    state: WatchState
    report: SyncReport | None  #: of the sync that this event is about, if it went well
    #: RETRYING: what went wrong. STOPPED: what ended it, unless that was stop(). CURRENT: why what
    #: was recorded could not be pushed; pulls go on meanwhile, and it is offered again.
    error: Error | None
    retry_in: timedelta  #: RETRYING: until the next try


class Watcher:
    """Keeps a mirror in step with a server: `mirror.watch()`.

    On a thread and a connection of its own it polls for what changed on the server, and pushes what
    is recorded here as soon as it is, by whatever process. A poll that finds nothing new costs one
    round trip, and other Python threads go on meanwhile.

    An error that heals with time (Error.retryable) is waited out: the next try comes after a time
    that doubles from `interval` to `max_backoff`, half of it left to chance. Any other error ends
    the watcher, and wait() or the end of the `with` block raises it; trouble with one table or row
    does not.

    Threads may share a Watcher. After os.fork(), the child must start its own. At the end of the
    program it is stopped.

    >>> with mirror.watch("service=music", on_event=print) as watcher:
    ...     watcher.wait(0.5)
    """

    def __init__(
        self,
        core: _core.Watcher | None = None,
        caught: _Caught | None = None,
        display: contextlib.ExitStack | None = None,
    ) -> None:
        """Private: use Watcher.start() or Mirror.watch()."""
        if not isinstance(core, _core.Watcher) or caught is None or display is None:
            raise TypeError("a Watcher is started by mirror.watch(dsn)")
        self._core = core
        self._caught = caught
        # Also at the end of the program, while callbacks can still run.
        self._finalizer = weakref.finalize(self, _stop, core, display)

    @classmethod
    def start(
        cls,
        mirror: Mirror,
        dsn: str | None = None,
        *,
        server: ServerOptions | None = None,
        push: PushOptions | None = None,
        pull: PullOptions | None = None,
        interval: Duration = 2.0,
        sweep_interval: Duration = 300.0,
        max_backoff: Duration = 60.0,
        seed: int = 0,
        on_event: Callable[[WatchEvent], object] | None = None,
        progress: ProgressOption = None,
    ) -> Watcher:
        """Starts at once and does not wait for the server, which may be away.

        `dsn` is that of Server.connect(); `server`, `push` and `pull` are dicts of the keyword
        arguments of Server.connect(), Server.push() and Server.pull(). `confirm_deletes` and
        `accept_server` count until the first sync is done.

        `interval` is the time between polls, `sweep_interval` that between sweeps, as in
        Server.pull() (0: each poll sweeps), `max_backoff` the longest one before the next try,
        `seed` that of the jitter (0: any).

        `on_event` gets a WatchEvent for every change of the state, every sync that moved something,
        and new trouble. It and `progress` are called on the watcher's thread, one call at a time,
        and hold up the next poll. They may use the mirror, and call stop() and wake(). An exception
        from one is logged, ends the watcher, and is raised by wait().

        Raises InvalidArgument for an option that makes no sense.

        >>> playmirror.Watcher.start(mirror, "service=music", interval=10).stop()
        """
        caught = _Caught()
        with contextlib.ExitStack() as display:
            callback = display.enter_context(reporting(progress))
            core = _core.Watcher.start(
                core_of(mirror),
                dsn or "",
                options_of("server", server),
                options_of("push", push),
                options_of("pull", pull),
                _Callback(on_event, caught),
                None if callback is None else _Callback[Progress](callback, caught),
                interval=interval,
                sweep_interval=sweep_interval,
                max_backoff=max_backoff,
                seed=seed,
            )
            return cls(core, caught, display.pop_all())

    def stop(self) -> None:
        """Ends it within a second, unless a callback keeps it longer, and waits for that.

        May be called twice, and by a callback; then it does not wait.

        >>> watcher = mirror.watch("service=music")
        >>> watcher.stop()
        """
        self._core.stop()

    def wait(self, timeout: Duration | None = None) -> bool:
        """Waits until it has ended, by an error or a stop(), and raises what ended it.

        False: it still runs after `timeout`. Ctrl-C ends the wait, not the watcher. Not for a
        callback.

        >>> with mirror.watch("service=music") as watcher:
        ...     watcher.wait(0.1)
        """
        try:
            return self._core.wait(timeout)
        except Error:
            if self._caught.exception is not None:
                raise self._caught.exception from None
            raise

    def wake(self) -> None:
        """Tries again now, without waiting for the next poll or the end of a backoff.

        >>> with mirror.watch("service=music", interval=60) as watcher:
        ...     watcher.wake()
        """
        self._core.wake()

    @property
    def state(self) -> WatchState:
        """What it is doing.

        >>> with mirror.watch("service=music") as watcher:
        ...     print(watcher.state)
        """
        return self._core.state()

    def __enter__(self) -> Watcher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._finalizer()
        if error is None:
            self.wait()

    def __repr__(self) -> str:
        return f"<Watcher {self.state}>"


class _Caught:
    """What a callback raised."""

    exception: BaseException | None = None


class _Callback(Generic[_T]):
    """Calls the user's callable on the watcher's thread, and keeps what that raises."""

    def __init__(self, callable_: Callable[[_T], object] | None, caught: _Caught) -> None:
        if callable_ is not None and not callable(callable_):
            raise TypeError(f"on_event must be callable, not {type(callable_).__name__}")
        self._callable = callable_
        self._caught = caught

    def __call__(self, argument: _T) -> None:
        try:
            if self._callable is not None:
                self._callable(argument)
        except BaseException as exception:
            self._caught.exception = exception
            logger.exception("a callback of a watcher raised an exception; the watcher stops")
            raise


def _stop(core: _core.Watcher, display: contextlib.ExitStack) -> None:
    with display:
        core.stop()
