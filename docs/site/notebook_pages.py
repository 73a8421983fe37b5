"""Notebooks that were run, as pages: text, code, and what the cells gave."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from made_pages import width


def write_notebooks(notebooks: Path, place: Path) -> list[str]:
    """A page for each notebook in a directory. Returns them."""
    place.mkdir(parents=True, exist_ok=True)
    files = sorted(notebooks.glob("*.ipynb"))
    if not files:
        raise FileNotFoundError(f"no notebooks in {notebooks}: ./dev notebooks runs them")
    for file in files:
        parts = []
        for number, cell in enumerate(json.loads(file.read_text())["cells"]):
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                parts.append(source)
            elif source:
                parts.append(f"```python\n{source}\n```")
            for count, output in enumerate(cell.get("outputs", ())):
                parts.append(_shown(output, place, f"{file.stem}-{number}-{count}.png"))
        (place / f"{file.stem}.md").write_text("\n\n".join(filter(None, parts)) + "\n")
    return [f"notebooks/{file.stem}" for file in files]


def _shown(output: dict[str, Any], place: Path, picture: str) -> str:
    """The richest form of an output that a page can show."""
    data = output.get("data", {})
    if "image/png" in data:
        png = base64.b64decode(_text(data["image/png"]))
        (place / picture).write_bytes(png)
        options = f":alt: {_text(data['text/plain'])}\n:width: {width(png)}px"
        return f"```{{image}} {picture}\n{options}\n```"
    if "text/html" in data:
        return f'```{{raw}} html\n<div class="output">{_text(data["text/html"])}</div>\n```'
    text = _text(output.get("text", data.get("text/plain", "")))
    return f"```text\n{text.rstrip()}\n```" if text.strip() else ""


def _text(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "".join(lines)
