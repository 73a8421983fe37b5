"""The code in the pages runs, and a new block that nothing runs is noticed.

The command lines are run by tests/python/test_cli_help.py, the pictures by test_plots.py beside it,
the statistics by test_statistics_examples.py.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from snippets import PAGES, ROOT, Block, all_blocks, blocks, shell_lines
from support.listening_exports import spotify_zip

#: What is no code: drawings, listings, and what a program has printed.
DATA = {"text", "json", "ini"}

#: The languages of a page whose blocks a test runs, all of them.
RUN = {
    "README.md": {"python", "cpp", "sql"},
    "docs/cache-format.md": {"sql"},
    "docs/errors.md": {"python"},
    "docs/export.md": {"python", "sql"},
    "docs/importing.md": {"python"},
    "docs/logging.md": {"python"},
    "docs/plots.md": {"python"},
    "docs/statistics.md": {"python", "cpp"},
    "docs/tables.md": {"python", "cpp"},
}

#: Commands that a test runs, or whose verb it looks up, wherever they stand; and a setting.
_RUN_COMMAND = re.compile(r"\bplaymirror |^sqlite3 |^\./dev |^umask ")


def is_run(block: Block) -> bool:
    if block.language == "sh":
        return all(_RUN_COMMAND.search(line) for line in block.code.splitlines())
    return block.language in DATA | RUN.get(block.page, set())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_is_run_or_says_why_not(page: Path) -> None:
    text = page.read_text()
    found = all_blocks(page)
    assert len(found) * 2 == len(re.findall(r"^ *```", text, re.MULTILINE)), "an odd fence"
    assert [f"line {block.line}" for block in found if not block.excuse and not is_run(block)] == []
    excuses = re.findall("^<!-- not run:", text, re.MULTILINE)
    assert len(excuses) == sum(block.excuse is not None for block in found)


def test_every_json_document_is_one() -> None:
    for page in PAGES:
        for code in blocks(str(page.relative_to(ROOT)), "json"):
            json.loads(code)


def test_every_verb_of_dev_exists() -> None:
    verbs = set(re.findall(r"^verb_(\w+)\(\)", (ROOT / "dev").read_text(), re.MULTILINE))
    named = {line.split()[1] for _, line in shell_lines() if line.startswith("./dev ")}
    assert named - verbs == set()


def run_python(code: str, directory: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.pg
@pytest.mark.usefixtures("execute")
def test_the_tour_runs(tmp_path: Path) -> None:
    reopen = 'mirror = pm.open("music.db")'
    companions = "import duckdb, pandas, polars, pyarrow"
    pages = [blocks(name, "python") for name in ("README.md", "docs/tables.md", "docs/errors.md")]
    shown = run_python("\n".join([companions, *pages[0], *pages[1], reopen, *pages[2]]), tmp_path)
    assert "[{'name': 'Track', 'tempo': 171.0}]" in shown
    assert "queued" in shown


@pytest.mark.pg
@pytest.mark.usefixtures("execute")
def test_logging_imports_and_exports_run(tmp_path: Path) -> None:
    spotify_zip(tmp_path / "my_spotify_data.zip")
    (query,) = blocks("docs/export.md", "sql")
    code = [
        "import duckdb, polars, pyarrow.dataset, playmirror as pm",
        *blocks("docs/logging.md", "python"),
        'mirror = pm.open("music.db")\nmirror.sync("service=music")',
        *blocks("docs/importing.md", "python"),
        'mirror.export("listening")',
        f"print(duckdb.sql({query!r}).fetchall())",
        *blocks("docs/export.md", "python"),
    ]
    shown = run_python("\n".join(code), tmp_path)
    assert shown.startswith("5 {}\n")
    assert "(2026, 1, 1)" in shown


def test_the_cpp_snippets_compile(tmp_path: Path) -> None:
    compiler = os.environ.get("CXX") or shutil.which("c++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    generated = tmp_path / "playmirror" / "version.hpp"
    generated.parent.mkdir()
    template = (ROOT / "include" / "playmirror" / "version.hpp.in").read_text()
    generated.write_text(re.sub(r"@\w+@", "0", template))
    pages = [page for page, languages in RUN.items() if "cpp" in languages]
    snippets = [snippet for page in pages for snippet in blocks(page, "cpp")]
    for number, snippet in enumerate(snippets):
        source = tmp_path / f"snippet_{number}.cpp"
        source.write_text(snippet)
        includes = [f"-I{ROOT / 'include'}", f"-I{tmp_path}"]
        done = subprocess.run(
            [compiler, "-std=c++20", "-Wall", "-Wextra", "-fsyntax-only", *includes, str(source)],
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
