#!/usr/bin/env python3
"""Runs the benchmarks and writes what they found to build/benchmarks/.

    python benchmarks/run.py [NAME...] [--size SIZE...] [--also SIZE...] [--runs N] [--write-docs]
        [--note TEXT]

Without names all of them run, and at size large, the default, docs/benchmarks.md then gets the
results too. Needs the Python packages `playmirror`, `pyarrow` and `duckdb` to be importable, and
PLAYMIRROR_BUILD_DIR (default build/bench) to hold the programs `floor`, `columns` and
`music-generator`; `./dev bench` sees to both.
"""

from __future__ import annotations

import argparse
import importlib
import json
from dataclasses import asdict

import document
from place import PLAYS, RESULTS, Place

#: In this order: those that leave the library as they found it come first.
NAMES = [
    "build_from_source", "import_time", "first_copy", "column_bytes", "open_and_ask", "top_tracks",
    "every_statistic", "rivals", "plays_arrow", "import_plays", "sync_unchanged", "pull_new_plays",
    "push_plays", "round_trips",
]  # fmt: skip

#: Those whose costs could grow with the library and should not, or not faster than a rival's.
GROWING = [
    "column_bytes", "open_and_ask", "top_tracks", "every_statistic", "plays_arrow",
    "sync_unchanged", "pull_new_plays", "push_plays",
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--size", action="append", choices=PLAYS, help="may be given repeatedly")
    parser.add_argument(
        "--also", action="append", choices=PLAYS, default=[],
        help="a size at which only what could grow with the library runs, half as often",
    )  # fmt: skip
    parser.add_argument("--runs", type=int, default=5, help="of the slow ones; quick ones do more")
    parser.add_argument(
        "--write-docs", action=argparse.BooleanOptionalAction,
        help="write the results to docs/benchmarks.md; by default when all run at size large",
    )  # fmt: skip
    parser.add_argument("--note", default="", help="what else the reader of that page must know")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in NAMES:
            parser.error(f"there is no benchmark {name}; there are {', '.join(NAMES)}")
    sizes = arguments.size or ["large"]
    write_docs = arguments.write_docs
    if write_docs is None:
        write_docs = not arguments.names and sizes == ["large"]
    results = {}
    with Place() as place:
        conditions = document.Conditions(place.cluster, arguments.runs, arguments.note)
        plan = [(size, arguments.names or NAMES, arguments.runs) for size in sizes]
        plan += [(size, GROWING, (arguments.runs + 1) // 2) for size in arguments.also]
        for size, names, runs in plan:
            results[size] = []
            for name in names:
                print(f"-- {name}, {size}", flush=True)
                lines = importlib.import_module(name).run(place.library(size), runs)
                for line in lines:
                    print(line, flush=True)
                write(name, size, [asdict(line) for line in lines])
                results[size] += lines
            if write_docs:
                document.write(results, conditions)


def write(name: str, size: str, lines: list[dict]) -> None:
    """One file per benchmark, with the newest lines of each size."""
    path = RESULTS / f"{name}.json"
    sizes = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(sizes | {size: lines}, indent=1) + "\n")


if __name__ == "__main__":
    main()
