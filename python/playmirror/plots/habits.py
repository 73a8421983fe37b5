"""Pictures of how music is listened to, and of how good the data are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..asked import Asked, asked_of
from .canvas import (
    BLUE,
    FAINT,
    FEW,
    INK,
    ORANGE,
    canvas,
    choice,
    counts_along,
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


def discovery(
    answer: Any,
    asked: Asked | None,
    ax: Any,
    *,
    kind: str = "plays",
    beside: Sequence[Any] = (),
) -> Any:
    """Plays of new and of known tracks, or new artists, tracks and albums: for this period and for
    those `beside` it, one column each."""
    answers = [answer, *beside]
    names = [_label(each, place) for place, each in enumerate(answers)]
    ax = canvas(ax, max(3.2, min(1.6 + 0.55 * len(answers), 9.0)) + 2.0)
    ax.grid(axis="y", color=FAINT, linewidth=0.6)
    ax.set_axisbelow(True)
    places = range(len(answers))
    if choice("kind", kind, ("plays", "artists", "tracks", "albums")) == "plays":
        new = [each.new_plays for each in answers]
        known = [each.plays - each.new_plays for each in answers]
        ax.bar(places, known, 0.75, color=BLUE, label="of tracks known before")
        ax.bar(places, new, 0.75, known, color=ORANGE, label="of tracks new in the period",
               hatch="///", edgecolor=INK, linewidth=0.3)  # fmt: skip
        counts_along(ax.yaxis, "plays")
        title = "New and known"
    else:
        all_of = [getattr(each, kind) for each in answers]
        new = [getattr(each, f"new_{kind}") for each in answers]
        ax.bar(places, all_of, 0.75, color=BLUE, alpha=0.35, label=f"different {kind}")
        ax.bar(places, new, 0.55, color=ORANGE, label="heard for the first time")
        counts_along(ax.yaxis, kind)
        title = f"New {kind}"
    names_along(ax.xaxis, places, names)
    if len(answers) > 6:
        ax.tick_params(axis="x", labelrotation=45)
    legend(ax, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    doubtful = sum(each.censored for each in answers)
    note = ""
    if doubtful:
        note = "much seems new in the first 90 days of a history"
    period = "" if len(answers) == 1 else f"{names[0]} to {names[-1]}"
    n = sum(each.plays for each in answers)
    return finish(ax, title, asked, n, note=note, period=period)


def _label(answer: Any, place: int) -> str:
    asked = asked_of(answer)
    return asked.period.label().replace("_", " ") if asked else f"period {place + 1}"


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
