"""Answers in a notebook: small, and harmless whatever the names of tracks hold.

No colour is set but through opacity, so that they read well on light and dark pages. Nothing here
asks the mirror.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any

from .enums import ColumnType

if TYPE_CHECKING:
    from .table import Table

_LIMIT = 100_000  # bytes of one answer
_ROWS = 20
_COLUMNS = 30
_CELL = 80  # characters
_HEAD = 400  # characters of a title, which can hold a path, and of the note beside it
_DEPTH = 2  # records within records that are shown as tables
_NUMBERS = (ColumnType.INT64, ColumnType.FLOAT64)
_JOINERS = "\u200c\u200d"  # parts of words, and of emoji
_RIGHT = " style='text-align: right'"
_LEFT = " style='text-align: left'"


def table_html(table: Table, title: str = "") -> str:
    """The first rows and columns as an HTML table, with a line that says how many there are."""
    return _within_limit(lambda rows: _table(table, rows, title))


def record_html(record: object, title: str = "", note: str = "") -> str:
    """The fields of a dataclass, one a line; lists and dicts in it as tables of their own."""
    shown = title or type(record).__name__
    return _within_limit(lambda rows: _card(_fields(record), rows, shown, note, 0))


def facts_html(title: str, facts: Mapping[str, object], note: str = "") -> str:
    """Names and values, one a line."""
    return _within_limit(lambda rows: _card(facts, rows, title, note, 0))


def visible(text: str) -> str:
    """Text as one line of what can be seen: control characters, and those that turn the direction
    of what follows, are shown as escapes."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(letter: str) -> str:
    if letter.isprintable() or letter in _JOINERS:
        return letter
    if unicodedata.category(letter) == "Zs":  # such as a space that does not break
        return " "
    return letter.encode("unicode_escape").decode()


def _within_limit(made: Callable[[int], str]) -> str:
    """What is made of as many rows as fit."""
    rows = _ROWS
    while len((html := made(rows)).encode()) > _LIMIT and rows > 1:
        rows //= 2
    return html if len(html.encode()) <= _LIMIT else "<em>too large to show</em>"


def _table(table: Table, rows: int, title: str) -> str:
    columns = table.columns[:_COLUMNS]
    shown = table[:rows]
    head = "".join(f"<th title='{column.type}'>{_text(column.name)}</th>" for column in columns)
    styles = [_RIGHT if column.type in _NUMBERS else "" for column in columns]
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{style}>{_cell(value)}</td>" for style, value in zip(styles, row, strict=False)
        )
        + "</tr>"
        for row in shown
    )
    counts = _count(len(table), "row", len(shown))
    counts += " and " + _count(len(table.columns), "column", len(columns))
    if title:
        counts = f"{_text(title)}: {counts}"
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        f"<caption style='caption-side: bottom'>{counts}</caption></table>"
    )


def _card(facts: Mapping[str, object], rows: int, title: str, note: str, depth: int) -> str:
    lines = "".join(
        f"<tr><th{_LEFT}>{_text(name)}</th><td{_LEFT}>{_value(value, rows, depth)}</td></tr>"
        for name, value in islice(facts.items(), 2 * _COLUMNS)
        if not _is_empty(value)
    )
    head = f"<strong>{_text(title, _HEAD)}</strong>" if title else ""
    if note:
        head += f" <span style='opacity: 0.75'>{_text(note, _HEAD)}</span>"
    return (f"<div>{head}</div>" if head else "") + f"<table><tbody>{lines}</tbody></table>"


def _value(value: object, rows: int, depth: int) -> str:
    from .tabular import Tabular

    if isinstance(value, Tabular):
        return _table(value._table(), rows, "") if depth < _DEPTH and value else _text(repr(value))
    if depth < _DEPTH:
        if _is_record(value):
            return _card(_fields(value), rows, "", "", depth + 1)
        if isinstance(value, Mapping) and value and all(map(_is_record, value.values())):
            return _grid(list(value), list(value.values()), rows)
        if isinstance(value, (list, tuple)) and value and all(map(_is_record, value)):
            return _grid(None, value, rows)
        if isinstance(value, Mapping) and value:
            return _card(value, rows, "", "", depth + 1)
    return _cell(value)


def _grid(keys: Sequence[object] | None, records: Sequence[object], rows: int) -> str:
    """Records of one kind, one a line, under the names of their fields."""
    names = [
        name
        for name in _fields(records[0])
        if not all(_is_empty(getattr(record, name)) for record in records[:rows])
    ]
    head = "".join(f"<th>{_text(name)}</th>" for name in ([""] if keys else []) + names)
    body = ""
    for index, record in enumerate(records[:rows]):
        first = f"<th{_LEFT}>{_text(str(keys[index]))}</th>" if keys else ""
        values = [getattr(record, name) for name in names]
        cells = "".join(f"<td{_side(value)}>{_cell(value)}</td>" for value in values)
        body += f"<tr>{first}{cells}</tr>"
    left = len(records) - rows
    more = f"<caption style='caption-side: bottom'>{left:,} more</caption>" if left > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{more}</table>"


def _is_record(value: object) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _fields(record: Any) -> dict[str, object]:
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def _is_empty(value: object) -> bool:
    return isinstance(value, (str, list, tuple, Mapping)) and not value


def _side(value: object) -> str:
    return _RIGHT if isinstance(value, (int, float)) else _LEFT


def _count(number: int, what: str, shown: int) -> str:
    text = f"{number:,} {what}" + ("" if number == 1 else "s")
    return text if shown == number else f"{text} ({shown} shown)"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return _text(", ".join(_some(value)))
    return _text(str(value))


def _some(values: Sequence[object]) -> Iterable[str]:
    yield from map(str, values[:_CELL])


def _text(text: str, limit: int = _CELL) -> str:
    shown = visible(text[: limit + 1])
    return escape(shown if len(shown) <= limit else shown[: limit - 3] + "...")
