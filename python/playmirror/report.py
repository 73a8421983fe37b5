"""Reports, as data: of sync(), pull(), push(), verify(), repair(), doctor() and export()."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from .display import Record
from .enums import PullMethod, VerifyDepth, _Name
from .pending import PendingEntry
from .status import SalvageReport


@dataclass(frozen=True, repr=False)
class TableReport(Record):
    """What a pull did to one table.

    >>> [table for table, each in server.pull(mirror).pulled.items() if each.problem]
    """

    inserted: int
    updated: int  #: rows delivered again with other content
    unchanged: int  #: rows delivered again with the same content (the horizon re-reads)
    deleted: int
    held_deletes: int  #: rows gone on the server and kept here: too many
    new_columns: list[str]  #: columns added and back-filled by this pull
    problem_code: str  #: an ErrorCode when the table was left as it was, or empty
    problem: str  #: the same as a sentence, with its remedy


@dataclass(frozen=True, repr=False)
class RowOutcome(Record):
    """A row that a push did not newly insert.

    >>> [(each.kind, each.entry.message) for each in server.push(mirror).rows]
    """

    class Kind(_Name):
        """Why not."""

        ALREADY_THERE = "already_there"
        WAITING = "waiting"
        REJECTED = "rejected"

    entry: PendingEntry
    kind: Kind


@dataclass(frozen=True, repr=False)
class WireCounts(Record):
    """What went over the wire.

    >>> server.sync(mirror).wire.round_trips
    """

    round_trips: int  #: times that the call waited for an answer
    bytes_sent: int
    bytes_received: int


@dataclass(frozen=True, repr=False)
class SyncReport(Record):
    """The result of sync(), pull() and push().

    Trouble with single rows or tables is listed here; only what stopped the whole call is raised.

    >>> server.sync(mirror).pulled["play_history"].inserted
    """

    pushed: int  #: rows newly inserted on the server
    already_there: int  #: rows the server had already; its copy was adopted
    waiting: int  #: rows kept until what they refer to exists on the server
    rejected: int  #: rows the server refused in this call, now in quarantine
    rows: list[RowOutcome]  #: every row counted above except the newly inserted

    #: of the pull, up to alembic_version: after a push() NONE, nothing, False, 0 and ""
    method: PullMethod
    pulled: dict[str, TableReport]  #: by table
    complete: bool  #: the mirror holds every table whole
    horizon_age: int  #: transactions between the horizon and the newest one
    alembic_version: str
    warnings: list[str]

    wire: WireCounts
    duration: timedelta


@dataclass(frozen=True, repr=False)
class Difference(Record):
    """A row that differs between mirror and server.

    >>> [(each.table, each.key, each.kind) for each in server.verify(mirror).differences]
    """

    class Kind(_Name):
        """Where the row is."""

        MISSING_HERE = "missing_here"  #: on the server only
        MISSING_ON_SERVER = "missing_on_server"  #: here only
        DIFFERENT = "different"  #: same key, other content

    table: str
    key: str
    kind: Kind
    columns: list[str]  #: the columns that differ
    newer_on_server: bool  #: changed after the last pull: the next one brings it


@dataclass(frozen=True, repr=False)
class BlockDifference(Record):
    """A block of keys whose rows differ between mirror and server.

    >>> [(each.table, each.block) for each in server.verify(mirror, depth="quick").blocks]
    """

    table: str
    block: str  #: its keys: "12288 to 16383", or "4u..." for a prefix
    rows_here: int  #: without those recorded here
    rows_on_server: int  #: 64 and 64: some value differs
    newer_on_server: bool  #: a row of it was written after the last pull


@dataclass(frozen=True, repr=False)
class VerifyReport(Record):
    """The answer of Server.verify().

    >>> assert server.verify(mirror).equal
    """

    equal: bool  #: every mirrored row has the server's values, none is extra
    depth: VerifyDepth  #: that was compared; full where no digest can be had
    rows_compared: int
    blocks_compared: int  #: 0 unless quick
    difference_count: int  #: all of them: rows, or blocks when quick
    differences: list[Difference]  #: the first `max_differences`
    blocks: list[BlockDifference]  #: likewise, when quick
    skipped: dict[str, str]  #: table -> why it could not be compared
    wire: WireCounts
    duration: timedelta


@dataclass(frozen=True, repr=False)
class TableRepair(Record):
    """What a repair did to one table.

    >>> server.repair(mirror).tables["tracks"].blocks_fetched
    """

    blocks_compared: int
    blocks_fetched: int  #: those that differed
    rows_fetched: int
    inserted: int
    updated: int
    deleted: int
    held_deletes: int  #: rows the server lacks, kept here: too many
    problem: str  #: why it was left as it was, or empty


@dataclass(frozen=True, repr=False)
class RepairReport(Record):
    """The answer of Server.repair().

    >>> assert server.repair(mirror).complete
    """

    complete: bool  #: every table equals the server's; no delete was held back
    tables: dict[str, TableRepair]
    damaged_entries: list[int]  #: pending rows set aside: damaged, and their mirrored rows too
    salvaged: SalvageReport  #: what became of a file that had to be copied anew
    warnings: list[str]

    wire: WireCounts
    duration: timedelta


@dataclass(frozen=True, repr=False)
class ExportedTable(Record):
    """What an export wrote of one table.

    >>> mirror.export("exported", format="csv").tables["tracks"].rows
    """

    rows: int
    files: int
    beyond_arrow: int  #: timestamps that Parquet cannot hold, infinity above all: null there


@dataclass(frozen=True, repr=False)
class ExportReport(Record):
    """The answer of Mirror.export().

    >>> mirror.export("exported", format="csv").to
    """

    to: Path
    format: str
    tables: dict[str, ExportedTable]
    duration: timedelta


@dataclass(frozen=True, repr=False)
class Finding(Record):
    """One finding of Server.doctor().

    >>> [each.remedy for each in server.doctor().findings if each.level == "problem"]
    """

    class Level(_Name):
        """How much it matters."""

        OK = "ok"
        ADVICE = "advice"
        PROBLEM = "problem"

    level: Level
    what: str  #: one sentence
    remedy: str  #: what to run or change, such as an exact GRANT; may be empty


@dataclass(frozen=True, repr=False)
class DoctorReport(Record):
    """The answer of Server.doctor().

    >>> assert server.doctor().ok
    """

    ok: bool  #: no finding is a problem
    findings: list[Finding]
