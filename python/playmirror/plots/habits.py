"""Pictures of how music is listened to, and of how good the data are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..asked import Asked
from .canvas import (
    BLUE,
    FAINT,
    FEW,
    INK,
    ORANGE,
    canvas,
    choice,
    columns_of,
    counts_along,
    dates_along,
    finish,
    legend,
    names_along,
    shares_along,
    without_frame,
)
from .names import shown

_MOST = 60

#: What can be wrong with a play, in the order of DataQuality, and how it is told.
_GAPS = {
    "null_listened": "listened time not known",
    "negative_listened": "listened time negative",
    "over_long": "longer than the track",
    "null_skipped": "not known whether skipped",
    "null_source": "no source",
    "null_context": "no context",
    "no_time": "no time",
    "future": "in the future",
    "equal_timestamps": "at the instant of another",
    "duplicate_candidates": "perhaps reported twice",
    "no_track": "track not known",
    "no_duration": "duration not known",
    "no_artists": "no artist",
    "no_genres": "no genre",
    "no_features": "no audio feature",
    "out_of_range_features": "a feature out of range",
}


def discovery(answer: Any, asked: Asked | None, ax: Any, *, kind: str = "plays") -> Any:
    """Plays of new and of known tracks, or new artists, tracks and albums, of one period."""
    name = asked.period.label().replace("_", " ") if asked else "the period"
    ax = canvas(ax, 3.2 + 2.0)
    _new_and_known(ax, kind, [answer], [0])
    names_along(ax.xaxis, range(1), [name])
    return _finish_discovery(ax, asked, kind, [answer])


def discovery_trend(records: Any, asked: Asked | None, ax: Any, *, kind: str = "plays") -> Any:
    """The same along time, one column for each bucket."""
    ax = canvas(ax)
    middles, widths = columns_of(records)
    _new_and_known(ax, kind, records, middles, widths)
    dates_along(ax)
    return _finish_discovery(ax, asked, kind, records)


def _new_and_known(
    ax: Any, kind: str, rows: Sequence[Any], places: Sequence[Any], widths: Sequence[Any] = (1,)
) -> None:
    ax.grid(axis="y", color=FAINT, linewidth=0.6)
    ax.set_axisbelow(True)
    wide = [0.75 * width for width in widths]
    if choice("kind", kind, ("plays", "artists", "tracks", "albums")) == "plays":
        new = [each.new_plays for each in rows]
        known = [each.plays - each.new_plays for each in rows]
        ax.bar(places, known, wide, color=BLUE, label="of tracks known before")
        ax.bar(places, new, wide, known, color=ORANGE, label="of tracks new in the period",
               hatch="///", edgecolor=INK, linewidth=0.3)  # fmt: skip
    else:
        all_of = [getattr(each, kind) for each in rows]
        new = [getattr(each, f"new_{kind}") for each in rows]
        narrow = [0.55 * width for width in widths]
        ax.bar(places, all_of, wide, color=BLUE, alpha=0.35, label=f"different {kind}")
        ax.bar(places, new, narrow, color=ORANGE, label="heard for the first time")
    counts_along(ax.yaxis, kind)


def _finish_discovery(ax: Any, asked: Asked | None, kind: str, rows: Sequence[Any]) -> Any:
    legend(ax, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    note = ""
    if any(each.censored and each.plays for each in rows):
        note = "much seems new in the first 90 days of a history"
    title = "New and known" if kind == "plays" else f"New {kind}"
    return finish(ax, title, asked, sum(each.plays for each in rows), note=note)


def skips(records: Any, asked: Asked | None, ax: Any) -> Any:
    """Skip rates by hour, or ranked; those of few plays are left out."""
    group = str(asked.arguments[0]) if asked and asked.arguments else "none"
    known = sum(each.known for each in records)
    if group == "hour":
        ax = canvas(ax)
        rates = [each.rate if each.known >= FEW else math.nan for each in records]
        ax.bar(range(24), rates, color=BLUE, width=0.85)
        ax.grid(axis="y", color=FAINT, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.set_xticks(range(0, 24, 3))
        zone = asked.tz if asked else "local time"
        ax.set_xlabel(f"hour of the day ({shown(zone)})", color=INK, fontsize=8)
        ax.set_ylim(0, 1)
        shares_along(ax.yaxis, "skipped, of the known")
        few = sum(0 < each.known < FEW for each in records)
        note = f"hours of n < {FEW} left out: {few}" if few else ""
        return finish(ax, "Skips by hour", asked, known, of="plays known", note=note)
    listed = [each for each in list(records)[:_MOST] if each.known >= FEW]
    ax = canvas(ax, 7.0, 0.9 + 0.26 * max(len(listed), 3))
    drawn = ax.barh(range(len(listed)), [each.rate for each in listed], color=BLUE, height=0.72)
    ax.bar_label(
        drawn, [f"{each.rate:.0%} of {each.known:,}" for each in listed],
        padding=4, color=INK, fontsize=8,
    )  # fmt: skip
    without_frame(ax, ticks=False)
    everything = "all plays" if group == "none" else "not known"
    names = [shown(each.name or each.key, otherwise=everything) for each in listed]
    names_along(ax.yaxis, range(len(listed)), names)
    ax.set(ylim=(max(len(listed), 1) - 0.4, -0.6), xlim=(0, 1.25))
    title = "Skips" if group == "none" else f"Most skipped by {group}"
    return finish(ax, title, asked, known, of="plays of these, known to be skipped or not")


def completion(answer: Any, asked: Asked | None, ax: Any) -> Any:
    """How many are still listening, from the beginning to the end of a track."""
    ax = canvas(ax, 6.0)
    left = float(answer.known)
    still = [1.0 if answer.known else math.nan]
    for plays in answer.tenths[:10]:
        left -= plays
        still.append(left / answer.known if answer.known else math.nan)
    where = [tenth / 10 for tenth in range(len(still))]
    ax.plot(where, still, "o-", color=BLUE, linewidth=2, markersize=4)
    ax.fill_between(where, still, color=BLUE, alpha=0.18, linewidth=0)
    ax.grid(color=FAINT, linewidth=0.6)
    ax.set(xlim=(0, 1), ylim=(0, 1.04))
    shares_along(ax.xaxis, "of the track")
    shares_along(ax.yaxis, "of plays still listening")
    note = ""
    if answer.completed_share is not None:
        note = f"{answer.completed_share:.0%} reach nine tenths"
    return finish(ax, "How long a track is listened to", asked, answer.known,
                  of="plays of known length", note=note)  # fmt: skip


def data_quality(answer: Any, asked: Asked | None, ax: Any) -> Any:
    """Which share of the plays has which gap."""
    ax = canvas(ax, 7.0, 4.6)
    counts = [getattr(answer, name) for name in _GAPS]
    shares = [count / answer.plays if answer.plays else 0.0 for count in counts]
    drawn = ax.barh(range(len(counts)), shares, color=BLUE, height=0.7)
    told = [f"{share:.1%}  {count:,}" if count else "none" for share, count in
            zip(shares, counts, strict=True)]  # fmt: skip
    ax.bar_label(drawn, told, padding=4, color=INK, fontsize=8)
    without_frame(ax, ticks=False)
    names_along(ax.yaxis, range(len(counts)), list(_GAPS.values()))
    ax.set(ylim=(len(counts) - 0.4, -0.6), xlim=(0, 1.22))
    note = "earlier plays are left out of this mirror" if answer.plays_since else ""
    return finish(ax, "What is missing or odd", asked, answer.plays, note=note)
