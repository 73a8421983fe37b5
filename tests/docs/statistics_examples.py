"""The examples in docs/statistics.md: runs them, and writes what comes out into the page.

    python tests/server/with_server.py -- python tests/docs/statistics_examples.py

Needs an installed playmirror and a built music-generator; `./dev docs` sees to both.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import json
import re
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import playmirror as pm

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "statistics.md"
sys.path[:0] = [str(ROOT / "tests" / "server"), str(ROOT / "tests" / "python")]

from databases import Attached, Server  # noqa: E402
from support.music_db import SMALL_TEMPLATE, MusicDb, make_templates  # noqa: E402


def rendered(text: str, names: dict[str, Any]) -> str:
    """The page with the output of every example as it is now."""

    def run(block: re.Match[str]) -> str:
        lines = []
        for example in doctest.DocTestParser().get_examples(block[1]):
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile(example.source, str(PAGE), "single"), names)
            first, *more = example.source.splitlines()
            lines += [f">>> {first}", *(f"... {line}" for line in more)]
            lines += output.getvalue().splitlines()
        return "```python\n" + "\n".join(lines) + "\n```"

    return re.sub(r"^```python\n(.*?)^```$", run, text, flags=re.MULTILINE | re.DOTALL)


def render(server: Server) -> str:
    """The page, made with the library `small` on a server."""
    make_templates(server)
    with (
        tempfile.TemporaryDirectory() as directory,
        MusicDb.create(server, template=SMALL_TEMPLATE) as db,
        pm.open(Path(directory) / "music.db") as mirror,
    ):
        mirror.sync(db.dsn)
        return rendered(
            PAGE.read_text(), {"json": json, "mirror": mirror, "pm": pm, "timedelta": timedelta}
        )


if __name__ == "__main__":
    import os

    PAGE.write_text(render(Attached(os.environ["PLAYMIRROR_TEST_DSN"])))
