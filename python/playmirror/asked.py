"""The question that a statistic answers: what its picture prints beside the numbers.

Every answer of `mirror.stats` remembers it, copies and pickles included. It is no part of the
answer's value: two answers are equal when their numbers are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from .display import Record
from .record_list import Records

if TYPE_CHECKING:
    from . import _core
    from .period import Period, Span

_WITHOUT_FILTER = ("genre_artist_counts",)


@dataclass
class Asked:
    """The call of a statistic."""

    arguments: tuple[Any, ...]  #: those of its own, in order
    filter: dict[str, Any]  #: as it was given, and `now` in any case

    @property
    def period(self) -> Period:
        """When was asked for."""
        from .period import Period

        period = self.filter.get("period", Period())
        return period if isinstance(period, Period) else Period.parse(period)

    @property
    def tz(self) -> str:
        """Whose days and hours."""
        zone = self.filter.get("tz", "UTC")
        # Of fixed offsets only this one is taken, whatever it is called.
        return "UTC" if isinstance(zone, timezone) else str(zone)

    def span(self) -> Span:
        """The instants that the period covered when it was asked."""
        week_start = self.filter.get("week_start", "monday")
        return self.period.resolve(self.tz, self.filter.get("now"), week_start)


def asking(core: _core.Stats) -> _core.Stats:
    """The statistics of a mirror, whose answers remember what was asked."""
    return cast("_core.Stats", _Asking(core))


def asked_of(answer: object) -> Asked | None:
    """What an answer was asked, if it comes from `mirror.stats`."""
    found = getattr(answer, "_asked", None)
    return found if isinstance(found, Asked) else None


class _Asking:
    def __init__(self, core: _core.Stats) -> None:
        self._core = core

    def __getattr__(self, statistic: str) -> Callable[..., Any]:
        method = getattr(self._core, statistic)

        def ask(*arguments: Any, **filter: Any) -> Any:
            if statistic not in _WITHOUT_FILTER and filter.get("now") is None:
                # Read here and not by the library, so that the answer and what is remembered
                # are of one instant.
                filter["now"] = datetime.now(timezone.utc)
            filter = {name: _kept(value) for name, value in filter.items()}
            answer = method(*arguments, **filter)
            if statistic == "year_in_review":
                from .period import Period

                filter["period"] = Period.year(arguments[0])
            _remember(answer, Asked(arguments, filter))
            return answer

        setattr(self, statistic, ask)  # found there from now on
        return ask


def _kept(value: Any) -> Any:
    """What is given, in a form that neither runs out nor changes afterwards."""
    listing = _is_listing(type(value))  # type: ignore[arg-type]  # a class has a hash
    return tuple(value) if listing else value


@cache
def _is_listing(kind: Any) -> bool:
    # Not hasattr(kind, "__iter__"): an enum is a listing of its members, which are none themselves.
    return issubclass(kind, Iterable) and not issubclass(kind, (str, bytes))


def _remember(answer: Any, asked: Asked) -> None:
    if type(answer) is Records:
        answer._asked = asked
    elif isinstance(answer, Record):
        object.__setattr__(answer, "_asked", asked)  # it is frozen
        for name in _answers_in(type(answer)):  # type: ignore[arg-type]  # a class has a hash
            _remember(getattr(answer, name), asked)


@cache
def _answers_in(kind: Any) -> tuple[str, ...]:
    """The fields of a record that may hold records, which can be drawn as well: not those of a
    type of Python's own, which are spelled small."""
    fields = dataclasses.fields(kind)
    return tuple(field.name for field in fields if str(field.type)[:1].isupper())
