"""How the benchmarks measure and what they report: lines of floor, ours, ratio and spread."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

Contender = Callable[[], float]  #: does its work once and returns the seconds that count


@dataclass
class Line:
    """One line of the results."""

    key: str  #: "P3", as in docs/benchmarks.md
    what: str
    unit: str  #: of `floor` and `ours`: "s", "ms", "MB", "round trips"
    ours: list[float]  #: one value per run
    floor: list[float] = field(default_factory=list)  #: of the same runs; empty without a floor
    target: str = ""
    notes: dict[str, float | int | str] = field(default_factory=dict)

    @property
    def ratios(self) -> list[float]:
        return [ours / floor for ours, floor in zip(self.ours, self.floor, strict=True)]

    def __str__(self) -> str:
        text = f"{self.key:4} {self.what:52}"
        if self.floor:
            text += f" floor {spread(self.floor, self.unit)}  "
        text += f"ours {spread(self.ours, self.unit)}"
        if self.floor:
            text += f"  ratio {spread(self.ratios, '')}"
        if self.target:
            text += f"  target {self.target}"
        notes = "".join(f"\n       {name}: {value}" for name, value in self.notes.items())
        return text + notes


def spread(values: list[float], unit: str) -> str:
    """The median, and the least and the most around it."""
    middle = f"{number(statistics.median(values))} {unit}".rstrip()
    if len(values) == 1:
        return middle
    return f"{middle} ({number(min(values))}-{number(max(values))})"


def number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def interleave(runs: int, *contenders: Contender, warm_up: int = 1) -> list[list[float]]:
    """Runs the contenders in turn, so that whatever else the machine does meets all of them alike.

    Every second round goes backwards; the first `warm_up` rounds do not count.
    """
    times: list[list[float]] = [[] for _ in contenders]
    for run in range(-warm_up, runs):
        order = range(len(contenders))
        for index in order if run % 2 == 0 else reversed(order):
            seconds = contenders[index]()
            if run >= 0:
                times[index].append(seconds)
    return times


def milliseconds(seconds: list[float]) -> list[float]:
    return [value * 1e3 for value in seconds]


def expect(found: object, wanted: object, what: str) -> None:
    """A benchmark of wrong answers is worth nothing: it stops here."""
    if found != wanted:
        raise AssertionError(f"{what}: {found!r} instead of {wanted!r}")
