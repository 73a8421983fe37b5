"""Mirror.export(): which tables go where, in which format."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ..enums import ErrorCode
from ..errors import Cancelled, InvalidArgument
from ..progress import Progress
from ..report import ExportedTable, ExportReport
from ..timestamp import Timestamp
from . import parquet, text_files
from .place import Place, place_for
from .rows import KEYS, Rows

if TYPE_CHECKING:
    from ..mirror import Mirror
    from ..server import StopFlag

FORMATS = ("parquet", "csv", "jsonl", "sqlite")
_SUFFIXES = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".db": "sqlite",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
}
_Callback = Callable[[Progress], object]


def export(
    mirror: Mirror,
    to: str | os.PathLike[str],
    *,
    format: str | None,
    tables: Iterable[str] | None,
    exact: bool,
    overwrite: bool,
    progress: _Callback | None,
    stop: StopFlag | None,
) -> ExportReport:
    """What Mirror.export() promises."""
    started = time.monotonic()
    to = _path(to)
    chosen = _chosen(tables)
    format = format or _SUFFIXES.get(to.suffix.lower(), "parquet")
    one_file = to.suffix.lower() in _SUFFIXES
    _check(to, format, chosen, all_tables=tables is None, one_file=one_file, exact=exact)
    if format == "sqlite":
        mirror.copy_to(to, overwrite=overwrite, progress=progress, stop=stop)
        done = {}
        with type(mirror).open(to, read_only=True) as copy:
            done = {name: ExportedTable(Rows(copy, name).count(), 1, 0) for name in KEYS}
        return ExportReport(to.absolute(), format, done, _seconds(started))
    done = {}
    with (
        place_for(to, directory=not one_file, overwrite=overwrite, mirror=mirror.path) as place,
        _one_moment(mirror, place.staging, progress, stop) as copy,
    ):
        for name in chosen:
            done[name] = _export_table(
                Rows(copy, name), place, format, one_file, exact, progress, stop
            )
        if not one_file:
            place.describe(
                {
                    "playmirror_export": 1,
                    "format": format,
                    "exported_at": Timestamp.now().to_string(),
                    "rows": {name: each.rows for name, each in done.items()},
                }
            )
    return ExportReport(to.absolute(), format, done, _seconds(started))


def write_to(mirror: Mirror, out: TextIO, *, format: str, table: str, exact: bool) -> None:
    """One table as CSV or JSON lines into a stream."""
    import tempfile

    with (
        tempfile.TemporaryDirectory(prefix="playmirror-export-") as directory,
        _one_moment(mirror, Path(directory), None, None) as copy,
    ):
        rows = Rows(copy, table)
        pieces = (
            text_files.csv_of(rows, exact=exact)
            if format == "csv"
            else text_files.json_lines_of(rows)
        )
        for _, text in pieces:
            out.write(text)


@contextmanager
def _one_moment(
    mirror: Mirror, directory: Path, progress: _Callback | None, stop: StopFlag | None
) -> Iterator[Mirror]:
    """A copy that nobody writes: so all tables and batches are of one moment."""
    file = directory / "mirror.db"
    mirror.copy_to(file, progress=progress, stop=stop)
    with type(mirror).open(file, create=False) as copy:
        yield copy


def _export_table(
    rows: Rows,
    place: Place,
    format: str,
    one_file: bool,
    exact: bool,
    progress: _Callback | None,
    stop: StopFlag | None,
) -> ExportedTable:
    total = rows.count()
    done = 0

    def moved(more: int) -> None:
        nonlocal done
        done += more
        if stop is not None and stop.is_set():
            raise Cancelled("stopped on request", code=ErrorCode.CANCELLED)
        if progress is not None:
            progress(Progress("export", rows.name, done, total, 0))

    before = len(place.files)
    beyond = 0
    if format == "parquet":
        if one_file:
            beyond = parquet.write_file(rows.batches(), place, "", moved)
        elif rows.name == "play_history":
            beyond = parquet.write_plays(rows, place, moved)
        else:
            beyond = parquet.write_table(rows, place, moved)
    else:
        pieces = (
            text_files.csv_of(rows, exact=exact)
            if format == "csv"
            else text_files.json_lines_of(rows)
        )
        with place.create("" if one_file else f"{rows.name}.{format}") as file:
            for count, text in pieces:
                file.write(text.encode("utf-8"))
                moved(count)
    return ExportedTable(done, len(place.files) - before, beyond)


def _chosen(tables: Iterable[str] | None) -> list[str]:
    if isinstance(tables, str):
        raise TypeError("tables must be a sequence, not str")
    chosen = list(dict.fromkeys(KEYS if tables is None else tables))
    for name in chosen:
        if name not in KEYS:
            raise _invalid(f"no table {name!r} is mirrored", f"It is one of {', '.join(KEYS)}.")
    return chosen


def _check(
    to: Path, format: str, chosen: list[str], *, all_tables: bool, one_file: bool, exact: bool
) -> None:
    if format not in FORMATS:
        raise _invalid(f"there is no format {format!r}", f"It is one of {', '.join(FORMATS)}.")
    suffix = to.suffix.lower()
    if format != "sqlite" and _SUFFIXES.get(suffix, format) != format:
        raise _invalid(
            f"{to} does not look like {format}", "Name it by its format, or leave one out."
        )
    if format == "sqlite" and not all_tables:
        raise _invalid("a SQLite copy has all tables", "Leave the tables out.")
    if format != "sqlite" and one_file and len(chosen) != 1:
        raise _invalid(
            f"{to} is one file, and {len(chosen)} tables do not fit into it",
            "Choose one table, or name a directory.",
        )
    if exact and format != "csv":
        raise _invalid("`exact` is for CSV", "The other formats are always exact.")
    if format == "parquet" and find_spec("pyarrow") is None:
        raise ImportError(
            "Parquet needs pyarrow: pip install 'playmirror[parquet]'", name="pyarrow"
        )


def _path(to: str | os.PathLike[str]) -> Path:
    path = Path(to)
    try:
        if b"\0" not in os.fsencode(path):
            return path
    except UnicodeEncodeError:
        pass
    raise _invalid("the target is no path: it holds what no path can, such as NUL", "Rename it.")


def _invalid(what: str, hint: str) -> InvalidArgument:
    return InvalidArgument(what, code=ErrorCode.INVALID_ARGUMENT, hint=hint)


def _seconds(started: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - started)
