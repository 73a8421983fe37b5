"""What statistics shall leave out, kept in the mirror under a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .display import Record

if TYPE_CHECKING:
    from . import _core
    from .record_list import Records


@dataclass(frozen=True, repr=False)
class ExclusionList(Record):
    """A list of what to leave out.

    Plays of these tracks, of tracks that credit one of these artists, and from these contexts.

    >>> mirror.exclusions.set(name="party", contexts=["spotify:playlist:party"])
    >>> mirror.exclusions.find("party").contexts
    ['spotify:playlist:party']
    """

    name: str
    track_ids: list[str]  #: in order, each once
    artist_ids: list[str]  #: likewise
    contexts: list[str]  #: likewise


class Exclusions:
    """The lists of one mirror: `mirror.exclusions`. Safe to share between threads.

    They stay in its file: the server has no place for them.

    >>> mirror.exclusions.set(name="children", artist_ids=["4uLU6hMCjMI75M1A2tKUQC"])
    >>> mirror.stats.top_tracks(exclusions=["children"])
    """

    def __init__(self, core: _core.Exclusions) -> None:
        self._core = core

    def __repr__(self) -> str:
        return "<Exclusions>"

    def find(self, name: str) -> ExclusionList | None:
        """The list of this name, or None.

        >>> mirror.exclusions.find("nothing") is None
        True
        """
        return self._core.find(name)

    def list(self) -> Records[ExclusionList]:
        """All lists, in order of name.

        >>> [each.name for each in mirror.exclusions.list()]
        """
        return self._core.list()

    def set(
        self,
        *,
        name: str,
        track_ids: Iterable[str] = (),
        artist_ids: Iterable[str] = (),
        contexts: Iterable[str] = (),
    ) -> None:
        """Keeps the list, in the place of one that has its name.

        Ids need not be known to the mirror. Raises InvalidArgument for a list without a name or
        with nothing in it, and for text that is not UTF-8 or holds NUL; MirrorBusy; StorageError.

        >>> mirror.exclusions.set(name="children", artist_ids=["0TnOYISbd1XYRBk9myaseg"])
        """
        self._core.set(name=name, track_ids=track_ids, artist_ids=artist_ids, contexts=contexts)

    def remove(self, name: str) -> None:
        """Drops the list. Raises InvalidArgument when there is none of that name.

        >>> mirror.exclusions.set(name="children", artist_ids=["0TnOYISbd1XYRBk9myaseg"])
        >>> mirror.exclusions.remove("children")
        """
        self._core.remove(name)
