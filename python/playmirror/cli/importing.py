"""The verb for other people's records of a listening history: import."""

from __future__ import annotations

import argparse
import sys

from ..importing import ImportReport
from .answer import Answer
from .exit_codes import DIFFERENT, OK
from .options import open_mirror, show_progress, warn
from .terminal import safe, table
from .verb import Verb

#: What the counts of a report are called, and the reasons of `left_out`.
_WORDS = {
    "recorded": "recorded",
    "already_there": "already there",
    "matched": "there from another source",
    "repeated": "twice in the files",
    "not_music": "no music: episodes, audiobooks, videos",
    "no_name": "without a name",
    "no_time": "without a possible time",
    "bad_value": "with a value that cannot be",
    "private_session": "in a private session (--private records them)",
    "no_spotify_id": "of a track without a Spotify id",
}


def import_plays(args: argparse.Namespace) -> Answer:
    """Records what other services noted."""
    with open_mirror(args, create=True) as mirror:
        report = mirror.import_plays(
            args.files,
            local_tracks="leave_out" if args.no_local_tracks else "record",
            private_sessions=args.private,
            source=args.source,
            dry_run=args.dry_run,
            progress=show_progress(),
        )
    for file in report.files:
        if file.problem:
            warn(f"{safe(file.name)}: {safe(file.problem)}")
    damaged = any(file.problem for file in report.files)
    return Answer(report, lambda: _text(report, args.dry_run), DIFFERENT if damaged else OK)


def _text(report: ImportReport, dry_run: bool) -> str:
    files = [(file.name, file.format or "no listening history", file.rows) for file in report.files]
    counts = {
        "recorded": report.recorded,
        "already_there": report.already_there,
        "matched": report.matched,
        "repeated": report.repeated,
        **report.left_out,
    }
    rows = [(_WORDS.get(name, name), count) for name, count in counts.items() if count]
    lines = [
        table(("file", "format", "rows"), files, out=sys.stdout),
        "",
        table(("plays", "number"), [*rows, ("in all", report.rows)], out=sys.stdout),
        "",
    ]
    if dry_run:
        lines.append("This was a dry run: nothing is recorded.")
    elif report.recorded:
        lines.append(
            f"With {report.tracks} new tracks and {report.artists} new artists, from "
            f"{safe(str(report.first))} to {safe(str(report.last))}. The next push sends them."
        )
    else:
        lines.append("There was nothing new in them.")
    return "\n".join(lines)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="JSON file, zip archive, or directory of them"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="count everything and record nothing"
    )
    parser.add_argument(
        "--no-local-tracks",
        action="store_true",
        help="leave out plays of tracks that have no Spotify id",
    )
    parser.add_argument(
        "--private", action="store_true", help="record plays of private sessions too"
    )
    parser.add_argument(
        "--source",
        metavar="S",
        help="the `source` of the plays (default: import for Spotify's exports, else the name of "
        "the service)",
    )


VERBS = (
    Verb(
        "import",
        "record",
        import_plays,
        "record the plays of another service's export; no network",
        (
            ("a zip as Spotify sends it", "playmirror import my_spotify_data.zip"),
            ("what it would find", "playmirror import --dry-run my_spotify_data.zip"),
        ),
        about="Takes exports of Spotify (extended and account data), ListenBrainz, Last.fm and "
        "Maloja, told apart by their content. Importing the same again records nothing.",
        mirror=True,
        add_options=_add_options,
    ),
)
