"""What the demo stands on: a throwaway server with a made-up library, and words on a screen."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from playmirror.cli.terminal import paint, safe, table

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "server"))

from cluster import Cluster as Cluster
from databases import create_database, create_plain_role, make_template

DATABASE = "music"


@contextlib.contextmanager
def server_with_a_library() -> Iterator[tuple[Cluster, str]]:
    """A running server whose database `music` holds a library, and the DSN of a plain role in it.

    Gone without a trace at the end.
    """
    generator = os.environ.get("PLAYMIRROR_GENERATOR")
    if generator is None:
        sys.exit("the demo needs the program music-generator; ./dev demo builds it")
    with Cluster() as cluster:
        make_template(cluster)
        dsn = create_database(cluster, DATABASE)
        subprocess.run([generator, "--size", "medium", "--dsn", dsn], check=True)
        # It may SELECT from the tables, INSERT into those it writes, and nothing else.
        yield cluster, create_plain_role(cluster, DATABASE, "laptop")


def act(title: str) -> None:
    print(f"\n{paint('== ' + title + ' ' + '=' * (76 - len(title)), '1;36', sys.stdout)}\n")


def show(names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    print(table(names, rows, out=sys.stdout, indent="    ") + "\n")


def check(claim: str, holds: bool) -> None:
    """Prints the claim with its verdict; a false one ends the demo."""
    print(
        f"  {paint('yes', '32', sys.stdout) if holds else paint('NO', '31', sys.stdout)}  {claim}"
    )
    if not holds:
        sys.exit(f"demo: failed: {safe(claim)}")
