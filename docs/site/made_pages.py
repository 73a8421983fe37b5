"""Pages that are made of something else than Markdown: pictures, options, sources."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from pages import ROOT, source_page

_LANGUAGES = {".cpp": "cpp", ".hpp": "cpp", ".py": "python", ".txt": "cmake"}


def with_pictures(text: str, pictures: Path) -> str:
    """The text of docs/plots.md with the picture of each section behind its example."""

    def section(found: re.Match[str]) -> str:
        picture = pictures / f"{found['name']}.png"
        if not picture.exists():
            raise FileNotFoundError(f"no picture {picture}: ./dev gallery draws it")
        options = f":alt: {found['name']}\n:width: {width(picture.read_bytes())}px"
        shown = f"```{{image}} gallery/{picture.name}\n{options}\n```\n"
        return f"{found[0]}\n{shown}"

    return re.sub(
        r"^### (?P<name>\w+)\n(?:(?!^#).*\n)*?```python\n(?:.*\n)*?```\n",
        section,
        text,
        flags=re.MULTILINE,
    )


def width(png: bytes) -> int:
    """Of a picture for screens of any density, in a page's pixels."""
    return int.from_bytes(png[16:20], "big") // 2


def cli_options() -> str:
    """What `playmirror VERB --help` says, of every verb."""
    from playmirror.cli.parser import VERBS

    parts = [
        "# Options of the command line",
        "What `playmirror VERB --help` prints. [The command line](cli.md) tells more about the "
        "verbs, about settings, and what they print.",
    ]
    for verb in VERBS:
        parts.append(f"## playmirror {verb.name}\n\n```text\n{_help(verb.name)}```")
    return "\n\n".join(parts) + "\n"


def _help(verb: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "playmirror", verb, "--help"],
        env={**os.environ, "COLUMNS": "88", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def write_sources(directories: Iterable[str], place: Path) -> list[str]:
    """A page for each directory of examples, with a section for each file. Returns the pages."""
    written = []
    for directory in directories:
        parts = [f"# {directory}"]
        for file in sorted((ROOT / directory).iterdir()):
            language = _LANGUAGES.get(file.suffix)
            if language and file.is_file():
                parts.append(f"## {file.name}\n\n```{language}\n{file.read_text()}```")
        page = place / source_page(directory)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("\n\n".join(parts) + "\n")
        written.append(source_page(directory))
    return written


def licence() -> str:
    return f"# Licence\n\n```text\n{(ROOT / 'LICENSE').read_text()}```\n"


def copy_pictures(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.html"), dirs_exist_ok=True)
