"""A build that lacks packages says in one message which, and how to install them."""

import os
import sys
from pathlib import Path

import pytest
from conftest import Run


def configure(run: Run, source: Path, folder: Path, *options: str, expect: int = 0) -> str:
    return run("cmake", "-S", source, "-B", folder, "-G", "Ninja", *options, expect=expect)


def without(*packages: str) -> list[str]:
    return [f"-DCMAKE_DISABLE_FIND_PACKAGE_{package}=ON" for package in packages]


def test_every_missing_package_is_named_at_once(run: Run, source: Path, tmp_path: Path) -> None:
    hidden = without(
        "SQLite3", "cereal", "Boost", "date", "RapidJSON", "LibZip", "PostgreSQL", "GTest"
    )
    output = configure(run, source, tmp_path, *hidden, "-DPLAYMIRROR_BUILD_TESTS=ON", expect=1)
    for name in (
        "SQLite 3.37",
        "cereal",
        "Boost.Filesystem",
        "Howard Hinnant's date library",
        "RapidJSON",
        "libzip",
        "libpq",
        "GoogleTest",
    ):
        assert f"- {name}" in output
    assert (
        "apt install libsqlite3-dev libcereal-dev libboost-filesystem-dev "
        "libhowardhinnant-date-dev rapidjson-dev libzip-dev libpq-dev libgtest-dev\n" in output
    )
    assert "dnf install sqlite-devel cereal-devel boost-devel date-devel rapidjson-devel " in output
    assert (
        "brew install sqlite cereal boost howard-hinnant-date rapidjson libzip libpq googletest\n"
        in output
    )


def test_only_what_is_missing_is_named(run: Run, source: Path, tmp_path: Path) -> None:
    output = configure(run, source, tmp_path, *without("cereal"), expect=1)
    assert "apt install libcereal-dev\n" in output
    assert "libpq" not in output


def test_without_libpq_the_offline_part_is_offered(run: Run, source: Path, tmp_path: Path) -> None:
    output = configure(run, source, tmp_path, *without("PostgreSQL"), expect=1)
    assert "-DPLAYMIRROR_SYNC=OFF" in output
    configure(run, source, tmp_path, *without("PostgreSQL"), "-DPLAYMIRROR_SYNC=OFF")


def test_a_missing_pybind11_is_installed_by_pip(run: Run, source: Path, tmp_path: Path) -> None:
    options = [*without("pybind11"), "-DPLAYMIRROR_BUILD_PYTHON=ON"]
    assert "pip install 'pybind11>=3.1,<4'" in configure(run, source, tmp_path, *options, expect=1)


@pytest.mark.slow
def test_pip_shows_the_message_too(run: Run, source: Path, tmp_path: Path) -> None:
    output = run(
        *(
            "python",
            "-m",
            "pip",
            "wheel",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            tmp_path,
            source,
        ),
        *("-C", "cmake.define.CMAKE_DISABLE_FIND_PACKAGE_PostgreSQL=ON"),
        expect=1,
    )
    assert "apt install libpq-dev\n" in output


def test_a_python_that_has_pybind11_is_found_by_the_next_attempt(
    run: Run, source: Path, tmp_path: Path
) -> None:
    def within(environment: str, *options: str, expect: int = 0) -> str:
        variables = {"VIRTUAL_ENV": environment, "PATH": f"{environment}/bin:{os.environ['PATH']}"}
        command = ("cmake", "-S", source, "-B", tmp_path / "build", "-G", "Ninja", *options)
        return run(*command, expect=expect, **variables)

    bare = str(tmp_path / "bare")
    run(sys.executable, "-m", "venv", "--without-pip", bare)
    assert f"{bare}/bin/python" in within(bare, "-DPLAYMIRROR_BUILD_PYTHON=ON", expect=1)
    within(sys.prefix)
