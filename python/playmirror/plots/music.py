"""Pictures of what kind of music is played."""

from __future__ import annotations

import math
from typing import Any

from ..asked import Asked
from .canvas import (
    BLUE,
    COLOUR_MAP,
    COLOURS,
    FAINT,
    FEW,
    HATCHES,
    INK,
    ORANGE,
    SKY,
    canvas,
    choice,
    counts_along,
    dates_along,
    finish,
    legend,
    local,
    names_along,
    nothing,
    shares_along,
    unit_of,
    without_frame,
)
from .names import shown

_UNIT_FEATURES = (
    "danceability",
    "energy",
    "valence",
    "acousticness",
    "instrumentalness",
    "liveness",
    "speechiness",
)
_DAYPARTS = ("night", "morning", "afternoon", "evening")


def all_eras(answer: Any, asked: Asked | None, ax: Any) -> Any:
    """The eras, with the plays of unknown year in the caption."""
    unknown = f"{answer.unknown_share:.0%} of unknown year" if answer.plays else ""
    return eras(answer.eras, asked, ax, n=answer.plays, note=unknown)


def eras(
    records: Any, asked: Asked | None, ax: Any, *, n: int | None = None, note: str = ""
) -> Any:
    """Columns by year or decade, on bands of decades."""
    ax = canvas(ax)
    years = bool(len(records)) and not records[0].label.endswith("s")
    width = 1 if years else 10
    firsts = [each.first_year for each in records]
    if firsts:
        start, end = min(firsts) // 10 * 10, max(firsts) // 10 * 10 + 10
        for decade in range(start, end, 20):
            ax.axvspan(decade, decade + 10, color=FAINT, linewidth=0, alpha=0.12)
        ax.set_xlim(start, end)
        step = max(10, (end - start) // 8 // 10 * 10)
        ax.set_xticks(range(start, end + 1, step))
    plays = [each.plays for each in records]
    ax.bar(firsts, plays, width * 0.9, align="edge", color=BLUE)
    counts_along(ax.yaxis, "plays")
    ax.set_xlabel("year of the album", color=INK, fontsize=8)
    total = sum(plays) if n is None else n
    title = f"Plays by {'year' if years else 'decade'} of release"
    return finish(ax, title, asked, total, note=note)


def audio_profile(answer: Any, asked: Asked | None, ax: Any, *, kind: str = "boxes") -> Any:
    """The spread of each feature that goes from 0 to 1; or how the keys are spread."""
    if choice("kind", kind, ("boxes", "keys")) == "keys":
        return _keys(answer, asked, ax)
    features = {each.feature: each for each in answer.features}
    chosen = [features[name] for name in _UNIT_FEATURES if name in features]
    boxed = [each for each in chosen if each.n >= FEW]
    ax = canvas(ax, 7.0, 3.4)
    ax.grid(axis="x", color=FAINT, linewidth=0.6)
    for place, each in enumerate(chosen):
        if each not in boxed:
            continue
        ax.plot([each.min, each.max], [place, place], color=INK, linewidth=1)
        ax.barh(place, each.p90 - each.p10, left=each.p10, height=0.5, color=BLUE, alpha=0.8)
        ax.plot([each.median] * 2, [place - 0.32, place + 0.32], color=ORANGE, linewidth=2.5)
        ax.plot(each.mean, place, "D", color=SKY, markeredgecolor=INK, markersize=5)
    names = [f"{each.feature}  n = {each.n:,}" for each in chosen]
    names_along(ax.yaxis, range(len(chosen)), names)
    ax.set(xlim=(-0.02, 1.02), ylim=(len(chosen) - 0.4, -0.6))
    ax.set_xlabel(
        "line: least to most · box: 10 to 90 % of plays\nbar: median · diamond: mean",
        color=INK, fontsize=8,
    )  # fmt: skip
    note = f"features with n < {FEW} left out" if len(boxed) < len(chosen) else ""
    return finish(ax, "How the music sounds", asked, answer.plays, note=note)


def _keys(answer: Any, asked: Asked | None, ax: Any) -> Any:
    ax = canvas(ax)
    ax.bar(range(12), answer.keys, color=BLUE, width=0.85)
    ax.set_xticks(range(12), ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"])
    counts_along(ax.yaxis, "plays")
    note = f"{answer.key_unknown:,} of unknown key"
    if answer.major_share is not None:
        note += f", {answer.major_share:.0%} in major"
    return finish(ax, "Keys", asked, answer.plays, note=note)


def audio_trend(records: Any, asked: Asked | None, ax: Any, *, feature: str = "valence") -> Any:
    """The mean of one feature from bucket to bucket, with the plays behind each mean below."""
    buckets = [each for each in records if each.feature == feature]
    if records and not buckets:
        known = dict.fromkeys(each.feature for each in records)
        raise ValueError(f"feature must be one of {', '.join(known)}, not {feature!r}")
    ax = canvas(ax)
    times = [local(each.local_start) for each in buckets]
    means = [each.mean if each.n >= FEW else math.nan for each in buckets]
    counts = [each.n for each in buckets]
    behind = ax.twinx()
    behind.set_zorder(ax.get_zorder() - 1)
    behind.patch.set_visible(False)
    behind.fill_between(times, counts, step="post", color=INK, alpha=0.22, linewidth=0)
    behind.set_ylim(0, 3 * max(counts, default=1) or 1)
    behind.tick_params(colors=INK, labelcolor=INK, labelsize=7, length=0)
    for spine in behind.spines.values():
        spine.set_visible(False)
    behind.set_yticks([0, max(counts, default=0)])
    behind.set_ylabel("n", color=INK, fontsize=8, loc="bottom")
    ax.plot(times, means, "o-", color=BLUE, linewidth=2, markersize=4)
    if feature in _UNIT_FEATURES:
        ax.set_ylim(0, 1)
    ax.grid(axis="y", color=FAINT, linewidth=0.6)
    ax.set_ylabel(f"mean {feature}", color=INK, fontsize=8)
    dates_along(ax)
    few = sum(0 < each.n < FEW for each in buckets)
    note = f"means of n < {FEW} left out: {few}" if few else ""
    unit = unit_of(buckets)
    return finish(ax, f"{feature.capitalize()} by {unit}", asked, sum(counts), note=note)


def moods(answer: Any, asked: Asked | None, ax: Any) -> Any:
    """Where the plays lie between sad and happy, calm and lively."""
    ax = canvas(ax, 5.4, 4.6)
    rows = [answer.grid[place : place + 10] for place in range(0, 100, 10)]
    grid = [[value or math.nan for value in row] for row in rows]
    drawn = ax.imshow(
        grid, origin="lower", extent=(0, 1, 0, 1), cmap=COLOUR_MAP, vmin=0, aspect="auto"
    )
    bar = ax.figure.colorbar(drawn, ax=ax, pad=0.02, aspect=30, fraction=0.05)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=INK, labelcolor=INK, labelsize=8, length=0)
    counts_along(bar.ax.yaxis, "plays")
    ax.axhline(0.5, color=INK, linewidth=1)
    ax.axvline(0.5, color=INK, linewidth=1)
    known = answer.plays - answer.unknown
    for x, y, name in ((0, 1, "angry"), (1, 1, "happy"), (0, 0, "sad"), (1, 0, "calm")):
        share = f" {getattr(answer, name) / known:.0%}" if known else ""
        ax.annotate(
            name + share, (x, y), (0, 4 if y else -24), "axes fraction",
            textcoords="offset points", ha="right" if x else "left", va="bottom" if y else "top",
            color=INK, fontsize=9, fontweight="bold",
        )  # fmt: skip
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.set_xlabel("valence", color=INK, fontsize=8)
    ax.set_ylabel("energy", color=INK, fontsize=8)
    note = f"{answer.unknown:,} of unknown mood" if answer.plays else ""
    drawn = finish(ax, "Moods", asked, answer.plays, note=note, lift=16)
    if answer.plays and not known:
        nothing(ax, "plays of known mood")
    return drawn


def genre_by_daypart(records: Any, asked: Asked | None, ax: Any) -> Any:
    """The shares of the leading genres in each quarter of the day, on top of each other."""
    ax = canvas(ax, 7.0, 3.8)
    genres = list(dict.fromkeys(each.genre for each in records if each.genre is not None))
    genres.sort(key=lambda name: -sum(each.weight for each in records if each.genre == name))
    shares = {(str(each.daypart), each.genre): each.share for each in records}
    below = [0.0] * len(_DAYPARTS)
    for place, genre in enumerate([*genres, None]):
        values = [shares.get((part, genre), 0.0) for part in _DAYPARTS]
        if genre is None and not any(values):
            continue
        ax.bar(
            _DAYPARTS, values, 0.7, below, label=shown(genre),
            color=COLOURS[place % len(COLOURS)] if genre is not None else INK,
            hatch=HATCHES[place // len(COLOURS) % len(HATCHES)],
            edgecolor=INK, linewidth=0.4,
        )  # fmt: skip
        below = [low + value for low, value in zip(below, values, strict=True)]
    shares_along(ax.yaxis, "of the plays in that part of the day")
    if below and max(below) > 1.001:
        ax.yaxis.label.set_text("of the plays; one play can have several genres")
    without_frame(ax)
    n = sum(_plays_in(records, part) for part in _DAYPARTS)
    if len(records):
        handles, labels = ax.get_legend_handles_labels()
        legend(ax, handles=handles[::-1], labels=labels[::-1], loc="center left",
               bbox_to_anchor=(1.0, 0.5))  # fmt: skip
    return finish(ax, "Genres by part of the day", asked, n)


def _plays_in(records: Any, part: str) -> int:
    """All plays in one part of the day, from any of its shares."""
    for each in records:
        if str(each.daypart) == part and each.share:
            plays: int = round(each.weight / each.share)
            return plays
    return 0
