"""Pictures of ranked lists and of comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.ticker import FuncFormatter

from ..asked import Asked
from .canvas import (
    BLUE,
    FAINT,
    INK,
    LESS,
    MORE,
    ORANGE,
    canvas,
    choice,
    finish,
    hours_of,
    names_along,
    shares_along,
    total_ms,
    without_frame,
)
from .names import shown

_KINDS = {
    "TopTrack": ("tracks", "track_id"),
    "TopArtist": ("artists", "artist_id"),
    "TopAlbum": ("albums", "album_id"),
    "TopGenre": ("genres", "genre"),
    "TopContext": ("contexts", "context_uri"),
}
_MEASURES = {"plays": "plays", "time": "hours", "days": "days", "skips": "skips"}
_MOST = 60  # bars in one picture


@dataclass
class _Bar:
    name: str
    value: float
    told: str
    move: str = ""
    colour: str = INK


def top(
    records: Any,
    asked: Asked | None,
    ax: Any,
    *,
    kind: str = "bars",
    by: str | None = None,
    base: Sequence[Any] | None = None,
    n: int | None = None,
    note: str = "",
) -> Any:
    """A list of bars, with an arrow for each place won or lost since `base`; or how the plays are
    spread over the ranks."""
    if choice("kind", kind, ("bars", "lorenz", "rank_frequency")) != "bars":
        return _spread(records, asked, ax, kind)
    what, key = _KINDS[records._kind.__name__]
    measure = choice("by", by or (asked.filter.get("by", "plays") if asked else "plays"), _MEASURES)
    before = None if base is None else {getattr(each, key): each.rank for each in base}
    bars = [_top_bar(each, key, measure, before) for each in list(records)[:_MOST]]
    if n is None:
        weight = getattr(records[0], "weight", records[0].plays) if len(records) else 0
        n = round(weight / records[0].share) if weight else 0
    if len(bars) < len(records):
        note = f"the first {_MOST} of {len(records):,}"
    picture = _bars(ax, bars, _MEASURES[measure])
    return finish(picture, f"Top {what} by {measure}", asked, n, note=note)


def _top_bar(record: Any, key: str, measure: str, before: dict[str, int] | None) -> _Bar:
    value = hours_of(total_ms(record.time)) if measure == "time" else getattr(record, measure)
    told = f"{value:,.{1 if value >= 10 else 2}f} h" if measure == "time" else f"{value:,}"
    id = getattr(record, key)
    bar = _Bar(shown(getattr(record, "name", id)), value, told)
    if before is not None and id is not None:
        bar.move, bar.colour = _move(before.get(id), record.rank)
    return bar


def _move(before: int | None, now: int | None) -> tuple[str, str]:
    if now is None:
        return "left", LESS
    if before is None:
        return "new", MORE
    if before == now:
        return "=", INK
    won = before - now
    return (f"▲ {won}", MORE) if won > 0 else (f"▼ {-won}", LESS)


def _bars(ax: Any, bars: list[_Bar], unit: str) -> Any:
    ax = canvas(ax, 7.0, 0.9 + 0.26 * max(len(bars), 4))
    places = range(len(bars))
    drawn = ax.barh(places, [bar.value for bar in bars], color=BLUE, height=0.72)
    ax.bar_label(drawn, [bar.told for bar in bars], padding=4, color=INK, fontsize=8)
    for place, bar in zip(places, bars, strict=True):
        ax.annotate(
            bar.move, (1, place), (4, 0), ("axes fraction", "data"), textcoords="offset points",
            color=bar.colour, fontsize=8, va="center",
        )  # fmt: skip
    without_frame(ax, ticks=False)
    names_along(ax.yaxis, places, [bar.name for bar in bars])
    ax.set(ylim=(max(len(bars), 1) - 0.4, -0.6))
    ax.set_xlim(0, 1.12 * max([bar.value for bar in bars], default=1) or 1)
    ax.set_xlabel(unit, color=INK, fontsize=8)
    return ax


def genres(
    answer: Any,
    asked: Asked | None,
    ax: Any,
    *,
    kind: str = "bars",
    by: str | None = None,
    base: Sequence[Any] | None = None,
) -> Any:
    """The ranked genres; the share of the unknown is in the caption."""
    note = f"{answer.unknown_share:.0%} without a genre" if answer.plays else ""
    return top(answer.genres, asked, ax, kind=kind, by=by, base=base, n=answer.plays, note=note)


def genre_counts(records: Any, asked: Asked | None, ax: Any) -> Any:
    """How many artists carry each genre."""
    bars = [_Bar(shown(each.genre), each.artists, f"{each.artists:,}") for each in records[:_MOST]]
    note = "" if len(bars) == len(records) else f"the first {_MOST}"
    drawn = _bars(ax, bars, "artists")
    return finish(drawn, "Artists by genre", asked, len(records), of="genres", note=note)


def _spread(records: Any, asked: Asked | None, ax: Any, kind: str) -> Any:
    """Lorenz curve, or plays by rank on logarithmic axes; both need the whole list."""
    what, _ = _KINDS[records._kind.__name__]
    if len(records) and len(records) < records[0].of:
        raise ValueError(
            f"kind={kind!r} needs the whole list, not {len(records):,} of {records[0].of:,}: "
            "ask with limit=0"
        )
    plays = sorted((each.plays for each in records if each.rank), reverse=True)
    ax = canvas(ax, 5.0, 4.0)
    ax.grid(color=FAINT, linewidth=0.6)
    if kind == "lorenz":
        heard = [0.0]
        for each in reversed(plays):
            heard.append(heard[-1] + each)
        ranks = [index / max(len(plays), 1) for index in range(len(heard))]
        ax.plot(ranks, [each / (heard[-1] or 1) for each in heard], color=BLUE, linewidth=2)
        ax.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle="--")
        shares_along(ax.xaxis, f"{what}, the least played first")
        shares_along(ax.yaxis, "of all plays")
        ax.set(xlim=(0, 1), ylim=(0, 1))
        title = f"How evenly plays are spread over {what}"
    else:
        ax.plot(range(1, len(plays) + 1), plays, ".", color=BLUE, markersize=4)
        ax.set(xscale="log", yscale="log")
        if not plays:
            ax.set(xlim=(1, 10), ylim=(1, 10))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        ax.tick_params(which="both", colors=INK, labelcolor=INK, labelsize=8)
        ax.set_xlabel("rank", color=INK, fontsize=8)
        ax.set_ylabel("plays", color=INK, fontsize=8)
        title = f"Plays by rank of {what}"
    return finish(ax, title, asked, sum(plays), note=f"{len(plays):,} {what}")


def comparison(answer: Any, asked: Asked | None, ax: Any, *, kind: str = "numbers") -> Any:
    """Two periods side by side as a table; or the ranks of tracks or artists in both."""
    if choice("kind", kind, ("numbers", "tracks", "artists")) != "numbers":
        moves = getattr(answer, kind)[:_MOST]
        bars = []
        for each in moves:
            move, colour = _move(each.base_rank, each.rank)
            bars.append(_Bar(shown(each.name), each.plays, f"{each.plays:,}", move, colour))
        drawn = _bars(ax, bars, "plays")
        return finish(
            drawn, f"Top {kind} and the places won", asked, _plays(answer), note=_base(answer)
        )
    return _numbers(answer, asked, ax)


def _numbers(answer: Any, asked: Asked | None, ax: Any) -> Any:
    ax = canvas(ax, 7.0, 1.1 + 0.3 * len(answer.numbers))
    without_frame(ax, ticks=False)
    ax.set(xlim=(0, 1), ylim=(len(answer.numbers) - 0.4, -1.1))
    columns = ((0.40, "this period"), (0.58, "before"), (0.76, "change"))
    style = {"fontsize": 9, "va": "center"}
    for x, head in columns:
        ax.text(x, -0.75, head, color=INK, ha="right", fontweight="bold", **style)
    for place, each in enumerate(answer.numbers):
        values = [_number(each.name, value) for value in (each.value, each.base, each.delta)]
        ax.text(0, place, _told(each.name), color=INK, **style)
        colour = INK if each.delta == 0 else MORE if each.delta > 0 else LESS
        arrow = "" if each.delta == 0 else "▲ " if each.delta > 0 else "▼ "
        values[2] = arrow + values[2].lstrip("-")
        for (x, _), text in zip(columns, values, strict=True):
            ax.text(x, place, text, color=colour if x > 0.7 else INK, ha="right", **style)
        if each.ratio is not None:
            ax.barh(place, 0.2 * min(each.ratio, 2) / 2, left=0.8, height=0.5, color=BLUE)
            ax.plot([0.9, 0.9], [place - 0.35, place + 0.35], color=ORANGE, linewidth=1.5)
    ax.text(0.9, -0.75, "as before", color=INK, ha="center", fontsize=8, va="center")
    return finish(ax, "Two periods side by side", asked, _plays(answer), note=_base(answer))


def _base(answer: Any) -> str:
    start, end = answer.base_span.start, answer.base_span.end
    return f"before: {str(start or '…')[:10]} to {str(end or '…')[:10]}" if start or end else ""


def _plays(answer: Any) -> int | None:
    return next((each.value for each in answer.numbers if each.name == "plays"), None)


def _told(name: str) -> str:
    return name.removesuffix("_ms").replace("_", " ") + (" time" if name.endswith("_ms") else "")


def _number(name: str, value: int) -> str:
    return f"{hours_of(value):,.1f} h" if name.endswith("_ms") else f"{value:,}"
