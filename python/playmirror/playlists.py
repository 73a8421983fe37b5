"""The backend's generated playlists."""

from __future__ import annotations

from . import _core
from .collection import Collection
from .cursor import Cursor
from .records import PlaylistConfig
from .table import Table


class Playlists(Collection[str, PlaylistConfig]):
    """The playlists of one mirror: `mirror.playlists`. Read only; safe to share between threads.

    >>> mirror.playlists.get("six_hour")
    """

    def __init__(self, core: _core.Playlists) -> None:
        self._core = core

    def find(self, key: str) -> PlaylistConfig | None:
        """The playlist of this key, such as "six_hour", or None.

        >>> mirror.playlists.find("six_hour")
        """
        return self._core.find(key)

    def list(self) -> Cursor[PlaylistConfig]:
        """All playlists, in order of key.

        >>> [config.key for config in mirror.playlists.list()]
        """
        return Cursor(self._core.list())

    def count(self) -> int:
        """How many playlists there are.

        >>> mirror.playlists.count()
        """
        return self._core.count()

    def table(self) -> Table:
        """All playlists, as columns.

        >>> mirror.playlists.table().to_polars()
        """
        return self._core.table()
