"""What a user has set for good: an option goes before the environment, that before the file."""

from __future__ import annotations

import configparser
import os
from dataclasses import dataclass
from pathlib import Path

from ..enums import ErrorCode
from ..errors import InvalidArgument

#: What the file may say, in its section [playmirror].
NAMES = ("db", "dsn", "played_at_zone", "tz", "week_start", "color")
_SECTION = "playmirror"


@dataclass(frozen=True)
class Settings:
    """What the settings file says; empty without one."""

    file: Path
    values: dict[str, str]

    def get(self, name: str) -> str | None:
        """A setting of the file."""
        return self.values.get(name)


def settings_path() -> Path:
    """PLAYMIRROR_CONFIG, else `playmirror/config.ini` in the XDG configuration directory."""
    if named := os.environ.get("PLAYMIRROR_CONFIG"):
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME", "")
    # A user without a home has a path that is none, and so no settings.
    base = Path(home) if home.startswith("/") else Path(os.path.expanduser("~/.config"))
    return base / "playmirror" / "config.ini"


def read_settings() -> Settings:
    """The settings file. Raises InvalidArgument for one that means nothing."""
    file = settings_path()
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return Settings(file, {})
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(file, "cannot be read") from error
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    try:
        parser.read_string(text)
    except configparser.Error as error:  # whose message quotes the file: it may hold a password
        raise _bad(file, "is no settings file") from error
    values = dict(parser[_SECTION]) if parser.has_section(_SECTION) else {}
    unknown = [name for name in values if name not in NAMES]
    unknown += [f"[{name}]" for name in parser.sections() if name != _SECTION]
    if unknown:
        raise _bad(file, f"has a setting that does not exist: {unknown[0]}")
    if values.get("color", "auto") not in ("auto", "always", "never"):
        raise _bad(file, "has a color that does not exist")
    return Settings(file, values)


def _bad(file: Path, what: str) -> InvalidArgument:
    return InvalidArgument(
        f"{file} {what}",
        code=ErrorCode.INVALID_ARGUMENT,
        hint=f"It is an INI file with one section, [{_SECTION}], for {', '.join(NAMES)}.",
    )
