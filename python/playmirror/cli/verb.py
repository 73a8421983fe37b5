"""What a verb of the command line is."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from .answer import Answer


def _nothing(parser: argparse.ArgumentParser) -> None:
    """A verb without options of its own."""


@dataclass(frozen=True)
class Verb:
    """One verb: what it does, what it takes, and how it is used.

    `examples` are command lines with a few words each; a test runs them all.
    """

    name: str
    group: str  #: the heading of `playmirror --help` that it stands under
    run: Callable[[argparse.Namespace], Answer]
    summary: str  #: one line
    examples: tuple[tuple[str, str], ...]
    about: str = ""  #: what else its own help says
    mirror: bool = False  #: takes --db
    server: bool = False  #: takes --dsn
    add_options: Callable[[argparse.ArgumentParser], None] = _nothing
