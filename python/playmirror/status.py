"""Where a mirror stands, read from the file alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .display import Record
from .enums import TrackDetail

if TYPE_CHECKING:
    from pathlib import Path

    from .pending import PendingEntry
    from .timestamp import Instant


@dataclass(frozen=True, repr=False)
class TableStatus(Record):
    """What the mirror knows about one server table.

    >>> mirror.status().tables["tracks"].rows
    """

    rows: int = 0  #: rows in the file, pending ones included
    complete: bool = False  #: the first copy of this table has ended
    problem: str = ""  #: why it is not being synced, or empty


@dataclass(frozen=True, repr=False)
class Status(Record):
    """The answer of Mirror.status().

    >>> mirror.status().last_pull
    """

    file: Path
    server: str  #: "host:port/database" at the last sync, or empty
    last_pull: Instant | None  #: when the latest pull was applied; None: never
    #: when the latest pull looked at every row; what was pulled later are plays by their ids
    last_sweep: Instant | None
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
        """Rows recorded here that are not known to be on the server.

        >>> mirror.status().pending
        """
        return self.queued + self.in_doubt + self.waiting + self.rejected

    def _repr_html_(self) -> str:
        return status_html(self)


@dataclass(frozen=True, repr=False)
class FileProblem(Record):
    """One thing wrong with a mirror file.

    >>> [(each.where, each.what) for each in mirror.verify().problems]
    """

    where: str  #: table, and row or block where known
    what: str  #: one sentence


@dataclass(frozen=True, repr=False)
class FileReport(Record):
    """The answer of Mirror.verify().

    >>> assert mirror.verify().ok
    """

    ok: bool
    outbox_entries: int  #: entries whose checksum was recomputed
    blocks: int  #: of rows, whose digests were recomputed; 0 before the first pull
    problems: list[FileProblem]


@dataclass(frozen=True, repr=False)
class SalvageReport(Record):
    """What became of a damaged mirror file.

    >>> server.repair(mirror).salvaged.saved
    """

    set_aside: Path | None  #: where it lies now; None: in place
    saved: int  #: pending rows taken over, whole by their checksums
    lost: list[FileProblem]  #: what could not be read, or read whole


def status_html(status: Status) -> str:
    """A mirror at a glance: the last sync and what is unsent above, the tables below."""
    from .html_output import facts_html  # here, for programs that show nothing

    if status.last_pull is None:
        note = "never synced"
    else:
        note = f"last synced {_to_the_second(status.last_pull)} with {status.server}"
    if not status.complete:
        note += ", first copy not complete"
    note += f", {status.pending:,} unsent"
    facts: dict[str, object] = {
        name: f"{table.rows:,} rows" + (f": {table.problem}" if table.problem else "")
        for name, table in status.tables.items()
    }
    if status.left_out or status.plays_since:
        since = f"plays before {status.plays_since}" if status.plays_since else ""
        facts["left out"] = ", ".join([*map(str, status.left_out), *filter(None, [since])])
    if status.stuck:
        facts["stuck"] = status.stuck
    return facts_html(str(status.file), facts, note)


def _to_the_second(instant: Instant) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC" if isinstance(instant, datetime) else str(instant)
