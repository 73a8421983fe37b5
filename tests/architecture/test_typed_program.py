"""The program that mypy reads for the hints makes every call that there is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python/playmirror"
PROGRAM = ast.parse((ROOT / "tests/typing/every_call.py").read_text())
USED = {node.attr for node in ast.walk(PROGRAM) if isinstance(node, ast.Attribute)}

MODULES = (
    *("artists", "collection", "cursor", "exclusions", "mirror", "period", "playlists", "plays"),
    *("record_list", "server", "snapshots", "stats", "table", "tabular", "tracks", "watcher"),
)


def calls() -> Iterator[str]:
    for module in MODULES:
        for cls in ast.parse((PACKAGE / f"{module}.py").read_text()).body:
            if not isinstance(cls, ast.ClassDef) or cls.name.startswith("_"):
                continue
            for each in cls.body:
                if isinstance(each, ast.FunctionDef) and not each.name.startswith("_"):
                    yield f"{cls.name}.{each.name}"


@pytest.mark.parametrize("call", sorted({*calls()} - {"StopFlag.is_set"}))
def test_the_program_makes_every_call(call: str) -> None:
    assert call.partition(".")[2] in USED
