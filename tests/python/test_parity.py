"""C++ and Python have one surface: the same names, parameters and defaults, read from both sides.

What differs on purpose stands in the tables below, each with its reason.
"""

import dataclasses
import enum
import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import playmirror as pm
import pytest
from support.public_headers import Type, read

CPP = read()

# Structs that Python spells as keyword arguments of these calls.
KEYWORDS: dict[str, list[Callable[..., Any]]] = {
    "PlayFilter": [pm.Plays.list, pm.Plays.count, pm.Plays.table],
    "TrackFilter": [pm.Tracks.list, pm.Tracks.count, pm.Tracks.table],
    "ArtistFilter": [pm.Artists.list, pm.Artists.count, pm.Artists.table],
    "SnapshotFilter": [pm.Snapshots.list, pm.Snapshots.count, pm.Snapshots.table],
    "NewPlay": [pm.Plays.add],
    "NewSnapshot": [pm.Snapshots.add],
    "MirrorOptions": [pm.Mirror.open],
    "SqlOptions": [pm.Mirror.sql],
    "CopyOptions": [pm.Mirror.copy_to],
    "SampleOptions": [pm.Mirror.make_sample],
    "ImportOptions": [pm.Mirror.import_plays],
    "ServerOptions": [pm.Server.connect],
    "PullOptions": [pm.Server.pull],
    "PushOptions": [pm.Server.push],
    "SyncOptions": [pm.Server.sync],
    "VerifyOptions": [pm.Server.verify],
    "WatchOptions": [pm.Watcher.start, pm.Mirror.watch],
    "RepairOptions": [pm.Server.repair],
}
# A struct that Python has as a TypedDict of keyword arguments, spread into every statistic.
TYPED_DICTS = {"StatsFilter"}
# Members of such a struct that Python takes by position as well.
BY_POSITION = {"Stats.recent_plays": ["limit"], "Stats.top_tracks": ["limit"]}

# Parameters of such a type are spread into keywords.
SPREAD = {"filter", "options", "play", "snapshot", "exclusions", "control"}

# What plain Python does: its own types, str(), len(), iteration, with, attributes of the exception.
PLAIN_PYTHON = {
    "Blob": "bytes",
    "ErrorDetails": "attributes of Error",
    "CallControl": "keywords `progress` and `stop`; Ctrl-C needs no on_tick",
    "WatchControl": "keywords `on_event` and `progress`",
    "LazyRecords": "Records",
    "LogLevel": "levels of `logging`",
    "LogRecord": "records of the logger `playmirror`",
    "Cursor.next": "iteration",
    "Column.codes": "values",
    "Column.days": "values",
    "Column.dictionary": "values",
    "Column.integers": "values",
    "Column.is_null": "column[row] is None",
    "Column.micros": "values",
    "Column.reals": "values",
    "Column.size": "len()",
    "Column.text": "column[row]",
    "Column.value": "column[row]",
    "ColumnBuilder": "tables are made by the library",
    "Stats.lazy_comebacks": "comebacks()",
    "Table.row_count": "len()",
    "Error.what": "str()",
    "Timestamp.to_sys_time": "to_datetime()",
}

# Comforts that only Python has. Special methods are not listed.
PYTHON_ONLY = {
    "open": "Mirror.open",
    "connect": "Server.connect",
    "__version__": "kVersion",
    "Cursor.close": "C++ destroys it",
    "Mirror.sync": "connect, Server.sync, close",
    "Mirror.pull": "connect, Server.pull, close",
    "Mirror.push": "connect, Server.push, close",
    "Mirror.watch": "Watcher.start",
    "Mirror.export": "files for other programs, by pyarrow",
    "ExportReport": "of Mirror.export",
    "ExportedTable": "of Mirror.export",
    "Progress.label": "phase and table in words",
    "Column.values": "value() in C++",
    "Records": "std::vector and to_table()",
    "Table.rows": "tuples",
    "Table.shape": "row_count() and columns().size()",
    "UnknownColumn": "InvalidArgument, of Table.column(); a KeyError, as of any mapping",
    **{
        f"Table.to_{form}": "for other Python libraries"
        for form in ("arrow", "csv", "dicts", "pandas", "parquet", "polars")
    },
    "Timestamp.to_datetime": "to_sys_time()",
    **{f"{name}.get": "as of a dict" for name in ("Artists", "Playlists", "Plays", "Snapshots")},
    "Tracks.get": "as of a dict",
    **{
        f"{name}.plot": "pictures, by matplotlib"
        for name in (
            *("AudioProfile", "Comparison", "Completion", "DataQuality", "Discovery"),
            *("Eras", "Genres", "Moods", "YearInReview"),
        )
    },
}


