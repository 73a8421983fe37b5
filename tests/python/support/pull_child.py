"""A process that pulls, to be killed.

    python -m support.pull_child FILE DSN [BYTES]

Says "connected" and pulls; with BYTES, kills itself as soon as so many have been received.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import playmirror as pm


def start(file: Path, dsn: str, *more: object) -> subprocess.Popen:
    """The process, once it is connected and begins to pull."""
    child = subprocess.Popen(
        [sys.executable, "-m", "support.pull_child", str(file), dsn, *map(str, more)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[1],
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"connected\n"
    return child


def finish(child: subprocess.Popen) -> int:
    """Waits for its end; its exit code, negative for a signal."""
    with child:
        return child.wait(60)


def main(file: str, dsn: str, limit: int | None = None) -> None:
    def on_progress(progress: pm.Progress) -> None:
        if limit is not None and progress.bytes >= limit:
            os.kill(os.getpid(), signal.SIGKILL)

    with pm.open(file) as mirror, pm.connect(dsn) as server:
        print("connected", flush=True)
        server.pull(mirror, confirm_deletes=True, progress=on_progress)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
