"""Writes the results into docs/benchmarks.md, with all that is needed to judge them."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import playmirror
from measure import Line, spread
from place import PLAYS, ROOT, Cluster

PAGE = ROOT / "docs/benchmarks.md"
BEGIN = "<!-- results: written by benchmarks/run.py -->\n"
END = "<!-- end of results -->\n"


class Conditions:
    """The machine, the versions and the server's settings, as they are when a run begins."""

    def __init__(self, cluster: Cluster, runs: int, note: str):
        self._facts = {
            "date": f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC",
            "runs": f"{runs} of the first copy, 2 to 10 times as many of the others",
            "machine": f"{os.cpu_count()} processors ({_field('/proc/cpuinfo', 'model name')}), "
            f"{int(_field('/proc/meminfo', 'MemTotal').split()[0]) >> 20} GB of memory; the server "
            "runs on the same ones",
            "versions": f"playmirror {playmirror.__version__} at {_commit()}, PostgreSQL "
            f"{cluster.psql('SHOW server_version', 'postgres')}, Python "
            f"{platform.python_version()}, {platform.system()} {platform.release()}",
            "server settings": ", ".join(
                f"`{name}={value}`" for name, value in sorted(cluster.settings.items())
            ),
        }
        self._load = os.getloadavg()[0]
        self._note = note

    def __str__(self) -> str:
        load = f"{self._load:.1f} when the run began, {os.getloadavg()[0]:.1f} when it ended"
        facts = self._facts | {"load average": load} | ({"note": self._note} if self._note else {})
        return "".join(f"- {name}: {value}\n" for name, value in facts.items())


def write(results: dict[str, list[Line]], conditions: Conditions) -> None:
    """Replaces what stands between the two marks."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    tables = "".join(_table(size, lines) for size, lines in results.items())
    PAGE.write_text(f"{before}{BEGIN}\n{conditions}\n{tables}{END}{after}")


def _table(size: str, lines: list[Line]) -> str:
    text = f"### {PLAYS[size]:,} plays\n\n"
    text += "| line | what | floor F | ours | ours / F | target |\n"
    text += "| --- | --- | --- | --- | --- | --- |\n"
    for line in lines:
        floor = spread(line.floor, line.unit) if line.floor else "-"
        ratio = spread(line.ratios, "") if line.floor else "-"
        ours = spread(line.ours, line.unit)
        text += f"| {line.key} | {line.what} | {floor} | {ours} | {ratio} | {line.target} |\n"
    notes = [
        f"- {line.key}, {line.what}: "
        + "; ".join(f"{name} {_shown(value)}" for name, value in line.notes.items())
        for line in lines
        if line.notes
    ]
    return text + "\n" + "\n".join(notes) + "\n\n"


def _shown(value: float | int | str) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _field(file: str, name: str) -> str:
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def _commit() -> str:
    command = ["git", "-C", ROOT, "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() or "an unknown commit"
