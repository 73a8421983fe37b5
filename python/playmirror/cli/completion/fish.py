"""Completion for fish, with what every option means."""

from __future__ import annotations

from collections.abc import Iterable

from .words import Argument, Completed


def script(verbs: Iterable[Completed]) -> str:
    """The whole file."""
    lines = ["# fish completion for playmirror, made by `playmirror completion fish`"]
    lines.append("complete -c playmirror -f")
    for verb in verbs:
        lines.append(
            "complete -c playmirror -n __fish_use_subcommand "
            f"-a {verb.name} -d {_quoted(verb.summary)}"
        )
        where = f"-n '__fish_seen_subcommand_from {verb.name}'"
        for option in verb.options:
            lines.append(f"complete -c playmirror {where} {_option(option)}")
        for argument in verb.positions[:1]:
            if argument.files:
                lines.append(f"complete -c playmirror {where} -F")
            elif argument.values:
                values = _quoted(" ".join(argument.values))
                lines.append(f"complete -c playmirror {where} -a {values}")
    return "\n".join(lines) + "\n"


def _option(option: Argument) -> str:
    words = [
        f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names
    ]
    if option.files:
        words.append("-r -F")
    elif option.metavar:
        words.append(f"-x -a {_quoted(' '.join(option.values))}" if option.values else "-x")
    return " ".join([*words, f"-d {_quoted(option.help)}"])


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
