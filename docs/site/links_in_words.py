"""A Sphinx extension: what the pages and comments name becomes a link to it.

Comments and docstrings name other things in plain words, such as Server.repair(), docs/tables.md or
server.hpp; pages name them as code. Only what is there becomes a link.
"""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ElementTree
from functools import cache
from typing import Any, NamedTuple

import playmirror
from docutils import nodes
from reference import TOPICS, label_of_header
from sphinx import addnodes
from sphinx.application import Sphinx

_NO_PROSE = (
    nodes.literal,
    nodes.literal_block,
    nodes.doctest_block,
    nodes.reference,
    nodes.title,
    addnodes.pending_xref,
    addnodes.desc_signature,
)

#: What comments name in plain words.
_WORD = re.compile(
    r"\bdocs/(?P<page>[\w-]+)\.md|\b(?P<file>\w+)\.(?P<suffix>hpp|py)\b"
    r"|(?<![\w.:])(?:playmirror\.)?(?P<name>[A-Z]\w+(?:(?:\.|::)[a-z]\w*)?)(?:\(\))?(?!\w)"
    r"|(?<![\w.:])(?P<own>[a-z]\w*)\(\)"
)

#: What pages name as code.
_CODE = re.compile(r"(?:playmirror(?:\.|::)|pm\.)?([A-Z]\w+(?:(?:\.|::)[a-z]\w*)?)(?:\(.*\))?")


class Target(NamedTuple):
    domain: str
    kind: str
    name: str


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", _link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _link(app: Sphinx, doctree: nodes.document) -> None:
    page = app.env.docname
    language, _, topic = page.partition("/")
    if topic and language in ("python", "cpp"):
        for link in list(doctree.findall(addnodes.pending_xref)):
            if link["reftype"] == "ref" and _may_be_no_name(link):
                link.parent.replace(link, nodes.Text(link.astext()))
        for text in list(doctree.findall(nodes.Text)):
            if not _is_in(text, _NO_PROSE):
                _link_words(text, language, page)
    else:
        for code in list(doctree.findall(nodes.literal)):
            found = _CODE.fullmatch(code.astext())
            target = found and _target_of_name(found[1], "python")
            if target and not _is_in(code, (nodes.reference, nodes.title, addnodes.pending_xref)):
                code.parent.replace(code, _reference(target, code.deepcopy(), page))


def _is_in(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    above = node.parent
    while above is not None and not isinstance(above, kinds):
        above = above.parent
    return above is not None


def _may_be_no_name(link: addnodes.pending_xref) -> bool:
    """Whether what Doxygen took for a class may be the first word of a sentence, as in "Plays by
    hour"; or is the class that is described."""
    word = link.astext()
    before = link.parent.astext().partition(word)[0]
    return bool(re.fullmatch("[A-Z][a-z]+", word)) and _begins_sentence(before)


def _begins_sentence(before: str) -> bool:
    return not re.search(r"[\w,;:(]\s?$", before)


def _link_words(text: nodes.Text, language: str, page: str) -> None:
    words = str(text)
    parts: list[nodes.Node] = []
    end = 0
    for found in _WORD.finditer(words):
        if target := _target(found, text, language):
            parts.append(nodes.Text(words[end : found.start()]))
            parts.append(_reference(target, nodes.inline("", found[0]), page))
            end = found.end()
    if parts:
        text.parent.replace(text, [*parts, nodes.Text(words[end:])])


def _reference(target: Target, shown: nodes.Node, page: str) -> addnodes.pending_xref:
    return addnodes.pending_xref(
        "",
        shown,
        refdomain=target.domain,
        reftype=target.kind,
        reftarget=target.name,
        refdoc=page,
        refexplicit=target.kind != "doc",  # a page is named by its title
        refwarn=True,
    )


def _target(found: re.Match[str], text: nodes.Text, language: str) -> Target | None:
    if found["page"]:
        return Target("std", "doc", f"/{found['page']}")
    if found["file"]:
        return _target_of_file(found["file"], found["suffix"])
    if found["own"]:
        return _target_of_own(found["own"], text) if language == "python" else None
    word = found["name"]
    if re.fullmatch("[A-Z][a-z]+", word) and _begins_sentence(str(text)[: found.start()]):
        return None  # it may be no name at all
    return _target_of_name(word, language)


def _target_of_file(name: str, suffix: str) -> Target | None:
    for topic in TOPICS:
        if suffix == "hpp" and name in topic.headers.split():
            return Target("std", "ref", label_of_header(name))
        if suffix == "py" and name in topic.modules.split():
            return Target("std", "doc", f"/python/{topic.name}")
    return None


def _target_of_name(name: str, language: str) -> Target | None:
    """Of a class or of a member of one, in the language asked for or else in the other."""
    python = name.replace("::", ".")
    owner, _, member = python.partition(".")
    in_python = owner in playmirror.__all__ and (
        not member or hasattr(getattr(playmirror, owner), member)
    )
    in_cpp = name.replace(".", "::") in _cpp_names()
    if in_python and (language == "python" or not in_cpp) and "::" not in name:
        return Target("py", "obj", f"playmirror.{python}")
    if in_cpp:
        return Target("cpp", "any", f"playmirror::{name.replace('.', '::')}")
    return None


@cache
def _cpp_names() -> set[str]:
    index = ElementTree.parse(os.path.join(os.environ["PLAYMIRROR_DOXYGEN_XML"], "index.xml"))
    names = set()
    for compound in index.getroot().iter("compound"):
        owner = compound.findtext("name", "").removeprefix("playmirror").removeprefix("::")
        if compound.attrib["kind"] in ("class", "struct"):
            names |= {owner, *(f"{owner}::{each.findtext('name')}" for each in compound)}
    return names


def _target_of_own(name: str, text: nodes.Text) -> Target | None:
    """A call named without its class, if the class at hand has it and is not describing it."""
    entry: nodes.Node | None = text.parent
    while entry is not None and not isinstance(entry, addnodes.desc):
        entry = entry.parent
    signature = None if entry is None else entry.next_node(addnodes.desc_signature)
    path = signature.get("fullname", "").split(".") if signature is not None else []
    cls = getattr(playmirror, path[0], None) if path else None
    if cls is None or not hasattr(cls, name) or path[-1] == name:
        return None
    return Target("py", "obj", f"playmirror.{path[0]}.{name}")
