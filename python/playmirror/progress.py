"""Following a long call: what `progress=` takes, and what `progress=True` shows."""

from __future__ import annotations

import shutil
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO, TypeAlias

from .characters import has_unicode
from .display import Record


@dataclass(frozen=True, repr=False)
class Progress(Record):
    """What a long call is doing now. Reported at most ten times a second.

    >>> server.sync(mirror, progress=lambda now: print(now.label, now.rows))
    """

    #: "connect", "push", "pull", "first copy", "index", "apply", "verify", "query", "copy",
    #: "export", "make up" or "import"
    phase: str
    table: str  #: the table at work, of "import" the file, or empty
    #: rows done in this table; of "copy", pages of the file; of "import", rows read so far
    rows: int
    rows_total: int  #: an estimate; 0 when unknown
    bytes: int  #: bytes received so far in this call

    @property
    def label(self) -> str:
        """The phase and the table, for people: "first copy of tracks".

        >>> server.pull(mirror, progress=lambda step: print(step.label))
        """
        return f"{self.phase} of {self.table}" if self.table else self.phase


#: None or False: nothing is shown. True: tqdm's bar where tqdm is installed, else one of our own on
#: a terminal, and a line for each step elsewhere.
#: A callable gets a Progress, on the calling thread; what it raises ends the call and is raised
#: there.
ProgressOption: TypeAlias = bool | Callable[[Progress], object] | None


class reporting:  # reads like a function, as in contextlib
    """The callable, if any, for what a caller gave as `progress`; closes what it opened."""

    __slots__ = ("_callback", "_display")

    def __init__(self, progress: ProgressOption) -> None:
        self._display = _display() if progress is True else None
        self._callback = self._display if isinstance(progress, bool) else progress

    def __enter__(self) -> Callable[[Progress], object] | None:
        return self._callback

    def __exit__(self, *_: object) -> None:
        if self._display is not None:
            self._display.close()


def _display() -> _Bar | Lines:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a notebook without widgets, where text will do
            from tqdm.auto import tqdm
    except ImportError:
        return Lines(sys.stderr)
    return _Bar(tqdm)


def _unit(now: Progress) -> str:
    return "pages" if now.phase == "copy" else "rows"


class _Bar:
    """A tqdm bar that begins anew with each phase of each table."""

    def __init__(self, tqdm: Any) -> None:
        self._tqdm = tqdm
        self._label = ""
        self._bar: Any = None

    def __call__(self, now: Progress) -> None:
        if self._bar is None:
            self._bar = self._tqdm(desc=now.label, unit=" rows", unit_scale=True, leave=False)
        elif now.label != self._label:
            self._bar.reset()
            self._bar.set_description(now.label)
        self._label = now.label
        self._bar.unit = f" {_unit(now)}"
        self._bar.total = now.rows_total or None
        self._bar.update(now.rows - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


_BAR = 20  # characters


def _columns() -> int:
    """A line may not wrap: the next one would not be written over it."""
    return shutil.get_terminal_size().columns - 1


class Lines:
    """A bar on a terminal, one line that is written over; elsewhere a line for each step."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._label = ""

    def __call__(self, now: Progress) -> None:
        if self._terminal:
            self._stream.write(f"\r\x1b[K{self._line(now)[: _columns()]}")
        elif now.label != self._label:
            self._stream.write(f"{now.label}\n")
        self._label = now.label
        self._stream.flush()

    def _line(self, now: Progress) -> str:
        if not now.rows:
            return now.label
        if not now.rows_total:
            return f"{now.label} {now.rows:,} {_unit(now)}"
        share = min(now.rows / now.rows_total, 1.0)  # the total is an estimate
        full, empty = "█░" if has_unicode(self._stream) else "#."
        done = int(share * _BAR)
        bar = full * done + empty * (_BAR - done)
        counts = f"{now.rows:,} of {now.rows_total:,} {_unit(now)}"
        return f"{now.label} {bar} {share:4.0%} {counts}"

    def close(self) -> None:
        if self._terminal and self._label:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
