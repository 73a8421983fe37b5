"""Listening statistics, computed from the mirror file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from .asked import asking

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from . import _core
    from .record_list import Records
    from .stats_enums import Attribution, Entity, EraUnit, SkipGroup, Unit
    from .stats_filter import FilterButLimit, FilterButPeriod, StatsFilter
    from .stats_habits import Discovery, DiscoveryBucket, Diversity, Repeats, SkipRate
    from .stats_music import AudioProfile, DaypartGenre, Eras, FeatureTrend, Genres
    from .stats_review import EntityProfile, YearInReview
    from .stats_rhythm import ActivityBucket, ClockHour, HeatmapCell, Session, Sessions, Streaks
    from .stats_story import (
        Comeback,
        Completion,
        EvolutionPoint,
        Loyalty,
        Milestone,
        Moods,
        Obsession,
    )
    from .stats_top import (
        GenreCount,
        RecentPlay,
        TopAlbum,
        TopArtist,
        TopContext,
        TopGenre,
        TopTrack,
    )
    from .stats_totals import Comparison, DataQuality, Totals
    from .timestamp import Duration, InstantLike

_HALF_AN_HOUR = timedelta(minutes=30)


class Stats:
    """Listening statistics of one mirror: `mirror.stats`. Safe to share between threads.

    No network, and no lock that a writer could wait for. Each call answers from one moment of the
    file. The keyword arguments of StatsFilter say which plays count, and how; docs/statistics.md
    says what each number means exactly. Raises InvalidArgument for a filter that means nothing,
    such as an unknown time zone.

    >>> mirror.stats.top_artists(period="2026", tz="Europe/Berlin", by="time", limit=5)
    """

    def __init__(self, core: _core.Stats) -> None:
        self._core = asking(core)

    def __repr__(self) -> str:
        return "<Stats>"

    def recent_plays(
        self, limit: int = 10, **filter: Unpack[FilterButLimit]
    ) -> Records[RecentPlay]:
        """The latest plays of known tracks, newest first.

        Plays without a time come before all others, as the server sorts them; plays of one instant
        by id descending. `limit` 0 means all.

        >>> [play.name for play in mirror.stats.recent_plays(3)]
        """
        return self._core.recent_plays(limit=limit, **filter)

    def totals(self, **filter: Unpack[StatsFilter]) -> Totals:
        """Plays, time, different tracks and so on, at once.

        >>> mirror.stats.totals(period="this_year").plays
        """
        return self._core.totals(**filter)

    def top_tracks(self, limit: int = 10, **filter: Unpack[FilterButLimit]) -> Records[TopTrack]:
        """Tracks, ranked by `by`, then by plays or time, then by id: a page of `limit` rows.

        Plays of tracks that the mirror does not know are left out.

        >>> for top in mirror.stats.top_tracks(period=Period.year(2026), by="time", limit=3):
        ...     print(top.rank, top.name, top.plays)
        """
        return self._core.top_tracks(limit=limit, **filter)

    def top_artists(self, **filter: Unpack[StatsFilter]) -> Records[TopArtist]:
        """Artists, ranked like tracks; `artist_credit` says whose play it is.

        Plays whose artist is not known make one row without a key, behind all others and without a
        rank.

        >>> [artist.name for artist in mirror.stats.top_artists(limit=3)]
        """
        return self._core.top_artists(**filter)

    def top_albums(self, **filter: Unpack[StatsFilter]) -> Records[TopAlbum]:
        """Albums, ranked like artists.

        >>> [album.name for album in mirror.stats.top_albums(limit=3)]
        """
        return self._core.top_albums(**filter)

    def top_genres(self, **filter: Unpack[StatsFilter]) -> Records[TopGenre]:
        """Genres of the credited artists, ranked like artists; `genre_weight` says how they count.

        >>> [genre.genre for genre in mirror.stats.top_genres(limit=3)]
        """
        return self._core.top_genres(**filter)

    def top_contexts(self, **filter: Unpack[StatsFilter]) -> Records[TopContext]:
        """Playlists, albums and other places that plays came from, ranked like artists.

        >>> [context.context_uri for context in mirror.stats.top_contexts(limit=3)]
        """
        return self._core.top_contexts(**filter)

    def activity(
        self, unit: Unit | str = "day", **filter: Unpack[StatsFilter]
    ) -> Records[ActivityBucket]:
        """Plays by hour, day, week, month, quarter or year: a series without holes.

        It covers the period, or goes from the first to the last play where that is open.

        >>> [(week.local_start, week.plays) for week in mirror.stats.activity("week")]
        """
        return self._core.activity(unit, **filter)

    def clock(
        self, attribution: Attribution | str = "at_timestamp", **filter: Unpack[StatsFilter]
    ) -> Records[ClockHour]:
        """The 24 hours of the local day.

        >>> max(mirror.stats.clock(tz="Europe/Berlin"), key=lambda hour: hour.plays).hour
        """
        return self._core.clock(attribution, **filter)

    def heatmap(
        self, attribution: Attribution | str = "at_timestamp", **filter: Unpack[StatsFilter]
    ) -> Records[HeatmapCell]:
        """The 168 hours of the local week, from Monday 0 to Sunday 23.

        >>> mirror.stats.heatmap(tz="Europe/Berlin")[0].plays
        """
        return self._core.heatmap(attribution, **filter)

    def streaks(
        self,
        min_plays: int = 1,
        as_of: InstantLike | None = None,
        **filter: Unpack[StatsFilter],
    ) -> Streaks:
        """Local days in a row with `min_plays` plays or more.

        `as_of` says what day it is for the current one; by default the filter's `now`.

        >>> mirror.stats.streaks(tz="Europe/Berlin").longest
        """
        return self._core.streaks(min_plays, as_of, **filter)

    def sessions(self, gap: Duration = _HALF_AN_HOUR, **filter: Unpack[StatsFilter]) -> Sessions:
        """Plays with no silence longer than `gap` between them, in sum.

        >>> mirror.stats.sessions().median_plays
        """
        return self._core.sessions(gap, **filter)

    def session_list(
        self, gap: Duration = _HALF_AN_HOUR, **filter: Unpack[StatsFilter]
    ) -> Records[Session]:
        """The same sessions one by one, in order of time.

        >>> mirror.stats.session_list(period="last_7_days")
        """
        return self._core.session_list(gap, **filter)

    def skips(
        self,
        group: SkipGroup | str = "none",
        min_known: int = 5,
        **filter: Unpack[StatsFilter],
    ) -> Records[SkipRate]:
        """Skip rates: one, 24 by hour, or ranked by rate with `min_known` known plays or more.

        >>> mirror.stats.skips("artist", limit=3)
        """
        return self._core.skips(group, min_known, **filter)

    def discovery(self, **filter: Unpack[StatsFilter]) -> Discovery:
        """What was played for the first time ever.

        >>> mirror.stats.discovery(period="this_month").new_artists
        """
        return self._core.discovery(**filter)

    def discovery_trend(
        self, unit: Unit | str = "month", **filter: Unpack[StatsFilter]
    ) -> Records[DiscoveryBucket]:
        """The same bucket by bucket: new is whose first play ever lies in the bucket.

        A series as that of `activity`.

        >>> [(month.local_start, month.new_plays) for month in mirror.stats.discovery_trend()]
        """
        return self._core.discovery_trend(unit, **filter)

    def repeats(self, **filter: Unpack[StatsFilter]) -> Repeats:
        """How much of the listening is repetition.

        >>> mirror.stats.repeats().longest_run
        """
        return self._core.repeats(**filter)

    def diversity(
        self, entity: Entity | str = "artist", **filter: Unpack[StatsFilter]
    ) -> Diversity:
        """How evenly plays are spread over tracks, artists, albums, genres or contexts.

        >>> mirror.stats.diversity("genre").effective
        """
        return self._core.diversity(entity, **filter)

    def genres(self, **filter: Unpack[StatsFilter]) -> Genres:
        """The ranked genres, with the share of plays that have none.

        >>> mirror.stats.genres().unknown_share
        """
        return self._core.genres(**filter)

    def genre_by_daypart(self, **filter: Unpack[StatsFilter]) -> Records[DaypartGenre]:
        """The `limit` genres with most plays over the whole day, in each quarter of the local day.

        >>> mirror.stats.genre_by_daypart(tz="Europe/Berlin", limit=3)
        """
        return self._core.genre_by_daypart(**filter)

    def eras(self, unit: EraUnit | str = "decade", **filter: Unpack[StatsFilter]) -> Eras:
        """Plays by the year or decade in which the album came out.

        >>> [(era.label, era.plays) for era in mirror.stats.eras().eras]
        """
        return self._core.eras(unit, **filter)

    def audio_profile(self, **filter: Unpack[StatsFilter]) -> AudioProfile:
        """How the music sounds: mean, spread and percentiles of each audio feature.

        >>> mirror.stats.audio_profile().features[0].mean
        """
        return self._core.audio_profile(**filter)

    def audio_trend(
        self, unit: Unit | str = "month", **filter: Unpack[StatsFilter]
    ) -> Records[FeatureTrend]:
        """The mean of each audio feature, bucket by bucket.

        >>> [each.mean for each in mirror.stats.audio_trend() if each.feature == "valence"]
        """
        return self._core.audio_trend(unit, **filter)

    def compare(self, base: StatsFilter | None = None, **filter: Unpack[StatsFilter]) -> Comparison:
        """Totals and ranks beside those of `base`, a dict of keyword arguments.

        Without one, beside those of the period before the filter's.

        >>> mirror.stats.compare(period="this_month").numbers
        """
        if base is not None and not isinstance(base, Mapping):
            raise TypeError(f"base must be a dict of keyword arguments, not {type(base).__name__}")
        return self._core.compare(None if base is None else {**base}, **filter)

    def data_quality(self, **filter: Unpack[StatsFilter]) -> DataQuality:
        """How many of the plays have which gap or oddity.

        >>> mirror.stats.data_quality().null_listened
        """
        return self._core.data_quality(**filter)

    def obsessions(
        self, share: float = 0.3, min_plays: int = 10, **filter: Unpack[StatsFilter]
    ) -> Records[Obsession]:
        """The artists that took `share` or more of a week with `min_plays` plays or more.

        >>> [(each.week, each.name) for each in mirror.stats.obsessions()]
        """
        return self._core.obsessions(share, min_plays, **filter)

    def loyalty(self, min_plays: int = 5, **filter: Unpack[StatsFilter]) -> Records[Loyalty]:
        """Artists with `min_plays` plays or more by the median time between two, shortest first.

        >>> [(each.name, each.median_days) for each in mirror.stats.loyalty(limit=3)]
        """
        return self._core.loyalty(min_plays, **filter)

    def comebacks(self, gap_days: int = 90, **filter: Unpack[StatsFilter]) -> Records[Comeback]:
        """First plays of tracks after more than `gap_days` days without, in order of time.

        >>> [(each.name, each.days) for each in mirror.stats.comebacks(period="this_month")]
        """
        return self._core.comebacks(gap_days, **filter)

    def milestones(self, every: int = 1000, **filter: Unpack[StatsFilter]) -> Records[Milestone]:
        """Every so many plays, counted from the first one selected.

        >>> [(each.number, each.name) for each in mirror.stats.milestones()]
        """
        return self._core.milestones(every, **filter)

    def on_this_day(self, **filter: Unpack[StatsFilter]) -> Records[RecentPlay]:
        """Plays of known tracks on the local month and day of the filter's `now`, newest first.

        >>> [play.name for play in mirror.stats.on_this_day(tz="Europe/Berlin")]
        """
        return self._core.on_this_day(**filter)

    def one_time(self, **filter: Unpack[StatsFilter]) -> Records[TopTrack]:
        """Tracks played once, the latest first.

        >>> [track.name for track in mirror.stats.one_time(limit=3)]
        """
        return self._core.one_time(**filter)

    def moods(self, **filter: Unpack[StatsFilter]) -> Moods:
        """Plays by valence and energy of their track.

        >>> mirror.stats.moods().happy
        """
        return self._core.moods(**filter)

    def completion(self, **filter: Unpack[StatsFilter]) -> Completion:
        """How much of its track a play lasted.

        >>> mirror.stats.completion().completed_share
        """
        return self._core.completion(**filter)

    def evolution(
        self,
        entity: Entity | str = "artist",
        unit: Unit | str = "month",
        **filter: Unpack[StatsFilter],
    ) -> Records[EvolutionPoint]:
        """The tracks, artists or genres that lead over the whole period, bucket by bucket.

        >>> mirror.stats.evolution(limit=5, period="this_year")
        """
        return self._core.evolution(entity, unit, **filter)

    def entity_profile(
        self, id: str, entity: Entity | str = "artist", **filter: Unpack[StatsFilter]
    ) -> EntityProfile:
        """One track or artist: its plays, its place among all others, its best times.

        >>> mirror.stats.entity_profile("4uLU6hMCjMI75M1A2tKUQC", "track").rank
        """
        return self._core.entity_profile(id, entity, **filter)

    def year_in_review(self, year: int, **filter: Unpack[FilterButPeriod]) -> YearInReview:
        """A calendar year at once.

        >>> mirror.stats.year_in_review(2026, tz="Europe/Berlin").longest_streak
        """
        if "period" in filter:
            raise TypeError("year_in_review() takes no period: the year is one")
        return self._core.year_in_review(year, **filter)

    def genre_artist_counts(self) -> Records[GenreCount]:
        """How many artists carry each genre, most frequent first, then by genre.

        Counted from the lists in `artists.genres`; no plays are involved. A value that is not a
        JSON list counts nothing.

        >>> dict((row.genre, row.artists) for row in mirror.stats.genre_artist_counts())
        """
        return self._core.genre_artist_counts()

    def metrics_payload(self, **filter: Unpack[StatsFilter]) -> str:
        """Everything that a snapshot keeps, as JSON of the form `playmirror.metrics/1`.

        docs/statistics.md describes it. The same plays, filter and `now` give the same bytes.

        >>> json.loads(mirror.stats.metrics_payload(period="last_30_days"))["totals"]
        """
        return self._core.metrics_payload(**filter)
