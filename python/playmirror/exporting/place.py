"""Where an export goes: it has its name only once it is complete, and takes nobody else's."""

from __future__ import annotations

import glob
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..enums import ErrorCode
from ..errors import InvalidArgument, StorageError

#: In every exported directory: what it is, and which files are the export's. Spark and others pass
#: over names that begin with an underscore.
MANIFEST = "_playmirror.json"


_STALE = 3_600.0  # seconds


class Place:
    """A private directory beside the target, in which the export grows."""

    def __init__(self, staging: Path, whole: Path) -> None:
        self.staging = staging
        self._whole = whole
        self.files: list[str] = []

    def create(self, name: str) -> BinaryIO:
        """A new file of the export, readable by its owner alone; "" is the export itself."""
        file = self._whole / name if name else self._whole
        for parent in reversed(file.relative_to(self.staging).parents):
            (self.staging / parent).mkdir(mode=0o700, exist_ok=True)
        self.files.append(name)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        return os.fdopen(descriptor, "wb")

    def describe(self, document: dict[str, object]) -> None:
        """Leaves the manifest in an exported directory."""
        text = json.dumps({**document, "files": self.files}, indent=2)
        with self.create(MANIFEST) as file:
            file.write(text.encode("ascii") + b"\n")


@contextmanager
def place_for(target: Path, *, directory: bool, overwrite: bool, mirror: Path) -> Iterator[Place]:
    """Publishes what was put into the place, all at once; on an error nothing remains of it."""
    target = target.parent.resolve() / target.name
    try:
        _refuse(target, directory=directory, overwrite=overwrite, mirror=mirror)
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(target)
        prefix = f".{target.name}.partial-{os.getpid()}-"
        staging = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    except OSError as error:
        raise _storage_error(error, target) from error
    try:
        whole = staging / "export"
        yield Place(staging, whole)
        # What came meanwhile is no less a reason to stop.
        _refuse(target, directory=directory, overwrite=overwrite, mirror=mirror)
        if directory and target.exists():
            target.rename(staging / "replaced")
        if not directory and not overwrite:
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        whole.rename(target)
    except OSError as error:
        raise _storage_error(error, target) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _refuse(target: Path, *, directory: bool, overwrite: bool, mirror: Path) -> None:
    """Raises InvalidArgument where something is that an export may not replace."""
    if target == mirror or (target.parent == mirror.parent and _is_side_file(target, mirror)):
        raise _taken(target, "is the mirror itself", "Choose another name.")
    if not os.path.lexists(target):
        return
    if target.is_symlink() or target.is_dir() != directory:
        kind = "directory" if directory else "file"
        raise _taken(target, f"exists and is no {kind}", "Choose another name.")
    if not directory:
        if not overwrite:
            raise _taken(target, "exists already", "Choose another name, or say overwrite.")
        return
    files = {str(each.relative_to(target)) for each in target.rglob("*") if not each.is_dir()}
    if not files:
        return
    if not overwrite:
        raise _taken(target, "exists already and is not empty", "Choose another, or say overwrite.")
    foreign = sorted(files - _exported(target))
    if foreign:
        raise _taken(
            target,
            f"holds what no export put there, {foreign[0]} for one",
            "Only an export is overwritten. Choose another directory, or clear this one yourself.",
        )


def _remove_stale(target: Path) -> None:
    """Removes what processes that were killed have left of their exports."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.partial-*-*"):
        process = left.name.rpartition(".partial-")[2].partition("-")[0]
        # Another machine's process may share the directory: what is new stays.
        if (
            time.time() - left.stat().st_mtime > _STALE
            and process.isdigit()
            and _gone(int(process))
        ):
            shutil.rmtree(left, ignore_errors=True)


def _gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _is_side_file(target: Path, mirror: Path) -> bool:
    return target.name.startswith((f"{mirror.name}-", f"{mirror.name}."))


def _exported(target: Path) -> set[str]:
    """The files of an earlier export; none where there was none."""
    try:
        document = json.loads((target / MANIFEST).read_text())
        return {MANIFEST, *map(str, document["files"])}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _taken(target: Path, what: str, hint: str) -> InvalidArgument:
    return InvalidArgument(f"{target} {what}", code=ErrorCode.INVALID_ARGUMENT, hint=hint)


def _storage_error(error: OSError, target: Path) -> StorageError:
    return StorageError(
        f"could not export to {target}: {error.strerror or error}",
        code=ErrorCode.STORAGE_FAILED,
        hint="Check that the directory can be written to and has room for a second copy.",
    )
