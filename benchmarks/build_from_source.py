"""P13: `pip wheel .` of the source, with nothing compiled before.

The time of whatever pip does, on all processors of the machine; without ccache.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from measure import Line, expect
from place import ROOT, Library


def run(library: Library, runs: int) -> list[Line]:
    seconds = []
    for _ in range(max(1, runs // 5)):  # each takes a minute and more
        with tempfile.TemporaryDirectory(prefix="playmirror-build-") as folder:
            begin = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps",
                 "--no-build-isolation", "-C", f"build-dir={folder}/build", "-w", folder, ROOT],
                env={**os.environ, "CCACHE_DISABLE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
                check=True,
            )  # fmt: skip
            seconds.append(time.perf_counter() - begin)
            expect(sum(name.endswith(".whl") for name in os.listdir(folder)), 1, "wheels")
    return [Line("P13", "build a wheel from source", "s", seconds, target="120 s",
                 notes={"processors": os.cpu_count() or 0})]  # fmt: skip
