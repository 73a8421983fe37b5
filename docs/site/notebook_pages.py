"""Notebooks that were run, as pages: text, code, and what the cells gave."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from made_pages import width
from pages import ROOT


def write_notebooks(run: Path, place: Path) -> list[str]:
    """A page for each notebook of examples/, from the directory where they lie as they were run.
    Returns the pages."""
    place.mkdir(parents=True, exist_ok=True)
    names = sorted(file.stem for file in (ROOT / "examples" / "notebooks").glob("*.py"))
    for name in names:
        if not (run / f"{name}.ipynb").exists():
            raise FileNotFoundError(f"no {name}.ipynb in {run}: ./dev notebooks runs them")
        write_notebook(json.loads((run / f"{name}.ipynb").read_text()), place / f"{name}.md")
    return [f"notebooks/{name}" for name in names]


def write_notebook(notebook: dict[str, Any], page: Path) -> None:
    """The page of a notebook, and its pictures beside it."""
    parts = []
    for number, cell in enumerate(notebook["cells"]):
        source = _text(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        elif source:
            parts.append(f"```python\n{source}\n```")
        for count, output in enumerate(cell.get("outputs", ())):
            parts.append(_shown(output, page.parent / f"{page.stem}-{number}-{count}.png"))
    page.write_text("\n\n".join(filter(None, parts)) + "\n")


def _shown(output: dict[str, Any], picture: Path) -> str:
    """The richest form of an output that a page can show."""
    data = output.get("data", {})
    if "image/png" in data:
        png = base64.b64decode(_text(data["image/png"]))
        picture.write_bytes(png)
        options = f":alt: {_text(data['text/plain'])}\n:width: {width(png)}px"
        return f"```{{image}} {picture.name}\n{options}\n```"
    if "text/html" in data:
        return f'```{{raw}} html\n<div class="output">{_text(data["text/html"])}</div>\n```'
    text = _text(output.get("text", data.get("text/plain", "")))
    return f"```text\n{text.rstrip()}\n```" if text.strip() else ""


def _text(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "".join(lines)
