"""The server side: a connection to PostgreSQL and the calls that use it.

These are the only calls of playmirror that touch the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, cast

from . import _core
from .closing import Closing
from .enums import VerifyDepth
from .progress import ProgressOption, reporting
from .report import DoctorReport, RepairReport, SyncReport, VerifyReport
from .timestamp import Duration, InstantLike, ZoneLike

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Unpack

    from .enums import TrackDetail
    from .mirror import Mirror
    from .records import Track


class StopFlag(Protocol):
    """What `stop` takes: a threading.Event, or anything else with an is_set()."""

    def is_set(self) -> bool:
        """Whether the call should stop."""
        ...


class ServerOptions(TypedDict, total=False):
    """The keyword arguments of Server.connect(), for the connection of a Watcher.

    >>> mirror.watch("service=music", server={"timeout": 20}).stop()
    """

    schema: str  #: where the tables live
    connect_timeout: Duration  #: longest time to connect
    timeout: Duration  #: longest silence of the server before giving up
    allow_plaintext: bool  #: permit a TCP connection without TLS to another host
    played_at_zone: ZoneLike  #: whose local time played_at has on the server


class PullChoices(TypedDict, total=False):
    """Those of PullOptions that Server.sync() takes as keyword arguments of its own."""

    delete_limit: float  #: 0 to 1: hold deletes back when more than this share would vanish
    confirm_deletes: bool  #: apply them whatever their share
    accept_server: bool  #: adopt a server whose identity changed, after comparing
    field_cap: int  #: bytes of one field; a larger one is an error
    sweep_interval: Duration  #: sooner after a sweep, new plays are asked for by their ids
    leave_out: Iterable[TrackDetail | str] | None  #: columns of tracks to do without from now on
    plays_since: InstantLike | None  #: earliest play from now on; "-infinity": no limit


class PullOptions(PullChoices, total=False):
    """The keyword arguments of Server.pull(), for the pull inside Server.sync().

    >>> server.sync(mirror, pull={"confirm_deletes": True})
    """

    lock_timeout: Duration  #: longest wait behind a migration


class PushOptions(TypedDict, total=False):
    """The keyword arguments of Server.push(), for the push inside Server.sync().

    >>> server.sync(mirror, push={"batch_rows": 100})
    """

    lock_timeout: Duration  #: longest wait for another device's push
    batch_rows: int  #: rows in one server transaction


class Server(Closing):
    """A connection to one server: `playmirror.connect()`.

    Connects at once, and again by itself when the connection was lost. Every call blocks, and each
    wait ends within `timeout`; other Python threads go on meanwhile. Ctrl-C, a set `stop` (a
    threading.Event), or an exception from `progress` ends a call within a second and leaves the
    mirror as it was before. Threads may share a Server: its calls take turns.

    >>> with playmirror.connect("service=music") as server:
    ...     report = server.sync(mirror, progress=True)
    """

    def __init__(self, core: _core.Server | None = None) -> None:
        """Private: use Server.connect(), which is also playmirror.connect()."""
        if not isinstance(core, _core.Server):
            raise TypeError("a Server is connected to by playmirror.connect(dsn)")
        self._core = core

    @classmethod
    def connect(
        cls,
        dsn: str | None = None,
        *,
        schema: str = "public",
        connect_timeout: Duration = 10.0,
        timeout: Duration = 60.0,
        allow_plaintext: bool = False,
        played_at_zone: ZoneLike = "UTC",
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
    ) -> Server:
        """Connects to a server.

        `dsn` is libpq's: "service=music", "host=... dbname=..." or a postgresql:// URI. None means
        PLAYMIRROR_DSN, else libpq's own environment. Nothing of it is stored.

        `schema` is where the tables live; `timeout` is the longest silence of the server before
        giving up; `allow_plaintext` permits a TCP connection without TLS to another host.

        `played_at_zone` is the time zone whose local time `play_history.played_at` has on the
        server, where that column has no zone of its own. The mirror and every answer have instants
        in UTC all the same. A mirror keeps to the one that it was first synced with.

        Raises ServerUnavailable, AccessDenied or InvalidArgument; no message ever holds the
        password.

        >>> playmirror.connect("service=music", timeout=20).name
        """
        with reporting(progress) as callback:
            core = _core.Server.connect(
                dsn or "",
                callback,
                stop,
                schema=schema,
                connect_timeout=connect_timeout,
                timeout=timeout,
                allow_plaintext=allow_plaintext,
                played_at_zone=played_at_zone,
            )
        return cls(core)

    def close(self) -> None:
        """Ends the connection; a later call makes a new one. May be called twice.

        >>> server.close()
        """
        self._core.close()

    @property
    def name(self) -> str:
        """ "host:port/database", without role or password.

        >>> print("connected to", server.name)
        """
        return self._core.name()

    def __repr__(self) -> str:
        return f"<Server {self.name}>"

    def sync(
        self,
        mirror: Mirror,
        *,
        push: PushOptions | None = None,
        pull: PullOptions | None = None,
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
        **choices: Unpack[PullChoices],
    ) -> SyncReport:
        """push(), then pull(). `push` and `pull` are dicts of the keyword arguments of those calls.

        Those of pull() may be given as they are, too, but for `lock_timeout`, which either has.

        A push that fails for a reason of its own does not keep the pull from running; its error is
        raised afterwards. Raises what those two raise.

        >>> report = server.sync(mirror, confirm_deletes=True, push={"batch_rows": 100})
        >>> report.pulled["play_history"].inserted, report.pushed, report.rejected
        """
        pull = whole_pull(pull, choices)
        with reporting(progress) as callback:
            return self._core.sync(
                core_of(mirror), options_of("push", push), {**pull}, callback, stop
            )

    def pull(
        self,
        mirror: Mirror,
        *,
        lock_timeout: Duration = 2.0,
        delete_limit: float = 0.2,
        confirm_deletes: bool = False,
        accept_server: bool = False,
        field_cap: int = 64 << 20,
        sweep_interval: Duration = 0,
        leave_out: Iterable[TrackDetail | str] | None = None,
        plays_since: InstantLike | None = None,
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
    ) -> SyncReport:
        """Brings the mirror to the server's present state.

        One consistent moment of the server, applied in one local transaction. The first pull copies
        everything, piece by piece, and goes on where it stopped.

        `lock_timeout` is the longest wait behind a migration; deletes are held back when more than
        the share `delete_limit` of a table would vanish, unless `confirm_deletes`; `accept_server`
        adopts a server whose identity changed, after comparing; `field_cap` is in bytes, and a
        larger field is refused as value_too_large.

        A pull that comes sooner than `sweep_interval` after the last sweep brings new plays by
        their ids, and what has come with them of tracks, artists and their links, if the server has
        200,000 plays and more; everything else waits for the next sweep. 0: every pull sweeps.

        `leave_out` ("raw_data", "lyrics") and `plays_since` choose which part of the server's rows
        the mirror holds, from this pull on; None: as before. Only the difference is transferred. An
        empty list leaves no column out, "-infinity" no play.

        Raises ServerUnavailable, AccessDenied, SchemaMismatch, ServerChanged, MirrorBusy,
        StorageError, Cancelled.

        >>> server.pull(mirror).pulled["tracks"].updated
        """
        with reporting(progress) as callback:
            return self._core.pull(
                core_of(mirror),
                callback,
                stop,
                lock_timeout=lock_timeout,
                delete_limit=delete_limit,
                confirm_deletes=confirm_deletes,
                accept_server=accept_server,
                field_cap=field_cap,
                sweep_interval=sweep_interval,
                leave_out=leave_out,
                plays_since=plays_since,
            )

    def push(
        self,
        mirror: Mirror,
        *,
        lock_timeout: Duration = 10.0,
        batch_rows: int = 1_000,
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
    ) -> SyncReport:
        """Sends what was recorded here, each row exactly once.

        `lock_timeout` is the longest wait for another device's push; `batch_rows` go into one
        server transaction. Rows that the server refuses are data in the report, and stay pending.

        Raises ServerUnavailable, AccessDenied, SchemaMismatch, ServerChanged, InDoubt, MirrorBusy,
        StorageError, Cancelled.

        >>> server.push(mirror).pushed
        """
        with reporting(progress) as callback:
            return self._core.push(
                core_of(mirror), callback, stop, lock_timeout=lock_timeout, batch_rows=batch_rows
            )

    def verify(
        self,
        mirror: Mirror,
        *,
        depth: VerifyDepth | str = VerifyDepth.FULL,
        max_differences: int = 1_000,
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
    ) -> VerifyReport:
        """Compares the mirror with the server, both in one moment of theirs. Changes nothing.

        `depth` "full" compares every value of every row; "quick" compares for each block of keys
        the number of its rows and a digest of all their values, which is one round trip. The third
        depth, which needs no server, is Mirror.verify(). `max_differences` is how many to list; all
        are counted.

        Raises ServerUnavailable, AccessDenied, SchemaMismatch, ServerChanged, MirrorUnusable,
        Cancelled.

        >>> assert server.verify(mirror).equal
        """
        with reporting(progress) as callback:
            return self._core.verify(
                core_of(mirror), callback, stop, depth=depth, max_differences=max_differences
            )

    def repair(
        self,
        mirror: Mirror,
        *,
        delete_limit: float = 0.2,
        confirm_deletes: bool = False,
        field_cap: int = 64 << 20,
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
    ) -> RepairReport:
        """Puts damage right.

        Fetches the blocks of keys whose digests differ, and no others, and makes their rows the
        server's in one local transaction. A file that SQLite itself finds broken is set aside
        (Mirror.salvage()) and copied anew. Pending rows stay pending: a damaged entry of the outbox
        is taken from its mirrored row, or, where that may be damaged too, set aside as `rejected`,
        so that it holds up no other.

        Deletes are held back when more than the share `delete_limit` of a table would vanish,
        unless `confirm_deletes`; `field_cap` is in bytes.

        Raises what pull() raises.

        >>> server.repair(mirror).tables["tracks"].blocks_fetched
        """
        with reporting(progress) as callback:
            return self._core.repair(
                core_of(mirror),
                callback,
                stop,
                delete_limit=delete_limit,
                confirm_deletes=confirm_deletes,
                field_cap=field_cap,
            )

    def track(
        self, id: str, *, progress: ProgressOption = None, stop: StopFlag | None = None
    ) -> Track | None:
        """The server's present row of a track, with what the mirror may leave out.

        None without such a row. Changes nothing, here or there. Raises ServerUnavailable,
        AccessDenied, SchemaMismatch, Cancelled.

        >>> server.track("4uLU6hMCjMI75M1A2tKUQC").lyrics
        """
        with reporting(progress) as callback:
            return self._core.track(id, callback, stop)

    def doctor(
        self, *, progress: ProgressOption = None, stop: StopFlag | None = None
    ) -> DoctorReport:
        """Says what this role may not do, with the exact GRANT that is missing.

        Also says what could be safer or faster. Changes nothing. Raises ServerUnavailable,
        AccessDenied, Cancelled.

        >>> for finding in server.doctor().findings:
        ...     print(finding.level, finding.what, finding.remedy)
        """
        with reporting(progress) as callback:
            return self._core.doctor(callback, stop)


def core_of(mirror: Mirror) -> _core.Mirror:
    """What the library knows a mirror by."""
    core = getattr(mirror, "_core", None)
    if not isinstance(core, _core.Mirror):
        raise TypeError(f"mirror must be a playmirror.Mirror, not {type(mirror).__name__}")
    return core


def options_of(name: str, options: Mapping[str, Any] | None) -> dict[str, Any]:
    """The keyword arguments of a call inside another one."""
    if options is not None and not isinstance(options, Mapping):
        raise TypeError(f"{name} must be a dict of keyword arguments, not {type(options).__name__}")
    return {**(options or {})}


def whole_pull(pull: PullOptions | None, choices: PullChoices) -> PullOptions:
    """The options of the pull inside a sync, however they were given."""
    given = options_of("pull", pull)
    for name in choices:
        if name not in PullChoices.__annotations__:
            raise TypeError(f"sync() got an unexpected keyword argument '{name}'")
        if name in given:
            raise TypeError(f"sync() got '{name}' twice: in pull, and beside it")
    return cast("PullOptions", {**given, **choices})


connect = Server.connect
