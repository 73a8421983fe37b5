"""Pictures of how listening changes, and of a year at once."""

from __future__ import annotations

import math
from typing import Any

from ..asked import Asked
from . import music, ranking, rhythm
from .canvas import (
    BLUE,
    COLOURS,
    FAINT,
    HATCHES,
    INK,
    Picture,
    Pictures,
    canvas,
    caption,
    choice,
    counts_along,
    dates_along,
    finish,
    hours_of,
    legend,
    local,
    total_ms,
    without_frame,
)
from .names import font, shown


def evolution(records: Any, asked: Asked | None, ax: Any, *, kind: str = "area") -> Any:
    """Areas on top of each other, around a middle line (stream), or ranks from bucket to bucket."""
    kind = choice("kind", kind, ("area", "stream", "ranks"))
    series: dict[str, list[Any]] = {}
    for point in records:
        series.setdefault(point.key, []).append(point)
    names = [shown(points[0].name) for points in series.values()]
    times = [local(point.local_start) for point in next(iter(series.values()), [])]
    ax = canvas(ax, 8.0, 4.0)
    entity, unit = (str(each) for each in (asked.arguments if asked else ("artist", "month")))
    if kind == "ranks":
        _ranks(ax, list(series.values()), names, times)
        title = f"Ranks of the leading {entity}s by {unit}"
    else:
        if series:
            _areas(ax, list(series.values()), names, times, kind)
        title = f"The leading {entity}s by {unit}"
    dates_along(ax)
    n = sum(point.plays for point in records)
    return finish(ax, title, asked, n, of="plays of these")


def _areas(ax: Any, series: list[list[Any]], names: list[str], times: list[Any], kind: str) -> None:
    drawn = ax.stackplot(
        times, [[point.plays for point in points] for points in series], labels=names,
        baseline="sym" if kind == "stream" else "zero", edgecolor=INK, linewidth=0.4,
        colors=[COLOURS[place % len(COLOURS)] for place in range(len(series))],
    )  # fmt: skip
    for place, area in enumerate(drawn):
        area.set_hatch(HATCHES[place // len(COLOURS) % len(HATCHES)])
    handles, labels = ax.get_legend_handles_labels()
    legend(ax, handles=handles[::-1], labels=labels[::-1], loc="center left",
           bbox_to_anchor=(1.0, 0.5))  # fmt: skip
    ax.margins(x=0)
    if kind == "stream":
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
    else:
        counts_along(ax.yaxis, "plays")


def _ranks(ax: Any, series: list[list[Any]], names: list[str], times: list[Any]) -> None:
    ends: dict[tuple[int, float], list[str]] = {}  # equals end in one place
    for place, (points, name) in enumerate(zip(series, names, strict=True)):
        ranks = [math.nan if point.rank is None else point.rank for point in points]
        colour = COLOURS[place % len(COLOURS)]
        line = ("-", "--", ":")[place // len(COLOURS) % 3]
        ax.plot(times, ranks, "o", linestyle=line, color=colour, linewidth=2, markersize=4)
        last = next((i for i in range(len(ranks) - 1, -1, -1) if not math.isnan(ranks[i])), None)
        if last is not None:
            ends.setdefault((last, ranks[last]), []).append(name)
    latest = max((last for last, _ in ends), default=0)
    for (last, rank), ended in ends.items():
        beside = last == latest
        ax.annotate(
            ",\n".join(ended) if beside else ", ".join(ended), (times[last], rank),
            (8, 0) if beside else (4, 6), textcoords="offset points",
            va="center" if beside else "bottom", color=INK, fontsize=8 if beside else 7,
            annotation_clip=False, **font(),
        )  # fmt: skip
    ax.set_ylim(max(len(series), 1) + 0.5, 0.5)
    ax.set_yticks(range(1, max(len(series), 1) + 1))
    ax.set_ylabel("rank among them", color=INK, fontsize=8)
    ax.grid(axis="y", color=FAINT, linewidth=0.6)


def milestones(records: Any, asked: Asked | None, ax: Any) -> Any:
    """When each round number was reached, and with which track."""
    ax = canvas(ax)
    times = [each.played_at.replace(tzinfo=None) for each in records]
    numbers = [each.number for each in records]
    ax.plot(times, numbers, "o-", color=BLUE, linewidth=2, markersize=5)
    every = max(len(records) // 12, 1)
    for each, time in list(zip(records, times, strict=True))[::every]:
        ax.annotate(
            shown(each.name, width=24), (time, each.number), (-7, 3), textcoords="offset points",
            ha="right", color=INK, fontsize=7, **font(),
        )  # fmt: skip
    ax.margins(x=0.22 if len(records) else 0.05)
    ax.grid(axis="y", color=FAINT, linewidth=0.6)
    ax.set_ylim(bottom=0)
    dates_along(ax)
    counts_along(ax.yaxis, "plays")
    return finish(ax, "Round numbers", asked, len(records), of="milestones")


def year_in_review(answer: Any, asked: Asked | None, ax: Any) -> Any:
    """Six pictures of a year in one Figure."""
    figure = Pictures(figsize=(11.0, 9.6), layout="constrained", facecolor="none")
    grid = figure.add_gridspec(4, 2, height_ratios=(0.5, 1.6, 1.6, 1.3))
    totals = answer.totals
    head = figure.add_subplot(grid[0, :], axes_class=Picture)
    canvas(head)
    without_frame(head, ticks=False)
    facts = [
        (f"{totals.plays:,}", "plays"),
        (f"{hours_of(total_ms(totals.time)):,.0f}", "hours"),
        (f"{totals.tracks:,}", "tracks"),
        (f"{totals.artists:,}", "artists"),
        (f"{answer.discovery.new_artists:,}", "new artists"),
        (f"{answer.longest_streak.days if answer.longest_streak else 0}", "days in a row"),
    ]
    for place, (number, what) in enumerate(facts):
        x = (place + 0.5) / len(facts)
        head.text(x, 0.45, number, color=INK, fontsize=20, fontweight="bold", ha="center")
        head.text(x, 0.12, what, color=INK, fontsize=9, ha="center")
    head.set_title(
        f"{answer.year} in review", loc="left", color=INK, fontsize=14, fontweight="bold"
    )

    def panel(place: Any) -> Any:
        return figure.add_subplot(place, axes_class=Picture)

    rhythm.activity(answer.months, None, panel(grid[1, 0]))
    ranking.top(answer.artists, None, panel(grid[1, 1]))
    ranking.top(answer.tracks, None, panel(grid[2, 0]))
    ranking.genres(answer.genres, None, panel(grid[2, 1]))
    music.all_eras(answer.eras, None, panel(grid[3, 0]))
    music.audio_profile(answer.audio, None, panel(grid[3, 1]))
    figure.supxlabel(caption(asked, totals.plays), color=INK, fontsize=8, x=0.01, ha="left")
    return figure
