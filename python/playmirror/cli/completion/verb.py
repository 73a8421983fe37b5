"""The verb itself."""

from __future__ import annotations

import argparse

from ..answer import Answer
from ..verb import Verb
from . import bash, fish, zsh
from .words import completed

_SHELLS = {"bash": bash.script, "fish": fish.script, "zsh": zsh.script}


def completion(args: argparse.Namespace) -> Answer:
    """The script of a shell."""
    from .. import parser  # which knows this verb

    made = parser.make_parser()
    (verbs,) = [each.choices for each in made._actions if isinstance(each.choices, dict)]
    known = [completed(verb.name, verb.summary, verbs[verb.name]) for verb in parser.VERBS]
    script = _SHELLS[args.shell](known)
    return Answer({"shell": args.shell, "script": script}, script.rstrip)


def _add_shell(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "shell", metavar="SHELL", choices=tuple(_SHELLS), help=", ".join(sorted(_SHELLS))
    )


VERBS = (
    Verb(
        "completion",
        "set up",
        completion,
        "print what makes a shell complete verbs, options and statistics",
        (
            ("in this bash, until it ends", "source <(playmirror completion bash)"),
            (
                "in every bash",
                "mkdir -p ~/.local/share/bash-completion/completions && playmirror completion bash "
                "> ~/.local/share/bash-completion/completions/playmirror",
            ),
            (
                "in every zsh, with ~/.zfunc in its fpath",
                "mkdir -p ~/.zfunc && playmirror completion zsh > ~/.zfunc/_playmirror",
            ),
            (
                "in every fish",
                "mkdir -p ~/.config/fish/completions && playmirror completion fish "
                "> ~/.config/fish/completions/playmirror.fish",
            ),
        ),
        add_options=_add_shell,
    ),
)
