"""Pictures of characters: bars and shaded cells, with ASCII where there is nothing better."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

from ..characters import has_unicode
from .look import paint

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_SHADES = " ░▒▓█"
_ASCII_SHADES = " .:*#"


def bar(value: float, most: float, space: int, out: TextIO) -> str:
    """A bar of up to `space` columns, which `most` fills. What is not nothing can be seen."""
    if value <= 0 or most <= 0:
        return ""
    length = min(value / most, 1.0) * space
    if not has_unicode(out):
        return "#" * max(round(length), 1)
    eighths = max(round(length * 8), 1)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def shades(values: Iterable[float], most: float, width: int, out: TextIO) -> str:
    """A cell for each value, the darker the more; blank only for nothing."""
    known = _SHADES if has_unicode(out) else _ASCII_SHADES
    levels = (
        min(1 + int(value / most * (len(known) - 1)), len(known) - 1) if value > 0 else 0
        for value in values
    )
    cells = "".join(known[level] * width for level in levels)
    return paint(cells, "32", out)


def scale(out: TextIO) -> str:
    """What the shades mean."""
    known = _SHADES if has_unicode(out) else _ASCII_SHADES
    return f"less {paint(known[1:], '32', out)} more"


def hours(ms: int) -> str:
    """A length of time for people: 12 h 05 min."""
    minutes, rest = divmod(max(ms, 0) // 1000, 60)
    if rest and not minutes:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60:,} h {minutes % 60:02} min"


def ticks(width: int, every: int, count: int) -> str:
    """The numbers 0, `every`, ... below `count`, each at the beginning of its cell."""
    line = "".join(str(number).ljust(width * every) for number in range(0, count, every))
    return line.rstrip()


def fitting(widths: Sequence[int], space: int) -> int:
    """The largest of the widths that fits, else the smallest."""
    return max((width for width in widths if width <= space), default=min(widths))
