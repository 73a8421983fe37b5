"""A Sphinx extension: what is particular to the comments and docstrings of playmirror.

Both name other things in plain words, such as Server.repair() or docs/tables.md. In the reference
these words become links.
"""

from __future__ import annotations

import re
from typing import Any

import playmirror
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

_NAMES = {name for name in playmirror.__all__ if name[0].isupper()}
_WORD = re.compile(
    r"docs/(?P<page>[\w-]+)\.md"
    r"|(?<![\w.:])(?:playmirror\.)?(?P<owner>[A-Z]\w+)(?P<member>\.[a-z]\w*)?(?P<call>\(\))?(?!\w)"
    r"|(?<![\w.:])(?P<own>[a-z]\w*)\(\)"
)
_NO_PROSE = (
    nodes.literal,
    nodes.literal_block,
    nodes.doctest_block,
    nodes.reference,
    addnodes.pending_xref,
    addnodes.desc_signature,
)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("autodoc-process-signature", _without_core)
    app.connect("doctree-read", _link_words)
    app.connect("missing-reference", _known_elsewhere)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _without_core(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: Any
) -> tuple[str, str] | None:
    """Takes the parameters off classes that only playmirror itself makes objects of."""
    if what == "class" and signature and signature.startswith("(core:"):
        return "", ""
    return None


def _link_words(app: Sphinx, doctree: nodes.document) -> None:
    page = app.env.docname
    if not page.startswith(("python/", "cpp/")):
        return
    for reference in doctree.findall(addnodes.pending_xref):
        _name_in_full(reference)
    for link in list(doctree.findall(addnodes.pending_xref)):
        if link["reftype"] == "ref" and _no_name(link):
            link.parent.replace(link, nodes.Text(link.astext()))
    for text in list(doctree.findall(nodes.Text)):
        owner = _described(text)
        if owner is not None:
            _replace(text, owner, page)


def _name_in_full(reference: addnodes.pending_xref) -> None:
    """A class in a class is named without the outer one where its attributes are."""
    owner = reference.get("py:class")
    signature: nodes.Element | None = reference
    while owner is None and signature is not None:
        owner = signature.get("fullname")  # of the class whose parameters it is in
        signature = signature.parent
    if hasattr(getattr(playmirror, owner or "", None), reference["reftarget"]):
        reference["reftarget"] = f"{owner}.{reference['reftarget']}"


def _no_name(link: addnodes.pending_xref) -> bool:
    """Whether what Doxygen took for a class may be the first word of a sentence, as in "Plays by
    hour"; or is the class that is described."""
    word = link.astext()
    before = link.parent.astext().partition(word)[0]
    first = not re.search(r"[\w,;:(] ?$", before)
    return bool(re.fullmatch("[A-Z][a-z]+", word)) and first


def _described(text: nodes.Text) -> addnodes.desc | None:
    """The entry of the reference whose description has this text in plain words."""
    node = text.parent
    while node is not None and not isinstance(node, addnodes.desc_content):
        if isinstance(node, _NO_PROSE):
            return None
        node = node.parent
    return None if node is None else node.parent


def _replace(text: nodes.Text, owner: addnodes.desc, page: str) -> None:
    words = str(text)
    parts: list[nodes.Node] = []
    end = 0
    for found in _WORD.finditer(words):
        target = _target(found, owner, words[: found.start()])
        if target is None:
            continue
        domain, kind, name = target
        link = addnodes.pending_xref(
            "",
            nodes.inline("", found[0]),
            refdomain=domain,
            reftype=kind,
            reftarget=name,
            refdoc=page,
            refexplicit=kind != "doc",
            refwarn=True,
        )
        parts += [nodes.Text(words[end : found.start()]), link]
        end = found.end()
    if parts:
        text.parent.replace(text, [*parts, nodes.Text(words[end:])])


def _target(found: re.Match[str], owner: addnodes.desc, before: str) -> tuple[str, str, str] | None:
    if found["page"]:
        return "std", "doc", f"/{found['page']}"
    if owner["domain"] != "py":
        return None
    if found["own"]:
        return _own_member(found["own"], owner)
    if found["owner"] not in _NAMES:
        return None
    if found["member"]:
        known = hasattr(getattr(playmirror, found["owner"]), found["member"][1:])
        return ("py", "obj", f"playmirror.{found['owner']}{found['member']}") if known else None
    if re.search(r"[a-z][A-Z]", found["owner"]) or re.search(r"[\w,;:] $", before):
        return "py", "obj", f"playmirror.{found['owner']}"
    return None  # the first word of a sentence may be no name at all


def _own_member(name: str, owner: addnodes.desc) -> tuple[str, str, str] | None:
    """A call named without its class, if the class at hand has it and is not describing it."""
    signature = owner.next_node(addnodes.desc_signature)
    path = signature.get("fullname", "").split(".") if signature is not None else []
    cls = getattr(playmirror, path[0], None) if path else None
    if cls is None or not hasattr(cls, name) or path[-1] == name:
        return None
    return "py", "obj", f"playmirror.{path[0]}.{name}"


def _known_elsewhere(
    app: Sphinx, env: Any, node: addnodes.pending_xref, content: nodes.Element
) -> nodes.Node | None:
    """Types of signatures that are named by their module or by a private name."""
    if node.get("refdomain") != "py":
        return None
    name = node["reftarget"].split(".")[-1]
    if name.startswith("FilterBut"):  # a part of StatsFilter, without what has its own parameter
        name, content = "StatsFilter", nodes.Text("StatsFilter")
    domain = env.domains.python_domain
    for known in (f"playmirror.{name}", f"playmirror.server.{name}"):
        if known in domain.objects:
            entry = domain.objects[known]
            return make_refnode(
                app.builder, node["refdoc"], entry.docname, entry.node_id, content, known
            )
    return None
