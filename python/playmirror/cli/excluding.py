"""The verb exclude: the lists of what statistics shall leave out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator

from ..enums import ErrorCode
from ..errors import InvalidArgument
from ..exclusions import ExclusionList
from ..mirror import Mirror
from .answer import Answer
from .options import open_mirror
from .terminal import cell, table
from .verb import Verb

_MAKING = "`playmirror exclude NAME` with --track, --artist or --context makes one"
_HINT = f"`playmirror exclude` lists them; {_MAKING}."


def exclude(args: argparse.Namespace) -> Answer:
    """Shows lists, adds to one, or drops one."""
    added = [each or [] for each in (args.track, args.artist, args.context)]
    if args.name is None and (any(added) or args.drop):
        raise InvalidArgument(
            "no list is named", code=ErrorCode.INVALID_ARGUMENT, hint="Give the NAME of one."
        )
    if args.drop and any(added):
        raise InvalidArgument(
            "--drop does not go with --track, --artist or --context",
            code=ErrorCode.INVALID_ARGUMENT,
            hint="Drop the list, then make it anew with what is to stay.",
        )
    with open_mirror(args) as mirror:
        if args.name is None:
            lists = mirror.exclusions.list()
            shown = _shown(mirror, lists)
            return Answer(lists, lambda: shown or f"there are no lists; {_MAKING}")
        if args.drop:
            mirror.exclusions.remove(args.name)
            return Answer({"dropped": args.name}, lambda: f"the list {cell(args.name)} is dropped")
        if any(added):
            _add(mirror, args.name, *added)
        kept = mirror.exclusions.find(args.name)
        if kept is None:
            raise InvalidArgument(
                f"there is no list named {args.name}",
                code=ErrorCode.INVALID_ARGUMENT,
                hint=_HINT,
            )
        text = _shown(mirror, [kept])
    return Answer(kept, lambda: text)


def _add(
    mirror: Mirror, name: str, tracks: list[str], artists: list[str], contexts: list[str]
) -> None:
    kept = mirror.exclusions.find(name) or ExclusionList(name, [], [], [])
    mirror.exclusions.set(
        name=name,
        track_ids=[*kept.track_ids, *tracks],
        artist_ids=[*kept.artist_ids, *artists],
        contexts=[*kept.contexts, *contexts],
    )


def _shown(mirror: Mirror, lists: Iterable[ExclusionList]) -> str:
    rows = [row for each in lists for row in _rows(mirror, each)]
    return table(("list", "leaves out", "id", "name"), rows, out=sys.stdout) if rows else ""


def _rows(mirror: Mirror, each: ExclusionList) -> Iterator[tuple[object, ...]]:
    for id in each.track_ids:
        track = mirror.tracks.find(id)
        yield each.name, "track", id, track and track.name
    for id in each.artist_ids:
        artist = mirror.artists.find(id)
        yield each.name, "artist", id, artist and artist.name
    for uri in each.contexts:
        yield each.name, "context", uri, None


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="of the list (default: all)")
    for kind, what in (("track", "ID"), ("artist", "ID"), ("context", "URI")):
        parser.add_argument(
            f"--{kind}", metavar=what, action="append", help=f"add that {kind}; may be repeated"
        )
    parser.add_argument("--drop", action="store_true", help="forget the whole list")


VERBS = (
    Verb(
        "exclude",
        "ask",
        exclude,
        "keep lists of what statistics shall leave out",
        (
            ("what the children hear", "playmirror exclude children --artist miles"),
            ("what is on it", "playmirror exclude children"),
            (
                "statistics without it",
                "playmirror exclude party --context spotify:playlist:party && "
                "playmirror top --exclude-list party",
            ),
            ("forget it", "playmirror exclude children --drop"),
        ),
        about="Tracks, artists and contexts are added to the list of that NAME, which is made if "
        "there is none; without them it is shown. The lists are in the mirror's file only.",
        mirror=True,
        add_options=_add_options,
    ),
)
