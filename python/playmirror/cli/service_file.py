"""What libpq's service file says of a service: the user's file, then that of the system.

https://www.postgresql.org/docs/current/libpq-pgservice.html
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .conninfo import only_shown


@dataclass(frozen=True)
class Service:
    """A section of a service file: the options that it sets, secret ones not shown."""

    file: Path
    options: dict[str, str]


def service_files() -> list[Path]:
    """Where libpq looks, in this order. It also knows one directory by itself, which nothing tells:
    that of the system, where PGSYSCONFDIR names none."""
    named = os.environ.get("PGSERVICEFILE")
    files = [Path(named) if named else Path.home() / ".pg_service.conf"]
    if directory := os.environ.get("PGSYSCONFDIR"):
        files.append(Path(directory) / "pg_service.conf")
    return files


def find_service(name: str) -> Service | None:
    """The service of that name; None where no file has it."""
    for file in service_files():
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        options = _section(text, name)
        if options is not None:
            return Service(file, only_shown(options))
    return None


def _section(text: str, name: str) -> dict[str, str] | None:
    """The options of a section. The first one of a name counts; blanks belong to the value."""
    found: dict[str, str] | None = None
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            if found is not None:
                break
            if line.startswith(f"[{name}]"):
                found = {}
        elif found is not None and not line.startswith("#"):
            option, equals, value = line.partition("=")
            if equals and option.isidentifier():
                found.setdefault(option, value)
    return found
