"""Tables in a notebook: small, and harmless whatever the names of tracks hold."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .enums import ColumnType

if TYPE_CHECKING:
    from .table import Cell, Table

_ROWS = 20
_COLUMNS = 30
_CELL = 80  # characters
_NUMBERS = (ColumnType.INT64, ColumnType.FLOAT64)


def table_html(table: Table) -> str:
    """The first rows and columns as an HTML table, with a line that says how many there are."""
    columns = table.columns[:_COLUMNS]
    shown = table[:_ROWS]
    head = "".join(
        f"<th title='{column.type}'>{escape(_short(column.name))}</th>" for column in columns
    )
    styles = [" style='text-align: right'" if c.type in _NUMBERS else "" for c in columns]
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
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        f"<caption style='caption-side: bottom'>{counts}</caption></table>"
    )


def _count(number: int, what: str, shown: int) -> str:
    text = f"{number:,} {what}" + ("" if number == 1 else "s")
    return text if shown == number else f"{text} ({shown} shown)"


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return escape(_short(str(value)))


def _short(text: str) -> str:
    return text if len(text) <= _CELL else text[: _CELL - 3] + "..."
