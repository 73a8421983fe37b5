"""`pip install .` works in a fresh virtual environment, and so does the source distribution."""

import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import Run

pytestmark = pytest.mark.slow


@pytest.fixture
def fresh_python(run: Run, tmp_path: Path) -> Path:
    """The interpreter of a virtual environment that holds pip and nothing else."""
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    return tmp_path / "venv" / "bin" / "python"


def assert_playmirror_works(run: Run, python: Path, folder: Path, version: str) -> None:
    script = (
        f"import playmirror as pm; pm.open({str(folder / 'music.db')!r}); print(pm.__version__)"
    )
    assert run(python, "-I", "-c", script).strip() == version
    assert "--db" in run(python.parent / "playmirror", "status", "--help")
    # The demo needs neither a server nor the source.
    assert "100 plays of" in run(python.parent / "playmirror", "demo", "--plays", "100")


def test_pip_install_in_a_fresh_environment(
    run: Run, source: Path, fresh_python: Path, tmp_path: Path, version: str
) -> None:
    # In a folder as deep as that of ./dev, so that ccache finds what it compiled there.
    run(fresh_python, "-m", "pip", "install", "-C", "build-dir=build/pip", source)
    assert_playmirror_works(run, fresh_python, tmp_path, version)


def test_the_wheel_of_this_checkout(
    run: Run, source: Path, fresh_python: Path, tmp_path: Path, version: str
) -> None:
    printed = run(source / "dev", "wheel").splitlines()[-1]
    run(fresh_python, "-m", "pip", "install", "--no-index", "--no-deps", source / printed)
    assert_playmirror_works(run, fresh_python, tmp_path, version)


def test_the_source_distribution_is_complete(
    run: Run, source: Path, fresh_python: Path, tmp_path: Path, version: str
) -> None:
    python = sys.executable
    run(python, "-m", "build", "--sdist", "--no-isolation", "--outdir", tmp_path, source)
    sdist = tmp_path / f"playmirror-{version}.tar.gz"
    with tarfile.open(sdist) as archive:
        assert not [name for name in archive.getnames() if "/build/" in name]
        archive.extractall(tmp_path, filter="data")

    # Unpacked here, as pip would do it, so that ccache finds what was compiled of the checkout.
    unpacked = tmp_path / f"playmirror-{version}"
    run(
        *(python, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path),
        *("-C", "build-dir=build/wheel", unpacked),
        CCACHE_BASEDIR=str(unpacked),
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "playmirror/py.typed" in names
    # One extension, no headers and no second copy of the library.
    assert [Path(name).name.split(".")[0] for name in names if ".so" in name] == ["_core"]
    assert {name.split("/")[0] for name in names} == {
        "playmirror",
        f"playmirror-{version}.dist-info",
    }

    run(fresh_python, "-m", "pip", "install", "--no-index", "--no-deps", wheel)
    assert_playmirror_works(run, fresh_python, tmp_path, version)
