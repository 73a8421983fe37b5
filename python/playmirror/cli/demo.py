"""The verb demo: a look at a server's library, in a temporary mirror. It only reads.

The whole show, with a server that is stopped and started, is examples/demo/demo.py in the source.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from ..enums import ErrorCode
from ..errors import InvalidArgument
from ..mirror import Mirror
from .answer import Answer
from .exit_codes import DIFFERENT, OK
from .options import connect, show_progress
from .terminal import table
from .verb import Verb


def demo(args: argparse.Namespace) -> Answer:
    """Pulls the library into a temporary file, asks it questions, and proves that it is equal."""
    args.dsn = args.dsn or os.environ.get("PLAYMIRROR_DEMO_DSN")
    if not args.dsn:
        raise InvalidArgument(
            "the demo needs a server with a library to look at",
            code=ErrorCode.INVALID_ARGUMENT,
            hint="Name one with --dsn or PLAYMIRROR_DEMO_DSN: the demo only reads. In the source "
            "tree, ./dev demo starts a throwaway server and shows everything.",
        )
    with (
        tempfile.TemporaryDirectory(prefix="playmirror-demo-") as directory,
        Mirror.open(Path(directory) / "demo.db") as mirror,
    ):
        with connect(args) as server:
            pulled = server.pull(mirror, progress=show_progress())
            verified = server.verify(mirror, progress=show_progress())
        recent = mirror.stats.recent_plays(5)
        top = mirror.stats.top_tracks(limit=5)
        genres = mirror.stats.genre_artist_counts()[:5]

    def text() -> str:
        rows = sum(each.inserted for each in pulled.pulled.values())
        seconds = pulled.duration.total_seconds()
        return "\n\n".join(
            [
                f"{rows:,} rows copied in {seconds:.1f} s; without the server, the copy answers:",
                table(
                    ("recent plays", "artist", "played at"),
                    [(play.name, play.artist, play.played_at) for play in recent],
                    out=sys.stdout,
                ),
                table(
                    ("top tracks", "artist", "plays"),
                    [(each.name, each.artist, each.plays) for each in top],
                    out=sys.stdout,
                ),
                table(
                    ("genres", "artists"),
                    [(each.genre, each.artists) for each in genres],
                    out=sys.stdout,
                ),
                f"copy and server are {'equal' if verified.equal else 'different'}: "
                f"{verified.rows_compared:,} rows compared",
            ]
        )

    document = {
        "pull": pulled,
        "verify": verified,
        "recent": recent,
        "top": top,
        "genres": genres,
    }
    return Answer(document, text, OK if verified.equal else DIFFERENT)


VERBS = (
    Verb(
        "demo",
        "look around",
        demo,
        "look at a server's library in a temporary mirror; only reads",
        (("at the library of a server", "playmirror demo --dsn service=music"),),
        server=True,
    ),
)
