"""How output may look: in colours or not, how wide, with which characters."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

_color = "auto"
_usual = "auto"


def set_color(when: str) -> None:
    """What --color says: auto, always or never."""
    global _color
    _color = when


def set_usual_color(when: str) -> None:
    """What the settings file says: it counts where neither --color nor the environment decide."""
    global _usual
    _usual = when


def coloured(out: TextIO) -> bool:
    """Whether to colour: by --color, NO_COLOR, FORCE_COLOR, the settings, else on a terminal."""
    if _color != "auto":
        return _color == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if forced := os.environ.get("FORCE_COLOR"):
        return forced not in ("0", "false")
    if _usual != "auto":
        return _usual == "always"
    return out.isatty() and os.environ.get("TERM") != "dumb"


def paint(text: str, code: str, out: TextIO) -> str:
    """The text in a colour or weight (an ANSI code), where that is wanted."""
    return f"\x1b[{code}m{text}\x1b[0m" if text and coloured(out) else text


def columns(out: TextIO) -> int | None:
    """How wide a line may be, on a terminal; elsewhere there is no limit."""
    return shutil.get_terminal_size().columns if out.isatty() else None
