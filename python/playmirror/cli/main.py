"""One command: from its words to its exit code."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from ..errors import Error, StorageError
from ..json_output import to_json
from . import exit_codes
from .answer import Answer
from .look import paint, set_color, set_usual_color
from .parser import make_parser
from .settings import read_settings
from .terminal import safe


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    # A stream that the caller has closed is none to Python.
    sys.stdout = _buffered(sys.stdout) or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no emoji
    try:
        return _run(make_parser().parse_args(arguments))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return exit_codes.INTERRUPTED
    finally:
        set_color("auto")  # for the next call in this process
        set_usual_color("auto")


def _buffered(stream: TextIO | None) -> TextIO | None:
    """The same with a buffer. Where Python was told to use none (PYTHONUNBUFFERED), a text stream
    takes what a full disk or a reader that left has cut short for written."""
    if stream is None or not isinstance(getattr(stream, "buffer", None), io.RawIOBase):
        return stream
    return open(stream.fileno(), "w", encoding=stream.encoding, closefd=False)


def _run(args: argparse.Namespace) -> int:
    try:
        set_usual_color(read_settings().get("color") or "auto")
        answer: Answer = args.run(args)
        if shown := to_json(answer.document) if args.json else answer.text():
            print(shown)
        sys.stdout.flush()
    except Error as error:
        _complain(error, as_json=args.json)
        return exit_codes.exit_code(error)
    except BrokenPipeError:
        _give_up_output()
        return exit_codes.BROKEN_PIPE
    except OSError as error:
        _give_up_output()
        refused = _refused(error)
        _complain(refused, as_json=args.json)
        return exit_codes.exit_code(refused)
    return answer.exit_code


def _give_up_output() -> None:
    """Leaves nothing to flush when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refused(error: OSError) -> StorageError:
    """What became of the answer, when it could not be written."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    where = f" to {error.filename}" if error.filename else ""
    return StorageError(
        f"the answer could not be written{where}: {error.strerror or error}",
        code="storage_full" if full else "storage_failed",
        hint="Make room, then try again." if full else "Send it somewhere else.",
        retryable=full,
    )


def _complain(error: Error, *, as_json: bool) -> None:
    with suppress(OSError):  # nobody to tell; the exit code says it all the same
        _explain(error, as_json=as_json)


def _explain(error: Error, *, as_json: bool) -> None:
    if as_json:
        print(to_json({"error": error}, indent=None), file=sys.stderr)
        return
    print(paint("error:", "31", sys.stderr), safe(str(error)), file=sys.stderr)
    for line in error.hint.splitlines():
        print(f"       {safe(line)}", file=sys.stderr)
