"""The enums of playmirror. Each member is also the string that C++ and JSON use for it.

>>> Order("newest_first") is Order.NEWEST_FIRST
True
>>> Order.NEWEST_FIRST == "newest_first"
True
"""

import enum


class _Name(str, enum.Enum):
    """A member that prints as its value, in every version of Python."""

    def __str__(self) -> str:
        return str(self.value)


class Order(_Name):
    """The order of a listing by time.

    >>> next(mirror.plays.list(order="oldest_first")).played_at
    """

    NEWEST_FIRST = "newest_first"  #: then by id descending; rows without a time first
    OLDEST_FIRST = "oldest_first"  #: then by id ascending; rows without a time last


class ColumnType(_Name):
    """What a column of a table holds. Any value can be None.

    >>> mirror.plays.table().column("played_at").type is playmirror.ColumnType.TIMESTAMP
    True
    """

    NULL = "null"  #: nothing but None: an expression of sql() that never had a value
    BOOLEAN = "boolean"
    INT64 = "int64"
    FLOAT64 = "float64"
    UTF8 = "utf8"  #: text
    JSON = "json"  #: text that is JSON, unparsed
    BINARY = "binary"  #: bytes
    DATE = "date"  #: a day of the calendar, without time and zone
    TIMESTAMP = "timestamp"  #: an instant in UTC, to the microsecond
    LIST = "list"  #: a list of texts
    DICTIONARY = "dictionary"  #: text, each distinct one kept once


class ImportFormat(_Name):
    """Whose record of a listening history a file is. Told by what is in it, not by its name.

    >>> [each.format for each in mirror.import_plays("listens.zip", dry_run=True).files]
    """

    SPOTIFY_EXTENDED = "spotify_extended"  #: `Streaming_History_Audio_*`, `endsong_*`
    SPOTIFY_ACCOUNT = "spotify_account"  #: `StreamingHistory*`: times to the minute, no ids
    LISTENBRAINZ = "listenbrainz"  #: a ListenBrainz export: one listen a line
    LASTFM = "lastfm"  #: pages of Last.fm's `user.getRecentTracks` as JSON
    MALOJA = "maloja"  #: Maloja's export


class LocalTracks(_Name):
    """What happens to an imported play whose track has no Spotify id and no name known here.

    >>> mirror.import_plays("listens.zip", local_tracks="leave_out").left_out
    """

    RECORD = "record"  #: under an id made of artist and title: `local:` and 32 hexadecimal digits
    LEAVE_OUT = "leave_out"  #: it is not recorded, and counted as `no_spotify_id`


class PendingState(_Name):
    """Where a recorded row stands on its way to the server.

    >>> [each.key for each in mirror.pending() if each.state == "rejected"]
    """

    QUEUED = "queued"  #: the next push sends it
    IN_DOUBT = "in_doubt"  #: sent, and the answer to the COMMIT was lost; the next push finds out
    WAITING = "waiting"  #: the server lacks something it refers to; offered again at each push
    REJECTED = "rejected"  #: the server refused it; kept until retry() or discard()


class PullMethod(_Name):
    """How a pull found what changed.

    >>> server.pull(mirror).method
    """

    NONE = "none"  #: no pull in this call
    FIRST_COPY = "first_copy"  #: whole tables
    SWEEP = "sweep"  #: every table scanned for rows at or after the horizon
    BY_IDS = "by_ids"  #: new plays by their ids, between two sweeps (`sweep_interval`)
    UNCHANGED = "unchanged"  #: the server's snapshot equals that of the last pull


class TrackDetail(_Name):
    """The columns of tracks that a mirror can do without: kilobytes in each row.

    >>> server.pull(mirror, leave_out=["lyrics"])
    """

    RAW_DATA = "raw_data"
    LYRICS = "lyrics"


class VerifyDepth(_Name):
    """How much Server.verify() compares.

    >>> server.verify(mirror, depth="quick").blocks_compared
    """

    QUICK = "quick"  #: for each block of keys, the number of its rows and a digest of all values
    FULL = "full"  #: every value of every row


class WatchState(_Name):
    """What a Watcher is doing.

    >>> with mirror.watch("service=music") as watcher:
    ...     print(watcher.state)
    """

    CONNECTING = "connecting"  #: on its way to the first sync
    CURRENT = "current"  #: in step with the server, as of the last poll
    RETRYING = "retrying"  #: the last try failed in a way that heals with time
    STOPPED = "stopped"  #: ended, by stop() or by an error


class Outcome(_Name):
    """What is true of the data after an error.

    >>> try:
    ...     server.push(mirror)
    ... except playmirror.Error as error:
    ...     print(error.outcome)
    """

    UNCHANGED = "unchanged"  #: nothing was attempted
    ROLLED_BACK = "rolled_back"  #: attempted and undone, on both sides
    IN_DOUBT = "in_doubt"  #: the server may or may not have committed; the next sync finds out


class ErrorCode(_Name):
    """What went wrong, finer than the class of the exception. Never renamed or reused.

    >>> try:
    ...     mirror.sql("DROP TABLE tracks")
    ... except playmirror.Error as error:
    ...     print(error.code)
    query_refused
    """

    # The call itself.
    INVALID_ARGUMENT = "invalid_argument"  #: a value that no schema could take
    UNKNOWN_REFERENCE = "unknown_reference"  #: a track or artist that the mirror does not know
    VALUE_TOO_LARGE = "value_too_large"  #: a field above the cap
    IMMUTABLE = "immutable"  #: mirrored rows cannot be changed locally
    CLOSED = "closed"  #: closed, or opened by the parent of a forked process
    # sql().
    QUERY_REFUSED = "query_refused"  #: not one read-only statement
    QUERY_FAILED = "query_failed"  #: SQL that SQLite rejects
    QUERY_LIMIT = "query_limit"  #: took too long or asked for too much memory
    # The mirror file.
    NOT_A_MIRROR = "not_a_mirror"  #: the file is something else
    FORMAT_TOO_NEW = "format_too_new"  #: a newer playmirror wrote it
    DAMAGED = "damaged"  #: its content contradicts its own checks
    UNSAFE_FILE = "unsafe_file"  #: a link, another owner, or readable by others
    BUSY = "busy"  #: another process kept the lock for longer than the timeout
    STORAGE_FULL = "storage_full"  #: no space left
    STORAGE_FAILED = "storage_failed"  #: the file system refused
    # The connection.
    BAD_CONNECTION_OPTIONS = "bad_connection_options"  #: the DSN cannot be understood
    UNREACHABLE = "unreachable"  #: no server answered in time, or the connection broke
    AUTHENTICATION_FAILED = "authentication_failed"  #: wrong role or password
    ENCRYPTION_REFUSED = "encryption_refused"  #: TLS was demanded and not to be had
    # The server.
    PERMISSION_DENIED = "permission_denied"  #: the role lacks a privilege; hint holds the GRANT
    ROW_SECURITY = "row_security"  #: row-level security hides rows from the role
    SCHEMA_MISMATCH = "schema_mismatch"  #: a table, column or payload is not what a record needs
    SERVER_CHANGED = "server_changed"  #: not the server or history this mirror was made from
    SERVER_BEHIND = "server_behind"  #: a replica that has not yet seen what this mirror has
    SERVER_REFUSED = "server_refused"  #: any other error of the server; sqlstate says which
    SERVER_PROTOCOL = "server_protocol"  #: the server sent what its protocol does not allow
    IN_DOUBT = "in_doubt"  #: a COMMIT was sent and its answer is not known yet
    CANCELLED = "cancelled"  #: the caller asked to stop
    INTERNAL = "internal"  #: a defect in playmirror
