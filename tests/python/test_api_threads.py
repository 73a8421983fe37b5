"""Threads: other Python threads go on during a call, and nothing deadlocks or tears."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import playmirror as pm
import pytest
from support.offline_library import NOON, open_library

BUSY = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT sum(x) FROM c"


def in_threads(count: int, work: Callable[[int], object]) -> list[object]:
    """What `work` returned in each of so many threads; a deadlock fails instead of hanging."""
    with ThreadPoolExecutor(count) as pool:
        return [
            future.result(timeout=60) for future in [pool.submit(work, n) for n in range(count)]
        ]


def test_python_goes_on_while_a_statement_runs(mirror_path: Path) -> None:
    with open_library(mirror_path) as mirror:

        def run_into_the_limit() -> None:
            with pytest.raises(pm.QueryError):
                mirror.sql(BUSY, timeout=1)

        thread = threading.Thread(target=run_into_the_limit)
        thread.start()
        steps = 0
        while thread.is_alive():
            time.sleep(0.01)
            steps += 1
        thread.join()
    assert steps > 20


def test_eight_threads_read_and_record_at_once(mirror_path: Path) -> None:
    with open_library(mirror_path) as mirror:

        def listen(thread: int) -> None:
            for number in range(10):
                at = NOON + timedelta(days=1 + thread, seconds=number)
                play = mirror.plays.add(track_id="blue", played_at=at)
                assert mirror.plays[play.id] == play
                assert mirror.stats.top_tracks(1)[0].plays >= 3
                assert len(mirror.sql("SELECT id FROM tracks")) == 3

        in_threads(8, listen)
        assert len(mirror.plays) == 86
        assert len({play.id for play in mirror.plays}) == 86


def test_threads_that_share_a_cursor_get_each_row_once(mirror_path: Path) -> None:
    with open_library(mirror_path) as mirror:
        for number in range(300):
            mirror.plays.add(track_id="blue", played_at=NOON + timedelta(days=1, seconds=number))
        plays = mirror.plays.list()
        shares = in_threads(4, lambda _: [play.id for play in plays])
    ids = [id for share in shares for id in share]  # type: ignore[attr-defined]
    assert len(ids) == len(set(ids)) == 306


def test_closing_a_mirror_in_use_ends_in_an_answer_or_in_closed(mirror_path: Path) -> None:
    mirror = open_library(mirror_path)

    def ask(_: int) -> None:
        try:
            while True:
                assert len(mirror.plays.recent(3)) == 3
        except pm.Error as error:
            assert error.code == "closed"

    threading.Timer(0.2, mirror.close).start()
    in_threads(4, ask)


IN_A_SUBINTERPRETER = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
if "before" in sys.argv:
    playmirror.Mirror
interpreters.run_string(
    interpreters.create(),
    f"import sys; sys.path[:] = {sys.path!r}\\n"
    "try:\\n"
    "    import playmirror\\n"
    "    playmirror.Mirror.default_path()\\n"
    "except ImportError as error:\\n"
    "    print(error, flush=True)\\n",
)
"""


@pytest.mark.parametrize("when", ["before", "never"])
def test_a_subinterpreter_is_told_so(when: str) -> None:
    """Whether the main one has loaded the library before or not; without that it would hang."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys, playmirror" + IN_A_SUBINTERPRETER, when],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert "in the main interpreter only, not in a subinterpreter" in done.stdout, done.stderr


#: What a daemon thread may be in when the program ends, over and over.
CALLS = {
    "sql": "mirror.sql(BUSY)",
    "progress": "mirror.sql(BUSY, progress=lambda step: None)",
    "statistics": "mirror.stats.totals(dedupe='near')",
    "rows": "sum(1 for _ in mirror.plays.list())",
    "recording": "mirror.plays.add(track_id='blue', played_at=pm.Timestamp.now())",
}


@pytest.mark.parametrize("call", CALLS)
def test_a_program_may_end_while_a_daemon_thread_is_in_a_call(call: str, mirror_path: Path) -> None:
    """Python would end the thread in the middle of C++, and that the process by an abort."""
    open_library(mirror_path).close()
    program = f"""
import atexit, sys, threading, time
atexit.register(lambda: print(mirror.plays.count() > 0, flush=True))
import playmirror as pm
BUSY = {BUSY!r}
mirror = pm.open(sys.argv[1])
def listen():
    while True:
        {CALLS[call]}
for _ in range(3):
    threading.Thread(target=listen, daemon=True).start()
time.sleep(0.2)
"""
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", program, mirror_path], capture_output=True, text=True, timeout=30
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
