"""What every picture stands on: an Axes that shows itself, colours, a title, and the caption that
says what was counted.

The background is transparent, and every ink is readable on white as well as on black: at least 3 to
1 in contrast for areas and lines, 4 to 1 for text. The colours are those of Okabe and Ito, told
apart with any kind of colour vision.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..asked import Asked
from ..timestamp import Timestamp
from .names import font, shown

INK = "#7a7a7a"  # text and axes
FAINT = "#7a7a7a59"  # grids
BLUE, VERMILION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
SKY, ORANGE = "#56b4e9", "#e69f00"
MORE, LESS = "#00875f", "#cc5a00"  # the green and the vermilion, for text
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION)
HATCHES = ("", "///", "...")  # tell the second and third round of the colours apart
COLOUR_MAP = "cividis"  # light and dark alike with any kind of colour vision

FEW = 5  # a mean of fewer is not shown

#: Parts of a filter that do not choose plays, or that are told elsewhere.
_UNTOLD = {"period", "tz", "now", "limit", "offset", "details", "by"}


class Picture(Axes):
    """An Axes that a notebook shows without pyplot."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        return _png(self.figure)


class RoundPicture(PolarAxes):
    """The same with polar coordinates."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        return _png(self.figure)


class Pictures(Figure):
    """A Figure of several, likewise."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        return _png(self)


def canvas(ax: Any, width: float = 7.0, height: float = 3.6, *, polar: bool = False) -> Any:
    """The caller's Axes, or one of a new Figure, in inches; without anything but its axes."""
    if ax is None:
        figure = Pictures(figsize=(width, height), layout="constrained", facecolor="none")
        ax = figure.add_subplot(axes_class=RoundPicture if polar else Picture)
    elif polar != (ax.name == "polar"):
        raise ValueError(
            "this picture needs polar axes: subplot(projection='polar')"
            if polar
            else "this picture cannot be drawn on polar axes"
        )
    ax.set_facecolor("none")
    ax.tick_params(colors=INK, labelcolor=INK, labelsize=8, length=3)
    for name, spine in ax.spines.items():
        spine.set_color(INK)
        spine.set_visible(name in ("left", "bottom"))
    return ax


def without_frame(ax: Any, *, ticks: bool = True) -> None:
    """Takes the lines around the picture off."""
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    if not ticks:
        ax.set_xticks([])
        ax.set_yticks([])


def finish(
    ax: Any,
    title: str,
    asked: Asked | None,
    n: int | None,
    *,
    of: str = "plays",
    note: str = "",
    lift: float = 0,
) -> Any:
    """Gives the picture its title and its caption, and says so when there is nothing in it.

    `lift` makes room above the axes, in points.
    """
    kept = "\N{NO-BREAK SPACE}·"  # a line ends with a dot, and never begins with one
    text = caption(asked, n, of, note).replace(" ·", kept)
    lines = [line.replace(kept, " ·") for line in textwrap.wrap(text, _characters(ax))]
    ax.set_title(
        title, loc="left", color=INK, fontsize=11, fontweight="bold", pad=8 + 11 * len(lines) + lift
    )
    ax.annotate(
        "\n".join(lines), (0, 1), (0, 6 + lift), "axes fraction", textcoords="offset points",
        color=INK, fontsize=8, va="bottom", linespacing=1.25, **font(),
    )  # fmt: skip
    if n == 0:
        nothing(ax, of)
    return ax


def nothing(ax: Any, of: str = "plays") -> None:
    """Says that there is nothing to draw."""
    ax.text(0.5, 0.5, f"no {of}", transform=ax.transAxes, ha="center", va="center", color=INK)


def caption(asked: Asked | None, n: int | None, of: str = "plays", note: str = "") -> str:
    """Period, zone, filter and how many: "2026 · Europe/Berlin · skips exclude · n = 999 plays"."""
    parts: list[str] = []
    if asked is not None and "now" in asked.filter:
        parts += [_period(asked), shown(asked.tz)]
        parts += [
            f"{name.replace('_', ' ')} {_told(value)}"
            for name, value in asked.filter.items()
            if name not in _UNTOLD and not _is_empty(value)
        ]
    if n is not None:
        parts.append(f"n = {n:,} {of}")
    if note:
        parts.append(note)
    return " · ".join(parts)


def legend(ax: Any, **options: Any) -> None:
    """The legend, without a frame."""
    drawn = ax.legend(frameon=False, labelcolor=INK, fontsize=8, **options)
    for text in drawn.get_texts():
        text.set(**font())


def names_along(axis: Any, positions: Iterable[float], names: Iterable[str]) -> None:
    """Foreign names along an axis."""
    axis.set_ticks(list(positions), labels=list(names))
    for label in axis.get_ticklabels():
        label.set(**font())


