"""Artists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from . import _core
from .collection import Collection
from .cursor import Cursor
from .new_row import fields_of, json_text
from .records import Artist
from .table import Table

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .new_row import ArtistFields


class Artists(Collection[str, Artist]):
    """The artists of one mirror: `mirror.artists`. Safe to share between threads.

    >>> mirror.artists["0TnOYISbd1XYRBk9myaseg"].name
    """

    def __init__(self, core: _core.Artists) -> None:
        self._core = core

    def find(self, id: str) -> Artist | None:
        """The artist of this id, or None.

        >>> mirror.artists.find("nobody") is None
        True
        """
        return self._core.find(id)

    def list(
        self, *, name_contains: str | None = None, genre: str | None = None, limit: int = 0
    ) -> Cursor[Artist]:
        """The artists that match every given filter, in order of id.

        `name_contains` ignores the case of ASCII letters; `genre` is exactly one of the artist's
        genres; `limit` 0 means no limit.

        >>> [artist.name for artist in mirror.artists.list(genre="bebop")]
        """
        return Cursor(self._core.list(name_contains=name_contains, genre=genre, limit=limit))

    def count(
        self, *, name_contains: str | None = None, genre: str | None = None, limit: int = 0
    ) -> int:
        """How many artists list() would give with the same filters.

        >>> mirror.artists.count(genre="jazz")
        """
        return self._core.count(name_contains=name_contains, genre=genre, limit=limit)

    def table(
        self, *, name_contains: str | None = None, genre: str | None = None, limit: int = 0
    ) -> Table:
        """What list() gives with the same filters, as columns.

        >>> mirror.artists.table(genre="jazz").to_pandas()
        """
        return self._core.table(name_contains=name_contains, genre=genre, limit=limit)

    @overload
    def add(self, artist: Artist) -> Artist: ...
    @overload
    def add(self, **fields: Unpack[ArtistFields]) -> Artist: ...
    def add(self, artist: Artist | None = None, **fields: Any) -> Artist:
        """Records an artist that the server may not have.

        Give an Artist, or the fields of one as keyword arguments; `genres` may be given as a list.
        The server's row wins if it has one. If the mirror already has the id, returns that row and
        changes nothing. Otherwise like Plays.add().

        >>> mirror.artists.add(id="0kbYTNQb4Pb1", name="Miles Davis", genres=["cool jazz"])
        """
        given = fields_of(Artist, artist, fields)
        given["genres"] = json_text("genres", given["genres"])
        return self._core.add(**given)
