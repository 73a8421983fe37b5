"""Exports as Parquet: plays in a directory for each year and month, other tables in one file.

The layout is Hive's, which DuckDB, polars, Spark and pyarrow read as columns `year` and `month`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..table import Table
from .place import Place
from .rows import Rows

#: Plays at a moment that has a place in the calendar, as the mirror writes it.
_IN_CALENDAR = (
    "played_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] *' AND played_at NOT LIKE '% BC'"
)
#: Hive's own name for the partition of rows without a value.
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_FILE = "part-0.parquet"


def write_plays(rows: Rows, place: Place, moved: Callable[[int], None]) -> int:
    """One file for each month of the UTC calendar. Returns how many values Parquet cannot hold."""
    beyond = 0
    for directory, where, parameters in _partitions(rows):
        name = f"{rows.name}/{directory}/{_FILE}"
        beyond += write_file(rows.batches(where, parameters), place, name, moved, lazy=True)
    if not any(name.startswith(f"{rows.name}/") for name in place.files):
        beyond += write_file(rows.batches(), place, f"{rows.name}/{_FILE}", moved)
    return beyond


def write_table(rows: Rows, place: Place, moved: Callable[[int], None]) -> int:
    """The whole table in one file, in a directory of its own like those of the plays."""
    return write_file(rows.batches(), place, f"{rows.name}/{_FILE}", moved)


def write_file(
    batches: Iterable[Table],
    place: Place,
    name: str,
    moved: Callable[[int], None],
    *,
    lazy: bool = False,
) -> int:
    """Writes one file; `lazy`, none without rows. Returns how many values Parquet cannot hold."""
    from pyarrow import parquet

    writer: Any = None
    beyond = 0
    file = None
    try:
        for batch in batches:
            if lazy and not len(batch):
                continue
            beyond += sum(column.beyond_arrow for column in batch.columns)
            arrow = _arrow(batch)
            if writer is None:
                file = place.create(name)
                writer = parquet.ParquetWriter(file, arrow.schema, compression="zstd")
            writer.write_table(arrow)
            moved(len(batch))
    finally:
        if writer is not None:
            writer.close()
        if file is not None:
            file.close()
    return beyond


def _partitions(rows: Rows) -> Iterator[tuple[str, str, list[str]]]:
    """Each month that was listened in, and what has no place in the calendar."""
    year, month = _partition_names(rows)
    for (text,) in rows.distinct("substr(played_at, 1, 7)", _IN_CALENDAR):
        directory = f"{year}={int(text[:4])}/{month}={int(text[5:])}"
        yield directory, f"{_IN_CALENDAR} AND played_at >= ? AND played_at < ?", [text, f"{text}~"]
    yield f"{year}={_NO_VALUE}/{month}={_NO_VALUE}", f"({_IN_CALENDAR}) IS NOT TRUE", []


def _partition_names(rows: Rows) -> tuple[str, str]:
    """Names that no column of the server has: a reader would take the directory's for it."""
    names = {column.name for column in next(rows.batches("FALSE")).columns}
    return ("played_year", "played_month") if names & {"year", "month"} else ("year", "month")


def _arrow(batch: Table) -> Any:
    """The batch in types that every reader knows: JSON is text."""
    import pyarrow

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # they are counted, and told at the end
        table = pyarrow.table(batch)
    plain = [
        pyarrow.field(field.name, pyarrow.large_string(), field.nullable)
        if batch_column.type == "json"
        else pyarrow.field(field.name, field.type, field.nullable)
        for field, batch_column in zip(table.schema, batch.columns, strict=True)
    ]
    columns = [_storage(table.column(index)) for index in range(table.num_columns)]
    return pyarrow.table(columns, schema=pyarrow.schema(plain))


def _storage(column: Any) -> Any:
    """The column without an extension type."""
    import pyarrow

    if isinstance(column.type, pyarrow.BaseExtensionType):
        return pyarrow.chunked_array(
            [chunk.storage for chunk in column.chunks], type=column.type.storage_type
        )
    return column
