"""What a public header declares, as directives that show what Doxygen has read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from functools import cache
from pathlib import Path

_DIRECTIVES = {
    "enum": "doxygenenum",
    "function": "doxygenfunction",
    "typedef": "doxygentypedef",
    "variable": "doxygenvariable",
    "class": "doxygenclass",
    "struct": "doxygenstruct",
    "concept": "doxygenconcept",
}
_Add = Callable[[str, str, ElementTree.Element], None]


def declared_names(header: str, doxygen: Path) -> list[str]:
    """One directive for each name, in the order of the header."""
    return [text for _, text in sorted(_by_header(doxygen).get(header, ()))]


def without_comment(doxygen: Path) -> list[str]:
    """The types and calls of which the headers say nothing."""
    found = []
    for file in sorted(doxygen.glob("*playmirror*.xml")):
        compound = ElementTree.parse(file).getroot()[0]
        owner = compound.findtext("compoundname", "")
        if "<" in owner:
            continue  # a specialisation
        if compound.attrib["kind"] in ("class", "struct", "concept") and not _comment(compound):
            found.append(owner)
        for member in compound.iter("memberdef"):
            name = member.findtext("name", "")
            spelled_out = "->" in member.findtext("argsstring", "")  # a deduction guide
            special = re.match(r"~|operator\b", name) or name == owner.split("::")[-1]
            if member.attrib["kind"] not in ("function", "enum") or spelled_out or special:
                continue
            if member.attrib["prot"] == "public" and not _comment(member):
                found.append(f"{owner}::{name}")
    return found


def _comment(element: ElementTree.Element) -> str:
    texts = (element.find(kind) for kind in ("briefdescription", "detaileddescription"))
    return "".join("".join(text.itertext()) for text in texts if text is not None).strip()


@cache
def _by_header(doxygen: Path) -> dict[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = {}

    def add(kind: str, name: str, element: ElementTree.Element) -> None:
        place = element.find("location")
        assert place is not None
        lines = found.setdefault(Path(place.attrib["file"]).name, [])
        text = f".. {_DIRECTIVES[kind]}:: {name}"
        if kind in ("class", "struct"):
            text += "\n   :members:\n   :undoc-members:"
        lines.append((int(place.attrib["line"]), text))

    for entry in ElementTree.parse(doxygen / "index.xml").getroot().iter("compound"):
        kind = entry.attrib["kind"]
        if kind not in ("class", "struct", "concept", "namespace"):
            continue
        compound = ElementTree.parse(doxygen / f"{entry.attrib['refid']}.xml").getroot()[0]
        name = compound.findtext("compoundname", "")
        if kind == "namespace":
            for member in compound.iter("memberdef"):
                _add_member(add, name, member)
        elif re.fullmatch(r"\w+::\w+", name):  # no specialisation, and in no other class
            add(kind, name, compound)
    return found


def _add_member(add: _Add, namespace: str, member: ElementTree.Element) -> None:
    name = f"{namespace}::{member.findtext('name')}"
    kind = member.attrib["kind"]
    if "->" in member.findtext("argsstring", ""):
        return  # a deduction guide, which only spells out what its struct says
    if kind == "function":  # which may have namesakes
        types = ", ".join("".join(part.itertext()) for part in member.findall("param/type"))
        name += f"({types})"
    add(kind, name, member)
