"""Completion for bash, 3.2 or newer."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from .words import Argument, Completed

_SCRIPT = """\
# bash completion for playmirror, made by `playmirror completion bash`
_playmirror() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} verb=${{COMP_WORDS[1]}}
  local words= values= IFS=$' \\t\\n'
  COMPREPLY=()
  if [[ $prev == "=" ]]; then prev=${{COMP_WORDS[COMP_CWORD-2]}}; fi  # --option=value
  if [[ $cur == "=" ]]; then cur=; fi
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W {verbs} -- "$cur"))
    return
  fi
  case "$verb $prev" in
{values}
  esac
  if [[ -z $values ]]; then
    case "$verb" in
{words}
    esac
    # Once its argument is there, a verb takes options.
    if [[ $cur == -* || ( $COMP_CWORD -gt 2 && ${{COMP_WORDS[2]}} != -* ) ]]; then
      values=$words
    fi
  fi
  if [[ $values == /files ]]; then
    IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$cur"))
    compopt -o filenames 2>/dev/null
  elif [[ $values != /none ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$cur"))
  fi
}}
complete -F _playmirror playmirror
"""


def script(verbs: Iterable[Completed]) -> str:
    """The whole file."""
    verbs = list(verbs)
    names = " ".join([*(verb.name for verb in verbs), "--help", "--version"])
    return _SCRIPT.format(
        verbs=shlex.quote(names),
        values="\n".join(line for verb in verbs for line in _after_options(verb)),
        words="\n".join(_of_verb(verb) for verb in verbs),
    )


def _after_options(verb: Completed) -> Iterable[str]:
    for option in verb.options:
        if option.metavar:
            where = "|".join(f'"{verb.name} {name}"' for name in option.names)
            yield f"    {where}) values={shlex.quote(_values(option) or '/none')} ;;"


def _of_verb(verb: Completed) -> str:
    options = " ".join(name for option in verb.options for name in option.names)
    values = _values(verb.positions[0]) if verb.positions else ""
    first = f"values={shlex.quote(values)}" if values else "values=$words"
    return f"      {verb.name}) words={shlex.quote(options)} {first} ;;"


def _values(argument: Argument) -> str:
    return "/files" if argument.files else " ".join(argument.values)
