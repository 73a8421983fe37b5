"""Where each page of the repository stands on the site, and what its links become there.

The Markdown pages are written for a code forge: they link to each other and to files of the source
by relative paths. On the site a page of ours is a page, a public header is its page of the C++
reference, a notebook is the notebook as it was run, and any other file is a page with its source.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Pages that have another name on the site.
_RENAMED = {
    "README.md": "tour.md",
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "docs/README.md": "pages.md",
}

_CODE_OR_LINK = re.compile(
    r"(?P<code>^```.*?^```$|`[^`\n]*`)|(?P<mark>!?)\[(?P<label>[^\]]*)\]\((?P<target>[^)\s]+)\)",
    re.MULTILINE | re.DOTALL,
)


def pages() -> dict[str, str]:
    """Every Markdown page for users: its path in the repository -> its path on the site."""
    found = dict(_RENAMED)
    for file in sorted((ROOT / "docs").glob("*.md")):
        path = f"docs/{file.name}"
        found.setdefault(path, file.name)
    return found


def forge_anchor(heading: str) -> str:
    """The name that a forge gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def source_page(directory: str) -> str:
    """The page with the source files of a directory of the repository."""
    return f"source/{directory.replace('/', '-')}.md"


def place(target: str, header_pages: dict[str, str]) -> str:
    """The page of the site, with an anchor if need be, for a file or a directory of the repository.

    `header_pages` has the page of each public header."""
    known = pages()
    if target in known:
        return known[target]
    if target == "LICENSE":
        return "licence.md"
    if target.startswith("include/playmirror/"):
        return header_pages[os.path.basename(target)]
    if target.startswith("examples/notebooks/"):
        return f"notebooks/{Path(target).stem}.md"
    if target.endswith(".png"):
        return os.path.basename(target)
    if (ROOT / target).is_dir():
        return source_page(target)
    return f"{source_page(os.path.dirname(target))}#{forge_anchor(os.path.basename(target))}"


def with_links(text: str, page: str, placed: Callable[[str], str]) -> str:
    """The text of the page `page` of the repository with its links as the site needs them.

    `placed` is place(). Links in code stay as they are, as do those to other hosts. One that shows
    the name of a file gets none here: the title of what it leads to takes its place."""

    def link(found: re.Match[str]) -> str:
        path, hash_, anchor = (found["target"] or "").partition("#")
        if found["code"] or not path or re.match(r"\w+:", path):
            return found[0]
        target = placed(os.path.normpath(os.path.join(os.path.dirname(page), path)))
        label = "" if found["label"] == path else found["label"]
        return f"{found['mark']}[{label}]({target}{hash_}{anchor})"

    return _CODE_OR_LINK.sub(link, text)
