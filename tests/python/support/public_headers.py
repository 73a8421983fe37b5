"""The public C++ surface, read from the headers: enums, structs, classes and their members.

A reader for the plain style of include/playmirror/, not for C++.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

HEADERS = Path(__file__).resolve().parents[3] / "include" / "playmirror"

#: Templates that walk the surface: nothing that another language could have.
_ABOUT_THE_SURFACE = ("members.hpp", "to_table.hpp")

_TYPE = re.compile(
    r"\b(?P<kind>struct|class|enum class)\s+(?:PLAYMIRROR_EXPORT\s+)?(?P<name>\w+)"
    r"(?P<bases>[^;{}()]*)\{"
)
_FUNCTION = re.compile(r"(?P<name>~?\w+|operator[^\s(]+)\s*\((?P<parameters>[^()]*)\)")
_MEMBER = re.compile(r"(?P<name>\w+)\s*(?:=\s*(?P<default>.*)|\{(?P<braced>.*)\})?$", re.DOTALL)


@dataclass
class Function:
    name: str
    parameters: dict[str, str | None] = field(default_factory=dict)  #: name -> default


@dataclass
class Type:
    kind: str
    name: str  #: "Difference.Kind" for a nested one
    base: str = ""
    members: dict[str, str | None] = field(default_factory=dict)  #: of a struct: name -> default
    names: list[str] = field(default_factory=list)  #: of an enum
    functions: list[Function] = field(default_factory=list)  #: public ones, without operators


def read() -> dict[str, Type]:
    """Every public type by its name."""
    types: dict[str, Type] = {}
    for header in sorted(HEADERS.glob("*.hpp")):
        if header.name.endswith(_ABOUT_THE_SURFACE):
            continue
        _read_types(_without_comments(header.read_text()), "", types)
    return types


def _without_comments(text: str) -> str:
    text = re.sub(r"//[^\n]*", "", text)
    text = re.sub(r'extern "C" \{.*\}', "", text, flags=re.DOTALL)  # another project's structs
    return re.sub(r"^#[^\n]*", "", text, flags=re.MULTILINE)


def _read_types(text: str, outer: str, types: dict[str, Type]) -> str:
    """Adds the types in `text` and returns what is left of it without them."""
    rest = ""
    position = 0
    while found := _TYPE.search(text, position):
        end = _closing_brace(text, found.end())
        base = re.search(r"public\s+([\w:]+)", found["bases"])
        made = Type(found["kind"], outer + found["name"], base[1] if base else "")
        body = text[found.end() : end]
        if made.kind == "enum class":
            made.names = [name for name in re.split(r"[\s,]+", body) if name]
        else:
            _read_body(_read_types(body, made.name + ".", types), made)
        types[made.name] = made
        rest += text[position : found.start()]
        position = end + 1
    return rest + text[position:]


def _closing_brace(text: str, position: int) -> int:
    depth = 1
    while depth:
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        position += 1
    return position - 1


def _read_body(body: str, into: Type) -> None:
    simple_name = into.name.split(".")[-1]
    public = into.kind == "struct"
    for part in re.split(r"\b(public|private)\s*:", body):
        if part in ("public", "private"):
            public = part == "public"
        elif public:
            for statement in _statements(part):
                _read_statement(statement, simple_name, into)


def _statements(text: str) -> list[str]:
    """Declarations, cut at their semicolon or at the end of their body."""
    statements = [""]
    depth = 0
    for char in text:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth == 0 and (char == ";" or (char == "}" and ")" in statements[-1])):
            statements.append("")
        else:
            statements[-1] += char
    return [statement.strip() for statement in statements if statement.strip()]


def _read_statement(statement: str, simple_name: str, into: Type) -> None:
    statement = re.sub(r"\[\[\w+\]\]", "", statement)
    if re.match(r"\s*(friend|using|struct|template|explicit)\b", statement):
        return
    function = None if re.match(r"\s*std::function<", statement) else _FUNCTION.search(statement)
    if function:
        name = function["name"]
        if name.lstrip("~") == simple_name or name.startswith("operator"):
            return
        into.functions.append(Function(name, _parameters(function["parameters"])))
    else:
        found = _MEMBER.search(statement)
        assert found, statement
        default = found["default"] or found["braced"]
        into.members[found["name"]] = default.strip() if default else None


def _parameters(text: str) -> dict[str, str | None]:
    parameters: dict[str, str | None] = {}
    for parameter in re.split(r",(?![^<{]*[>}])", text):
        if parameter.strip():
            declaration, _, default = parameter.partition("=")
            parameters[re.findall(r"\w+", declaration)[-1]] = default.strip() or None
    return parameters
