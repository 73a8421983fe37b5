"""Text for people: safe for the terminal, aligned, coloured where that is wanted."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TextIO

from ..characters import has_unicode
from ..timestamp import Timestamp
from .look import columns
from .look import paint as paint

_JOINERS = "\u200c\u200d"  # format characters that ordinary text needs
_NARROWEST = 8  # a column of text is not made narrower than this
_GAP = "  "


def safe(text: str) -> str:
    """The text with every character escaped that could move the cursor, hide or reorder others."""
    return "".join(char if _harmless(char) else _escaped(char) for char in text)


def _harmless(char: str) -> bool:
    return char.isprintable() or char in _JOINERS or unicodedata.category(char) == "Zs"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def cell(value: object) -> str:
    """A value as one cell of a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (datetime, Timestamp)):
        return Timestamp(value).to_string()
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return safe(str(value))


def table(
    names: Sequence[str], rows: Iterable[Sequence[object]], *, out: TextIO, indent: str = ""
) -> str:
    """Rows under their column names, numbers to the right; on a terminal no wider than that is.

    There the widest columns of text give way first, and what still does not fit is cut.
    """
    values = [list(row) for row in rows]
    cells = [[safe(name) for name in names], *([cell(value) for value in row] for row in values)]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    right = [
        bool(values) and all(_is_number(row[index]) for row in values)
        for index in range(len(names))
    ]
    limit = columns(out)
    more = "…" if has_unicode(out) else "~"
    if limit is not None:
        _narrow(widths, right, limit - width(indent))
    lines = []
    for row in cells:
        padded = [
            _padded(cut(text, space, more), space, to_right=to_right)
            for text, space, to_right in zip(row, widths, right, strict=True)
        ]
        lines.append((indent + _GAP.join(padded)).rstrip())
    if limit is not None:
        lines = [cut(line, limit, more) for line in lines]
    lines[0] = paint(lines[0], "1", out)
    return "\n".join(lines)


def _narrow(widths: list[int], fixed: list[bool], limit: int) -> None:
    """Takes from the widest columns that are not fixed until all fit, as far as that goes."""
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - limit
    while excess > 0:
        free = [index for index, each in enumerate(fixed) if not each]
        widest = max(free, key=lambda index: widths[index], default=None)
        if widest is None or widths[widest] <= _NARROWEST:
            return
        next_widest = max((widths[index] for index in free if index != widest), default=0)
        step = min(excess, max(1, widths[widest] - max(next_widest, _NARROWEST)))
        widths[widest] -= step
        excess -= step


def _padded(text: str, space: int, *, to_right: bool) -> str:
    padding = " " * (space - width(text))
    return padding + text if to_right else text + padding


def pairs(rows: Iterable[tuple[str, object]], *, out: TextIO) -> str:
    """Names and values, one pair a line."""
    known = [(name, cell(value)) for name, value in rows]
    space = max(width(name) for name, _ in known)
    return "\n".join(f"{paint(name.ljust(space), '1', out)}  {text}" for name, text in known)


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def width(text: str) -> int:
    """The columns that safe text takes on a terminal."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char) or char in _JOINERS:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, columns: int, more: str = "…") -> str:
    """The text, ending in an ellipsis where it is too wide."""
    if width(text) <= columns:
        return text
    used = 0
    for index, char in enumerate(text):
        used += _columns(char)
        if used > columns - 1:
            return text[:index] + more
    return text
