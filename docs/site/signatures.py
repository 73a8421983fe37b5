"""A Sphinx extension: signatures and members of the Python reference as a reader needs them."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Any

import playmirror
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.inspect import TypeAliasForwardRef
from sphinx.util.nodes import make_refnode

#: Calls by operators and built-in functions that are shown where they have a docstring.
_SPECIAL = ("__contains__", "__getitem__", "__iter__", "__len__")


def setup(app: Sphinx) -> dict[str, Any]:
    # Else `Instant | None` shows itself as TypeAliasForwardRef('Instant') | None.
    TypeAliasForwardRef.__repr__ = lambda self: self.name  # type: ignore[method-assign]
    app.connect("autodoc-process-signature", _shortened)
    app.connect("autodoc-skip-member", _skipped)
    app.connect("doctree-read", _resolve_types)
    app.connect("missing-reference", _known_elsewhere)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _shortened(
    app: Sphinx,
    what: str,
    name: str,
    value: Any,
    options: Any,
    signature: str | None,
    returned: str | None,
) -> tuple[str, str] | None:
    """Takes the parameters off classes whose objects only playmirror makes, and off records, whose
    fields are listed below; spells what pybind11 says as Python does."""
    made_by_us = (signature or "").startswith(("(core:", "(*args", "(value)"))
    if what == "class" and (made_by_us or dataclasses.is_dataclass(value)):
        return "", ""
    if name.startswith("playmirror.Timestamp."):
        return _plain(re.sub(r"self: [\w.]+(, )?", "", signature or "")), _plain(returned or "")
    return None


def _plain(text: str) -> str:
    text = re.sub(r"(typing\.)?SupportsInt \| (typing\.)?SupportsIndex", "int", text)
    return re.sub(r"playmirror(\._core)?\.Timestamp", "Timestamp", text)


def _skipped(
    app: Sphinx, what: str, name: str, value: Any, skip: bool, options: Any
) -> bool | None:
    """Leaves out what a class has from Python itself, and special calls that say nothing."""
    code = value.fget if isinstance(value, property) else value
    ours = (getattr(code, "__module__", None) or "").startswith("playmirror")
    if inspect.isroutine(code) or isinstance(value, property):
        if not ours and "playmirror" not in str(getattr(code, "__objclass__", code)):
            return True
        if name.startswith("__"):
            return not (value.__doc__ and (name in _SPECIAL or name.startswith("__arrow_c_")))
    return None


def _resolve_types(app: Sphinx, doctree: nodes.document) -> None:
    for reference in list(doctree.findall(addnodes.pending_xref)):
        if reference.get("refdomain") == "py" and reference["reftype"] == "class":
            _resolve_type(reference)


def _resolve_type(reference: addnodes.pending_xref) -> None:
    """A class in a class is named without the outer one where its attributes are; and a type such
    as `bytes` is none of our attributes of that name."""
    name = reference["reftarget"]
    owner = reference.get("py:class")
    signature: nodes.Element | None = reference
    while owner is None and signature is not None:
        owner = signature.get("fullname")  # of the class whose parameters it is in
        signature = signature.parent
    if name[0].isupper() and hasattr(getattr(playmirror, owner or "", None), name):
        reference["reftarget"] = f"{owner}.{name}"
    elif name.islower():
        reference.parent.replace(reference, reference.children)


def _known_elsewhere(
    app: Sphinx, env: Any, node: addnodes.pending_xref, content: nodes.Element
) -> nodes.Node | None:
    """Types of signatures that are named by their module or by a private name."""
    if node.get("refdomain") != "py":
        return None
    name = node["reftarget"].split(".")[-1]
    if name.startswith("FilterBut"):  # a part of StatsFilter, without what has its own parameter
        name, content = "StatsFilter", nodes.Text("StatsFilter")
    objects = env.domains.python_domain.objects
    for known in (f"playmirror.{name}", f"playmirror.server.{name}"):
        if known in objects:
            entry = objects[known]
            return make_refnode(
                app.builder, node["refdoc"], entry.docname, entry.node_id, content, known
            )
    return None
