"""Exports as CSV and as JSON lines."""

from __future__ import annotations

from collections.abc import Iterator

from ..csv_output import csv_lines
from ..json_output import to_json
from .rows import Rows


def csv_of(rows: Rows, *, exact: bool) -> Iterator[tuple[int, str]]:
    """The text of the file, piece by piece, each with the number of rows in it."""
    for number, batch in enumerate(rows.batches()):
        yield len(batch), "".join(csv_lines(batch, exact=exact, names=number == 0))


def json_lines_of(rows: Rows) -> Iterator[tuple[int, str]]:
    """The same as an object a line. JSON columns are the server's own text, as a string."""
    for batch in rows.batches():
        lines = [to_json(row, indent=None) + "\n" for row in batch.to_dicts()]
        yield len(batch), "".join(lines)
