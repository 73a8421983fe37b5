"""The parser of the command line: all verbs, and a help that teaches by example."""

from __future__ import annotations

import argparse
import difflib
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from .. import __version__
from . import (
    checking,
    completion,
    config,
    demo,
    excluding,
    exporting,
    importing,
    pictures,
    reading,
    recording,
    statistics,
    syncing,
)
from .look import paint
from .options import add_db, add_dsn, add_output
from .terminal import safe
from .verb import Verb

VERBS: tuple[Verb, ...] = (
    *syncing.VERBS,
    *reading.VERBS,
    *pictures.VERBS,
    *statistics.VERBS,
    *excluding.VERBS,
    *recording.VERBS,
    *importing.VERBS,
    *checking.VERBS,
    *exporting.VERBS,
    *config.VERBS,
    *completion.VERBS,
    *demo.VERBS,
)

_DESCRIPTION = "A faithful offline copy of a listening history kept in PostgreSQL."
_CLOSING = """\
`playmirror VERB --help` shows the options and examples of a verb. docs/cli.md has every JSON shape
and exit code."""


def make_parser() -> argparse.ArgumentParser:
    """The whole command line; each parsed verb leaves its function in `run`."""
    parser = _Parser(
        prog="playmirror",
        usage="playmirror VERB [OPTION...]",
        description=f"{_DESCRIPTION}\n\n{_overview(VERBS)}",
        epilog=_CLOSING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"playmirror {__version__}")
    verbs = parser.add_subparsers(
        metavar="VERB", prog="playmirror", help=argparse.SUPPRESS, parser_class=_Parser
    )
    for verb in VERBS:
        made = verbs.add_parser(
            verb.name,
            description=_wrapped(f"{_sentence(verb.summary)} {verb.about}".strip()),
            epilog=_examples(verb.examples),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        made.set_defaults(run=verb.run)
        verb.add_options(made)
        if verb.mirror:
            add_db(made)
        if verb.server:
            add_dsn(made)
        add_output(made)
        made.usage = _usage(made)
    return parser


def _usage(parser: argparse.ArgumentParser) -> str:
    """Without the options: a list of thirty says nothing that the text below does not."""
    words = [
        _argument(action)
        for action in parser._actions
        if action.required or not action.option_strings
    ]
    return " ".join([parser.prog, *words, "[OPTION...]"])


def _argument(action: argparse.Action) -> str:
    metavar = str(action.metavar)
    if action.option_strings:
        return f"{action.option_strings[0]} {metavar}"
    return {"?": f"[{metavar}]", "*": f"[{metavar}...]", "+": f"{metavar}..."}.get(
        str(action.nargs), metavar
    )


def _overview(verbs: Iterable[Verb]) -> str:
    groups: dict[str, list[Verb]] = {}
    for verb in verbs:
        groups.setdefault(verb.group, []).append(verb)
    space = max(len(verb.name) for verb in verbs)
    return "\n\n".join(
        "\n".join([f"{group}:", *(f"  {each.name.ljust(space)}  {each.summary}" for each in those)])
        for group, those in groups.items()
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _wrapped(text: str) -> str:
    return textwrap.fill(text, min(max(shutil.get_terminal_size().columns - 2, 20), 98))


def _examples(examples: Iterable[tuple[str, str]]) -> str:
    return "examples:\n" + "\n".join(f"  # {what}\n  {line}\n" for what, line in examples)


_HEADING = re.compile(r"^[a-z][a-z, ]*:(?=\n| playmirror)", re.MULTILINE)
_COMMENT = re.compile(r"^  # .*$", re.MULTILINE)


def _nearest(word: str, known: Iterable[str], otherwise: str) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f": did you mean {near[0]}?" if near else otherwise


class _Parser(argparse.ArgumentParser):
    """argparse's, with colours, a nearest word for a mistyped one, and harmless messages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.color = False  # Python 3.14 colours by itself, and knows nothing of --color

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: None = None
    ) -> argparse.Namespace:
        words = sys.argv[1:] if args is None else [*args]
        self._refuse_unknown_options(words)
        parsed = super().parse_args(words, namespace)
        if not hasattr(parsed, "run"):
            self.print_help(sys.stderr)
            sys.exit(2)
        return parsed

    def _refuse_unknown_options(self, words: Sequence[str]) -> None:
        """Before argparse takes what stands behind one for an argument of the verb."""
        (verbs,) = (each.choices for each in self._actions if isinstance(each.choices, dict))
        first = words[0].partition("=")[0] if words else ""
        if first.startswith("-") and first not in self._option_string_actions:
            if any(first in verb._option_string_actions for verb in verbs.values()):
                self.error(f"{first} stands after the verb: playmirror VERB {first} ...")
            self.error(f"there is no {first}")
        if first not in verbs:
            return
        known = verbs[first]._option_string_actions
        for word in words[1:]:
            name = word.partition("=")[0]
            if word == "--":
                return
            if word.startswith("--") and " " not in word and name not in known:
                verbs[first].error(f"there is no {name}{_nearest(name, known, '')}")

    def print_help(self, file: Any = None) -> None:
        out = file or sys.stdout
        text = _HEADING.sub(lambda found: paint(found[0], "1", out), self.format_help())
        print(_COMMENT.sub(lambda found: paint(found[0], "2", out), text), end="", file=out)

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        if action.option_strings and arg_strings == ["--"]:
            # Of `--album=--` argparse makes an empty list.
            raise argparse.ArgumentError(action, "-- is no value")
        return super()._get_values(action, arg_strings)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = [str(each) for each in action.choices]
        hint = _nearest(str(value), known, f": it is one of {', '.join(known)}")
        raise argparse.ArgumentError(action, f"there is no {value!r}{hint}")

    def error(self, message: str) -> NoReturn:
        print(paint("error:", "31", sys.stderr), safe(message), file=sys.stderr)
        print(f"       Try: {self.prog} --help", file=sys.stderr)
        sys.exit(2)