def dates_along(ax: Any) -> None:
    """Makes the x axis one of local dates."""
    locator = AutoDateLocator(tz="UTC", minticks=3, maxticks=9)  # they are naive: any zone will do
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz="UTC"))
    ax.xaxis.get_offset_text().set(color=INK, fontsize=8)
    low, high = ax.get_xlim()  # dates end where Python's do, and bars and margins may lie beyond
    ax.set_xlim(max(low, date2num(datetime.min)), min(high, date2num(datetime.max)))


def counts_along(axis: Any, label: str = "") -> None:
    """Makes an axis one of whole numbers from 0, with thousands told apart."""
    axis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.set_label_text(label, color=INK, fontsize=8)
    low, high = axis.get_view_interval()
    if high <= 0 or (low, high) == (-1, 1):
        axis.axes.set(**{f"{axis.axis_name}lim": (0, 1)})


def shares_along(axis: Any, label: str = "") -> None:
    """Makes an axis one of shares, told in per cent."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    axis.set_label_text(label, color=INK, fontsize=8)


def hours_of(ms: float) -> float:
    """Listening time in hours."""
    return ms / 3_600_000


def total_ms(time: Any) -> int:
    """Measured and estimated time together."""
    return int(time.measured_ms + time.estimated_ms)


def local(text: str) -> datetime:
    """A `local_start` as a date for an axis."""
    return datetime.fromisoformat(text)


def length_of(record: Any) -> timedelta:
    """From its start to its end. Both are instants of Python, but where Python has no year."""
    first, last = (each.replace(tzinfo=timezone.utc) for each in (datetime.min, datetime.max))
    start = record.start if isinstance(record.start, datetime) else first
    end = record.end if isinstance(record.end, datetime) else last
    length: timedelta = end - start
    return length


def columns_of(records: Any) -> tuple[list[float], list[float]]:
    """Where the columns of a series have their middles on an axis of dates, and how wide they are.

    As numbers: a date beside the column of the year 9999 could not be computed.
    """
    widths = [length_of(each) / timedelta(days=1) for each in records]
    begins = [float(date2num(local(each.local_start))) for each in records]
    return [begin + width / 2 for begin, width in zip(begins, widths, strict=True)], widths


def unit_of(records: Any) -> str:
    """The unit of a series: hour, day, week, month, quarter, year."""
    if not len(records):
        return "bucket"
    days = length_of(records[0]).total_seconds() / 86_400
    longest = {"hour": 0.9, "day": 1.1, "week": 7.1, "month": 31.1, "quarter": 92.1}
    return next((unit for unit, most in longest.items() if days <= most), "year")


def choice(name: str, value: str, known: Iterable[str]) -> str:
    """The value, if it is one of those known. Raises ValueError."""
    known = list(known)
    if str(value) not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")
    return str(value)


def _png(figure: Any) -> tuple[bytes, dict[str, int]]:
    """The picture for screens of any density, and its size in their pixels."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=192)
    width, height = figure.get_size_inches()
    return buffer.getvalue(), {"width": round(width * 96), "height": round(height * 96)}


def _characters(ax: Any) -> int:
    """How many characters of a caption fit beside each other."""
    width = ax.get_position().width * ax.figure.get_size_inches()[0]
    return max(int(width * 14), 24)


def _period(asked: Asked) -> str:
    label = asked.period.label()
    if label[:1].isdigit() and "ago" not in label:
        return label  # a year, a month, a day: as it says
    span = asked.span()
    if span.start is None and span.end is None:
        return "all time"
    dates = f"{_date(span.start, asked)} to {_date(span.end, asked)}"
    return dates if label == "custom" else f"{label.replace('_', ' ')} ({dates})"


def _date(instant: datetime | Timestamp | None, asked: Asked) -> str:
    if instant is None:
        return "…"
    if not isinstance(instant, datetime):
        return str(instant)
    from zoneinfo import ZoneInfo

    try:
        here = instant.astimezone(ZoneInfo(asked.tz))
    except (KeyError, OverflowError, ValueError):
        here = instant
    return f"{here:%Y-%m-%d}" if (here.hour, here.minute) == (0, 0) else f"{here:%Y-%m-%d %H:%M}"


def _told(value: object) -> str:
    if isinstance(value, (str, int, float)):
        return shown(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        values = [shown(each, otherwise="unknown") for each in list(value)[:3]]
        return ", ".join(values) + (f" and {len(value) - 3} more" if len(value) > 3 else "")
    return shown(value)


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, (list, tuple, set, Mapping)) and not value)
