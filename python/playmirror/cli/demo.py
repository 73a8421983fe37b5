"""The verb demo: a look around in a library, a server's or a made-up one.

The whole show, with a server that is stopped and started, is examples/demo/demo.py in the source.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..enums import ErrorCode
from ..errors import InvalidArgument
from ..mirror import Mirror
from ..report import SyncReport, VerifyReport
from ..status import FileReport
from ..timestamp import Timestamp
from .answer import Answer
from .completion.words import FILES, suggest
from .exit_codes import DIFFERENT, OK
from .look import paint
from .options import add_dsn, connect, show_progress
from .pictures import heatmap_text, top_text
from .terminal import safe, table
from .verb import Verb


@dataclass(frozen=True)
class _Look:
    """What a demo shows, whatever library it looks at."""

    first: str  #: what was copied or made
    last: str  #: what is proved of it
    pulled: SyncReport | None
    verified: VerifyReport | FileReport
    good: bool


def demo(args: argparse.Namespace) -> Answer:
    """Fills a temporary mirror, or one to keep, and asks it questions."""
    dsn = args.dsn or os.environ.get("PLAYMIRROR_DEMO_DSN")
    with _file(args.keep) as file:
        if dsn:
            args.dsn = dsn
            with Mirror.open(file) as mirror:
                look = _of_a_server(args, mirror)
                return _shown(mirror, look, args.keep)
        with Mirror.make_sample(file, plays=args.plays, progress=show_progress()) as mirror:
            return _shown(mirror, _of_made_up(mirror), args.keep)


@contextmanager
def _file(keep: str | None) -> Iterator[Path]:
    """Where the mirror goes: nothing remains of it unless it is to be kept."""
    if keep is not None:
        if os.path.lexists(keep):
            raise InvalidArgument(
                f"{keep} exists already",
                code=ErrorCode.INVALID_ARGUMENT,
                hint="The demo keeps its mirror in a new file: choose another name.",
            )
        yield Path(keep)
        return
    with tempfile.TemporaryDirectory(prefix="playmirror-demo-") as directory:
        yield Path(directory) / "demo.db"


def _of_a_server(args: argparse.Namespace, mirror: Mirror) -> _Look:
    """Copies the library and proves that the copy is equal. Only reads."""
    with connect(args) as server:
        name = server.name
        pulled = server.pull(mirror, progress=show_progress())
        verified = server.verify(mirror, progress=show_progress())
    rows = sum(each.inserted for each in pulled.pulled.values())
    return _Look(
        f"{rows:,} rows copied from {safe(name)} in {pulled.duration.total_seconds():.1f} s; "
        "without the server, the copy answers:",
        f"copy and server are {'equal' if verified.equal else 'different'}: "
        f"{verified.rows_compared:,} rows compared",
        pulled,
        verified,
        verified.equal,
    )


def _of_made_up(mirror: Mirror) -> _Look:
    """Says what it is, records a play as one would on the train, and checks the file."""
    (top,) = mirror.stats.top_tracks(1)
    mirror.plays.add(track_id=top.track_id, played_at=Timestamp.now(), source="demo")
    verified = mirror.verify(progress=show_progress())
    return _Look(
        "No server was named (--dsn does it), so this library is made up: "
        f"{mirror.plays.count() - 1:,} plays of {mirror.tracks.count():,} tracks. "
        "Nothing of it is anybody's.",
        f"A play of {safe(top.name or top.track_id)} was recorded without any network; it waits "
        f"for the next push: {len(mirror.pending())} pending.\n"
        f"The file is {'sound' if verified.ok else 'damaged'}: {verified.blocks:,} blocks of rows "
        "checked.",
        None,
        verified,
        verified.ok,
    )


def _shown(mirror: Mirror, look: _Look, keep: str | None) -> Answer:
    recent = mirror.stats.recent_plays(5)
    top = mirror.stats.top_tracks(limit=5)
    genres = mirror.stats.genre_artist_counts()[:5]
    hours = mirror.stats.heatmap(tz="Europe/Berlin")
    parts: list[tuple[str, Callable[[], str]]] = [
        (
            "playmirror recent",
            lambda: table(
                ("played at", "track", "artist"),
                [(play.played_at, play.name, play.artist) for play in recent],
                out=sys.stdout,
            ),
        ),
        ("playmirror top", lambda: top_text(top, "tracks", "plays")),
        (
            "playmirror heatmap --tz Europe/Berlin",
            lambda: heatmap_text(hours, "plays", "Europe/Berlin", "monday"),
        ),
        (
            "playmirror stats genre_artist_counts",
            lambda: table(
                ("genre", "artists"),
                [(each.genre, each.artists) for each in genres],
                out=sys.stdout,
            ),
        ),
    ]
    after = (
        f"The mirror is {safe(keep)}: try the commands above with --db {safe(keep)}."
        if keep
        else "To go on, keep it: playmirror demo --keep demo.db"
    )

    def text() -> str:
        shown = [f"{paint(f'$ {command}', '2', sys.stdout)}\n{draw()}" for command, draw in parts]
        return "\n\n".join([look.first, *shown, look.last, after])

    document = {
        "made_up": look.pulled is None,
        "pull": look.pulled,
        "verify": look.verified,
        "recent": recent,
        "top": top,
        "genres": genres,
    }
    return Answer(document, text, OK if look.good else DIFFERENT)


def _add_options(parser: argparse.ArgumentParser) -> None:
    keep = parser.add_argument(
        "--keep", metavar="FILE", help="keep the mirror in this new file (default: it vanishes)"
    )
    suggest(keep, FILES)
    parser.add_argument(
        "--plays",
        type=int,
        default=20_000,
        metavar="N",
        help="of a made-up library, up to 10,000,000 (default: 20000)",
    )
    add_dsn(parser, "PLAYMIRROR_DEMO_DSN, else none")


VERBS = (
    Verb(
        "demo",
        "look around",
        demo,
        "look around in a server's library, or in a made-up one",
        (
            ("with nothing but playmirror", "playmirror demo"),
            (
                "and go on with it",
                "playmirror demo --keep demo.db && playmirror top artists --db demo.db",
            ),
            (
                "in the library of a server, which is only read",
                "playmirror demo --dsn service=music",
            ),
        ),
        about="The server is that of --dsn or of PLAYMIRROR_DEMO_DSN, and no other; without one, a "
        "library is made up, which needs nothing else.",
        add_options=_add_options,
    ),
)
