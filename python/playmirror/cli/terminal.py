"""Text for people: safe for the terminal, aligned, coloured where that is wanted."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Column:
    """A column of a table. Numbers go to the right by themselves."""

    name: str
    right: bool = False
    fixed: bool = False  #: does not give way where there is not enough room
    code: str = ""  #: ANSI code of its colour


def table(
    names: Sequence[str | Column],
    rows: Iterable[Sequence[object]],
    *,
    out: TextIO,
    indent: str = "",
) -> str:
    """Rows under their column names, numbers to the right; on a terminal no wider than that is.

    There the widest columns of text give way first, and what still does not fit is cut.
    """
    grid = _Grid(names, rows)
    limit = columns(out)
    if limit is not None:
        _narrow(grid.widths, grid.fixed, limit - width(indent))
    line = _Line(grid.widths, grid.right, limit, indent, out)
    codes = [column.code for column in grid.columns]
    shown = (line.of(each, codes) for each in grid.cells)
    return "\n".join([paint(line.of(grid.heads), "1", out), *shown])


def room_beside(
    names: Sequence[str | Column], rows: Iterable[Sequence[object]], *, out: TextIO
) -> int | None:
    """How wide one more column may be when all others have given way; None: as wide as it likes."""
    limit = columns(out)
    if limit is None:
        return None
    grid = _Grid(names, rows)
    least = (
        space if fixed else min(space, _NARROWEST)
        for space, fixed in zip(grid.widths, grid.fixed, strict=True)
    )
    return limit - sum(least) - len(_GAP) * len(grid.columns)


class _Grid:
    """What stands in a table, and how wide it would like to be."""

    def __init__(self, names: Sequence[str | Column], rows: Iterable[Sequence[object]]) -> None:
        self.columns = [name if isinstance(name, Column) else Column(name) for name in names]
        values = [list(row) for row in rows]
        self.cells = [[cell(value) for value in row] for row in values]
        self.heads = [safe(column.name) for column in self.columns]
        self.widths = [
            max(map(width, column)) for column in zip(self.heads, *self.cells, strict=True)
        ]
        numbers = [
            bool(values) and all(_is_number(row[index]) for row in values)
            for index in range(len(self.columns))
        ]
        both = list(zip(self.columns, numbers, strict=True))
        self.right = [column.right or number for column, number in both]
        self.fixed = [column.fixed or number for column, number in both]


class _Line:
    """How the cells of a row become a line."""

    def __init__(
        self, widths: list[int], right: list[bool], limit: int | None, indent: str, out: TextIO
    ) -> None:
        self._widths, self._right, self._limit = widths, right, limit
        self._indent, self._out = indent, out
        self._more = "…" if has_unicode(out) else "~"

    def of(self, cells: Sequence[str], codes: Sequence[str] = ()) -> str:
        padded = [
            _padded(cut(text, space, self._more), space, to_right=to_right)
            for text, space, to_right in zip(cells, self._widths, self._right, strict=True)
        ]
        plain = (self._indent + _GAP.join(padded)).rstrip()
        if self._limit is not None and width(plain) > self._limit:
            return cut(plain, self._limit, self._more)
        if not any(codes):
            return plain
        padded[-1] = padded[-1].rstrip()
        painted = [
            paint(text, code, self._out) if code else text
            for text, code in zip(padded, codes, strict=True)
        ]
        return (self._indent + _GAP.join(painted)).rstrip()


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
