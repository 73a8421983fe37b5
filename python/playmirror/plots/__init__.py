"""Pictures of statistics: what plot() of an answer draws. Private.

matplotlib is imported here and nowhere else, when the first picture is drawn. A picture is an Axes
of a Figure of its own: pyplot, its list of open figures and its styles are never touched.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..asked import Asked, asked_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The module and the function that draws records, or one record, of a class.
_DRAWN_BY = {
    "ActivityBucket": "rhythm.activity",
    "AudioProfile": "music.audio_profile",
    "ClockHour": "rhythm.clock",
    "Comparison": "ranking.comparison",
    "Completion": "habits.completion",
    "DaypartGenre": "music.genre_by_daypart",
    "DataQuality": "habits.data_quality",
    "Discovery": "habits.discovery",
    "DiscoveryBucket": "habits.discovery_trend",
    "Era": "music.eras",
    "Eras": "music.all_eras",
    "EvolutionPoint": "story.evolution",
    "FeatureTrend": "music.audio_trend",
    "GenreCount": "ranking.genre_counts",
    "Genres": "ranking.genres",
    "HeatmapCell": "rhythm.heatmap",
    "Milestone": "story.milestones",
    "Moods": "music.moods",
    "Session": "rhythm.sessions",
    "SkipRate": "habits.skips",
    "TopAlbum": "ranking.top",
    "TopArtist": "ranking.top",
    "TopContext": "ranking.top",
    "TopGenre": "ranking.top",
    "TopTrack": "ranking.top",
    "YearInReview": "story.year_in_review",
}


def draw(answer: object, kind: type, ax: Axes | None, options: dict[str, Any]) -> Any:
    """Draws an answer made of records of class `kind`."""
    name = _DRAWN_BY.get(kind.__name__)
    if name is None:
        raise TypeError(
            f"there is no picture of {kind.__name__}; docs/plots.md lists those there are"
        )
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "plot() needs matplotlib: pip install 'playmirror[plot]'", name="matplotlib"
        ) from error
    module, function = name.split(".")
    drawn_by: Callable[..., Any] = getattr(import_module(f".{module}", __name__), function)
    asked: Asked | None = asked_of(answer)
    given = {name: value for name, value in options.items() if value is not None}
    if unknown := given.keys() - _options_of(drawn_by):
        has = ", ".join(_options_of(drawn_by)) or "none"
        raise ValueError(f"this picture has no option {min(unknown)!r}; its options: {has}")
    return drawn_by(answer, asked, ax, **given)


def _options_of(drawn_by: Callable[..., Any]) -> list[str]:
    """What may be chosen about a picture."""
    parameters = inspect.signature(drawn_by).parameters.values()
    keywords = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
    return [name for name in keywords if name not in ("n", "note")]  # of pictures in pictures
