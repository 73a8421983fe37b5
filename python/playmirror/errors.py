"""The exceptions of playmirror: one base, one subclass for each thing a caller would do.

>>> try:
...     mirror.plays.add(track_id="nobody knows", played_at="2026-01-31T06:00:00Z")
... except playmirror.InvalidArgument as error:
...     print(error.code, "-", error.hint)
"""

from __future__ import annotations

from typing import Any

from .enums import ErrorCode, Outcome


class Error(Exception):
    """Base of every exception that playmirror raises.

    The message says what failed, on what and why; it never holds a password. Exceptions can be
    pickled, and are equal in content on the other side.

    >>> try:
    ...     mirror.sync("service=music")
    ... except playmirror.Error as error:
    ...     print(error, error.hint, "again?", error.retryable)
    """

    __module__ = "playmirror"

    code: ErrorCode  #: what went wrong; a string such as "not_a_mirror"
    hint: str  #: what to do about it, one sentence; may be empty
    sqlstate: str  #: the server's five characters, or empty
    retryable: bool  #: whether the same call can succeed later without any change
    outcome: Outcome  #: what is true of the data now

    def __init__(
        self,
        message: str = "",
        *,
        code: str = ErrorCode.INTERNAL,
        hint: str = "",
        sqlstate: str = "",
        retryable: bool = False,
        outcome: str = Outcome.UNCHANGED,
    ) -> None:
        super().__init__(message)
        self.code = ErrorCode(code)
        self.hint = hint
        self.sqlstate = sqlstate
        self.retryable = retryable
        self.outcome = Outcome(outcome)
        if hint and hasattr(self, "add_note"):  # a traceback then ends with the hint
            self.add_note(f"Hint: {hint}")

    def details(self) -> dict[str, Any]:
        """Everything but the message, as plain values."""
        return {
            "code": str(self.code),
            "hint": self.hint,
            "sqlstate": self.sqlstate,
            "retryable": self.retryable,
            "outcome": str(self.outcome),
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self), self.details())


def _rebuild(cls: type[Error], message: str, details: dict[str, Any]) -> Error:
    return cls(message, **details)


class InvalidArgument(Error):
    """The caller passed something wrong. Fix the call.

    Codes: invalid_argument, unknown_reference, value_too_large, immutable, bad_connection_options.

    >>> try:
    ...     mirror.plays.add(track_id="nobody knows", played_at="2026-01-31T06:00:00Z")
    ... except playmirror.InvalidArgument as error:
    ...     print(error.code)
    unknown_reference
    """

    __module__ = "playmirror"


class UnknownColumn(InvalidArgument, KeyError):
    """A Table has no column of that name: a KeyError, and what C++ raises.

    >>> try:
    ...     mirror.sql("SELECT 1 AS one")["two"]
    ... except playmirror.UnknownColumn as error:
    ...     print(error, error.hint, sep=". ")
    no column is named two. The table has one.
    """

    __module__ = "playmirror"

    def __str__(self) -> str:
        return Exception.__str__(self)  # a KeyError shows quotes around its message


class QueryError(Error):
    """sql() did not run the statement: query_refused, query_failed, query_limit. Fix the SQL.

    >>> try:
    ...     mirror.sql("SELECT nothing FROM nowhere")
    ... except playmirror.QueryError as error:
    ...     print(error)
    """

    __module__ = "playmirror"


class MirrorUnusable(Error):
    """The file cannot be used as a mirror. Choose another file, upgrade, or repair.

    Codes: not_a_mirror, format_too_new, damaged, unsafe_file.

    >>> try:
    ...     playmirror.open("music.db")
    ... except playmirror.MirrorUnusable as error:
    ...     print(error.code, error.hint)
    """

    __module__ = "playmirror"


class MirrorBusy(Error):
    """Another process holds the mirror: busy. Wait and call again.

    >>> try:
    ...     mirror.plays.add(track_id="4uLU6hMCjMI75M1A2tKUQC", played_at="2026-01-31T06:00:00Z")
    ... except playmirror.MirrorBusy as error:
    ...     print(error.hint)
    """

    __module__ = "playmirror"


class StorageError(Error):
    """The disk or the file system refused: storage_full, storage_failed. Make room, call again.

    >>> try:
    ...     server.pull(mirror)
    ... except playmirror.StorageError as error:
    ...     print(error.code, error.hint)
    """

    __module__ = "playmirror"


class ServerUnavailable(Error):
    """The server cannot be reached, or the connection broke: unreachable. Call again later.

    >>> try:
    ...     playmirror.connect("host=127.0.0.1 port=1 user=me", connect_timeout=1)
    ... except playmirror.ServerUnavailable as error:
    ...     print(error.retryable)
    True
    """

    __module__ = "playmirror"


class AccessDenied(Error):
    """The role may not. `hint` says what the owner has to grant, or which option allows it.

    Codes: authentication_failed, encryption_refused, permission_denied, row_security.

    >>> try:
    ...     mirror.sync("service=music")
    ... except playmirror.AccessDenied as error:
    ...     print(error, error.hint)
    """

    __module__ = "playmirror"


class SchemaMismatch(Error):
    """The server's tables, or a snapshot's payload, are not what the records need: schema_mismatch.
    Upgrade one side.

    >>> try:
    ...     server.push(mirror)
    ... except playmirror.SchemaMismatch as error:
    ...     print(error, error.hint)
    """

    __module__ = "playmirror"


class ServerChanged(Error):
    """Not the server we knew, or one that lags behind: server_changed, server_behind. Decide.

    >>> try:
    ...     server.sync(mirror)
    ... except playmirror.ServerChanged as error:
    ...     print(error, error.hint)
    """

    __module__ = "playmirror"


class InDoubt(Error):
    """A push whose COMMIT got no answer: in_doubt. The next push finds out first.

    >>> try:
    ...     server.push(mirror)
    ... except playmirror.InDoubt:
    ...     server.push(mirror)  # finds out first, and never sends twice
    """

    __module__ = "playmirror"


class Cancelled(Error):
    """The caller asked to stop: cancelled.

    >>> stop = threading.Event()
    >>> stop.set()
    >>> try:
    ...     server.pull(mirror, stop=stop)
    ... except playmirror.Cancelled:
    ...     print("stopped")
    stopped
    """

    __module__ = "playmirror"
