"""The notebooks of examples/, run as a reader would run them; and a kernel's stop button."""

import queue
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from support.music_db import SMALL_TEMPLATE, MusicDb

pytest.importorskip("nbclient")
from support import notebooks

pytestmark = [
    pytest.mark.notebook,
    pytest.mark.filterwarnings("ignore"),  # Jupyter's, of no concern here
]


@pytest.fixture(scope="module")
def service(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file that names a server with a small library `music`, for libpq."""
    with MusicDb.create(cluster, template=SMALL_TEMPLATE) as db:
        file = tmp_path_factory.mktemp("service") / "pg_service.conf"
        notebooks.write_service_file(db.dsn, file)
        yield file


@pytest.fixture
def place(service: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a notebook may run."""
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return tmp_path


@pytest.mark.parametrize("file", notebooks.NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_runs_and_looks_well(file: Path, place: Path) -> None:
    if not file.stem.startswith("1_"):  # which makes the mirror that the others open
        with pm.open(place / "music.db") as mirror:
            mirror.sync("service=music")
    ran = notebooks.run(file, place)
    assert not [text for text in notebooks.outputs(ran, "stderr") if "Warning" in text]
    pictures = sum(".plot(" in cell.source for cell in ran.cells if cell.cell_type == "code")
    assert len(notebooks.outputs(ran, "image/png")) == pictures
    tables = notebooks.outputs(ran, "text/html")
    assert tables
    assert all(len(table.encode()) <= 100_000 for table in tables)
    if notebooks.browser() is None:
        return
    for dark in (False, True):
        page = place / ("dark.html" if dark else "light.html")
        seen = notebooks.look_at(notebooks.html(ran, dark=dark), page, picture=False)
        assert seen["overflow"] == 0
        assert seen["broken"] == 0
        assert seen["errors"] == 0
        assert seen["images"] == len(notebooks.outputs(ran, "image/png"))
        assert seen["tables"] >= 1


def test_there_is_a_tour() -> None:
    assert len(notebooks.NOTEBOOKS) == 5


class Kernel:
    """A kernel, and what it answers."""

    def __init__(self, directory: Path) -> None:
        from jupyter_client.manager import start_new_kernel

        self._manager, self._client = start_new_kernel(cwd=str(directory), startup_timeout=60)

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def begin(self, code: str) -> str:
        # Else what comes within a tenth of a second behind an error is not run.
        return str(self._client.execute(code, stop_on_error=False))

    def end(self, request: str) -> dict[str, Any]:
        """The reply to a request. Fails after 30 seconds."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                reply = self._client.get_shell_msg(timeout=1)
            except queue.Empty:
                continue
            if reply["parent_header"].get("msg_id") == request:
                content: dict[str, Any] = reply["content"]
                return content
        raise AssertionError("the kernel does not answer")

    def run(self, code: str) -> dict[str, Any]:
        return self.end(self.begin(code))

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()


@pytest.fixture
def kernel(place: Path) -> Iterator[Kernel]:
    started = Kernel(place)
    yield started
    started.close()


def test_the_stop_button_ends_a_call(kernel: Kernel, place: Path, cluster: Any) -> None:
    """A pull that waits for a lock for longer than this test would, and an endless query."""
    with MusicDb.create(cluster, template=SMALL_TEMPLATE) as db:
        started = kernel.run(
            "import playmirror as pm; mirror = pm.open('music.db')\n"
            f"server = pm.connect({db.dsn!r})"
        )
        assert started["status"] == "ok"
        lock = db.connect(autocommit=False)
        lock.execute("LOCK TABLE play_history")
        request = kernel.begin("server.pull(mirror, lock_timeout=300, progress=True)")
        while not db.execute(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND datname = current_database()"
        ):
            time.sleep(0.05)
        kernel.interrupt()
        assert kernel.end(request)["ename"] == "KeyboardInterrupt"
        lock.rollback()

        request = kernel.begin(
            "mirror.sql('WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) "
            "SELECT count(*) FROM n', timeout=300, progress=lambda now: open('begun', 'w').close())"
        )
        while not (place / "begun").exists():
            time.sleep(0.05)
        kernel.interrupt()
        assert kernel.end(request)["ename"] == "KeyboardInterrupt"

        # Nothing is the worse for it.
        assert kernel.run("assert server.sync(mirror).complete")["status"] == "ok"
