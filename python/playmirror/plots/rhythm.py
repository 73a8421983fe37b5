"""Pictures of when music is played."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from statistics import median
from typing import Any

from ..asked import Asked
from .canvas import (
    BLUE,
    COLOUR_MAP,
    FAINT,
    INK,
    ORANGE,
    canvas,
    choice,
    columns_of,
    counts_along,
    dates_along,
    finish,
    hours_of,
    legend,
    length_of,
    local,
    names_along,
    total_ms,
    unit_of,
    without_frame,
)
from .names import font, shown

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_COLUMNS = 400  # more are drawn as one outline


def activity(
    records: Any,
    asked: Asked | None,
    ax: Any,
    *,
    kind: str = "columns",
    by: str = "plays",
    base: Sequence[Any] | None = None,
    milestones: Sequence[Any] = (),
) -> Any:
    """Columns, with those of an earlier period behind; a line; a calendar; or a running total."""
    kind = choice("kind", kind, ("columns", "line", "calendar", "cumulative"))
    measure = choice("by", by, ("plays", "time", "tracks", "artists"))
    unit = unit_of(records)
    n = sum(each.plays for each in records)
    if kind == "calendar":
        return _calendar(records, asked, ax, measure, unit)
    ax = canvas(ax)
    ax.grid(axis="y", color=FAINT, linewidth=0.6)
    ax.set_axisbelow(True)
    times = [local(each.local_start) for each in records]
    values = [_value(each, measure) for each in records]
    if kind == "cumulative":
        if measure not in ("plays", "time"):
            raise ValueError("kind='cumulative' adds up plays or time")
        values = list(accumulate(values))
    if kind == "columns" and len(records) <= _COLUMNS:
        middles, widths = columns_of(records)
        part = 0.86
        if base is not None:
            earlier = [_value(each, measure) for each in base[: len(records)]]
            behind = [0.94 * width for width in widths[: len(earlier)]]
            ax.bar(middles[: len(earlier)], earlier, behind, color=ORANGE, alpha=0.6,
                   label=_label(base))  # fmt: skip
            part = 0.5
        ax.bar(middles, values, [part * width for width in widths], color=BLUE,
               label=_label(records))  # fmt: skip
    else:
        if base is not None:
            earlier = [_value(each, measure) for each in base[: len(records)]]
            if kind == "cumulative":
                earlier = list(accumulate(earlier))
            ax.plot(times[: len(earlier)], earlier, color=ORANGE, linewidth=1.5, linestyle="--",
                    label=_label(base))  # fmt: skip
        ax.plot(times, values, color=BLUE, linewidth=2, label=_label(records))
        ax.fill_between(times, values, color=BLUE, alpha=0.18, linewidth=0)
    if base is not None:
        legend(ax, loc="upper left")
    if kind == "cumulative":
        _mark(ax, milestones, records, values, measure)
    dates_along(ax)
    ax.set_ylim(bottom=0)
    counts_along(ax.yaxis, "hours" if measure == "time" else measure)
    what = {"plays": "Plays", "time": "Listening time", "tracks": "Different tracks",
            "artists": "Different artists"}[measure]  # fmt: skip
    title = f"{what} since the beginning" if kind == "cumulative" else f"{what} by {unit}"
    return finish(ax, title, asked, n)


def _value(bucket: Any, measure: str) -> float:
    return hours_of(total_ms(bucket.time)) if measure == "time" else getattr(bucket, measure)


def _label(records: Any) -> str:
    asked = getattr(records, "_asked", None)
    return asked.period.label().replace("_", " ") if asked else "the period"


def _mark(ax: Any, milestones: Sequence[Any], records: Any, values: list[float], by: str) -> None:
    """Marks round numbers on a running total."""
    for each in milestones:
        place = next((i for i, bucket in enumerate(records) if each.played_at < bucket.end), None)
        if place is None or each.played_at < records[0].start:
            continue
        at = (local(records[place].local_start), values[place])
        ax.plot(*at, "o", color=ORANGE, markersize=5)
        ax.annotate(
            f"{each.number:,}: {shown(each.name)}", at, (-6, 4), textcoords="offset points",
            ha="right", color=INK, fontsize=7, **font(),
        )  # fmt: skip


def _calendar(records: Any, asked: Asked | None, ax: Any, measure: str, unit: str) -> Any:
    """A square for each day, a column for each week."""
    if unit not in ("day", "bucket"):
        raise ValueError(f"kind='calendar' needs the days, not each {unit}")
    days = [date.fromisoformat(each.local_start) for each in records]
    values = [_value(each, measure) for each in records]
    monday = days[0] - timedelta(days=days[0].weekday()) if days else date(2000, 1, 3)
    weeks = (days[-1] - monday).days // 7 + 1 if days else 53
    if weeks > 54:
        raise ValueError(f"kind='calendar' shows up to a year, not {len(days):,} days")
    grid = [[math.nan] * weeks for _ in _DAYS]
    columns = [(day - monday).days // 7 for day in days]
    for day, column, value in zip(days, columns, values, strict=True):
        grid[day.weekday()][column] = value if value else math.nan
    ax = canvas(ax, max(1.4 + 0.155 * weeks, 5.0), 2.0)
    ax.set_aspect("equal")
    ax.plot(columns, [day.weekday() for day in days], ".", color=FAINT, markersize=2, zorder=0)
    mesh = ax.pcolormesh(
        range(weeks), range(7), grid, cmap=COLOUR_MAP, vmin=0, edgecolors="none", linewidth=0
    )
    mesh.set_edgecolor("face")
    _colour_bar(ax, mesh, measure, shrink=0.75)
    without_frame(ax)
    ax.set(ylim=(6.6, -0.6), xlim=(-0.6, weeks - 0.4))
    ax.set_yticks(range(0, 7, 2), [name[:3] for name in _DAYS[::2]])
    firsts = [day for day in days if day.day == 1]
    names = [f"{day:%b}" for day in firsts]
    ax.set_xticks([(day - monday).days // 7 for day in firsts], names)
    longest, first, last = _longest(days, records)
    streak = f"longest streak {longest} days, {first} to {last}" if longest > 1 else ""
    n = sum(each.plays for each in records)
    what = "Listening time" if measure == "time" else measure.capitalize()
    return finish(ax, f"{what} day by day", asked, n, note=streak)


def _longest(days: list[date], records: Any) -> tuple[int, date | None, date | None]:
    """The longest run of days with plays among those shown; the earliest of equals."""
    best, run = 0, 0
    first = last = None
    for day, each in zip(days, records, strict=True):
        run = run + 1 if each.plays else 0
        if run > best:
            best, first, last = run, day - timedelta(days=run - 1), day
    return best, first, last


def heatmap(records: Any, asked: Asked | None, ax: Any, *, by: str = "plays") -> Any:
    """The hours of the local week."""
    measure = choice("by", by, ("plays", "time"))
    ax = canvas(ax, 7.0, 3.0)
    grid = [[0.0] * 24 for _ in _DAYS]
    for index, cell in enumerate(records):
        grid[index // 24][index % 24] = _value(cell, measure)
    drawn = ax.imshow(grid, cmap=COLOUR_MAP, aspect="auto", vmin=0, interpolation="nearest")
    _colour_bar(ax, drawn, measure)
    without_frame(ax)
    ax.set_yticks(range(7), _DAYS)
    ax.set_xticks(range(0, 24, 3))
    zone = asked.tz if asked else "local time"
    ax.set_xlabel(f"hour of the day ({shown(zone)})", color=INK, fontsize=8)
    n = sum(cell.plays for cell in records)
    what = "Plays" if measure == "plays" else "Listening time"
    return finish(ax, f"{what} by day and hour", asked, n)


def _colour_bar(ax: Any, drawn: Any, measure: str, shrink: float = 1.0) -> None:
    bar = ax.figure.colorbar(
        drawn, ax=ax, pad=0.02, aspect=30 * shrink, fraction=0.04, shrink=shrink
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=INK, labelcolor=INK, labelsize=8, length=0)
    counts_along(bar.ax.yaxis, "hours" if measure == "time" else measure)


def clock(
    records: Any, asked: Asked | None, ax: Any, *, kind: str = "round", by: str = "plays"
) -> Any:
    """The hours of the local day, around a clock or along a line."""
    measure = choice("by", by, ("plays", "time"))
    values = [_value(hour, measure) for hour in records]
    n = sum(hour.plays for hour in records)
    zone = shown(asked.tz) if asked else "local time"
    title = f"{'Plays' if measure == 'plays' else 'Listening time'} around the clock"
    if choice("kind", kind, ("round", "line")) == "line":
        ax = canvas(ax)
        ax.bar(range(24), values, color=BLUE, width=0.85)
        ax.grid(axis="y", color=FAINT, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.set_xticks(range(0, 24, 3))
        ax.set_xlabel(f"hour of the day ({zone})", color=INK, fontsize=8)
        counts_along(ax.yaxis, "hours" if measure == "time" else measure)
        return finish(ax, title, asked, n)
    ax = canvas(ax, 5.0, 5.0, polar=True)
    turn = 2 * math.pi / 24
    ax.bar([hour * turn for hour in range(24)], values, turn * 0.9, color=BLUE, align="edge")
    ax.set_theta_zero_location("N")
    ax.set_theta_direction(-1)
    ax.set_xticks([hour * turn for hour in range(0, 24, 3)], [f"{h:02}" for h in range(0, 24, 3)])
    ax.grid(color=FAINT, linewidth=0.6)
    ax.spines["polar"].set_visible(False)
    ax.set_rlabel_position(7.5)
    if not any(values):
        ax.set_ylim(0, 1)
    ax.tick_params(axis="y", labelsize=7)
    ax.set_axisbelow(True)
    return finish(ax, title, asked, n, lift=20)


def sessions(records: Any, asked: Asked | None, ax: Any, *, by: str = "length") -> Any:
    """How long sessions are, or how many plays they have: a histogram."""
    measure = choice("by", by, ("length", "plays"))
    values: list[float]
    if measure == "length":
        values = [length_of(each).total_seconds() / 60 for each in records]
        edges = [0, 5, 10, 15, 30, 45, 60, 90, 120, 180, 240, 360, 480]
        names = ["5", "10", "15", "30", "45", "1 h", "1½", "2 h", "3 h", "4 h", "6 h", "8 h"]
    else:
        values = [each.plays for each in records]
        edges = [1, 2, 3, 5, 8, 12, 20, 30, 50, 100]
        names = ["1", "2", "3-4", "5-7", "8-11", "12-19", "20-29", "30-49", "50-99"]
    counts = [0] * len(edges)
    for value in values:
        counts[max(sum(edge <= value for edge in edges) - 1, 0)] += 1
    ax = canvas(ax)
    ax.bar(range(len(counts)), counts, color=BLUE, width=0.9)
    ax.grid(axis="y", color=FAINT, linewidth=0.6)
    ax.set_axisbelow(True)
    if measure == "length":  # names stand at the upper edges
        ax.set_xticks([index + 0.5 for index in range(len(names))], names)
        ax.set_xlabel("length, minutes and hours", color=INK, fontsize=8)
    else:
        names_along(ax.xaxis, range(len(counts)), [*names, "100 or more"])
        ax.set_xlabel("plays in the session", color=INK, fontsize=8)
    counts_along(ax.yaxis, "sessions")
    title = "How long sessions last" if measure == "length" else "How many plays sessions have"
    n = len(records)
    note = ""
    if values:
        note = f"median {median(values):,.0f} {'min' if measure == 'length' else 'plays'}"
    return finish(ax, title, asked, n, of="sessions", note=note)
