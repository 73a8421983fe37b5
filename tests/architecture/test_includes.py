"""Dependencies run one way: include <- core <- sync <- bindings <- python.

Proved from the #include and import lines. Each layer names what it may use; all else is an error.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

STANDARD = r"<[a-z0-9_]+>"
POSIX = (
    r"<((arpa|net|netinet|sys)/[a-z]+|fcntl|locale|netdb|poll|pthread|pwd|signal|unistd|wctype"
    r"|xlocale)\.h>"
)
PUBLIC = r"<playmirror/[a-z_]+\.hpp>"

SQLITE = r"<sqlite3\.h>"
LIBPQ = r"<libpq-fe\.h>"
DATE = r"<date/(ptz|tz)\.h>"
BOOST = r"<boost/(crc|filesystem)\.hpp>"
RAPIDJSON = r"<rapidjson/(document|error/en|reader)\.h>"
LIBZIP = r"<zip\.h>"
PYTHON = r"<(Python|datetime)\.h>|<pybind11/.+>"

ALLOWED = {
    "include": [STANDARD, PUBLIC],
    "core": [
        *(STANDARD, POSIX, PUBLIC, '"core/.+"', SQLITE, BOOST, DATE, "<cereal/.+>"),
        *(RAPIDJSON, LIBZIP),
    ],
    "sync": [STANDARD, POSIX, PUBLIC, '"(core|sync)/.+"', LIBPQ],
    "bindings": [STANDARD, POSIX, PUBLIC, r'"[a-z_]+\.hpp"', PYTHON],
}

# The Python face reaches data through the extension alone, never behind its back.
FORBIDDEN_IN_PYTHON = {"asyncpg", "ctypes", "psycopg", "psycopg2", "sqlalchemy", "sqlite3"}


def sources(folder: str, *suffixes: str) -> list[Path]:
    return sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in suffixes)


def includes(file: Path) -> list[str]:
    return re.findall(r'^\s*#\s*include\s*([<"][^>"]+[>"])', file.read_text(), re.MULTILINE)


@pytest.mark.parametrize("layer", ALLOWED)
def test_a_layer_includes_only_what_lies_below_it(layer: str) -> None:
    allowed = re.compile("|".join(f"(?:{pattern})" for pattern in ALLOWED[layer]))
    files = sources(layer, ".hpp", ".cpp", ".in")
    assert files, f"{layer}/ is empty"
    assert [
        f"{file.relative_to(ROOT)} includes {include}"
        for file in files
        for include in includes(file)
        if not allowed.fullmatch(include)
    ] == []


def imported_packages(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        yield node.module.split(".")[0]


def test_python_never_reaches_behind_the_extension() -> None:
    assert [
        f"{file.relative_to(ROOT)} imports {package}"
        for file in sources("python/playmirror", ".py", ".pyi")
        for node in ast.walk(ast.parse(file.read_text()))
        for package in imported_packages(node)
        if package in FORBIDDEN_IN_PYTHON
    ] == []


def test_importing_playmirror_needs_only_the_standard_library() -> None:
    """Pictures aside, which are drawn in a folder of their own that nothing imports at once."""
    at_hand = sys.stdlib_module_names | {"playmirror"}
    assert [
        f"{file.relative_to(ROOT)} imports {package} at once"
        for file in sources("python/playmirror", ".py")
        for node in ast.parse(file.read_text()).body
        for package in imported_packages(node)
        if package not in at_hand and not (package == "matplotlib" and file.parent.name == "plots")
    ] == []
