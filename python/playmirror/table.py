"""Answers as data: columns of one type each, in Arrow's memory layout."""

from __future__ import annotations

import builtins
import operator
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import shorten
from typing import Any, TypeAlias, overload

from . import _core
from .enums import ColumnType, ErrorCode
from .errors import InvalidArgument, UnknownColumn
from .tabular import Tabular
from .timestamp import Instant

#: One value of a column.
Cell: TypeAlias = bool | int | float | str | bytes | date | Instant | list[str] | None

#: What can be bound to a `?`. A bool is 0 or 1, a point in time the text of the timestamp columns.
Parameter: TypeAlias = int | float | str | bytes | bytearray | memoryview | Instant | None

_BATCH = 1024  # rows that become Python objects at once while a table is iterated over


@dataclass(frozen=True)
class Field:
    """The name and the type of a column.

    >>> mirror.sql("SELECT tempo FROM tracks").schema[0].name
    'tempo'
    """

    name: str
    type: ColumnType


class Column:
    """One column of a Table: a name, a type, and values that are read like a list.

    Equals any sequence of equal values. Libraries that speak Arrow take it without copying:
    `polars.Series(column)`, `pyarrow.array(column)`. It is no collections.abc.Sequence, because
    polars would then go through the Python objects.

    >>> tempo = mirror.sql("SELECT tempo FROM tracks").column("tempo")
    >>> tempo.type, tempo[0], tempo.null_count
    """

    def __init__(self, core: _core.Column) -> None:
        self._core = core
        self._values: list[Cell] | None = None

    @property
    def name(self) -> str:
        """The column's name.

        >>> [column.name for column in mirror.plays.table().columns]
        """
        return self._core.name()

    @property
    def type(self) -> ColumnType:
        """What its values are.

        >>> str(mirror.tracks.table().column("tempo").type)
        'float64'
        """
        return self._core.type()

    @property
    def values(self) -> list[Cell]:
        """All values, as Python objects that are made once.

        >>> max(mirror.sql("SELECT id FROM play_history").column("id").values)
        """
        if self._values is None:
            self._values = self._core.values()
        return self._values

    @property
    def null_count(self) -> int:
        """How many values are None.

        >>> mirror.plays.table().column("skipped").null_count
        """
        return self._core.null_count()

    @property
    def beyond_arrow(self) -> int:
        """How many values Arrow cannot hold and shows as null; here they are exact.

        Timestamps at infinity, and in the last thirty years of PostgreSQL's range.

        >>> mirror.plays.table().column("played_at").beyond_arrow
        0
        """
        return self._core.beyond_arrow()

    def slice(self, offset: int, length: int) -> Column:
        """Part of the column, sharing its memory. Raises InvalidArgument outside of it.

        >>> mirror.plays.table().column("played_at").slice(0, 10)
        """
        return Column(self._core.slice(offset, length))

    def __len__(self) -> int:
        return self._core.size()

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: builtins.slice) -> list[Cell]: ...
    def __getitem__(self, index: int | builtins.slice) -> Cell | list[Cell]:
        return self.values[index]

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.values)

    def __contains__(self, value: object) -> bool:
        return value in self.values

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (Column, Sequence)) and not isinstance(other, (str, bytes)):
            return self.values == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as of a list

    def __repr__(self) -> str:
        return f"<Column of {len(self)} rows: {_printable(self.name)} {self.type}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored_column, (self.name, self.type, self.values)

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """The column for libraries that speak Arrow; `requested_schema` is not followed."""
        return self._core.array()


