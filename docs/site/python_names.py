"""The public names of a module of the package, as directives that show their docstrings."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

import playmirror

_PACKAGE = Path(__file__).resolve().parents[2] / "python" / "playmirror"


def public_names(module: str) -> list[str]:
    """One directive for each public name, and for each type that only signatures mention."""
    source = (_PACKAGE / f"{module}.py").read_text()
    tree = ast.parse(source)
    public = playmirror._NAMES.get(module, "").split()
    shown = []
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            shown.append(_alias(node, source.splitlines()))
        elif isinstance(node, ast.ClassDef) and node.name in public:
            shown.append(_class(node, tree, source.splitlines()))
            public.remove(node.name)
        elif isinstance(node, ast.ClassDef) and "Protocol" in map(ast.unparse, node.bases):
            shown.append(f".. autoclass:: playmirror.{module}.{node.name}")
    return [*map(_call, public), *shown]


def docstring(module: str) -> str:
    return ast.get_docstring(ast.parse((_PACKAGE / f"{module}.py").read_text())) or ""


def aliases() -> list[str]:
    """The names of types that only signatures mention."""
    return sorted(
        name
        for file in _PACKAGE.glob("*.py")
        for name in re.findall(r"^(\w+): TypeAlias = ", file.read_text(), re.MULTILINE)
    )


def _call(name: str) -> str:
    """A name of the module that is no class of it: a short form of a class's call, or from C++."""
    value = getattr(playmirror, name)
    if isinstance(value, type):
        return f".. autoclass:: {name}"
    return f".. py:function:: {name}(...)\n\n   The same as :py:meth:`{value.__qualname__}`."


def _class(node: ast.ClassDef, tree: ast.Module, lines: list[str]) -> str:
    """A class. One of keyword arguments with what it has from others, which Python forgets."""
    if not issubclass(getattr(playmirror, node.name), dict):
        return f".. autoclass:: {node.name}"
    about = textwrap.indent(ast.get_docstring(node) or "", "   ")
    text = f".. py:class:: {node.name}\n\n{about}\n"
    for field in _fields(node, tree):
        comment = lines[field.lineno - 1].partition("#: ")[2]
        text += f"\n   .. py:attribute:: {ast.unparse(field.target)}"
        text += f"\n      :type: {ast.unparse(field.annotation)}\n\n      {comment}\n"
    return text


def _fields(node: ast.ClassDef, tree: ast.Module) -> list[ast.AnnAssign]:
    """The fields of a class, and before them those of its bases in the same module, each once."""
    bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
    above = [each for each in tree.body if isinstance(each, ast.ClassDef) and each.name in bases]
    fields = [field for base in above for field in _fields(base, tree)]
    fields += [each for each in node.body if isinstance(each, ast.AnnAssign)]
    return list(dict.fromkeys(fields))


def _alias(node: ast.AnnAssign, lines: list[str]) -> str:
    """A type alias, with the comment above it."""
    first = node.lineno - 1
    while lines[first - 1].startswith("#:"):
        first -= 1
    text = "\n".join(f"   {line[3:]}" for line in lines[first : node.lineno - 1])
    assert node.value is not None
    return (
        f".. py:type:: {ast.unparse(node.target)}\n"
        f"   :canonical: {ast.unparse(node.value)}\n\n{text}"
    )
