"""What a verb answers, before anybody decides how to print it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """`document` is printed with --json, `text()` without, unless it is empty."""

    document: object
    text: Callable[[], str]
    exit_code: int = 0
