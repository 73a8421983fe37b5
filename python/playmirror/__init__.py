"""playmirror: a faithful offline copy of a listening history kept in PostgreSQL.

    import playmirror as pm
    from datetime import datetime, timezone

    with pm.open("music.db") as mirror:                  # a local file, no network
        with pm.connect("service=music") as server:      # the other end
            report = server.sync(mirror, progress=True)  # push, then pull
        for play in mirror.plays.recent(10):
            print(play.played_at, play.track_id)
        mirror.plays.add(track_id="4uLU...", played_at=datetime.now(timezone.utc), skipped=False)

Opening, reading and recording never touch the network; only a Server does. Names, defaults, errors
and results are those of the C++ library. Messages go to the logger `playmirror`.

Each name is imported when it is first used: `import playmirror` itself costs next to nothing.
"""

from importlib import import_module

TYPE_CHECKING = False  # as type checkers read it; `typing` would cost more than all of this
if TYPE_CHECKING:  # what _HOME says, for type checkers and editors
    from ._core import __version__ as __version__
    from .artists import Artists as Artists
    from .cursor import Cursor as Cursor
    from .enums import ColumnType as ColumnType
    from .enums import ErrorCode as ErrorCode
    from .enums import ImportFormat as ImportFormat
    from .enums import LocalTracks as LocalTracks
    from .enums import Order as Order
    from .enums import Outcome as Outcome
    from .enums import PendingState as PendingState
    from .enums import PullMethod as PullMethod
    from .enums import TrackDetail as TrackDetail
    from .enums import VerifyDepth as VerifyDepth
    from .enums import WatchState as WatchState
    from .errors import AccessDenied as AccessDenied
    from .errors import Cancelled as Cancelled
    from .errors import Error as Error
    from .errors import InDoubt as InDoubt
    from .errors import InvalidArgument as InvalidArgument
    from .errors import MirrorBusy as MirrorBusy
    from .errors import MirrorUnusable as MirrorUnusable
    from .errors import QueryError as QueryError
    from .errors import SchemaMismatch as SchemaMismatch
    from .errors import ServerChanged as ServerChanged
    from .errors import ServerUnavailable as ServerUnavailable
    from .errors import StorageError as StorageError
    from .errors import UnknownColumn as UnknownColumn
    from .exclusions import ExclusionList as ExclusionList
    from .exclusions import Exclusions as Exclusions
    from .importing import ImportedFile as ImportedFile
    from .importing import ImportReport as ImportReport
    from .metrics import Metrics as Metrics
    from .metrics import MetricsAudio as MetricsAudio
    from .metrics import MetricsBase as MetricsBase
    from .metrics import MetricsComparison as MetricsComparison
    from .metrics import MetricsDay as MetricsDay
    from .metrics import MetricsDiscovery as MetricsDiscovery
    from .metrics import MetricsDiversity as MetricsDiversity
    from .metrics import MetricsEra as MetricsEra
    from .metrics import MetricsFeature as MetricsFeature
    from .metrics import MetricsFilter as MetricsFilter
    from .metrics import MetricsInput as MetricsInput
    from .metrics import MetricsItem as MetricsItem
    from .metrics import MetricsQuality as MetricsQuality
    from .metrics import MetricsSessions as MetricsSessions
    from .metrics import MetricsSkips as MetricsSkips
    from .metrics import MetricsSpread as MetricsSpread
    from .metrics import MetricsStreaks as MetricsStreaks
    from .metrics import MetricsTop as MetricsTop
    from .metrics import MetricsTotals as MetricsTotals
    from .metrics import RawMetrics as RawMetrics
    from .mirror import Mirror as Mirror
    from .mirror import open as open
    from .pending import PendingEntry as PendingEntry
    from .period import Period as Period
    from .period import Span as Span
    from .playlists import Playlists as Playlists
    from .plays import Plays as Plays
    from .progress import Progress as Progress
    from .record_list import Records as Records
    from .records import Artist as Artist
    from .records import Play as Play
    from .records import PlaylistConfig as PlaylistConfig
    from .records import Snapshot as Snapshot
    from .records import Track as Track
    from .report import BlockDifference as BlockDifference
    from .report import Difference as Difference
    from .report import DoctorReport as DoctorReport
    from .report import ExportedTable as ExportedTable
    from .report import ExportReport as ExportReport
    from .report import Finding as Finding
    from .report import RepairReport as RepairReport
    from .report import RowOutcome as RowOutcome
    from .report import SyncReport as SyncReport
    from .report import TableRepair as TableRepair
    from .report import TableReport as TableReport
    from .report import VerifyReport as VerifyReport
    from .report import WireCounts as WireCounts
    from .server import PullOptions as PullOptions
    from .server import PushOptions as PushOptions
    from .server import Server as Server
    from .server import ServerOptions as ServerOptions
    from .server import connect as connect
    from .snapshots import Snapshots as Snapshots
    from .stats import Stats as Stats
    from .stats_enums import ArtistCredit as ArtistCredit
    from .stats_enums import Attribution as Attribution
    from .stats_enums import Daypart as Daypart
    from .stats_enums import Dedupe as Dedupe
    from .stats_enums import Entity as Entity
    from .stats_enums import EraUnit as EraUnit
    from .stats_enums import GenreWeight as GenreWeight
    from .stats_enums import ListenRule as ListenRule
    from .stats_enums import NullListened as NullListened
    from .stats_enums import PlayedAt as PlayedAt
    from .stats_enums import Rank as Rank
    from .stats_enums import SkipGroup as SkipGroup
    from .stats_enums import Skips as Skips
    from .stats_enums import TimeBasis as TimeBasis
    from .stats_enums import TrackIdentity as TrackIdentity
    from .stats_enums import Unit as Unit
    from .stats_enums import Weekday as Weekday
    from .stats_filter import StatsFilter as StatsFilter
    from .stats_habits import Discovery as Discovery
    from .stats_habits import DiscoveryBucket as DiscoveryBucket
    from .stats_habits import Diversity as Diversity
    from .stats_habits import RepeatedTrack as RepeatedTrack
    from .stats_habits import RepeatRun as RepeatRun
    from .stats_habits import Repeats as Repeats
    from .stats_habits import SkipRate as SkipRate
    from .stats_music import AudioProfile as AudioProfile
    from .stats_music import DaypartGenre as DaypartGenre
    from .stats_music import Era as Era
    from .stats_music import Eras as Eras
    from .stats_music import FeatureProfile as FeatureProfile
    from .stats_music import FeatureTrend as FeatureTrend
    from .stats_music import Genres as Genres
    from .stats_music import TimeSignatureCount as TimeSignatureCount
    from .stats_review import EntityProfile as EntityProfile
    from .stats_review import Peak as Peak
    from .stats_review import RankNeighbour as RankNeighbour
    from .stats_review import YearInReview as YearInReview
    from .stats_rhythm import ActivityBucket as ActivityBucket
    from .stats_rhythm import ClockHour as ClockHour
    from .stats_rhythm import HeatmapCell as HeatmapCell
    from .stats_rhythm import Session as Session
    from .stats_rhythm import Sessions as Sessions
    from .stats_rhythm import Streak as Streak
    from .stats_rhythm import Streaks as Streaks
    from .stats_story import Comeback as Comeback
    from .stats_story import Completion as Completion
    from .stats_story import EvolutionPoint as EvolutionPoint
    from .stats_story import Loyalty as Loyalty
    from .stats_story import Milestone as Milestone
    from .stats_story import Moods as Moods
    from .stats_story import Obsession as Obsession
    from .stats_top import GenreCount as GenreCount
    from .stats_top import RecentPlay as RecentPlay
    from .stats_top import TimeTotal as TimeTotal
    from .stats_top import TopAlbum as TopAlbum
    from .stats_top import TopArtist as TopArtist
    from .stats_top import TopContext as TopContext
    from .stats_top import TopGenre as TopGenre
    from .stats_top import TopTrack as TopTrack
    from .stats_totals import ComparedNumber as ComparedNumber
    from .stats_totals import Comparison as Comparison
    from .stats_totals import DataQuality as DataQuality
    from .stats_totals import RankMove as RankMove
    from .stats_totals import Totals as Totals
    from .status import FileProblem as FileProblem
    from .status import FileReport as FileReport
    from .status import SalvageReport as SalvageReport
    from .status import Status as Status
    from .status import TableStatus as TableStatus
    from .table import Column as Column
    from .table import Field as Field
    from .table import Table as Table
    from .timestamp import Timestamp as Timestamp
    from .tracks import Tracks as Tracks
    from .watcher import Watcher as Watcher
    from .watcher import WatchEvent as WatchEvent

