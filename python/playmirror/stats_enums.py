"""The enums of the statistics. Each member is also the string that C++ and JSON use for it."""

from .enums import _Name


class Attribution(_Name):
    """Where the time of a play goes that reaches over the full hour.

    >>> mirror.stats.clock("spread")[23].time.measured_ms
    """

    AT_TIMESTAMP = "at_timestamp"  #: all of it to the hour of played_at
    SPREAD = "spread"  #: to the hours that the play covers


class SkipGroup(_Name):
    """What skip rates are told for.

    >>> mirror.stats.skips("hour").plot()
    """

    NONE = "none"
    TRACK = "track"
    ARTIST = "artist"
    HOUR = "hour"
    CONTEXT = "context"


class Entity(_Name):
    """What plays are counted by.

    >>> mirror.stats.diversity("genre").richness
    """

    TRACK = "track"
    ARTIST = "artist"
    ALBUM = "album"
    GENRE = "genre"
    CONTEXT = "context"


class Daypart(_Name):
    """A quarter of the local day.

    >>> {each.daypart for each in mirror.stats.genre_by_daypart()}
    """

    NIGHT = "night"  #: 0 to 6
    MORNING = "morning"  #: 6 to 12
    AFTERNOON = "afternoon"  #: 12 to 18
    EVENING = "evening"  #: 18 to 24


class EraUnit(_Name):
    """How wide an era is.

    >>> mirror.stats.eras("year").median_year
    """

    YEAR = "year"
    DECADE = "decade"


class ListenRule(_Name):
    """What counts as listening, beside `StatsFilter.min_listened_ms`.

    >>> mirror.stats.totals(rule="scrobble").plays
    """

    ALL = "all"  #: every row
    SPOTIFY_30S = "spotify_30s"  #: listened 30 s or more
    SCROBBLE = "scrobble"  #: a track of 30 s or more, listened to its half or for 4 minutes


class NullListened(_Name):
    """Rows whose listened_ms is unknown, when a rule asks for it.

    >>> mirror.stats.totals(rule="spotify_30s", null_listened="drop").plays
    """

    KEEP = "keep"
    DROP = "drop"


class Skips(_Name):
    """Which plays count by whether they were skipped.

    >>> mirror.stats.totals(skips="exclude").plays
    """

    INCLUDE = "include"  #: every row
    EXCLUDE = "exclude"  #: without the skipped ones
    EXCLUDE_UNKNOWN = "exclude_unknown"  #: only those known not to be skipped
    ONLY = "only"  #: only those known to be skipped


class TimeBasis(_Name):
    """Where the time of a play comes from.

    >>> mirror.stats.totals(time_basis="measured_only").time.measured_ms
    """

    MEASURED_OR_DURATION = (
        "measured_or_duration"  #: listened_ms, else the track's duration, counted as estimated
    )
    MEASURED_ONLY = "measured_only"  #: listened_ms


class ArtistCredit(_Name):
    """Whose play it is, for a track with several artists.

    >>> mirror.stats.top_artists(artist_credit="split")[0].weight
    """

    EACH = "each"  #: one play for each of them: shares may add up to more than 1
    SPLIT = "split"  #: an equal part of it for each
    PRIMARY = "primary"  #: the one that raw_data names first; unknown without that


class GenreWeight(_Name):
    """How much a play counts for a genre when it has several.

    >>> mirror.stats.top_genres(genre_weight="split")[0].weight
    """

    FULL = "full"
    SPLIT = "split"


class TrackIdentity(_Name):
    """Which track ids are one track.

    >>> mirror.stats.top_tracks(track_identity="isrc")[0].plays
    """

    ID = "id"  #: each id alone
    ISRC = "isrc"  #: those of one raw_data.external_ids.isrc
    FINGERPRINT = (
        "fingerprint"  #: those of one name in any case, the same artists, and durations within 2 s
    )


class Dedupe(_Name):
    """Whether rows may report one play twice.

    >>> mirror.stats.totals(dedupe="near").plays
    """

    NONE = "none"  #: every row
    NEAR = "near"  #: rows that report one play twice count once


class PlayedAt(_Name):
    """What played_at tells, where the length of a play matters.

    >>> mirror.stats.sessions(played_at_is="end").count
    """

    START = "start"
    END = "end"
    UNKNOWN = (
        "unknown"  #: the end for the sources `import` and `spotify...`, the start for all others
    )


class Rank(_Name):
    """What ranks: this first, then plays or time, then the id.

    >>> mirror.stats.top_tracks(by="days")[0].days
    """

    PLAYS = "plays"
    TIME = "time"
    DAYS = "days"
    SKIPS = "skips"


class Unit(_Name):
    """A piece of the local calendar.

    >>> mirror.stats.activity("week").plot()
    """

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Weekday(_Name):
    """A day of the week.

    >>> mirror.stats.activity("week", week_start="sunday")[0].local_start
    """

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
