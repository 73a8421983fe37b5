"""The verb config: every setting, and where it comes from."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..mirror import Mirror
from .answer import Answer
from .conninfo import NOT_SHOWN, shown_options
from .service_file import find_service, service_files
from .settings import Settings, read_settings
from .terminal import Column, table
from .verb import Verb

#: libpq's own variables that say something about the connection, with the options they set.
_LIBPQ = {
    "PGSERVICE": "service",
    "PGHOST": "host",
    "PGHOSTADDR": "hostaddr",
    "PGPORT": "port",
    "PGDATABASE": "dbname",
    "PGUSER": "user",
    "PGSSLMODE": "sslmode",
    "PGPASSWORD": "password",
    "PGPASSFILE": "passfile",
    "PGSERVICEFILE": "servicefile",
}


@dataclass(frozen=True)
class Setting:
    """One line of the answer."""

    name: str
    value: str | None  #: None: nothing is set
    source: str  #: option, environment, file or default
    where: str  #: the option, the variable or the file


def config(args: argparse.Namespace) -> Answer:
    """What the other verbs would use, without opening or asking anything."""
    settings = read_settings()
    found = list(_settings(args, settings))
    exists = settings.file.exists()
    document = {"file": settings.file if exists else None, "settings": found}
    note = str(settings.file) if exists else f"none; it would be {settings.file}"
    return Answer(document, lambda: f"{_text(found)}\n\nsettings file: {note}")


def _settings(args: argparse.Namespace, settings: Settings) -> Iterator[Setting]:
    yield _one("db", "--db", args.db, "PLAYMIRROR_DB", settings, _default_db)
    dsn = _one("dsn", "--dsn", args.dsn, "PLAYMIRROR_DSN", settings, None)
    yield from _connection(dsn)
    zone = args.played_at_zone
    yield _one("played_at_zone", "--played-at-zone", zone, None, settings, lambda: "UTC")
    yield _one("tz", "--tz", None, None, settings, lambda: "UTC")
    yield _one("week_start", "--week-start", None, None, settings, lambda: "monday")
    yield _color(args, settings)


def _one(
    name: str,
    option: str,
    given: str | None,
    variable: str | None,
    settings: Settings,
    default: Callable[[], str] | None,
) -> Setting:
    if given:
        return Setting(name, given, "option", option)
    if variable and (value := os.environ.get(variable, "").strip()):
        return Setting(name, value, "environment", variable)
    if (kept := settings.get(name)) is not None:
        return Setting(name, kept, "file", str(settings.file))
    return Setting(name, default() if default else None, "default", "")


def _default_db() -> str:
    return str(Mirror.default_path())  # which is not asked where PLAYMIRROR_DB is set


def _connection(dsn: Setting) -> Iterator[Setting]:
    """The connection string, then what libpq itself finds for what it leaves open: in the service
    file, then in its variables."""
    pieces: dict[str, str] = {}
    if dsn.value is not None:
        options = shown_options(dsn.value)
        pieces = options or {}
        shown = NOT_SHOWN if options is None else " ".join(f"{k}={v}" for k, v in pieces.items())
        yield Setting("dsn", shown, dsn.source, dsn.where)
    else:
        yield dsn
    if service := pieces.get("service") or os.environ.get("PGSERVICE"):
        for setting in _service(service):
            if setting.name not in pieces:
                pieces[setting.name] = ""
                yield setting
    for variable, name in _LIBPQ.items():
        value = os.environ.get(variable, "")
        if value and name not in pieces:
            shown = NOT_SHOWN if name == "password" else value
            yield Setting(name, shown, "environment", variable)


def _service(name: str) -> Iterator[Setting]:
    """What the service file says of a service, or that it says nothing."""
    found = find_service(name)
    if found is None:
        where = ", ".join(map(str, service_files()))
        yield Setting("servicefile", f"(no [{name}] in it)", "file", where)
        return
    for option, value in found.options.items():
        yield Setting(option, value, "file", f"{found.file} [{name}]")


def _color(args: argparse.Namespace, settings: Settings) -> Setting:
    if args.color != "auto":
        return Setting("color", args.color, "option", "--color")
    if os.environ.get("NO_COLOR"):
        return Setting("color", "never", "environment", "NO_COLOR")
    if forced := os.environ.get("FORCE_COLOR"):
        when = "never" if forced in ("0", "false") else "always"
        return Setting("color", when, "environment", "FORCE_COLOR")
    return _one("color", "--color", None, None, settings, lambda: "auto")


def _text(found: list[Setting]) -> str:
    rows = [
        (each.name, each.value or "(not set)", f"{each.source} {each.where}".strip())
        for each in found
    ]
    return table(("setting", "value", Column("from")), rows, out=sys.stdout)


VERBS = (
    Verb(
        "config",
        "set up",
        config,
        "say what every setting is, and where it comes from",
        (
            ("which mirror and which server the other verbs would use", "playmirror config"),
            ("the same with an option", "playmirror config --dsn service=music"),
        ),
        about="Passwords are never shown.",
        mirror=True,
        server=True,
    ),
)
