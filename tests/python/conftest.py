"""Fixtures: a server for the whole run, a database and a mirror file for each test.

The server is a throwaway one, or that of PLAYMIRROR_TEST_DSN (see tests/server/with_server.py).
Where none can be started, tests that need one are skipped; on CI that is an error.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import playmirror as pm
import pytest
from support import comparing
from support.music_db import SMALL_TEMPLATE, MusicDb, make_templates

from databases import Server  # isort: skip
from pytest_server import server_for_tests  # isort: skip

TIMEOUT = 120  # seconds, for tests that name none


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks what needs a server, and bounds every test. What takes long begins first, and before
    all others what may take longest, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: (item.get_closest_marker("slow") is None, -seconds_allowed(item)))
    for item in items:
        if "cluster" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.pg)
        if config.pluginmanager.hasplugin("timeout") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(TIMEOUT))


def seconds_allowed(item: pytest.Item) -> float:
    """0 as a timeout stands for none."""
    timeout = item.get_closest_marker("timeout")
    return (timeout.args[0] or math.inf) if timeout else TIMEOUT


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAYMIRROR_DB", raising=False)
    monkeypatch.delenv("PLAYMIRROR_DSN", raising=False)
    monkeypatch.setenv("PLAYMIRROR_CONFIG", "/nowhere/config.ini")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Server]:
    """A server with both templates. Only a Cluster can be stopped: make your own for that."""
    with ExitStack() as stack:
        server = server_for_tests(stack)
        make_templates(server)
        yield server


@pytest.fixture
def music_db(cluster: Server) -> Iterator[MusicDb]:
    """An empty music database."""
    with MusicDb.create(cluster) as db:
        yield db


@pytest.fixture
def small_db(cluster: Server) -> Iterator[MusicDb]:
    """A music database with a library of 1,000 plays."""
    with MusicDb.create(cluster, template=SMALL_TEMPLATE) as db:
        yield db


@pytest.fixture
def plain_role(music_db: MusicDb) -> str:
    """The DSN of a role with just the rights that playmirror needs in `music_db`."""
    return music_db.plain_role()


@pytest.fixture
def mirror_path(tmp_path: Path) -> Path:
    """Where a mirror may be made; nothing is there yet."""
    return tmp_path / "music.db"


@pytest.fixture
def mirror(mirror_path: Path) -> Iterator[pm.Mirror]:
    """A new, empty mirror."""
    with pm.open(mirror_path) as opened:
        yield opened


@pytest.fixture
def assert_equal() -> Callable[..., None]:
    """assert_equal(mirror, db): the same rows by value on both sides, typed reads included."""
    return comparing.assert_equal


@pytest.fixture
def server(music_db: MusicDb) -> Iterator[pm.Server]:
    """A connection of playmirror's to `music_db`, as a superuser."""
    with pm.connect(music_db.dsn) as connected:
        yield connected
