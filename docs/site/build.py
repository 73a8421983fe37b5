"""Builds the site: the pages of docs/, the reference, pictures and notebooks, as plain HTML.

    python docs/site/build.py

Needs an installed playmirror, Doxygen and Sphinx, and what `./dev gallery` and `./dev notebooks`
make; `./dev site` sees to all of it. The result is build/site; what it is made from is laid out in
build/site-source.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import cpp_names
import links
import made_pages
import notebook_pages
import pages
import reference

ROOT = pages.ROOT
HERE = Path(__file__).resolve().parent
BUILD = ROOT / "build"
SOURCE = BUILD / "site-source"
SITE = BUILD / "site"
DOXYGEN = BUILD / "site-doxygen"
EXAMPLES = ("examples/cpp", "examples/arrow")


def lay_out() -> None:
    """Everything that Sphinx reads, below SOURCE."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    SOURCE.mkdir(parents=True)
    placed = partial(pages.place, header_pages=reference.header_pages())
    below = {
        "notebooks.md": "\n".join(
            notebook_pages.write_notebooks(BUILD / "notebooks", SOURCE / "notebooks")
        ),
        "embedding.md": "\n".join(made_pages.write_sources(EXAMPLES, SOURCE)),
    }
    for page, name in pages.pages().items():
        text = pages.with_links((ROOT / page).read_text(), page, placed)
        if name == "tour.md":
            text = text.replace("# playmirror\n", "# A tour of playmirror\n", 1)
        if name == "plots.md":
            text = made_pages.with_pictures(text, BUILD / "gallery")
        if name in below:
            text += f"\n```{{toctree}}\n:hidden:\n\n{below[name]}\n```\n"
        (SOURCE / name).write_text(text)
    for picture in (ROOT / "docs").glob("*.png"):
        shutil.copy(picture, SOURCE)
    shutil.copy(HERE / "index.md", SOURCE)
    made_pages.copy_pictures(BUILD / "gallery", SOURCE / "gallery")
    (SOURCE / "licence.md").write_text(made_pages.licence())
    (SOURCE / "cli-options.md").write_text(made_pages.cli_options())
    reference.write(SOURCE, DOXYGEN / "xml")


def read_headers() -> None:
    """Doxygen's XML of the public headers, below DOXYGEN."""
    shutil.rmtree(DOXYGEN, ignore_errors=True)
    DOXYGEN.mkdir(parents=True)
    settings = (HERE / "Doxyfile").read_text() + (
        f'INPUT = "{reference.HEADERS}"\nOUTPUT_DIRECTORY = "{DOXYGEN}"\n'
        f'STRIP_FROM_PATH = "{reference.HEADERS.parent}"\n'
    )
    subprocess.run(["doxygen", "-"], input=settings, text=True, check=True)
    if silent := cpp_names.without_comment(DOXYGEN / "xml"):
        raise SystemExit(f"site: the headers say nothing of {', '.join(silent)}")


def build() -> None:
    """SITE, from SOURCE; a warning is an error."""
    shutil.rmtree(SITE, ignore_errors=True)
    os.environ["PLAYMIRROR_DOXYGEN_XML"] = str(DOXYGEN / "xml")
    command = [
        sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-c", str(HERE),
        "-d", str(BUILD / "site-doctrees"), str(SOURCE), str(SITE),
    ]  # fmt: skip
    if subprocess.run(command).returncode:
        raise SystemExit("site: Sphinx is not content, see above")


def main() -> int:
    read_headers()
    lay_out()
    build()
    count, followed, wrong = links.check(SITE)
    if wrong:
        print(*wrong, sep="\n", file=sys.stderr)
        print(f"site: {len(wrong)} dead links in {count} pages", file=sys.stderr)
        return 1
    page = (SITE / "index.html").relative_to(ROOT)
    print(f"site: ok, {count} pages, {followed} links checked, {page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
