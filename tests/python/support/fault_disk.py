"""A small disk that can be filled up: a tmpfs of its own, mounted where the system allows it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class SmallDisk:
    """A mounted file system of a few megabytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def free(self) -> int:
        status = os.statvfs(self.path)
        return status.f_bavail * status.f_frsize

    def leave(self, room: int) -> None:
        """Fills the disk up to the last `room` bytes, whole pages of it."""
        self.empty()
        much = self.free() - room
        with open(self._ballast, "wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, max(much, 1))

    def empty(self) -> None:
        """Takes away what leave() put there."""
        self._ballast.unlink(missing_ok=True)

    def resize(self, megabytes: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={megabytes}m", str(self.path)], check=True)


@contextmanager
def small_disk(directory: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Skips the test where nothing may be mounted."""
    directory.mkdir()
    options = f"size={megabytes}m,mode=0700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "playmirror-test", str(directory)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True)
        refusal = done.stderr.strip() if done.returncode != 0 else ""
    except FileNotFoundError as error:
        refusal = str(error)
    if refusal:
        pytest.skip(f"no small disk can be mounted: {refusal}")
    try:
        yield SmallDisk(directory)
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)
