"""The notebooks of examples/, run on a made-up library and rendered as pages.

    python tests/server/with_server.py -- python tests/docs/notebooks.py [DIRECTORY]

Writes NAME.ipynb and NAME.html for each, and with a browser at hand NAME.png, what that shows.
`./dev notebooks` sees to what it needs.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLAYS = 20_000
sys.path[:0] = [str(ROOT / "tests" / "server"), str(ROOT / "tests" / "python")]
warnings.simplefilter("ignore")  # Jupyter's

import nbformat  # noqa: E402
from databases import Attached  # noqa: E402
from support import notebooks  # noqa: E402
from support.music_db import MusicDb, make_templates  # noqa: E402


def main(directory: Path) -> None:
    """Runs them in order, so that the first makes the mirror of all."""
    directory.mkdir(parents=True, exist_ok=True)
    server = Attached(os.environ["PLAYMIRROR_TEST_DSN"])
    make_templates(server)
    with tempfile.TemporaryDirectory() as made, MusicDb.create(server) as db:
        db.fill(plays=PLAYS)
        service = Path(made) / "pg_service.conf"
        notebooks.write_service_file(db.dsn, service)
        os.environ["PGSERVICEFILE"] = str(service)
        for file in notebooks.NOTEBOOKS:
            page = directory / f"{file.stem}.html"
            notebook = notebooks.run(file, Path(made))
            nbformat.write(notebook, directory / f"{file.stem}.ipynb")
            text = notebooks.html(notebook)
            if notebooks.browser() is not None:
                print(page, notebooks.look_at(text, page))
            page.write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "notebooks")
