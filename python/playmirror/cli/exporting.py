"""The verb export: tables for other programs."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from ..enums import ErrorCode
from ..errors import InvalidArgument
from ..report import ExportReport
from .answer import Answer
from .completion.words import FILES, suggest
from .options import open_mirror, show_progress, warn
from .terminal import safe, table
from .verb import Verb

_FORMATS = ("parquet", "csv", "jsonl", "sqlite")
_TABLES = (
    "artists",
    "tracks",
    "track_artists",
    "play_history",
    "analysis_snapshots",
    "playlist_config",
)


def export(args: argparse.Namespace) -> Answer:
    """Writes tables into files, or one to standard output."""
    with open_mirror(args) as mirror:
        if args.to == "-":
            from ..exporting.export import write_to

            format, name = _for_standard_output(args)
            if isinstance(sys.stdout, io.TextIOWrapper):  # whatever the locale: files have UTF-8
                sys.stdout.reconfigure(encoding="utf-8", errors="strict")
            write_to(mirror, sys.stdout, format=format, table=name, exact=args.exact)
            return Answer(None, lambda: "")
        try:
            report = mirror.export(
                Path(args.to),
                format=args.format,
                tables=args.table,
                exact=args.exact,
                overwrite=args.overwrite,
                progress=show_progress(),
            )
        except ImportError as error:
            raise InvalidArgument(
                str(error),
                code=ErrorCode.INVALID_ARGUMENT,
                hint="Or export as csv, jsonl or sqlite, which need nothing.",
            ) from error
    for name, each in report.tables.items():
        if each.beyond_arrow:
            warn(
                f"{name}: {each.beyond_arrow:,} timestamps that Parquet cannot hold are null there"
            )
    return Answer(report, lambda: _text(report))


def _for_standard_output(args: argparse.Namespace) -> tuple[str, str]:
    format, tables = args.format or "csv", args.table or []
    problem = ""
    if format not in ("csv", "jsonl"):
        problem = f"{format} does not go to standard output"
    elif len(tables) != 1:
        problem = "one table goes to standard output: name it with --table"
    elif args.json:
        problem = "--json does not go with an export to standard output"
    elif args.exact and format != "csv":
        problem = "--exact is for CSV: the other formats are always exact"
    if problem:
        raise InvalidArgument(
            problem, code=ErrorCode.INVALID_ARGUMENT, hint="Or name a file or directory."
        )
    return format, tables[0]


def _text(report: ExportReport) -> str:
    rows = [(name, each.rows, each.files) for name, each in report.tables.items()]
    seconds = report.duration.total_seconds()
    return (
        table(("exported", "rows", "files"), rows, out=sys.stdout)
        + f"\n\n{report.format} in {safe(str(report.to))}, in {seconds:.2f} s"
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    to = parser.add_argument(
        "to", metavar="TO", help="a directory, or a file of one table; - is standard output"
    )
    suggest(to, FILES)
    parser.add_argument(
        "--format", choices=_FORMATS, help="default: by the suffix of TO, else parquet"
    )
    parser.add_argument(
        "--table",
        action="append",
        metavar="TABLE",
        choices=_TABLES,
        help=f"that table only; may be repeated: {', '.join(_TABLES)}",
    )
    parser.add_argument(
        "--exact",
        action="store_true",
        help="CSV with every text as it is, also those that a spreadsheet takes for formulas",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace a file, or a directory of an earlier export, of that name",
    )


VERBS = (
    Verb(
        "export",
        "take with you",
        export,
        "write tables for other programs: Parquet, CSV, JSON lines or SQLite",
        (
            (
                "everything as Parquet, plays in a directory for each year and month",
                "playmirror export listening",
            ),
            (
                "the plays for a spreadsheet",
                "playmirror export plays.csv --table play_history",
            ),
            ("a backup, made while others write", "playmirror export backup.db"),
            (
                "the tracks as JSON lines, to another program",
                "playmirror export - --table tracks --format jsonl > tracks.jsonl",
            ),
        ),
        about="All tables are of one moment. Nothing is replaced without --overwrite.",
        mirror=True,
        add_options=_add_options,
    ),
)