def python_type(name: str) -> type:
    found: Any = pm
    for part in name.split("."):
        found = getattr(found, part)
    assert isinstance(found, type)
    return found


def types(*kinds: str) -> list[Type]:
    return [
        each
        for each in CPP.values()
        if each.kind in kinds and each.name not in {*KEYWORDS, *PLAIN_PYTHON, *TYPED_DICTS}
    ]


def public(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


def names(cpp: list[Type]) -> list[str]:
    return [each.name for each in cpp]


ENUMS = types("enum class")
STRUCTS = types("struct")
ERRORS = [each for each in types("class") if each.base in ("Error", "std::exception")]
CLASSES = [each for each in types("class") if each not in ERRORS]


def test_the_headers_were_understood() -> None:
    assert {"Mirror", "Server", "Track", "Difference.Kind", "PlayFilter"} <= set(CPP)
    assert len(CPP["Track"].members) == 27


@pytest.mark.parametrize("cpp", ENUMS, ids=names(ENUMS))
def test_enums_have_the_same_names_in_the_same_order(cpp: Type) -> None:
    python = python_type(cpp.name)
    assert issubclass(python, enum.Enum)
    assert [member.value for member in python] == cpp.names
    assert [member.name for member in python] == [name.upper() for name in cpp.names]


@pytest.mark.parametrize("cpp", STRUCTS, ids=names(STRUCTS))
def test_structs_have_the_same_members_in_the_same_order(cpp: Type) -> None:
    python = python_type(cpp.name)
    assert [field.name for field in dataclasses.fields(python)] == list(cpp.members)
    assert python.__dataclass_params__.frozen  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", KEYWORDS)
def test_options_are_keywords_of_the_same_names_and_defaults(name: str) -> None:
    for call in KEYWORDS[name]:
        parameters = inspect.signature(call).parameters
        keywords = [each for each in parameters.values() if each.kind is each.KEYWORD_ONLY]
        expected = list(CPP[name].members)
        callbacks = ("on_event", "progress", "stop")
        assert [each.name for each in keywords if each.name not in callbacks] == expected
        for keyword in keywords:
            if keyword.name in expected and keyword.default is not keyword.empty:
                default = CPP[name].members[keyword.name]
                assert default_of(keyword) == cpp_value(default), keyword


def default_of(keyword: inspect.Parameter) -> object:
    """The default of a keyword as C++ would count it: lengths of time in milliseconds."""
    lengths = ("timeout", "interval", "backoff")
    if isinstance(keyword.default, timedelta) or any(each in keyword.name for each in lengths):
        return int(keyword.default * 1000)
    return str(keyword.default) if isinstance(keyword.default, enum.Enum) else keyword.default


def cpp_value(text: str | None) -> object:
    """The value of a default in a header."""
    if text is None or text in ("{}", "std::nullopt"):
        return None
    if "::" in text:
        return text.split("::")[1]
    known = {"true": True, "false": False}
    return known[text] if text in known else eval(text.replace("'", "_"), {})


@pytest.mark.parametrize("cpp", ERRORS, ids=names(ERRORS))
def test_errors_have_the_same_hierarchy(cpp: Type) -> None:
    python = python_type(cpp.name)
    base = Exception if cpp.base == "std::exception" else python_type(cpp.base)
    assert python.__bases__ == (base,)


def test_errors_carry_the_same_facts() -> None:
    expected = {each.name for each in CPP["Error"].functions} - {"what"}
    error = pm.Error("x")
    assert expected == {name for name in vars(error) if not name.startswith("_")} | {"details"}
    assert list(error.details()) == ["code", *CPP["ErrorDetails"].members]


@pytest.mark.parametrize("cpp", [*CLASSES, *STRUCTS], ids=names([*CLASSES, *STRUCTS]))
def test_classes_have_the_same_methods(cpp: Type) -> None:
    expected = {each.name for each in cpp.functions} | set(cpp.members)
    expected |= {name.split(".")[1] for name in CPP if name.startswith(cpp.name + ".")}
    expected -= {name.split(".")[1] for name in PLAIN_PYTHON if name.startswith(cpp.name + ".")}
    found = public(python_type(cpp.name)) | set(cpp.members)
    found -= {name.split(".")[1] for name in PYTHON_ONLY if name.startswith(cpp.name + ".")}
    found -= {f"{member}_json" for member in cpp.members}  # the parsed view of JSON text
    assert found == expected


# Timestamp is bound directly, so Python sees no signatures; a test of its own follows.
METHODS = [
    (cls, each)
    for cls in CLASSES
    for each in cls.functions
    if cls.name not in ("Cursor", "Timestamp") and f"{cls.name}.{each.name}" not in PLAIN_PYTHON
]


@pytest.mark.parametrize(
    ("cls", "function"), METHODS, ids=[f"{cls.name}.{each.name}" for cls, each in METHODS]
)
def test_methods_have_the_same_parameters(cls: Type, function: Any) -> None:
    python = inspect.getattr_static(python_type(cls.name), function.name)
    if isinstance(python, property):  # a noun without parameters reads as an attribute
        assert not function.parameters
        return
    python = getattr(python_type(cls.name), function.name)
    parameters = [
        each
        for each in inspect.signature(python).parameters.values()
        if each.name != "self" and each.kind is each.POSITIONAL_OR_KEYWORD
    ]
    expected = {name: value for name, value in function.parameters.items() if name not in SPREAD}
    given = BY_POSITION.get(f"{cls.name}.{function.name}", [])
    expected = {**{name: CPP["StatsFilter"].members[name] for name in given}, **expected}
    assert [each.name for each in parameters] == list(expected)
    for each in parameters:
        if isinstance(each.default, int):
            assert each.default == cpp_value(expected[each.name])


@pytest.mark.parametrize(
    "function",
    [each for each in CPP["Timestamp"].functions if each.parameters],
    ids=lambda function: function.name,
)
def test_timestamps_are_made_with_the_same_parameters(function: Any) -> None:
    text = "2000-01-01 00:00:00" + ("Z" if function.name == "parse" else "")
    arguments = {"micros": 0, "text": text}
    made = getattr(pm.Timestamp, function.name)(
        **{name: arguments[name] for name in function.parameters}
    )
    assert isinstance(made, pm.Timestamp)


def test_every_python_name_is_one_of_cpp() -> None:
    assert set(pm.__all__) - {name for name in CPP if "." not in name} == {
        name for name in PYTHON_ONLY if "." not in name
    }


def test_every_cpp_name_is_one_of_python() -> None:
    missing = {name for name in CPP if "." not in name} - set(pm.__all__)
    as_keywords = set(KEYWORDS) - set(pm.__all__)
    assert missing == as_keywords | {name for name in PLAIN_PYTHON if "." not in name}


@pytest.mark.parametrize("name", TYPED_DICTS)
def test_keywords_of_every_statistic_have_the_same_names(name: str) -> None:
    assert set(getattr(pm, name).__annotations__) == set(CPP[name].members)


@pytest.mark.parametrize("name", ["PullOptions", "PushOptions", "ServerOptions"])
def test_options_inside_sync_have_the_same_names(name: str) -> None:
    assert set(getattr(pm, name).__annotations__) == set(CPP[name].members)
