"""The result of Mirror.sql()."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from .enums import ErrorCode
from .errors import InvalidArgument
from .timestamp import Instant

#: One SQL value. A BLOB is bytes.
Value: TypeAlias = int | float | str | bytes | None

#: What can be bound to a `?`. A bool is 0 or 1, a point in time the text of the timestamp columns.
Parameter: TypeAlias = Value | bytearray | memoryview | Instant


@dataclass(frozen=True)
class Column:
    """One column of a Table: a name and one value for each row."""

    name: str
    values: list[Value]


@dataclass(frozen=True, repr=False)
class Table:
    """Columns of equal length, in the order of the SELECT list. Outlives its mirror.

    >>> table = mirror.sql("SELECT name, tempo FROM tracks WHERE tempo > ?", [170])
    >>> for name, tempo in table: ...
    >>> table.column("tempo")
    >>> table.to_dicts()
    """

    columns: list[Column]

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.columns[0].values) if self.columns else 0

    def __iter__(self) -> Iterator[tuple[Value, ...]]:
        """One tuple for each row."""
        return zip(*(column.values for column in self.columns), strict=True)

    def rows(self) -> list[tuple[Value, ...]]:
        """All rows, as tuples."""
        return list(self)

    def column(self, name: str) -> list[Value]:
        """The values of the column of this name. Raises KeyError when there is no such column."""
        self._require_distinct_names()
        for column in self.columns:
            if column.name == name:
                return column.values
        raise KeyError(name)

    def to_dicts(self) -> list[dict[str, Value]]:
        """All rows, as dicts. Raises InvalidArgument when two columns share a name."""
        self._require_distinct_names()
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self]

    def __repr__(self) -> str:
        names = ", ".join(column.name for column in self.columns)
        return f"<Table of {len(self)} rows: {names}>"

    def _require_distinct_names(self) -> None:
        for name, count in Counter(column.name for column in self.columns).items():
            if count > 1:
                raise InvalidArgument(
                    f"{count} columns of the result are named {name!r}",
                    code=ErrorCode.INVALID_ARGUMENT,
                    hint="Name them apart in the SELECT list with AS.",
                )
