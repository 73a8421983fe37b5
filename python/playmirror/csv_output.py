"""Tables as CSV."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from os import PathLike
from typing import TYPE_CHECKING, Any, TextIO

from .enums import ColumnType
from .timestamp import Timestamp

if TYPE_CHECKING:
    from .table import Table

#: What spreadsheets take for the beginning of a formula, or skip on their way to one.
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")

_QUOTED = frozenset(',"\r\n')


def write_csv(
    table: Table, file: str | PathLike[str] | TextIO | None, *, exact: bool
) -> str | None:
    """Writes the table into `file`, or returns the text when there is none."""
    if file is None:
        text = io.StringIO()
        text.writelines(csv_lines(table, exact=exact))
        return text.getvalue()
    if isinstance(file, (str, PathLike)):
        with open(file, "w", encoding="utf-8", newline="") as opened:
            opened.writelines(csv_lines(table, exact=exact))
    else:
        file.writelines(csv_lines(table, exact=exact))
    return None


def csv_lines(table: Table, *, exact: bool, names: bool = True) -> Iterator[str]:
    """The lines of the table, that of the names included unless it was written before."""
    text = _exact_text if exact else _safe_text
    if names:
        yield _line([text(column.name) for column in table.columns])
    printers = [_PRINTERS.get(column.type, text) for column in table.columns]
    for row in table:
        cells = zip(printers, row, strict=True)
        yield _line(["" if value is None else printer(value) for printer, value in cells])


def _line(fields: list[str]) -> str:
    # Readers skip an empty line; one with quotes is a row.
    return (",".join(fields) or '""' * len(fields)) + "\r\n"


def _exact_text(text: str) -> str:
    if not text or not _QUOTED.isdisjoint(text) or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


def _safe_text(text: str) -> str:
    return _exact_text("'" + text if text.lstrip(" ").startswith(_FORMULA) else text)


_PRINTERS: dict[ColumnType, Callable[[Any], str]] = {
    ColumnType.BOOLEAN: lambda value: "true" if value else "false",
    ColumnType.INT64: str,
    ColumnType.FLOAT64: repr,
    ColumnType.BINARY: bytes.hex,
    ColumnType.DATE: lambda value: value.isoformat(),
    ColumnType.TIMESTAMP: lambda value: Timestamp(value).to_string(),
    ColumnType.LIST: lambda value: _exact_text(json.dumps(value, ensure_ascii=False)),
}
