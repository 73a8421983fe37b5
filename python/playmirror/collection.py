"""What the collections of a mirror have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Generic, TypeVar, overload

from .cursor import Cursor
from .table import Table

Key = TypeVar("Key")
Record = TypeVar("Record")
Default = TypeVar("Default")


class Collection(ABC, Generic[Key, Record]):
    """Records by their key. Reads see the file as it is now; none touches the network.

    >>> "4uLU6hMCjMI75M1A2tKUQC" in mirror.tracks
    >>> len(mirror.plays)
    >>> for artist in mirror.artists: ...
    """

    @abstractmethod
    def find(self, id: Key, /) -> Record | None:
        """The record of this id, or None."""

    @abstractmethod
    def list(self) -> Cursor[Record]:
        """All records, fetched as they are asked for."""

    @abstractmethod
    def count(self) -> int:
        """How many records there are."""

    @abstractmethod
    def table(self) -> Table:
        """All records, as columns."""

    def __getitem__(self, id: Key) -> Record:
        """The record of this id. Raises KeyError.

        >>> mirror.tracks["4uLU6hMCjMI75M1A2tKUQC"].name
        """
        record = self.find(id)
        if record is None:
            raise KeyError(id)
        return record

    @overload
    def get(self, id: Key) -> Record | None: ...
    @overload
    def get(self, id: Key, default: Default) -> Record | Default: ...
    def get(self, id: Key, default: object = None) -> object:
        """The record of this id, or `default`.

        >>> mirror.tracks.get("nothing") is None
        True
        """
        record = self.find(id)
        return default if record is None else record

    def __contains__(self, id: Key) -> bool:
        return self.find(id) is not None

    def __iter__(self) -> Iterator[Record]:
        return self.list()

    def __len__(self) -> int:
        return self.count()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"  # counting would read the file
