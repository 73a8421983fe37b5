"""The local side: one SQLite file that mirrors the server's tables.

Nothing here touches the network, except sync(), pull(), push() and watch(), which connect a Server
for you.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from . import _core
from .artists import Artists
from .closing import Closing
from .errors import Error
from .exclusions import Exclusions
from .playlists import Playlists
from .plays import Plays
from .progress import reporting
from .snapshots import Snapshots
from .stats import Stats
from .tracks import Tracks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from typing_extensions import Unpack

    from .enums import LocalTracks
    from .importing import ImportReport
    from .pending import PendingEntry
    from .progress import ProgressOption
    from .report import ExportReport, SyncReport
    from .server import PullChoices, PullOptions, PushOptions, Server, ServerOptions, StopFlag
    from .status import FileReport, SalvageReport, Status
    from .table import Parameter, Table
    from .timestamp import Duration
    from .watcher import Watcher, WatchEvent


class Mirror(Closing):
    """A local mirror of one remote music database: `playmirror.open()`.

    Reads never wait for a writer. Writes wait for other writers, in any process, up to
    `busy_timeout`, and are on disk when they return. Safe to share between threads. After
    os.fork(), the child must open its own; every call on the parent's raises.

    >>> with playmirror.open("music.db") as mirror:
    ...     for play in mirror.plays.recent(10):
    ...         print(play.played_at, play.track_id)
    """

    def __init__(self, core: _core.Mirror | None = None) -> None:
        """Private: use Mirror.open(), which is also playmirror.open()."""
        if not isinstance(core, _core.Mirror):
            raise TypeError("a Mirror is opened by playmirror.open(file)")
        self._core = core
        self._stats: Stats | None = None  # made once: small questions are asked often

    @classmethod
    def open(
        cls,
        file: str | os.PathLike[str] | None = None,
        *,
        busy_timeout: Duration = 10.0,
        create: bool = True,
        read_only: bool = False,
    ) -> Mirror:
        """Opens a mirror file, creating it (mode 0600) or upgrading its format where needed.

        `file` None means default_path(). `busy_timeout` is how long a write waits for another
        writer; `create` False makes a missing file an error; `read_only` never writes, not even to
        create or upgrade. Raises InvalidArgument, MirrorUnusable, MirrorBusy or StorageError.

        >>> playmirror.open("music.db", busy_timeout=30).path
        """
        return cls(
            _core.Mirror.open(
                cls.default_path() if file is None else file,
                busy_timeout=busy_timeout,
                create=create,
                read_only=read_only,
            )
        )

    @staticmethod
    def default_path() -> Path:
        """PLAYMIRROR_DB, else `playmirror/music.db` in the XDG data directory.

        >>> playmirror.Mirror.default_path()
        """
        return _core.Mirror.default_path()

    @staticmethod
    def salvage(file: str | os.PathLike[str]) -> SalvageReport:
        """Puts a new, empty mirror in the place of a damaged file that open() refuses.

        Every pending row of it that can be read whole is taken over; the next pull fills the rest.
        The damaged file is renamed, never deleted. Server.repair() does this by itself where it
        must. Nobody may have the file open. Raises MirrorUnusable for a sound file that is no
        mirror, MirrorBusy while another process has it open.

        >>> playmirror.Mirror.salvage("music.db").saved
        """
        return _core.Mirror.salvage(file)

    @classmethod
    def make_sample(
        cls,
        file: str | os.PathLike[str],
        *,
        plays: int = 20_000,
        seed: int = 1,
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
    ) -> Mirror:
        """A new mirror with a made-up library in it, for trying things out.

        Years of listening in the habits and with all the dirt of real logs, up to November 2026;
        the same options give the same rows on every machine. No server is behind it, and one that
        it is pulled from or pushed to refuses it (`server_changed`). Raises InvalidArgument when
        the file exists already.

        >>> playmirror.Mirror.make_sample("sample.db", plays=1000).plays.count()
        1000
        """
        with reporting(progress) as callback:
            return cls(_core.Mirror.make_sample(file, callback, stop, plays=plays, seed=seed))

    def close(self) -> None:
        """Lets go of the file; later calls raise Error with the code `closed`. May be called twice.

        Cursors made before keep the file open until they are at their end.

        >>> mirror.close()
        """
        self._core.close()

    @property
    def path(self) -> Path:
        """The mirror file.

        >>> mirror.path.name
        'music.db'
        """
        return self._core.path()

    def __repr__(self) -> str:
        return f"<Mirror {str(self.path)!r}>"

    def _repr_html_(self) -> str:
        """What status() knows, which counts rows; of a closed mirror, its path."""
        from .html_output import facts_html
        from .status import status_html

        try:
            status = self.status()
        except Error as error:
            return facts_html(repr(self), {}, str(error))
        return status_html(status)

    @property
    def plays(self) -> Plays:
        """The log of listening events.

        >>> mirror.plays.recent(10)
        """
        return Plays(self._core.plays())

    @property
    def tracks(self) -> Tracks:
        """Tracks, with features and lyrics.

        >>> mirror.tracks["4uLU6hMCjMI75M1A2tKUQC"].tempo
        """
        return Tracks(self._core.tracks())

    @property
    def artists(self) -> Artists:
        """Artists.

        >>> mirror.artists["0TnOYISbd1XYRBk9myaseg"].name
        """
        return Artists(self._core.artists())

    @property
    def snapshots(self) -> Snapshots:
        """Analysis snapshots.

        >>> mirror.snapshots.recent(3)
        """
        return Snapshots(self._core.snapshots())

    @property
    def playlists(self) -> Playlists:
        """The backend's generated playlists.

        >>> [config.current_theme for config in mirror.playlists]
        """
        return Playlists(self._core.playlists())

    @property
    def exclusions(self) -> Exclusions:
        """Lists of what statistics shall leave out.

        >>> mirror.exclusions.list()
        """
        return Exclusions(self._core.exclusions())

    @property
    def stats(self) -> Stats:
        """Listening statistics.

        >>> mirror.stats.top_tracks(period="this_year", limit=10)
        """
        if self._stats is None:
            self._stats = Stats(self._core.stats())
        return self._stats

    def sql(
        self,
        query: str,
        parameters: Iterable[Parameter] = (),
        *,
        timeout: Duration = 60.0,
        max_rows: int = 0,
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
    ) -> Table:
        """Runs one read-only SELECT over the mirrored tables, `?` bound to `parameters` in order.

        Tables and columns are named as on the server, and a column has its type: timestamps are
        aware datetimes, booleans bools. An expression such as max(played_at) goes by its values,
        and inside SQL a timestamp is text such as "2026-01-31 06:00:00.25" in UTC; an aware
        datetime among the parameters is passed as such. The statement is stopped after `timeout`;
        more than `max_rows` rows are an error (0: no limit).
        Raises QueryError, Cancelled.

        >>> mirror.sql("SELECT id FROM play_history WHERE skipped = ?", [True]).column("id")
        """
        with reporting(progress) as callback:
            return self._core.sql(
                query, parameters, callback, stop, timeout=timeout, max_rows=max_rows
            )

    def status(self) -> Status:
        """Where the mirror stands: last sync, rows per table, what is pending.

        >>> mirror.status().pending
        """
        return self._core.status()

    def pending(self) -> list[PendingEntry]:
        """Every row recorded here that is not known to be on the server, in order of recording.

        >>> [(each.state, each.key) for each in mirror.pending()]
        """
        return self._core.pending()

    def retry(self, entry: int | None = None) -> int:
        """Puts rejected or waiting rows back in the queue: one entry, or all. Returns how many.

        Raises InvalidArgument for a number that is not pending.

        >>> mirror.retry()  # all of them
        >>> for entry in mirror.pending():
        ...     mirror.retry(entry.entry)
        """
        return self._core.retry(entry)

    def discard(self, entry: int) -> None:
        """Drops a recorded row for good: the only call that does.

        Raises InvalidArgument for a number that is not pending, one in doubt (it may already be on
        the server), or a track or artist that another pending row needs.

        >>> for entry in mirror.pending():
        ...     if entry.state == "rejected":
        ...         mirror.discard(entry.entry)
        """
        self._core.discard(entry)

    def verify(
        self, *, progress: ProgressOption = None, stop: StopFlag | None = None
    ) -> FileReport:
        """Checks the file itself, without a server; reads all of it.

        SQLite's own check, and the checksum of every pending row. Server.verify() compares with the
        server.

        >>> assert mirror.verify().ok
        """
        with reporting(progress) as callback:
            return self._core.verify(callback, stop)

    def copy_to(
        self,
        file: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
    ) -> None:
        """Writes a copy of the whole mirror, one moment of it, while others may read and write.

        The copy is a full mirror of mode 0600, with what is pending: a backup, or the file for
        tools that bring a SQLite of their own. It has its name only once it is complete and on
        disk. Never replaces a file unless `overwrite` says so, and then only a mirror that nobody
        has open. Raises InvalidArgument when the name is taken, MirrorUnusable, MirrorBusy,
        StorageError.

        >>> mirror.copy_to("copy.db", overwrite=True)
        """
        with reporting(progress) as callback:
            self._core.copy_to(file, callback, stop, overwrite=overwrite)

    def export(
        self,
        to: str | os.PathLike[str],
        *,
        format: str | None = None,
        tables: Iterable[str] | None = None,
        exact: bool = False,
        overwrite: bool = False,
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
    ) -> ExportReport:
        """Writes tables for other programs, all of one moment, while others may read and write.

        `format` is parquet, csv, jsonl or sqlite; without it, the suffix of `to` says, or it is
        parquet. A `to` with such a suffix is one file of one table (with sqlite, copy_to()), any
        other a directory of all `tables`. In Parquet plays lie in a directory for each year and
        month. CSV is safe to open in a spreadsheet unless `exact`. Nothing is replaced unless
        `overwrite` says so, and then only a file, or a directory of an earlier export. Needs room
        for a second copy of the mirror meanwhile. Raises InvalidArgument, StorageError, and
        ImportError for Parquet without pyarrow.

        >>> mirror.export("tracks.jsonl", tables=["tracks"], overwrite=True).tables["tracks"].rows
        """
        from .exporting import export  # here, for programs that never export

        with reporting(progress) as callback:
            return export(
                self,
                to,
                format=format,
                tables=tables,
                exact=exact,
                overwrite=overwrite,
                progress=callback,
                stop=stop,
            )

    def import_plays(
        self,
        files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        *,
        local_tracks: LocalTracks | str = "record",
        private_sessions: bool = False,
        source: str | None = None,
        dry_run: bool = False,
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
    ) -> ImportReport:
        """Records the plays of other services' exports, with their tracks and artists.

        `files` are JSON files, zip archives as they came, or directories of them, of Spotify,
        ListenBrainz, Last.fm or Maloja; what each is, its content tells, and what is no listening
        history is named in the report and passed over. The plays are queued for the server with
        this `source`: without one, `import` for Spotify's exports, and the name of the service for
        others, since only plays of different sources are matched. Importing the same again records
        nothing.

        `local_tracks` says what happens to plays whose track has no Spotify id;
        `private_sessions` takes those of private sessions too; `dry_run` counts everything and
        records nothing. Each 25,000 plays are one transaction, and all are on disk when the call
        returns or raises: a call that was stopped, or met a file that is cut short, has recorded
        what it had read, and can be repeated. Raises InvalidArgument when there is no listening
        history in any of the files, MirrorBusy, StorageError.

        >>> mirror.import_plays("listens.zip", dry_run=True).rows
        """
        if isinstance(files, (str, os.PathLike)):
            files = [files]
        with reporting(progress) as callback:
            return self._core.import_plays(
                files,
                callback,
                stop,
                local_tracks=local_tracks,
                private_sessions=private_sessions,
                source=source,
                dry_run=dry_run,
            )

    def sync(
        self,
        dsn: str | None = None,
        *,
        push: PushOptions | None = None,
        pull: PullOptions | None = None,
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
        **choices: Unpack[PullChoices],
    ) -> SyncReport:
        """Connects to the server, does Server.sync() with its options, and closes the connection.

        Raises what Server.connect() and Server.sync() raise.

        >>> mirror.sync("service=music", progress=True)
        >>> mirror.sync("service=music", leave_out=["lyrics"])
        """
        from .server import whole_pull  # here, so that a program that stays offline never loads it

        pull = whole_pull(pull, choices)
        with _connect(dsn, progress=progress, stop=stop) as server:
            return server.sync(self, push=push, pull=pull, progress=progress, stop=stop)

    def pull(
        self,
        dsn: str | None = None,
        *,
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
        **options: Unpack[PullOptions],
    ) -> SyncReport:
        """Connects to the server, does Server.pull() with its options, and closes it.

        Raises what Server.connect() and Server.pull() raise.

        >>> mirror.pull("service=music", leave_out=["lyrics"])
        """
        with _connect(dsn, progress=progress, stop=stop) as server:
            return server.pull(self, progress=progress, stop=stop, **options)

    def push(
        self,
        dsn: str | None = None,
        *,
        progress: ProgressOption = None,
        stop: StopFlag | None = None,
        **options: Unpack[PushOptions],
    ) -> SyncReport:
        """Connects to the server, does Server.push() with its options, and closes it.

        Raises what Server.connect() and Server.push() raise.

        >>> mirror.push("service=music").pushed
        """
        with _connect(dsn, progress=progress, stop=stop) as server:
            return server.push(self, progress=progress, stop=stop, **options)

    def watch(
        self,
        dsn: str | None = None,
        *,
        server: ServerOptions | None = None,
        push: PushOptions | None = None,
        pull: PullOptions | None = None,
        interval: Duration = 2.0,
        sweep_interval: Duration = 300.0,
        max_backoff: Duration = 60.0,
        seed: int = 0,
        on_event: Callable[[WatchEvent], object] | None = None,
        progress: ProgressOption = None,
    ) -> Watcher:
        """Keeps the mirror in step with the server in the background: Watcher.start().

        >>> with mirror.watch("service=music"):
        ...     input("Enter ends it ")
        """
        from .watcher import Watcher  # here, so that a program that stays offline never loads it

        return Watcher.start(
            self,
            dsn,
            server=server,
            push=push,
            pull=pull,
            interval=interval,
            sweep_interval=sweep_interval,
            max_backoff=max_backoff,
            seed=seed,
            on_event=on_event,
            progress=progress,
        )


open = Mirror.open


def _connect(dsn: str | None, *, progress: ProgressOption, stop: StopFlag | None) -> Server:
    from .server import connect  # here, so that a program that stays offline never loads it

    return connect(dsn, progress=progress, stop=stop)
