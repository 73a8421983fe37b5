"""The site: its table of contents, its links, and their check. `./dev site` builds all of it."""

import base64
import re
import sys
from pathlib import Path

import playmirror as pm
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "docs" / "site")]

import gallery  # noqa: E402
import links  # noqa: E402
import made_pages  # noqa: E402
import notebook_pages  # noqa: E402
import pages  # noqa: E402
import python_names  # noqa: E402
import reference  # noqa: E402


def placed(path: str) -> str:
    return pages.place(path, reference.header_pages())


def test_the_table_of_contents_names_every_page() -> None:
    index = (ROOT / "docs" / "site" / "index.md").read_text()
    listed = [
        re.sub(r".*<(.*)>", r"\1", line)
        for block in re.findall(r"```\{toctree\}\n(.*?)```", index, re.DOTALL)
        for line in block.splitlines()
        if line and not line.startswith(":")
    ]
    assert len(listed) == len(set(listed))
    made = {"python/index", "cpp/index", "cli-options", "licence"}
    assert set(listed) == {Path(name).stem for name in pages.pages().values()} | made


def test_every_header_and_module_has_a_page() -> None:
    assert reference.without_topic() == set()


@pytest.mark.parametrize(
    ("page", "text", "wanted"),
    [
        ("README.md", "[a](docs/api.md#mirror)", "[a](api.md#mirror)"),
        ("README.md", "[a](LICENSE), `[b](c.md)`", "[a](licence.md), `[b](c.md)`"),
        ("docs/api.md", "[a](../README.md)", "[a](tour.md)"),
        ("docs/api.md", "[plots.md](plots.md#lorenz)", "[](plots.md#lorenz)"),
        ("docs/api.md", "[a](#mirror) [b](https://no-color.org)", None),
        ("docs/api.md", "```\n[a](../README.md)\n```", None),
        ("README.md", "[r](include/playmirror/records.hpp)", "[r](cpp/records.rst)"),
        ("docs/a.md", "[k](../examples/cpp/keeper.cpp)", "[k](source/examples-cpp.md#keepercpp)"),
        ("docs/a.md", "[e](../examples/arrow)", "[e](source/examples-arrow.md)"),
        (
            "docs/a.md",
            "[n](../examples/notebooks/1_first_sync.py)",
            "[n](notebooks/1_first_sync.md)",
        ),
        ("README.md", "![y](docs/year-in-review.png)", "![y](year-in-review.png)"),
    ],
)
def test_links_become_those_of_the_site(page: str, text: str, wanted: str | None) -> None:
    assert pages.with_links(text, page, placed) == (text if wanted is None else wanted)


def test_every_example_of_the_plots_gets_its_picture(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "plots.md").read_text()
    names = [name for name, _ in gallery.examples()]
    for name in names:
        (tmp_path / f"{name}.png").write_bytes(bytes(24))
    shown = made_pages.with_pictures(text, tmp_path)
    assert re.findall(r"```\{image\} gallery/(\w+)\.png", shown) == names
    (tmp_path / f"{names[0]}.png").unlink()
    with pytest.raises(FileNotFoundError, match="gallery"):
        made_pages.with_pictures(text, tmp_path)


def test_a_notebook_becomes_a_page(tmp_path: Path) -> None:
    png = bytes(16) + (700).to_bytes(4, "big") + bytes(4)
    outputs = [
        {"name": "stdout", "text": ["1\n", "2\n"]},
        {"data": {"text/html": "<b>3</b>", "text/plain": "3"}},
        {"data": {"image/png": base64.b64encode(png).decode(), "text/plain": "a picture"}},
        {"data": {"text/plain": "5"}},
    ]
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "text"]},
        {"cell_type": "code", "source": "draw()", "outputs": outputs},
    ]
    notebook_pages.write_notebook({"cells": cells}, tmp_path / "n.md")
    assert (tmp_path / "n.md").read_text() == (
        "# Title\ntext\n\n```python\ndraw()\n```\n\n```text\n1\n2\n```\n\n"
        '```{raw} html\n<div class="output"><b>3</b></div>\n```\n\n'
        "```{image} n-1-2.png\n:alt: a picture\n:width: 350px\n```\n\n```text\n5\n```\n"
    )
    assert (tmp_path / "n-1-2.png").read_bytes() == png


def test_keyword_arguments_are_shown_with_those_of_their_bases() -> None:
    (shown,) = [text for text in python_names.public_names("stats_filter") if "py:class" in text]
    named = re.findall(r"py:attribute:: (\w+)\n *:type: (.+)\n\n *(.*)\n", shown)
    assert {name for name, _, _ in named} == set(pm.StatsFilter.__annotations__)
    assert ("limit", "int", "rows of ranked lists; 0: all; default: 10") in named


def test_dead_links_and_what_needs_a_network_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        "<h1 id=top>A</h1><a href='#top'>1</a><a href='b.html#there'>2</a>"
        "<a href='https://example.org'>3</a><a href='c.html'>4</a><a href='b.html#gone'>5</a>"
        "<img src='https://example.org/picture.png'><img src='data:image/png;base64,'>"
    )
    (tmp_path / "b.html").write_text("<p id=there></p><a href='../outside.html'>6</a>")
    (tmp_path / "a.css").write_text(
        "@import '//example.org/style'; @font-face { src: url(https://example.org/font) }"
    )
    count, followed, wrong = links.check(tmp_path)
    assert (count, followed) == (2, 8)
    assert wrong == [
        "a.html: c.html: no such file",
        "a.html: b.html#gone: no such anchor",
        "a.html: https://example.org/picture.png: needs a network",
        "b.html: ../outside.html: no such file",
        "a.css: //example.org/style: needs a network",
        "a.css: https://example.org/font: needs a network",
    ]
