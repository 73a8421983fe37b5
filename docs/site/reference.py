"""The pages of the reference, written anew for each site.

TOPICS says which headers and modules a page is about. What it names comes from there: every public
name of a header or a module, in the order of the source. So a new name is on its page without being
listed anywhere; a new header or module belongs into TOPICS, and tests/docs sees to that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import playmirror
from cpp_names import declared_names
from python_names import docstring, public_names

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "include" / "playmirror"

#: Headers without a page: an umbrella, a macro, Arrow's own structs, and what walks the records.
_WITHOUT_PAGE = re.compile(r"(playmirror|export|version|arrow_abi|.*_members)\.hpp")


@dataclass(frozen=True)
class Topic:
    name: str  #: of its pages, "cpp/NAME" and "python/NAME"
    title: str
    about: str
    headers: str = ""
    modules: str = ""


TOPICS = (
    Topic(
        "mirror",
        "The mirror",
        "One SQLite file, what is asked of it, and what is recorded in it; none of it touches the "
        "network. More: :doc:`threads </threading>`, :doc:`the file </cache-format>`, "
        ":doc:`errors </errors>`.",
        "mirror cursor exclusions pending status",
        "mirror plays tracks artists snapshots new_row playlists exclusions cursor pending status",
    ),
    Topic(
        "records",
        "Records and filters",
        "The rows of the six tables as typed records, and what narrows a listing of them. More: "
        ":doc:`how each value travels </type-mapping>`.",
        "records filters",
        "records record_list",
    ),
    Topic(
        "server",
        "The server",
        "The connection to PostgreSQL: pull, push, verify and repair, with their reports. More: "
        ":doc:`how a sync works </sync-protocol>`.",
        "server report progress log",
        "server report progress",
    ),
    Topic(
        "watcher",
        "The watcher",
        "A mirror that stays in step with its server by itself. More: "
        ":doc:`threads </threading>`, :doc:`watching </sync-protocol>`.",
        "watcher",
        "watcher",
    ),
    Topic(
        "statistics",
        "Statistics",
        "The questions, and which plays they count. What each number means exactly: "
        ":doc:`statistics </statistics>`.",
        "stats stats_filter",
        "stats stats_filter stats_enums",
    ),
    Topic(
        "answers",
        "Answers of statistics",
        "The records that statistics give, and snapshots keep. What each number means exactly: "
        ":doc:`statistics </statistics>`.",
        "stats_totals stats_top stats_rhythm stats_habits stats_music stats_story stats_review "
        "metrics",
        "stats_totals stats_top stats_rhythm stats_habits stats_music stats_story stats_review "
        "metrics",
    ),
    Topic(
        "time",
        "Time",
        "Instants, and spans of them by the calendar. More: "
        ":doc:`timestamps </type-mapping>`, :doc:`periods </statistics>`.",
        "timestamp period",
        "timestamp period",
    ),
    Topic(
        "tables",
        "Tables",
        "Answers as columns, for other programs. More: :doc:`tables </tables>`.",
        "table value arrow to_table lazy_records members column_builder",
        "table",
    ),
    Topic(
        "import",
        "Imports",
        "What an import of other services' histories takes, and what it tells. More: "
        ":doc:`importing </importing>`.",
        "import",
        "importing",
    ),
    Topic(
        "errors",
        "Errors",
        "What can go wrong, as classes and codes. What to do then: :doc:`errors </errors>`.",
        "error",
        "errors",
    ),
    Topic(
        "enums",
        "Enums",
        "Names that are strings, too. Those of statistics are on :doc:`their page <statistics>`.",
        "",
        "enums",
    ),
)


def header_pages() -> dict[str, str]:
    """The page of each public header, by its file name."""
    of_topics = {
        f"{name}.hpp": f"cpp/{topic.name}.rst" for topic in TOPICS for name in topic.headers.split()
    }
    return {file.name: of_topics.get(file.name, "cpp/index.md") for file in HEADERS.glob("*.hpp*")}


def write(directory: Path, doxygen: Path) -> None:
    """Writes `cpp` and `python` below a directory, from Doxygen's XML and from the package."""
    cpp, python = {}, {}
    for topic in TOPICS:
        if headers := topic.headers.split():
            cpp[topic] = [_header(name, doxygen) for name in headers]
        if modules := topic.modules.split():
            python[topic] = [_module(name, alone=len(modules) == 1) for name in modules]
    _write(directory / "cpp", cpp)
    _write(directory / "python", python)


def _write(directory: Path, pages: dict[Topic, list[str]]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for topic, parts in pages.items():
        text = "\n\n".join([_heading(topic.title, "="), topic.about, *parts])
        (directory / f"{topic.name}.rst").write_text(text + "\n")
    listed = "\n".join(topic.name for topic in pages)
    about = (Path(__file__).parent / f"{directory.name}.md").read_text()
    (directory / "index.md").write_text(f"{about}\n```{{toctree}}\n:maxdepth: 2\n\n{listed}\n```\n")


def _header(name: str, doxygen: Path) -> str:
    """A header: what its comment says about the whole, then what it declares."""
    file = f"{name}.hpp"
    directives = "\n\n".join(declared_names(file, doxygen))
    return "\n\n".join(
        [
            f".. _{label_of_header(name)}:",
            _heading(file, "-"),
            _about(HEADERS / file),
            directives,
        ]
    )


def _heading(text: str, underline: str) -> str:
    return f"{text}\n{underline * len(text)}"


def _about(header: Path) -> str:
    text = header.read_text()
    block = re.search(r"^/// \\file\n((?:///.*\n)+)", text) or re.search(
        r"^((?:///.*\n)+)namespace playmirror \{", text, re.MULTILINE
    )
    return re.sub(r"^/// ?", "", block[1], flags=re.MULTILINE).strip() if block else ""


def label_of_header(header: str) -> str:
    """The name by which Doxygen refers to a header."""
    return f"{header.replace('_', '__')}_8hpp"


def _module(name: str, *, alone: bool) -> str:
    """A module: what its docstring says about the whole, then its public names."""
    about = docstring(name)
    title = re.split(r"[:,](?=\s)|\.(?=\s|$)", about)[0]
    parts = [] if alone else [_heading(title, "-")]
    if about != f"{title}.":
        parts.append(about)
    return "\n\n".join([*parts, ".. currentmodule:: playmirror", *public_names(name)])


def without_topic() -> set[str]:
    """Public headers and modules that no page is about."""
    headers = {
        file.name for file in HEADERS.glob("*.hpp") if not _WITHOUT_PAGE.fullmatch(file.name)
    }
    named = {f"{name}.hpp" for topic in TOPICS for name in topic.headers.split()}
    modules = {module for topic in TOPICS for module in topic.modules.split()}
    return (headers - named) | (set(playmirror._NAMES) - {"_core"} - modules)
