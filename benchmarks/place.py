"""Where the benchmarks run: one throwaway server, one library per size, one synced mirror each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import playmirror

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("PLAYMIRROR_BUILD_DIR", ROOT / "build/bench"))
RESULTS = ROOT / "build/benchmarks"
RIVALS = ROOT / "build/rivals"  #: packages of other versions than those in use, see ./dev

sys.path.insert(0, str(ROOT / "tests/server"))
from cluster import Cluster  # noqa: E402
from databases import TABLES, create_database, make_template  # noqa: E402

PLAYS = {"small": 1_000, "medium": 70_000, "100k": 100_000, "large": 1_000_000, "huge": 10_000_000}

#: A step for a floor: a transaction of somebody else, which a mirror cannot know to be harmless.
ELSEWHERE = "run SELECT pg_current_xact_id()"

#: The options of a pull that looks for new plays by their ids, if it has swept before.
BY_IDS: playmirror.PullOptions = {"sweep_interval": 3_600}

__all__ = [
    "BUILD", "BY_IDS", "ELSEWHERE", "PLAYS", "RESULTS", "RIVALS", "ROOT", "TABLES", "Cluster",
    "Floor", "Library", "Place", "looks_by_ids",
]  # fmt: skip


class Floor:
    """The program `floor` on one open connection: bare libpq, for the time to beat."""

    def __init__(self, dsn: str):
        self._process = subprocess.Popen(
            [BUILD / "benchmarks/floor", dsn],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.rows = 0  #: of the last answer
        self.bytes = 0

    def __call__(self, *steps: str) -> float:
        """Does the steps (floor.cpp says which there are) and returns the seconds they took."""
        for step in (*steps, "go"):
            self._process.stdin.write(" ".join(step.split()) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().split()
        if len(answer) != 3:
            raise RuntimeError("the floor program ended; what it said is above")
        self.rows, self.bytes = int(answer[1]), int(answer[2])
        return float(answer[0])

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


class Library:
    """A generated music library on the server, and what the benchmarks need around it."""

    def __init__(self, place: Place, size: str):
        self.size = size
        self.place = place
        self.database = f"bench_{size}"
        self.dsn = create_database(place.cluster, self.database)
        subprocess.run(
            [BUILD / "tests/generator/music-generator", "--plays", str(PLAYS[size]),
             "--dsn", self.dsn],
            check=True,
        )  # fmt: skip
        # Neither must start by itself in the middle of a measurement.
        place.cluster.psql("VACUUM (FREEZE, ANALYZE)", self.database)
        self.floor = Floor(self.dsn)
        self._mirror: Path | None = None

    def path(self, name: str) -> Path:
        """A path for a mirror file at which there is none."""
        path = self.place.directory / f"{self.size}-{name}.db"
        for leftover in path.parent.glob(path.name + "*"):
            leftover.unlink()
        return path

    def synced(self) -> Path:
        """A mirror file that holds everything, made by the first caller; nobody has it open."""
        if self._mirror is None:
            self._mirror = self.path("synced")
            with playmirror.open(self._mirror) as mirror, playmirror.connect(self.dsn) as server:
                server.pull(mirror)
        return self._mirror

    def close(self) -> None:
        self.floor.close()


def looks_by_ids(library: Library) -> bool:
    """Whether the library is so large that a pull need not always sweep it."""
    return PLAYS[library.size] >= 200_000


class Place:
    """The server, a directory for mirror files, and the libraries asked for so far."""

    def __init__(self) -> None:
        self.cluster = Cluster()
        self.directory = Path(tempfile.mkdtemp(prefix="playmirror-bench-", dir=_roomy_directory()))
        self._libraries: dict[str, Library] = {}

    def library(self, size: str) -> Library:
        if size not in self._libraries:
            self._libraries[size] = Library(self, size)
        return self._libraries[size]

    def server_cpu(self) -> float:
        """The processor seconds that the server has used so far, with all its processes."""
        ticks = 0
        postmaster = self.cluster._process.pid
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # ended meanwhile: its parent counts it
            if int(stat.parent.name) == postmaster:
                ticks += sum(map(int, fields[11:15]))  # with children that have ended
            elif int(fields[1]) == postmaster:
                ticks += sum(map(int, fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> Place:
        self.cluster.__enter__()
        make_template(self.cluster)
        return self

    def __exit__(self, *_: object) -> None:
        for library in self._libraries.values():
            library.close()
        self.cluster.__exit__()
        shutil.rmtree(self.directory)


def _roomy_directory() -> Path:
    """On the disk of the source: /tmp may be memory, where nothing is durable and all is fast."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    return RESULTS
