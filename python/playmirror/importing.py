"""What Mirror.import_plays() reports, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .display import Record

if TYPE_CHECKING:
    from .enums import ImportFormat
    from .timestamp import Instant


@dataclass(frozen=True, repr=False)
class ImportedFile(Record):
    """One file, or one member of an archive.

    >>> [each.name for each in mirror.import_plays("listens.zip").files if each.problem]
    """

    name: str  #: of a member: "archive.zip: member"
    format: ImportFormat | None  #: None: not a listening history
    rows: int  #: read
    problem: str  #: why it could not be read to its end, or empty


@dataclass(frozen=True, repr=False)
class ImportReport(Record):
    """What an import found. `rows` is the sum of all counts behind it up to `left_out`.

    >>> mirror.import_plays("listens.zip").recorded
    """

    files: list[ImportedFile]
    rows: int  #: read from all files
    recorded: int  #: plays that are new in the mirror
    already_there: int  #: the mirror had that track at that instant
    matched: int  #: the mirror had it from another source, at a time close by
    repeated: int  #: twice in these files
    #: not recorded, by reason: `not_music`, `no_name`, `no_time`, `bad_value`, `private_session`,
    #: `no_spotify_id`; docs/importing.md explains them
    left_out: dict[str, int]
    tracks: int  #: recorded along with the plays
    artists: int  #: likewise
    first: Instant | None  #: of the plays recorded
    last: Instant | None
