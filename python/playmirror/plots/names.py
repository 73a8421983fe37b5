"""Foreign names in a picture: short, harmless, and in a font that has their letters."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from ..html_output import visible

_WIDTH = 30  # columns; an ideograph takes two
_MISSING = "\N{WHITE VERTICAL RECTANGLE}"

#: Fonts that have what DejaVu Sans, which comes with matplotlib, has not. Those that are installed
#: are asked in this order.
_FONTS = (
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Hiragino Sans",
    "PingFang SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Emoji",
    "Symbola",
    "Unifont",
    "Arial Unicode MS",
)


def shown(name: object, *, otherwise: str = "not known", width: int = _WIDTH) -> str:
    """A name as a picture can show it."""
    if name is None:
        return otherwise
    known = _letters()
    text = "".join(
        letter if ord(letter) in known else _MISSING for letter in visible(str(name)[: 4 * width])
    )
    return _short(text, width).replace("$", r"\$")  # a pair of them would begin a formula


def font() -> dict[str, Any]:
    """The font properties of such text."""
    return {"fontfamily": ["DejaVu Sans", *(name for name, _ in _fallbacks())]}


def _short(text: str, width: int) -> str:
    taken = 0
    for index, letter in enumerate(text):
        taken += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if taken > width:
            return text[: max(index - 1, 0)].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    return text


@lru_cache(maxsize=1)
def _fallbacks() -> list[tuple[str, str]]:
    """The name and the file of every one of _FONTS that is installed."""
    installed = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist}
    return [(name, installed[name]) for name in _FONTS if name in installed]


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    """What any of the fonts can show."""
    files = [font_manager.findfont("DejaVu Sans"), *(file for _, file in _fallbacks())]
    return frozenset().union(*(FT2Font(file).get_charmap() for file in files))
