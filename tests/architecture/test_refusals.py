"""Every refusal that blames the caller says what to do instead."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLAMING = "invalid_argument|unknown_reference|value_too_large|bad_connection_options|closed"


def refusals() -> Iterator[tuple[str, str]]:
    """Where one is raised, and the arguments."""
    for layer in ("core", "sync", "bindings"):
        for file in sorted((ROOT / layer).rglob("*.[ch]pp")):
            text = file.read_text(encoding="utf-8")
            for found in re.finditer(rf"\braise\(ErrorCode::({BLAMING})\b", text):
                line = text.count("\n", 0, found.start()) + 1
                yield f"{file.relative_to(ROOT)}:{line}", arguments(text, found.start())


def arguments(text: str, start: int) -> str:
    """From a name to the end of the parentheses behind it; those within strings come in pairs."""
    begin = text.index("(", start)
    depth = 0
    for end in range(begin, len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 0:
            return text[begin : end + 1]
    raise AssertionError(f"no end of {text[start : start + 40]}")


REFUSALS = list(refusals())


def test_the_refusals_were_found() -> None:
    assert len(REFUSALS) > 80


@pytest.mark.parametrize(("where", "given"), REFUSALS, ids=[where for where, _ in REFUSALS])
def test_it_has_a_remedy(where: str, given: str) -> None:
    assert ".hint" in given or re.search(r", \w*(details|hint)\w*\)$", given), where
