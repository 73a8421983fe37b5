"""`import playmirror`: what it offers, and what it costs."""

import ast
import dataclasses
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from playmirror import _core, new_row


def test_every_public_name_is_there() -> None:
    for name in pm.__all__:
        assert getattr(pm, name) is not None
    assert set(pm.__all__) <= set(dir(pm))
    # And no modules, whose names are those of what they hold.
    assert all(name.startswith("__") for name in set(dir(pm)) - set(pm.__all__))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sing'"):
        pm.sing  # noqa: B018


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(files("playmirror").joinpath("__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == pm._HOME
    assert files("playmirror").joinpath("py.typed").is_file()


TypeCheck = Callable[[str], tuple[str, str, int]]


@pytest.fixture(scope="module")
def type_check(tmp_path_factory: pytest.TempPathFactory) -> TypeCheck:
    """Runs mypy, which remembers what it knows of the library from one run to the next."""
    api = pytest.importorskip("mypy.api")
    cache = str(tmp_path_factory.mktemp("mypy"))
    options = ["--config-file=", "--strict", "--cache-dir", cache]
    return lambda code: api.run([*options, "-c", code])


def test_type_checkers_find_no_other_names(type_check: TypeCheck) -> None:
    """A module's __getattr__ would have every name to them."""
    said, problem, status = type_check("import playmirror as pm\npm.open\npm.sing")
    assert 'Module has no attribute "sing"' in said
    assert (said.count("error:"), problem, status) == (1, "", 1)


def test_type_checkers_know_the_fields_of_new_rows(type_check: TypeCheck) -> None:
    right = """
from playmirror import Artist, Mirror, Track
def record(mirror: Mirror) -> None:
    mirror.artists.add(id="a", name=None, genres=["jazz"])
    mirror.artists.add(Artist("a"))
    mirror.tracks.add(id="t", tempo=120, raw_data={"explicit": True}, artist_ids=["a"])
    mirror.tracks.add(Track("t"), ["a"])
    mirror.tracks.add(Track("t"), artist_ids=["a"])
"""
    wrong = """
    mirror.artists.add(id="a", nmae="Miles Davis")
    mirror.artists.add(name="Miles Davis")
    mirror.artists.add(Artist("a"), name="Miles Davis")
    mirror.tracks.add(id="t", tempo="fast")
    mirror.tracks.add(id="t", artists=["a"])
"""
    said, problem, status = type_check(right)
    assert (problem, status) == ("", 0), said
    said, problem, status = type_check(right + wrong)
    lines = {line.split(":")[1] for line in said.splitlines() if ": error:" in line}
    assert (lines, problem, status) == ({"10", "11", "12", "13", "14"}, "", 1), said


@pytest.mark.parametrize(
    ("fields", "record"),
    [(new_row.ArtistFields, pm.Artist), (new_row.TrackFields, pm.Track)],
    ids=["artist", "track"],
)
def test_the_fields_of_new_rows_are_those_of_the_record(fields: Any, record: Any) -> None:
    assert list(fields.__annotations__) == [each.name for each in dataclasses.fields(record)]
    assert fields.__required_keys__ == {"id"}


def test_importing_loads_nothing_heavy() -> None:
    script = "import sys, playmirror as pm; pm.Mirror, pm.Server; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    heavy = {"pandas", "numpy", "pyarrow", "IPython", "tqdm", "matplotlib", "logging"}
    assert not heavy & set(done.stdout.split())


def test_importing_alone_loads_nothing_else() -> None:
    script = (
        "import importlib, sys; before = set(sys.modules)\n"
        "import playmirror; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["playmirror"]


def test_staying_offline_never_loads_the_server_side(mirror_path: Path) -> None:
    script = (
        "import sys, playmirror as pm\n"
        "with pm.open(sys.argv[1]) as mirror: mirror.plays.recent()\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, mirror_path], check=True, capture_output=True, text=True
    )
    assert "playmirror.server" not in done.stdout.split()


def test_the_stub_of_the_extension_has_its_classes_and_methods() -> None:
    tree = ast.parse(files("playmirror").joinpath("_core.pyi").read_text())
    stub = {
        node.name: {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
    methods = stub.pop("Cursor")
    cursors = ("Artist", "Play", "PlaylistConfig", "Snapshot", "Track")
    stub |= {f"{record}Cursor": methods for record in cursors}
    bound = {
        name: {item for item in vars(cls) if not item.startswith("_") or item in stub.get(name, ())}
        for name, cls in vars(_core).items()
        if isinstance(cls, type)
    }
    assert bound == {name: {*items} for name, items in stub.items()}


def parameters_told(docstring: str) -> list[str]:
    """The names of the parameters in the signature that pybind11 writes; unnamed ones as argN."""
    signature = docstring.split("\n")[0]
    inner = re.sub(r"\[[^\[\]]*(\[[^\[\]]*\][^\[\]]*)*\]", "", signature.split("(", 1)[1])
    inner = inner.rsplit(")", 1)[0].rsplit(") ->", 1)[0]
    return [part.split(":")[0].strip() for part in inner.split(",") if part.strip()]


def test_the_stub_names_the_parameters_of_the_extension() -> None:
    tree = ast.parse(files("playmirror").joinpath("_core.pyi").read_text())
    compared = 0
    for node in tree.body:
        cls = getattr(_core, node.name, None) if isinstance(node, ast.ClassDef) else None
        for method in node.body if cls is not None else ():  # type: ignore[attr-defined]
            if not isinstance(method, ast.FunctionDef) or method.name.startswith("__"):
                continue
            stated = [each.arg for each in method.args.args]
            told = parameters_told(getattr(cls, method.name).__doc__)
            if "*args" in told:
                continue  # a statistic: its own parameters are taken in order
            told = [name for name in told if name != "**kwargs"]
            assert [
                given if name.startswith("arg") else name
                for name, given in zip(told, stated, strict=True)
            ] == stated, (node.name, method.name)
            compared += 1
    assert compared > 40
