"""The gallery: every picture of docs/plots.md, made by running its example.

    python tests/server/with_server.py -- python tests/docs/gallery.py [DIRECTORY]

Writes a PNG for each, on a transparent ground, and index.html, which shows them on light and on
dark; and the picture of the README. Needs an installed playmirror with matplotlib and a built
music-generator; `./dev gallery` sees to all of it.
"""

from __future__ import annotations

import ast
import html
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import playmirror as pm

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "plots.md"
README_PICTURE = ROOT / "docs" / "year-in-review.png"
PLAYS = 20_000  # enough for every picture to show what it is for
sys.path[:0] = [str(ROOT / "tests" / "server"), str(ROOT / "tests" / "python")]

from databases import Attached  # noqa: E402
from support.music_db import MusicDb, make_templates  # noqa: E402


def examples(text: str | None = None) -> Iterator[tuple[str, str]]:
    """The name and the code of every picture."""
    page = PAGE.read_text() if text is None else text
    for section in page.split("\n### ")[1:]:
        if code := re.search(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
            yield section.split("\n")[0], code[1]


def picture(code: str, mirror: pm.Mirror) -> Any:
    """What the last line of an example gives."""
    tree = ast.parse(code)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    names: dict[str, Any] = {"mirror": mirror, "pm": pm}
    exec(compile(tree, str(PAGE), "exec"), names)
    return eval(compile(ast.Expression(last.value), str(PAGE), "eval"), names)


def write(mirror: pm.Mirror, directory: Path) -> None:
    """Writes every picture of the mirror and the page that shows them."""
    directory.mkdir(parents=True, exist_ok=True)
    shown = ""
    for name, code in examples():
        png, size = picture(code, mirror)._repr_png_()
        (directory / f"{name}.png").write_bytes(png)
        image = f"<img src='{name}.png' width='{size['width']}' alt='{name}'>"
        shown += f"<section><h2>{name}</h2><pre>{html.escape(code)}</pre>"
        shown += f"<div class=light>{image}</div><div class=dark>{image}</div></section>\n"
    (directory / "index.html").write_text(
        "<!doctype html><meta charset=utf-8><title>playmirror: pictures</title><style>"
        "body { font-family: sans-serif; margin: 2em }"
        "section > div { display: inline-block; padding: 1em }"
        ".light { background: #fff } .dark { background: #111 }"
        f"</style><h1>Pictures</h1>\n{shown}"
    )


def main(directory: Path) -> None:
    """Makes the gallery on the server of PLAYMIRROR_TEST_DSN."""
    server = Attached(os.environ["PLAYMIRROR_TEST_DSN"])
    make_templates(server)
    with tempfile.TemporaryDirectory() as made, MusicDb.create(server) as db:
        db.fill(plays=PLAYS)
        with pm.open(Path(made) / "music.db") as mirror:
            mirror.sync(db.dsn)
            write(mirror, directory)
            year = mirror.stats.year_in_review(2026, tz="Europe/Berlin", limit=8)
            year.plot().savefig(README_PICTURE, dpi=90)
    print(directory / "index.html")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "gallery")
