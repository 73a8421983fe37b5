"""The exit codes of the command line. Stable: documented in docs/cli.md, never reused."""

from .. import errors

OK = 0
DIFFERENT = 1  # verify found a difference, doctor a problem, import a file that it could not read
USAGE = 2  # argparse's own
BROKEN_PIPE = 141  # as a shell reports SIGPIPE
INTERRUPTED = 130  # as a shell reports SIGINT

_BY_CLASS: dict[type[errors.Error], int] = {
    errors.InvalidArgument: USAGE,
    errors.QueryError: 3,
    errors.MirrorUnusable: 4,
    errors.MirrorBusy: 5,
    errors.StorageError: 6,
    errors.ServerUnavailable: 7,
    errors.AccessDenied: 8,
    errors.SchemaMismatch: 9,
    errors.ServerChanged: 10,
    errors.InDoubt: 11,
    errors.Cancelled: 12,
    errors.Error: 13,
}


def exit_code(error: errors.Error) -> int:
    """The code of the error's class."""
    return next(_BY_CLASS[cls] for cls in type(error).__mro__ if cls in _BY_CLASS)
