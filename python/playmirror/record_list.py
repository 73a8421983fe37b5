"""A list of records that is a table, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .tabular import Tabular

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from . import _core
    from .stats_story import Milestone
    from .table import Table

Record = TypeVar("Record", covariant=True)


class Records(Sequence[Record], Tabular):
    """Records in order: what statistics and short listings return. Reads like a list.

    Equals any sequence of equal records. The records, and the table of them, are made when they are
    first asked for.

    >>> top = mirror.stats.top_tracks(limit=3)
    >>> top[0].name, len(top), [track.plays for track in top]
    >>> top.to_pandas()
    >>> top.table().column("plays")
    """

    _asked: object = None  # the question of a statistic, see asked.py

    def __init__(self, core: _core.RecordList[Record], kind: type[Record], size: int) -> None:
        self._core: _core.RecordList[Record] | None = core
        self._kind = kind
        self._size = size
        self._items: list[Record] | None = None
        self._made: Table | None = None

    def table(self) -> Table:
        """The records as columns, named like their fields; a record in a record gives its own.

        >>> mirror.stats.top_tracks().table().schema
        """
        if self._made is None:
            assert self._core is not None
            self._made = self._core.table()
        return self._made

    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: str | None = None,
        by: str | None = None,
        base: Sequence[Any] | None = None,
        feature: str | None = None,
        milestones: Sequence[Milestone] | None = None,
    ) -> Axes:
        """Draws what a statistic has listed, on `ax` or on an Axes of its own, which it returns.

        `kind` chooses between pictures of the same numbers, `by` what is measured; `base` is an
        earlier answer to compare with. docs/plots.md shows every picture with the options it has.
        Raises ImportError without matplotlib, TypeError for records that have no picture,
        ValueError for an option that means nothing.

        >>> mirror.stats.heatmap(tz="Europe/Berlin").plot().figure.savefig("heatmap.png")
        """
        from .plots import draw

        options = {"kind": kind, "by": by, "base": base, "feature": feature}
        drawn: Axes = draw(self, self._kind, ax, {**options, "milestones": milestones})
        return drawn

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Records[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | Records[Record]:
        if isinstance(index, slice):
            return _of(self._list()[index], self.table()[index], self._kind, self._asked)
        return self._list()[index]

    def __iter__(self) -> Iterator[Record]:
        return iter(self._list())

    def __add__(self, other: Sequence[Any]) -> list[Any]:
        return [*self, *other]

    def __radd__(self, other: Sequence[Any]) -> list[Any]:
        return [*other, *self]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Sequence) and not isinstance(other, (str, bytes)):
            return self._list() == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as of a list

    def __repr__(self) -> str:
        if not self._size:
            return "<Records: none>"
        return f"<Records: {self._size} of {type(self._list()[0]).__name__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _of, (self._list(), self.table(), self._kind, self._asked)

    def _table(self) -> Table:
        return self.table()

    def _list(self) -> list[Record]:
        if self._items is None:
            assert self._core is not None
            self._items = self._core.to_list()
        return self._items


def _of(
    items: list[Record], table: Table, kind: type[Record], asked: object = None
) -> Records[Record]:
    """Records that are there already, in both forms."""
    made: Records[Record] = Records.__new__(Records)
    made._core = None
    made._kind = kind
    made._asked = asked
    made._size = len(items)
    made._items = items
    made._made = table
    return made
