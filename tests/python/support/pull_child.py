"""A process that pulls, to be killed: python -m support.pull_child FILE DSN"""

import subprocess
import sys
from pathlib import Path

import playmirror as pm


def start(file: Path, dsn: str) -> subprocess.Popen:
    """The process, once it is connected and begins to pull."""
    child = subprocess.Popen(
        [sys.executable, "-m", "support.pull_child", str(file), dsn],
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


def main(file: str, dsn: str) -> None:
    with pm.open(file) as mirror, pm.connect(dsn) as server:
        print("connected", flush=True)
        server.pull(mirror, confirm_deletes=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