_NAMES = {
    "_core": "__version__",
    "artists": "Artists",
    "cursor": "Cursor",
    "enums": (
        "ColumnType ErrorCode ImportFormat LocalTracks Order Outcome PendingState PullMethod "
        "TrackDetail VerifyDepth WatchState"
    ),
    "errors": (
        "AccessDenied Cancelled Error InDoubt InvalidArgument MirrorBusy MirrorUnusable "
        "QueryError SchemaMismatch ServerChanged ServerUnavailable StorageError UnknownColumn"
    ),
    "exclusions": "ExclusionList Exclusions",
    "importing": "ImportReport ImportedFile",
    "metrics": (
        "Metrics MetricsAudio MetricsBase MetricsComparison MetricsDay MetricsDiscovery "
        "MetricsDiversity MetricsEra MetricsFeature MetricsFilter MetricsInput MetricsItem "
        "MetricsQuality MetricsSessions MetricsSkips MetricsSpread MetricsStreaks MetricsTop "
        "MetricsTotals RawMetrics"
    ),
    "mirror": "Mirror open",
    "pending": "PendingEntry",
    "period": "Period Span",
    "playlists": "Playlists",
    "plays": "Plays",
    "progress": "Progress",
    "record_list": "Records",
    "records": "Artist Play PlaylistConfig Snapshot Track",
    "report": (
        "BlockDifference Difference DoctorReport ExportReport ExportedTable Finding RepairReport "
        "RowOutcome SyncReport TableRepair TableReport VerifyReport WireCounts"
    ),
    "server": "PullOptions PushOptions Server ServerOptions connect",
    "snapshots": "Snapshots",
    "stats": "Stats",
    "stats_enums": (
        "ArtistCredit Attribution Daypart Dedupe Entity EraUnit GenreWeight ListenRule "
        "NullListened PlayedAt Rank SkipGroup Skips TimeBasis TrackIdentity Unit Weekday"
    ),
    "stats_filter": "StatsFilter",
    "stats_habits": "Discovery DiscoveryBucket Diversity RepeatRun RepeatedTrack Repeats SkipRate",
    "stats_music": (
        "AudioProfile DaypartGenre Era Eras FeatureProfile FeatureTrend Genres TimeSignatureCount"
    ),
    "stats_review": "EntityProfile Peak RankNeighbour YearInReview",
    "stats_rhythm": "ActivityBucket ClockHour HeatmapCell Session Sessions Streak Streaks",
    "stats_story": "Comeback Completion EvolutionPoint Loyalty Milestone Moods Obsession",
    "stats_top": "GenreCount RecentPlay TimeTotal TopAlbum TopArtist TopContext TopGenre TopTrack",
    "stats_totals": "ComparedNumber Comparison DataQuality RankMove Totals",
    "status": "FileProblem FileReport SalvageReport Status TableStatus",
    "table": "Column Field Table",
    "timestamp": "Timestamp",
    "tracks": "Tracks",
    "watcher": "WatchEvent Watcher",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}
__all__ = sorted(_HOME)


if not TYPE_CHECKING:  # to type checkers, every name would be there

    def __getattr__(name: str) -> object:
        """Imports the module of a public name, once."""
        if name not in _HOME:
            raise AttributeError(f"module 'playmirror' has no attribute {name!r}")
        value: object = getattr(import_module(f".{_HOME[name]}", __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """What is public: modules of the package are not."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
