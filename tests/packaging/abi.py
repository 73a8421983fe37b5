"""The public ABI of the shared libraries, as libabigail sees it: written down at each release, and
compared with that of the code as it is.

    python tests/packaging/abi.py FOLDER            what has changed since the last release
    python tests/packaging/abi.py FOLDER --record   at a release: writes its ABI down

FOLDER holds libraries that were compiled with -O0 -g, as `./dev abi` does.
"""

import argparse
import lzma
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import checkout
from checkout import SOURCE

RECORDS = Path(__file__).parent / "abi"
LIBRARIES = ("libplaymirror", "libplaymirror_core")


@dataclass
class Comparison:
    """What a program that was built with the older library would run into."""

    compatible: bool
    report: str


def describe(library: Path, headers: Path, target: Path) -> None:
    """Writes the ABI of a library down, of types what its public headers declare."""
    subprocess.run(
        [
            *("abidw", "--out-file", target, "--headers-dir", headers, "--drop-private-types"),
            *("--exported-interfaces-only", "--drop-undefined-syms", "--no-parameter-names"),
            *("--no-show-locs", "--no-corpus-path", "--no-comp-dir-path", "--no-elf-needed"),
            library,
        ],
        check=True,
    )
    # Where it was compiled is nobody's concern.
    target.write_text(re.sub(r"path='[^']*/", "path='", target.read_text()))


def compare(older: Path, newer: Path) -> Comparison:
    """New functions, and new enum values behind the others, do no harm; every other change does."""
    process = subprocess.run(
        [
            *("abidiff", "--suppressions", RECORDS / "private.ini"),
            *("--no-added-syms", "--no-unreferenced-symbols", older, newer),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    failed, misused = process.returncode & 1, process.returncode & 2
    if failed or misused:
        raise RuntimeError(f"abidiff failed: {process.stdout}{process.stderr}")
    return Comparison(process.returncode == 0, process.stdout)


def version() -> str:
    """MAJOR.MINOR of the source, within which the ABI stays."""
    return checkout.version().rpartition(".")[0]


def last_release() -> str:
    """The newest MAJOR.MINOR whose ABI was written down."""
    released = [folder.name for folder in RECORDS.iterdir() if folder.is_dir()]
    return max(released, key=lambda name: [int(part) for part in name.split(".")])


def since_last_release(libraries: Path) -> dict[str, Comparison]:
    """The comparison of each shared library somewhere below a folder, by name."""
    comparisons = {}
    with tempfile.TemporaryDirectory() as folder:
        older, newer = Path(folder, "older.abi"), Path(folder, "newer.abi")
        for name in LIBRARIES:
            record = RECORDS / last_release() / f"{name}.abi.xz"
            older.write_bytes(lzma.decompress(record.read_bytes()))
            describe(next(libraries.rglob(f"{name}.so")), SOURCE / "include", newer)
            comparisons[name] = compare(older, newer)
    return comparisons


def record(libraries: Path) -> None:
    target = RECORDS / version()
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in LIBRARIES:
            described = Path(folder, f"{name}.abi")
            describe(next(libraries.rglob(f"{name}.so")), SOURCE / "include", described)
            compressed = lzma.compress(described.read_bytes(), preset=9)
            (target / f"{name}.abi.xz").write_bytes(compressed)
    print(f"The ABI of {version()} is in {target.relative_to(SOURCE)}.")


def main() -> int:
    parser = argparse.ArgumentParser(description="Compares the ABI with that of the last release.")
    parser.add_argument("libraries", type=Path)
    parser.add_argument("--record", action="store_true", help="write it down, at a release")
    arguments = parser.parse_args()
    if arguments.record:
        record(arguments.libraries)
        return 0
    comparisons = since_last_release(arguments.libraries)
    for name, comparison in comparisons.items():
        print(f"{name}: {'compatible' if comparison.compatible else 'another ABI'}")
        print(comparison.report)
    may_differ = version() != last_release()
    print(
        f"The source is {version()}, the last release was {last_release()}: the ABI may "
        f"{'differ' if may_differ else 'not differ'}."
    )
    return 0 if may_differ or all(each.compatible for each in comparisons.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
