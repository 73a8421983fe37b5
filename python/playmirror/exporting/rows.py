"""The rows of a mirrored table, in batches, with every column that the server has."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core
from ..enums import ColumnType
from ..table import Cell, Table

if TYPE_CHECKING:
    from ..mirror import Mirror

#: The mirrored tables, with their keys.
KEYS = {
    "artists": ("id",),
    "tracks": ("id",),
    "track_artists": ("track_id", "artist_id"),
    "play_history": ("id",),
    "analysis_snapshots": ("id",),
    "playlist_config": ("key",),
}

#: Rows in memory at once: those with lyrics and whole API responses are long.
_BATCH = {"tracks": 2_000, "analysis_snapshots": 500}
_USUAL_BATCH = 50_000

_ODD = {"NaN": math.nan, "-0": -0.0}


class Rows:
    """The rows of one table of a mirror that nobody writes."""

    def __init__(self, mirror: Mirror, name: str) -> None:
        self._mirror = mirror
        self.name = name
        self._odd = self._odd_values()

    def count(self) -> int:
        """How many there are."""
        return int(self._mirror.sql(f"SELECT count(*) FROM {self.name}")[0][0])  # type: ignore[arg-type]

    def distinct(self, expression: str, where: str) -> Iterator[tuple[Any, ...]]:
        """The different values of an expression, in order."""
        return iter(
            self._mirror.sql(
                f"SELECT DISTINCT {expression} FROM {self.name} WHERE {where} ORDER BY 1"
            )
        )

    def batches(self, where: str = "TRUE", parameters: Sequence[Any] = ()) -> Iterator[Table]:
        """Those that `where` holds for, in order of their key. The first batch may be empty."""
        keys = ", ".join(KEYS[self.name])
        limit = _BATCH.get(self.name, _USUAL_BATCH)
        beyond = ""
        last: tuple[Any, ...] = ()
        while True:
            batch = self._mirror.sql(
                f"SELECT * FROM {self.name} WHERE {where} {beyond} ORDER BY {keys} LIMIT {limit}",
                [*parameters, *last],
            )
            if last and not len(batch):
                return
            yield _as_text(self._with_odd_values(batch))
            if len(batch) < limit:
                return
            last = tuple(batch.column(key)[len(batch) - 1] for key in KEYS[self.name])
            beyond = f"AND ({keys}) > ({', '.join(map(_place, last))})"

    def _odd_values(self) -> dict[str, dict[str, float]]:
        """What a SQLite column cannot hold, by key and column: docs/cache-format.md."""
        found: dict[str, dict[str, float]] = {}
        for key, column, value in self._mirror.sql(
            "SELECT row_key, column_name, value FROM playmirror_odd_values WHERE table_name = ?",
            [self.name],
        ):
            found.setdefault(_decoded(key), {})[str(column)] = _ODD[str(value)]
        return found

    def _with_odd_values(self, batch: Table) -> Table:
        if not self._odd:
            return batch
        keys = zip(*map(batch.column, KEYS[self.name]), strict=True)
        odd = [self._odd.get(_key_text(key)) for key in keys]
        rows = [(row, values) for row, values in enumerate(odd) if values]
        if not rows:
            return batch
        columns = []
        for column in batch.columns:
            values = list(column.values)
            for row, known in rows:
                values[row] = known.get(column.name, values[row])
            columns.append((column.name, column.type, values))
        return Table(_core.Table.build(columns))


def _place(value: object) -> str:
    """The placeholder of a key's value. To SQLite every text is less than any bytes."""
    return "CAST(? AS TEXT)" if isinstance(value, bytes) else "?"


def _as_text(batch: Table) -> Table:
    """The batch with text in columns that are bytes because some of them are no UTF-8."""
    if all(column.type != ColumnType.BINARY for column in batch.columns):
        return batch
    return Table(
        _core.Table.build(
            [
                (column.name, ColumnType.UTF8, [_readable(value) for value in column])
                if column.type == ColumnType.BINARY
                else (column.name, column.type, column.values)
                for column in batch.columns
            ]
        )
    )


def _readable(value: Cell) -> Cell:
    """Text with U+FFFD for each byte that is in no well-formed character, as tables have it."""
    if not isinstance(value, bytes):
        return value
    return re.sub("[\udc80-\udcff]", "\ufffd", _decoded(value))


def _key_text(parts: Sequence[object]) -> str:
    """A key as playmirror_odd_values has it."""
    texts = map(_decoded, parts)
    return "\x1f".join(t.replace("\x1e", "\x1e\x1e").replace("\x1f", "\x1e\x1f") for t in texts)


def _decoded(value: object) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
