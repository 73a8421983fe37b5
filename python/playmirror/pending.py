"""What was recorded here and is not known to be on the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .display import Record
from .enums import PendingState

if TYPE_CHECKING:
    from .timestamp import Instant


@dataclass(frozen=True, repr=False)
class PendingEntry(Record):
    """A row recorded here that is not known to be on the server.

    >>> [(each.key, each.needs) for each in mirror.pending()]
    """

    entry: int  #: number in the outbox: what retry() and discard() take
    table: str  #: "play_history", "analysis_snapshots", "tracks", "artists"
    key: str  #: what identifies the row: "TRACK_ID at 2026-01-31T06:00:00Z"
    row_id: int  #: its provisional id; 0 where the key is the id
    state: PendingState
    recorded_at: Instant  #: when it was recorded here; `-infinity`: damaged
    attempts: int  #: pushes that tried it
    sqlstate: str  #: the server's last refusal, or empty
    constraint: str  #: the violated constraint, or empty
    message: str  #: the server's reason, or what the row waits for
    needs: str  #: what it takes for it to be sent, one sentence
