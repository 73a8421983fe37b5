"""P12: `import playmirror` in a new process.

Floor: `import sqlite3` in another one. Neither counts the start of the interpreter. That nothing
heavy comes along is checked in tests/python/test_api_import.py.
"""

from __future__ import annotations

import subprocess
import sys

from measure import Line, expect, interleave, milliseconds
from place import Library

_SCRIPT = """
import sys, time
begin = time.perf_counter()
import {module}
print(time.perf_counter() - begin, "pandas" in sys.modules or "numpy" in sys.modules)
"""


def importing(module: str) -> float:
    """The seconds that it takes to import a module."""
    command = [sys.executable, "-c", _SCRIPT.format(module=module)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, heavy = done.stdout.split()
    expect(heavy, "False", f"pandas or numpy after importing {module}")
    return float(seconds)


def run(library: Library, runs: int) -> list[Line]:
    floor, ours = interleave(
        runs * 6, lambda: importing("sqlite3"), lambda: importing("playmirror")
    )
    return [
        Line("P12", "import playmirror, new process", "ms", milliseconds(ours),
             milliseconds(floor), "2 F"),
    ]  # fmt: skip
