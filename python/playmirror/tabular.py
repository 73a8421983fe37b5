"""What a Table and a list of records have in common: the ways to other programs.

Every way goes through Arrow's PyCapsule interface, so none of these libraries is needed until its
method is called.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any, TextIO, overload

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from .table import Cell, Table


class Tabular(ABC):
    """Something that is a table, or can be made one."""

    @abstractmethod
    def _table(self) -> Table:
        """The table."""

    def to_dicts(self) -> list[dict[str, Cell]]:
        """All rows, as dicts. Raises InvalidArgument when two columns share a name."""
        table = self._table()
        table._require_distinct_names()
        names = [column.name for column in table.columns]
        return [dict(zip(names, row, strict=True)) for row in table]

    def to_arrow(self) -> pyarrow.Table:
        """A pyarrow.Table that shares the memory. Raises ImportError without pyarrow."""
        return _needed("to_arrow()", "pyarrow")["pyarrow"].table(self)

    def to_pandas(self, **options: Any) -> pandas.DataFrame:
        """A pandas.DataFrame. Raises ImportError without pandas and pyarrow.

        The options are those of pyarrow.Table.to_pandas(). By default an integer column with nulls
        becomes float, as pandas does it; `types_mapper=pandas.ArrowDtype` keeps every type.
        """
        _needed("to_pandas()", "pandas", "pyarrow")
        return self.to_arrow().to_pandas(**options)

    def to_polars(self) -> polars.DataFrame:
        """A polars.DataFrame. Raises ImportError without polars, InvalidArgument for namesakes."""
        table = self._table()
        table._require_distinct_names()
        # Of the table: a sequence of dataclasses, which records are, is read field by field.
        return _needed("to_polars()", "polars")["polars"].DataFrame(table)

    def to_parquet(self, file: str | PathLike[str], **options: Any) -> None:
        """Writes a Parquet file. Raises ImportError without pyarrow.

        The options are those of pyarrow.parquet.write_table().
        """
        libraries = _needed("to_parquet()", "pyarrow", "pyarrow.parquet")
        libraries["pyarrow.parquet"].write_table(self.to_arrow(), file, **options)

    @overload
    def to_csv(self, file: None = None, *, exact: bool = False) -> str: ...
    @overload
    def to_csv(self, file: str | PathLike[str] | TextIO, *, exact: bool = False) -> None: ...
    def to_csv(
        self, file: str | PathLike[str] | TextIO | None = None, *, exact: bool = False
    ) -> str | None:
        """Writes CSV with a line of names, into a file or, without one, as the returned text.

        UTF-8, commas, quotes where needed; instants as ISO 8601 in UTC; None is nothing, "" is "".
        Text that a spreadsheet would take for a formula gets a ' in front, since names of tracks
        come from strangers; `exact` leaves it as it is, for programs.

        >>> mirror.plays.table(limit=100).to_csv("plays.csv")
        """
        from .csv_output import write_csv

        return write_csv(self._table(), file, exact=exact)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A new stream of the table for libraries that speak Arrow. No column is copied.

        `requested_schema` is not followed: the consumer casts. Warns when timestamps that Arrow
        cannot hold, infinity above all, are null in the stream.
        """
        table = self._table()
        for column in table.columns:
            if column.beyond_arrow:
                warnings.warn(
                    f"{column.beyond_arrow} of the {len(column)} timestamps in {column.name!r} are "
                    "infinite or too late for Arrow: they are null in what is handed over",
                    RuntimeWarning,
                    stacklevel=2,
                )
        return table._core.stream_capsule()

    def __arrow_c_schema__(self) -> object:
        """The schema of the table for libraries that speak Arrow."""
        return self._table()._core.schema_capsule()

    def _repr_html_(self) -> str:
        from .html_output import table_html

        return table_html(self._table())


def _needed(method: str, *modules: str) -> Mapping[str, Any]:
    """The modules, by name. Raises ImportError that says what to install."""
    found = {}
    for name in modules:
        try:
            found[name] = import_module(name)
        except ImportError as error:
            packages = " ".join(dict.fromkeys(module.split(".")[0] for module in modules))
            raise ImportError(
                f"{method} needs {packages.replace(' ', ' and ')}: pip install {packages}",
                name=name,
            ) from error
    return found
