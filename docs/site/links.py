"""Checks the built site: every link and anchor leads somewhere, and no page needs a network."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Attributes by which a page loads something, rather than pointing to it.
_LOADING = {
    ("img", "src"),
    ("script", "src"),
    ("link", "href"),
    ("source", "srcset"),
    ("iframe", "src"),
    ("object", "data"),
    ("video", "src"),
    ("audio", "src"),
}

#: What a style sheet loads from another host.
_ELSEWHERE = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")]*)")


class _Page(HTMLParser):
    """The anchors of a page, and what it points to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[tuple[str, bool]] = []  #: target, whether it is loaded
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            elif (tag, name) in _LOADING:
                self.links.append((value, True))
            elif (tag, name) == ("a", "href"):
                self.links.append((value, False))


def check(site: Path) -> tuple[int, int, list[str]]:
    """The number of pages, that of links, and what is wrong with any."""
    pages = {file: _Page(file.read_text()) for file in sorted(site.rglob("*.html"))}
    count = 0
    wrong = []
    for file, page in pages.items():
        for target, loaded in page.links:
            count += 1
            if trouble := _trouble(target, loaded, file, site, pages):
                wrong.append(f"{file.relative_to(site)}: {target}: {trouble}")
    for style in sorted(site.rglob("*.css")):
        for target in _ELSEWHERE.findall(style.read_text()):
            wrong.append(f"{style.relative_to(site)}: {target}: needs a network")
    return len(pages), count, wrong


def _trouble(
    target: str, loaded: bool, file: Path, site: Path, pages: dict[Path, _Page]
) -> str | None:
    parts = urlsplit(target)
    if parts.scheme == "data":
        return None
    if parts.scheme or parts.netloc:
        return "needs a network" if loaded else None
    place = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if not place.is_relative_to(site) or not place.is_file():
        return "no such file"
    if parts.fragment and place in pages and unquote(parts.fragment) not in pages[place].anchors:
        return "no such anchor"
    return None
