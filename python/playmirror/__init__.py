"""playmirror: a faithful offline copy of a listening history kept in PostgreSQL.

    import playmirror as pm
    from datetime import datetime, timezone

    with pm.open("music.db") as mirror:                  # a local file, no network
        with pm.connect("service=music") as server:      # the other end
            report = server.sync(mirror, progress=True)  # push, then pull
        for play in mirror.plays.recent(10):
            print(play.played_at, play.track_id)
        mirror.plays.add(track_id="4uLU...", played_at=datetime.now(timezone.utc), skipped=False)

Opening, reading and recording never touch the network; only a Server does. Names, defaults, errors
and results are those of the C++ library. Messages go to the logger `playmirror`.
"""

import logging

from ._core import __version__
from .artists import Artists
from .cursor import Cursor
from .enums import ErrorCode, Order, Outcome, PendingState, PullMethod
from .errors import (
    AccessDenied,
    Cancelled,
    Error,
    InDoubt,
    InvalidArgument,
    MirrorBusy,
    MirrorUnusable,
    QueryError,
    SchemaMismatch,
    ServerChanged,
    ServerUnavailable,
    StorageError,
)
from .mirror import Mirror
from .pending import PendingEntry
from .playlists import Playlists
from .plays import Plays
from .progress import Progress
from .records import Artist, Play, PlaylistConfig, Snapshot, Track
from .report import (
    Difference,
    DoctorReport,
    Finding,
    RowOutcome,
    SyncReport,
    TableReport,
    VerifyReport,
    WireCounts,
)
from .server import PullOptions, PushOptions, Server
from .snapshots import Snapshots
from .stats import GenreCount, RecentPlay, Stats, TopTrack
from .status import FileProblem, FileReport, Status, TableStatus
from .table import Column, Table
from .timestamp import Timestamp
from .tracks import Tracks

__all__ = [
    "AccessDenied",
    "Artist",
    "Artists",
    "Cancelled",
    "Column",
    "Cursor",
    "Difference",
    "DoctorReport",
    "Error",
    "ErrorCode",
    "FileProblem",
    "FileReport",
    "Finding",
    "GenreCount",
    "InDoubt",
    "InvalidArgument",
    "Mirror",
    "MirrorBusy",
    "MirrorUnusable",
    "Order",
    "Outcome",
    "PendingEntry",
    "PendingState",
    "Play",
    "PlaylistConfig",
    "Playlists",
    "Plays",
    "Progress",
    "PullMethod",
    "PullOptions",
    "PushOptions",
    "QueryError",
    "RecentPlay",
    "RowOutcome",
    "SchemaMismatch",
    "Server",
    "ServerChanged",
    "ServerUnavailable",
    "Snapshot",
    "Snapshots",
    "Stats",
    "Status",
    "StorageError",
    "SyncReport",
    "Table",
    "TableReport",
    "TableStatus",
    "Timestamp",
    "TopTrack",
    "Track",
    "Tracks",
    "VerifyReport",
    "WireCounts",
    "__version__",
    "connect",
    "open",
]

open = Mirror.open
connect = Server.connect

logging.getLogger("playmirror").addHandler(logging.NullHandler())