class Table(Tabular):
    """Columns of equal length. Immutable; outlives its mirror; safe to share between threads.

    >>> table = mirror.sql("SELECT name, tempo FROM tracks WHERE tempo > ?", [170])
    >>> for name, tempo in table: ...
    >>> table["tempo"], table[0], table[:10]  # a column, a row, some rows
    >>> table.to_pandas()
    """

    def __init__(self, core: _core.Table) -> None:
        self._core = core
        self._columns = tuple(Column(column) for column in core.columns())

    @property
    def schema(self) -> tuple[Field, ...]:
        """The names and the types of the columns.

        >>> [(field.name, str(field.type)) for field in mirror.plays.table().schema]
        """
        return tuple(self._core.schema())

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in order.

        >>> {column.name: column.null_count for column in mirror.tracks.table().columns}
        """
        return self._columns

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are.

        >>> mirror.sql("SELECT 1, 2").shape
        (1, 2)
        """
        return len(self), len(self._columns)

    def column(self, name: str) -> Column:
        """The column of this name.

        Raises UnknownColumn, which is a KeyError, or InvalidArgument when it has a namesake.

        >>> mirror.plays.table().column("track_id").null_count
        """
        found = [column for column in self._columns if column.name == name]
        if not found:
            names = ", ".join(_printable(column.name) for column in self._columns)
            raise UnknownColumn(
                f"no column is named {name}",
                code=ErrorCode.INVALID_ARGUMENT,
                hint=f"The table has {shorten(names, 300) or 'no columns'}.",
            )
        _require_one(name, len(found))
        return found[0]

    def row(self, index: int) -> tuple[Cell, ...]:
        """One row. Raises IndexError.

        >>> mirror.plays.table().row(0)
        """
        at = operator.index(index)
        if not -len(self) <= at < len(self):
            raise IndexError(f"row {at} is not among the {len(self)} of the table")
        return next(iter(self.slice(at % len(self), 1)))

    def rows(self) -> list[tuple[Cell, ...]]:
        """All rows, as tuples.

        >>> mirror.sql("SELECT 1, 2").rows()
        [(1, 2)]
        """
        return list(self)

    def slice(self, offset: int, length: int) -> Table:
        """Some of the rows, sharing the memory of all. Raises InvalidArgument outside of them.

        >>> mirror.plays.table().slice(0, 10)
        """
        return Table(self._core.slice(offset, length))

    def __len__(self) -> int:
        """The number of rows."""
        return self._core.row_count()

    @overload
    def __getitem__(self, key: str) -> Column: ...
    @overload
    def __getitem__(self, key: int) -> tuple[Cell, ...]: ...
    @overload
    def __getitem__(self, key: builtins.slice) -> Table: ...
    def __getitem__(self, key: str | int | builtins.slice) -> Column | tuple[Cell, ...] | Table:
        """A column by name, a row by number, or some rows."""
        if isinstance(key, str):
            return self.column(key)
        if isinstance(key, builtins.slice):
            chosen = range(len(self))[key]
            if chosen.step == 1:
                return self.slice(chosen.start, len(chosen))
            return Table(self._core.pick(chosen.start, chosen.step, len(chosen)))
        return self.row(key)

    def _ipython_key_completions_(self) -> list[str]:
        """What a notebook offers behind `table["`."""
        return [column.name for column in self.columns]

    def __iter__(self) -> Iterator[tuple[Cell, ...]]:
        """One tuple for each row."""
        for offset in range(0, len(self), _BATCH):
            batch = self._core.slice(offset, min(_BATCH, len(self) - offset))
            yield from zip(*(column.values() for column in batch.columns()), strict=True)

    def __eq__(self, other: object) -> bool:
        """Whether names, types and values are the same."""
        if not isinstance(other, Table):
            return NotImplemented
        return self._core == other._core

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        names = [_printable(column.name) for column in self._columns[:12]]
        more = ", ..." if len(self._columns) > len(names) else ""
        return f"<Table of {len(self)} rows: {', '.join(names)}{more}>"

    def __reduce__(self) -> tuple[Any, ...]:
        values = [(column.name, column.type, column.values) for column in self._columns]
        return _restored, (values,)

    def _table(self) -> Table:
        return self

    def _require_distinct_names(self) -> None:
        for name, count in Counter(column.name for column in self._columns).items():
            _require_one(name, count)


def _require_one(name: str, count: int) -> None:
    """Raises InvalidArgument when several columns have the name."""
    if count > 1:
        raise InvalidArgument(
            f"{count} columns of the result are named {name!r}",
            code=ErrorCode.INVALID_ARGUMENT,
            hint="Name them apart in the SELECT list with AS.",
        )


def _restored(columns: list[tuple[str, ColumnType, list[Cell]]]) -> Table:
    """A table out of its pickle."""
    return Table(_core.Table.build(columns))


def _restored_column(name: str, type: ColumnType, values: list[Cell]) -> Column:
    """A column out of its pickle."""
    return _restored([(name, type, values)]).columns[0]


def _printable(name: str) -> str:
    return name if name.isprintable() else ascii(name)
