"""Where a mirror stands, read from the file alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .enums import TrackDetail

if TYPE_CHECKING:
    from pathlib import Path

    from .pending import PendingEntry
    from .timestamp import Instant


@dataclass(frozen=True)
class TableStatus:
    """What the mirror knows about one server table."""

    rows: int = 0  #: rows in the file, pending ones included
    complete: bool = False  #: the first copy of this table has ended
    problem: str = ""  #: why it is not being synced, or empty


@dataclass(frozen=True)
class Status:
    """The answer of Mirror.status()."""

    file: Path
    server: str  #: "host:port/database" at the last sync, or empty
    last_pull: Instant | None  #: when the latest pull was applied; None: never
    last_push: Instant | None  #: when a push last had nothing left to send
    complete: bool  #: the first copy of every table has ended
    alembic_version: str  #: of the server at the last pull
    tables: dict[str, TableStatus]
    left_out: list[TrackDetail]  #: of every track, by choice: None, whatever the server has
    plays_since: Instant | None  #: earlier plays are left out, by choice
    queued: int  #: outbox entries by state
    in_doubt: int
    waiting: int
    rejected: int
    stuck: list[PendingEntry]  #: the first hundred of the last three, with the reason

    @property
    def pending(self) -> int:
        """Rows recorded here that are not known to be on the server."""
        return self.queued + self.in_doubt + self.waiting + self.rejected


@dataclass(frozen=True)
class FileProblem:
    """One thing wrong with a mirror file."""

    where: str  #: table, and row or block where known
    what: str


@dataclass(frozen=True)
class FileReport:
    """The answer of Mirror.verify()."""

    ok: bool
    outbox_entries: int  #: entries whose checksum was recomputed
    blocks: int  #: of rows, whose digests were recomputed; 0 before the first pull
    problems: list[FileProblem]


@dataclass(frozen=True)
class SalvageReport:
    """What became of a damaged mirror file."""

    set_aside: Path | None  #: where it lies now; None: in place
    saved: int  #: pending rows taken over, whole by their checksums
    lost: list[FileProblem]  #: what could not be read, or read whole
