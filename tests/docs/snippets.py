"""The blocks of code in the pages: which there are, and what runs them.

Every block names its language. One that nothing runs says why, in a comment in front of it:

    <!-- not run: it would install something -->
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("C*.md")), *sorted((ROOT / "docs").glob("*.md"))]

_BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<excuse>.*?) -->\n)?^```(?P<language>.*)\n(?P<code>(?s:.*?))^```$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    page: str  #: "docs/api.md"
    line: int
    language: str
    code: str
    excuse: str | None  #: why nothing runs it


def all_blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order."""
    text = page.read_text()
    return [
        Block(
            str(page.relative_to(ROOT)),
            text.count("\n", 0, found.start("language")) + 1,
            found["language"],
            found["code"],
            found["excuse"],
        )
        for found in _BLOCK.finditer(text)
    ]


def blocks(name: str, language: str) -> list[str]:
    """The code of a page that is to be run, in one language."""
    return [
        block.code
        for block in all_blocks(ROOT / name)
        if block.language == language and block.excuse is None
    ]


def shell_lines() -> list[tuple[str, str]]:
    """The commands of all pages that are to be run, each with its page. A line that ends with a
    backslash goes on."""
    return [
        (block.page, line)
        for page in PAGES
        for block in all_blocks(page)
        if block.language == "sh" and block.excuse is None
        for line in block.code.replace("\\\n", " ").splitlines()
    ]
