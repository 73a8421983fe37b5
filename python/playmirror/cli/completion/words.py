"""What can be completed where, read off the parser, so that it is never out of date."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Of an argument whose values are files.
FILES = "files"


@dataclass(frozen=True)
class Argument:
    """An option, or an argument without one."""

    names: tuple[str, ...]  #: of an option; empty otherwise
    help: str
    metavar: str  #: empty: an option that takes no value
    values: tuple[str, ...]  #: what can be completed
    files: bool
    repeated: bool


@dataclass(frozen=True)
class Completed:
    """A verb with all that may follow it."""

    name: str
    summary: str
    options: tuple[Argument, ...]
    positions: tuple[Argument, ...]


def suggest(action: argparse.Action, values: Iterable[str] | str) -> None:
    """Says what an argument is completed with: values, though it takes others too, or FILES."""
    action.suggested = values if values == FILES else tuple(values)  # type: ignore[attr-defined]


def completed(name: str, summary: str, parser: argparse.ArgumentParser) -> Completed:
    """What can be completed after a verb."""
    arguments = [_argument(action) for action in parser._actions]
    return Completed(
        name,
        summary,
        tuple(each for each in arguments if each.names),
        tuple(each for each in arguments if not each.names),
    )


def _argument(action: argparse.Action) -> Argument:
    suggested: Sequence[str] | str = getattr(action, "suggested", ())
    files = suggested == FILES
    values = () if files else tuple(suggested) or tuple(map(str, action.choices or ()))
    metavar = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    return Argument(
        tuple(action.option_strings),
        (action.help or "").replace("%%", "%"),
        metavar,
        values,
        files,
        isinstance(action, argparse._AppendAction) or action.nargs == "*",
    )
