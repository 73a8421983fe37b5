"""Completion for zsh, with what every option means."""

from __future__ import annotations

from collections.abc import Iterable

from .words import Argument, Completed

_SCRIPT = """\
#compdef playmirror
# zsh completion for playmirror, made by `playmirror completion zsh`
_playmirror() {{
  local -a verbs
  verbs=(
{verbs}
  )
  if (( CURRENT == 2 )); then
    _describe verb verbs
    return
  fi
  local verb=${{words[2]}}
  shift words
  (( CURRENT-- ))
  case $verb in
{cases}
  esac
}}
if [[ ${{funcstack[1]}} == _playmirror ]]; then
  _playmirror "$@"
else
  compdef _playmirror playmirror
fi
"""


def script(verbs: Iterable[Completed]) -> str:
    """The whole file."""
    verbs = list(verbs)
    return _SCRIPT.format(
        verbs="\n".join(f"    {_quoted(f'{each.name}:{each.summary}')}" for each in verbs),
        cases="\n".join(_case(verb) for verb in verbs),
    )


def _case(verb: Completed) -> str:
    specs = [spec for option in verb.options for spec in _option(option)]
    specs += [_position(each, number) for number, each in enumerate(verb.positions, 1)]
    lines = " \\\n".join(f"        {_quoted(spec)}" for spec in specs)
    return f"    {verb.name})\n      _arguments -S \\\n{lines}\n      ;;"


def _option(option: Argument) -> Iterable[str]:
    for name in option.names:
        star = "*" if option.repeated else ""
        value = f":{_plain(option.metavar)}:{_action(option)}" if option.metavar else ""
        yield f"{star}{name}[{_plain(option.help)}]{value}"


def _position(argument: Argument, number: int) -> str:
    where = "*" if argument.repeated else str(number)
    return f"{where}:{_plain(argument.metavar)}:{_action(argument)}"


def _action(argument: Argument) -> str:
    if argument.files:
        return "_files"
    return f"({' '.join(argument.values)})" if argument.values else " "


def _plain(text: str) -> str:
    for char in "\\[]:":
        text = text.replace(char, f"\\{char}")
    return text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
