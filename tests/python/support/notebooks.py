"""The notebooks of examples/notebooks: run in a kernel, rendered, and looked at in a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from html import unescape
from pathlib import Path
from typing import Any

os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")  # else every import of Jupyter warns

import jupytext
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from psycopg.conninfo import conninfo_to_dict

ROOT = Path(__file__).resolve().parents[3]
NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.py"))
_NO_SCRIPT = "data:text/javascript,"  # a page that asks no other host for anything

#: Tells in the title what a page looks like, once everything on it is loaded.
_LOOK = """<script>
addEventListener("load", () => {
  const page = document.documentElement, images = [...document.images];
  document.title = JSON.stringify({
    overflow: page.scrollWidth - page.clientWidth,
    images: images.length,
    broken: images.filter((image) => image.naturalWidth === 0).length,
    tables: document.querySelectorAll(".jp-OutputArea-output table").length,
    errors: document.querySelectorAll("[data-mime-type$='error']").length,
  });
});
</script>"""


def write_service_file(dsn: str, file: Path) -> None:
    """Makes `dsn` the service `music` of libpq's."""
    options = conninfo_to_dict(dsn)
    file.write_text("[music]\n" + "".join(f"{key}={value}\n" for key, value in options.items()))


def run(file: Path, directory: Path) -> Any:
    """The notebook with its outputs, run in `directory`. Raises what a cell raises."""
    notebook = jupytext.read(file)
    place = {"metadata": {"path": str(directory)}}
    client = NotebookClient(notebook, timeout=120, resources=place, coalesce_streams=True)
    return client.execute()


def outputs(notebook: Any, kind: str) -> list[Any]:
    """What cells gave of a MIME type, or on a stream such as "stderr"."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if kind in output.get("data", {}):
                found.append(output["data"][kind])
            elif output.get("name") == kind:
                found.append(output["text"])
    return found


def html(notebook: Any, *, dark: bool = False) -> str:
    """The notebook as a page that needs no other file and no network."""
    exporter = HTMLExporter(
        template_name="lab",
        theme="dark" if dark else "light",
        mathjax_url=_NO_SCRIPT,
        require_js_url=_NO_SCRIPT,
        mermaid_js_url=_NO_SCRIPT,
    )
    body, _ = exporter.from_notebook_node(notebook)
    return str(body)


def browser() -> str | None:
    """A headless browser, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def look_at(page: str, file: Path, *, picture: bool = True) -> dict[str, int]:
    """What a browser makes of a page: see _LOOK. Writes the page to `file`, and if wished for a
    picture of it beside that."""
    file.write_text(page.replace("</head>", _LOOK + "</head>", 1))
    dom = _browse(file, "--dump-dom")
    if picture:
        _browse(file, f"--screenshot={file.with_suffix('.png')}")
    title = re.search(r"<title>(\{.*?\})</title>", dom)
    assert title is not None, dom[:1000]
    seen: dict[str, int] = json.loads(unescape(title[1]))
    return seen


def _browse(file: Path, *options: str) -> str:
    program = browser()
    assert program is not None
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        command = [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={profile}", "--window-size=1000,6000",
            "--virtual-time-budget=20000", *options, file.as_uri(),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout
