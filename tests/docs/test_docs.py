"""The pages say what the code does: links, the mirror file, errors, calls, defaults."""

import ast
import inspect
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "server"), str(ROOT / "tests" / "python" / "support")]

import public_headers  # noqa: E402
from snippets import PAGES, blocks  # noqa: E402

PLAYED_AT = "2026-01-31T06:00:00.25Z"


def page(name: str) -> str:
    return (ROOT / name).read_text()


def rows(text: str) -> list[list[str]]:
    """The cells of every table row, their code marks taken off."""
    lines = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    return [[cell.strip().strip("`") for cell in line.split("|")] for line in lines]


# Links ---------------------------------------------------------------------------------------


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """The names that a forge gives to the headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_leads_somewhere(file: Path) -> None:
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(file.read_text())):
        path, _, anchor = link.partition("#")
        if re.match(r"\w+:", path):
            continue
        target = (file.parent / path).resolve() if path else file
        if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
            dead.append(link)
    assert dead == []


def test_the_index_lists_every_page() -> None:
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", page("docs/README.md")))
    assert {file.name for file in (ROOT / "docs").glob("*.md")} - {"README.md"} == listed


# The mirror file -----------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A closed mirror that holds one recorded play, its track and their artist."""
    with pm.open(tmp_path / "music.db") as mirror:
        mirror.artists.add(id="a", name="Ärtist")
        mirror.tracks.add(id="t", name="Track", artist_ids=["a"])
        mirror.plays.add(track_id="t", played_at=PLAYED_AT, skipped=False)
        mirror.snapshots.add(date=PLAYED_AT, period_label="")
    return tmp_path / "music.db"


@pytest.fixture
def database(file: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    yield connection
    connection.close()


def test_every_bookkeeping_column_is_described(database: sqlite3.Connection) -> None:
    described = set()
    for section in page("docs/cache-format.md").split("\n### ")[1:]:
        table = section.split("\n")[0]
        # The first table of a section has the columns; those behind it, what one column can hold.
        columns = section.split("| column | meaning |")[1].split("\n\n")[0]
        described |= {(table, row[0]) for row in rows(columns) if set(row[0]) != {"-"}}
    assert described == set(
        database.execute(
            "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c "
            "WHERE t.type = 'table' AND t.name LIKE 'playmirror%'"
        )
    )


def test_every_fact_and_state_is_described() -> None:
    text = page("docs/cache-format.md")
    facts = {row[0] for row in rows(text.split("| key | value |")[1].split("\n\n")[0])} - {"---"}
    assert facts == set(re.findall(r'k\w+ =\s*"(\w+)"', page("core/mirror/meta.hpp")))
    states = [row[0] for row in rows(text.split("| state | rows |")[1].split("\n\n")[0])][1:]
    (check,) = re.findall(r"state IN \(('empty'[^)]*)\)", page("core/schema/bookkeeping.cpp"))
    assert states == re.findall(r"\w+", check)


def test_the_numbers_of_the_file_are_right(database: sqlite3.Connection) -> None:
    described = {cells[0]: cells[1].split("`")[0] for cells in rows(page("docs/cache-format.md"))}
    for pragma in ("application_id", "user_version", "journal_mode"):
        (value,) = database.execute(f"PRAGMA {pragma}").fetchone()
        told = described[f"PRAGMA {pragma}"]
        assert value == (int(told, 0) if told[0].isdigit() else told)
    (play,) = database.execute("SELECT id FROM play_history").fetchone()
    assert play == -(2**40) - 1


def crc64(data: bytes) -> int:
    """CRC-64/XZ, as a signed integer."""
    value = 2**64 - 1
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xC96C5795D7870F42 if value & 1 else 0)
    value ^= 2**64 - 1
    return value - 2**64 if value >> 63 else value


def test_identities_and_checksums_are_as_described(database: sqlite3.Connection) -> None:
    entries = database.execute(
        "SELECT table_name, identity, row_id, recorded_at, image, checksum FROM playmirror_outbox"
    ).fetchall()
    time = "2026-01-31 06:00:00.25"
    assert {entry[0]: entry[1] for entry in entries} == {
        "artists": "a",
        "tracks": "t",
        "play_history": f"{time}\x1ft",
        "analysis_snapshots": f"{time}\x1f=",
    }
    for *parts, checksum in entries:
        texts = [part if isinstance(part, bytes) else str(part).encode() for part in parts]
        assert crc64(b"".join(b"%d:%s" % (len(text), text) for text in texts)) == checksum
        assert texts[4][:1] == b"\x01"


def test_the_queries_for_the_servers_rows_leave_out_ours(database: sqlite3.Connection) -> None:
    (queries,) = blocks("docs/cache-format.md", "sql")
    for query in queries.split(";\n"):
        if query.strip():
            assert database.execute(query).fetchall() == []


@pytest.mark.parametrize("way", ["VACUUM INTO", "backup"])
def test_a_copy_is_a_full_mirror(database: sqlite3.Connection, tmp_path: Path, way: str) -> None:
    copy = tmp_path / "copy.db"
    if way == "backup":
        with sqlite3.connect(copy) as target:
            database.backup(target)
        target.close()
    else:
        database.execute("VACUUM INTO ?", [str(copy)])
    with pm.open(copy) as mirror:
        assert mirror.verify().ok
        mirror.plays.add(track_id="t", played_at="2026-02-01T00:00:00Z")
        assert mirror.plays.count() == 2
    assert copy.stat().st_mode & 0o777 == 0o600
    opened = sqlite3.connect(f"file:{copy}?mode=ro", uri=True)
    assert opened.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    opened.close()


# Errors --------------------------------------------------------------------------------------


def classes_of_codes() -> dict[str, str]:
    """What raise() does with each code, read from its source."""
    known = {}
    codes: list[str] = []
    body = page("core/error.cpp").split("void raise(")[1]
    for code, thrown in re.findall(r"case ErrorCode::(\w+):|throw (\w+)\(", body):
        if code:
            codes.append(code)
        else:
            known |= dict.fromkeys(codes, thrown)
            codes = []
    return known


def test_every_error_code_is_described_with_its_class() -> None:
    text = page("docs/errors.md").split("## Codes")[1].split("## ")[0]
    described = {row[0]: row[1] for row in rows(text) if len(row) == 5}
    del described["code"], described["---"]
    assert described == classes_of_codes()
    assert list(described) == [code.value for code in pm.ErrorCode]


def test_every_class_of_errors_and_every_outcome_is_described() -> None:
    text = page("docs/errors.md")
    for cls in pm.Error.__subclasses__():
        assert f"| `{cls.__name__}` | " in text
    for outcome in pm.Outcome:
        assert f"| `{outcome}` | " in text


# Calls and options ---------------------------------------------------------------------------

CALLS: dict[str, Callable[..., Any]] = {
    "MirrorOptions": pm.Mirror.open,
    "SqlOptions": pm.Mirror.sql,
    "CopyOptions": pm.Mirror.copy_to,
    "SampleOptions": pm.Mirror.make_sample,
    "ImportOptions": pm.Mirror.import_plays,
    "ServerOptions": pm.Server.connect,
    "PullOptions": pm.Server.pull,
    "PushOptions": pm.Server.push,
    "VerifyOptions": pm.Server.verify,
    "RepairOptions": pm.Server.repair,
    "WatchOptions": pm.Watcher.start,
}


def test_every_public_call_is_listed() -> None:
    listed = set(re.findall(r"`([A-Z]\w+)\.(\w+)\(", page("docs/api.md")))
    public = {
        (name, function.name)
        for name, known in public_headers.read().items()
        for function in known.functions
    }
    assert public - listed == set()
    unknown = {call for call in listed - public if not hasattr(getattr(pm, call[0], None), call[1])}
    assert unknown == set()


def test_every_option_is_listed_with_its_default() -> None:
    listed = {
        row[0]: ast.literal_eval(row[1])
        for row in rows(page("docs/api.md"))
        if re.match(r"\w+Options\.", row[0])
    }
    assert listed == {
        f"{name}.{member}": inspect.signature(CALLS[name]).parameters[member].default
        for name, known in public_headers.read().items()
        if name in CALLS
        for member in known.members
    }


# Dependencies --------------------------------------------------------------------------------


def test_every_dependency_is_listed() -> None:
    sections = re.split(r"^\[", page("pyproject.toml"), flags=re.MULTILINE)
    wanted = ("build-system]", "project.optional-dependencies]", "dependency-groups]")
    lists = "".join(section for section in sections if section.startswith(wanted))
    names = set(re.findall(r'"([\w-]+)', lists)) - {"build", "server", "scikit_build_core"}
    names |= set(re.findall(r"find_package\((\w+)", page("cmake/Dependencies.cmake")))
    names -= {"GTest", "Python", "SQLite3", "Threads"}  # spelled otherwise, or always there
    listed = page("docs/dependencies.md").lower()
    assert {name for name in names if name.lower() not in listed} == set()


# The server ----------------------------------------------------------------------------------


@pytest.mark.pg
def trips(call: Callable[[], pm.SyncReport | pm.VerifyReport | pm.RepairReport]) -> int:
    """Of a call that need not wait for the end of the transaction before it."""
    time.sleep(0.1)
    return call().wire.round_trips


def test_the_round_trips_are_as_described(execute: Callable[[str], str], tmp_path: Path) -> None:
    text = page("docs/sync-protocol.md").split("### Round trips")[1].split("\n## ")[0]
    described = [int(found[1]) for cells in rows(text) if (found := re.match(r" *(\d)", cells[1]))]
    with pm.open(tmp_path / "music.db") as mirror, pm.connect("service=music") as server:
        server.pull(mirror)
        # The server's own housekeeping may come between two pulls.
        nothing_new = min(trips(lambda: server.pull(mirror)) for _ in range(5))
        execute("UPDATE tracks SET name = 'Other'")
        changed = trips(lambda: server.pull(mirror))
        execute("DELETE FROM play_history WHERE played_at < '2026-01-01'")
        deleted = trips(lambda: server.pull(mirror))
        compared = trips(lambda: server.verify(mirror, depth="quick"))
        repaired = trips(lambda: server.repair(mirror))
        mirror.plays.add(track_id="t", played_at=PLAYED_AT)
        pushed = trips(lambda: server.push(mirror))
        mirror.plays.add(track_id="t", played_at="2026-03-01T00:00:00Z")
        synced = trips(lambda: server.sync(mirror))
        for day in range(4, 7):
            mirror.plays.add(track_id="t", played_at=f"2026-03-0{day}T00:00:00Z")
        assert trips(lambda: server.push(mirror, batch_rows=1)) == 3 + 1
    assert [nothing_new, changed, deleted, compared, repaired, pushed, synced] == described
