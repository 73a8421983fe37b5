"""What the tests of the pages share: a server with a small library."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "server"), str(ROOT / "tests" / "python")]

from databases import create_database, make_template  # noqa: E402
from pytest_server import server_for_tests  # noqa: E402
from snippets import blocks  # noqa: E402


@pytest.fixture
def execute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Runs SQL on a server with a small library. The service `music` leads to it, as a role with
    the rights that the README grants and no others."""
    with ExitStack() as stack:
        server = server_for_tests(stack)
        make_template(server)
        name = f"docs_{os.getpid()}"
        role = f"laptop_{name}"
        create_database(server, name)
        stack.callback(server.psql, f"DROP DATABASE {name} WITH (FORCE); DROP ROLE {role}")
        (grants,) = blocks("README.md", "sql")
        server.psql(f"CREATE ROLE {role} LOGIN; {grants.replace('TO laptop', f'TO {role}')}", name)
        server.psql(
            """
            INSERT INTO artists (id, name, genres) VALUES ('a', 'Artist', '["jazz"]');
            INSERT INTO tracks (id, name, artist, tempo) VALUES ('t', 'Track', 'Artist', 171);
            INSERT INTO track_artists VALUES ('t', 'a');
            INSERT INTO play_history (track_id, played_at, skipped)
            VALUES ('t', '2025-12-31', true), ('t', '2026-01-01', true);
            """,
            name,
        )
        file = tmp_path / "pg_service.conf"
        options = server.dsn(name, role).split()
        file.write_text("[music]\n" + "".join(f"{option}\n" for option in options))
        monkeypatch.setenv("PGSERVICEFILE", str(file))
        yield lambda sql: server.psql(sql, name)
