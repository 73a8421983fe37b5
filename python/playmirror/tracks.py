"""Tracks, with features and lyrics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, overload

from . import _core
from .collection import Collection
from .cursor import Cursor
from .new_row import fields_of, json_text
from .record_list import Records
from .records import Artist, Track
from .table import Table

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .new_row import TrackFields


class Tracks(Collection[str, Track]):
    """The tracks of one mirror: `mirror.tracks`. Safe to share between threads.

    >>> mirror.tracks["4uLU6hMCjMI75M1A2tKUQC"].tempo
    """

    def __init__(self, core: _core.Tracks) -> None:
        self._core = core

    def find(self, id: str) -> Track | None:
        """The track of this id, or None.

        >>> mirror.tracks.find("4uLU6hMCjMI75M1A2tKUQC").name
        """
        return self._core.find(id)

    def list(
        self,
        *,
        name_contains: str | None = None,
        artist_id: str | None = None,
        album: str | None = None,
        limit: int = 0,
    ) -> Cursor[Track]:
        """The tracks that match every given filter, in order of id.

        `name_contains` ignores the case of ASCII letters; `artist_id` is any credited artist;
        `album` is exact; `limit` 0 means no limit.

        >>> [track.name for track in mirror.tracks.list(name_contains="love", limit=5)]
        """
        return Cursor(
            self._core.list(
                name_contains=name_contains, artist_id=artist_id, album=album, limit=limit
            )
        )

    def count(
        self,
        *,
        name_contains: str | None = None,
        artist_id: str | None = None,
        album: str | None = None,
        limit: int = 0,
    ) -> int:
        """How many tracks list() would give with the same filters.

        >>> mirror.tracks.count(artist_id="0TnOYISbd1XYRBk9myaseg")
        """
        return self._core.count(
            name_contains=name_contains, artist_id=artist_id, album=album, limit=limit
        )

    def table(
        self,
        *,
        name_contains: str | None = None,
        artist_id: str | None = None,
        album: str | None = None,
        limit: int = 0,
    ) -> Table:
        """What list() gives with the same filters, as columns.

        >>> mirror.tracks.table(limit=10).to_pandas()
        """
        return self._core.table(
            name_contains=name_contains, artist_id=artist_id, album=album, limit=limit
        )

    def artists(self, track_id: str) -> Records[Artist]:
        """The credited artists, in order of id; the server keeps no other order.

        >>> [artist.name for artist in mirror.tracks.artists("4uLU6hMCjMI75M1A2tKUQC")]
        """
        return self._core.artists(track_id)

    @overload
    def add(self, track: Track, artist_ids: Iterable[str] = ()) -> Track: ...
    @overload
    def add(self, *, artist_ids: Iterable[str] = (), **fields: Unpack[TrackFields]) -> Track: ...
    def add(
        self, track: Track | None = None, artist_ids: Iterable[str] = (), **fields: Any
    ) -> Track:
        """Records a track that the server may not have, with its credited artists.

        Give a Track, or the fields of one as keyword arguments; JSON fields may be given as values.
        The artists must be known. The server's row wins if it has one. If the mirror already has
        the id, returns that row and changes nothing. Otherwise like Plays.add().

        >>> mirror.artists.add(id="kbYTNQ", name="Miles Davis", genres=["cool jazz"])
        >>> mirror.tracks.add(id="4uLU6hMC", name="So What", artist_ids=["kbYTNQ"])
        """
        given = fields_of(Track, track, fields)
        for name in ("raw_data", "genres"):
            given[name] = json_text(name, given[name])
        return self._core.add(artist_ids, **given)
