"""A C++ program builds and runs against an installed playmirror, shared and static, found by CMake
and by pkg-config, with the server side and without."""

import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import abi
import pytest
from conftest import SOURCE, Run

HERE = Path(__file__).parent

sys.path.insert(0, str(SOURCE / "tests/server"))
from cluster import Cluster  # noqa: E402
from databases import create_database, make_template  # noqa: E402

pytestmark = pytest.mark.slow


@dataclass
class Installation:
    prefix: Path
    libraries: Path


@pytest.fixture(scope="module", params=["shared", "static"])
def installation(
    request: pytest.FixtureRequest, source: Path, run: Run, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    # The build folder stays, so that a second run has little to compile. The static library is
    # compiled as that in the Python package is, by the compiler that Python names and in a folder
    # as deep, so that ccache has it.
    build = source / "build" / f"packaging-{request.param}"
    compiler = shutil.which(shlex.split(sysconfig.get_config_var("CXX") or "c++")[0]) or "c++"
    # How fast it runs is not what is tried here; the ABI is read from what a debugger reads.
    flags = ["-DCMAKE_CXX_FLAGS_RELEASE=-O0 -g"] if request.param == "shared" else []
    prefix = tmp_path_factory.mktemp(request.param)
    run(
        *("cmake", "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_INSTALL_PREFIX={prefix}"),
        *("-DCMAKE_INSTALL_LIBDIR=lib", "-DCMAKE_BUILD_TYPE=Release"),
        f"-DCMAKE_CXX_COMPILER={compiler}",
        *flags,
        f"-DBUILD_SHARED_LIBS={'ON' if request.param == 'shared' else 'OFF'}",
    )
    run("cmake", "--build", build)
    run("cmake", "--install", build)
    return Installation(prefix, prefix / "lib")


def build_with_cmake(run: Run, project: str, installation: Installation, folder: Path) -> Path:
    prefix_path = f"-DCMAKE_PREFIX_PATH={installation.prefix}"
    run("cmake", "-S", HERE / project, "-B", folder / "build", "-G", "Ninja", prefix_path)
    run("cmake", "--build", folder / "build")
    return folder / "build" / "consumer"


def build_with_pkg_config(
    run: Run, project: str | Path, package: str, installation: Installation, folder: Path
) -> Path:
    source = project if isinstance(project, Path) else HERE / project / "consumer.cpp"
    program = folder / "consumer"
    search_path = str(installation.libraries / "pkgconfig")
    flags = run("pkg-config", "--cflags", "--libs", package, PKG_CONFIG_PATH=search_path)
    run(
        *("c++", "-std=c++20", source, "-o", program, *shlex.split(flags)),
        f"-Wl,-rpath,{installation.libraries}",
    )
    return program


def test_find_package_gives_the_whole_library(
    run: Run, installation: Installation, tmp_path: Path
) -> None:
    program = build_with_cmake(run, "consumer", installation, tmp_path)
    assert run(program, tmp_path / "music.db") == "0 plays\nno server\n"


def test_pkg_config_gives_the_whole_library(
    run: Run, installation: Installation, tmp_path: Path
) -> None:
    program = build_with_pkg_config(run, "consumer", "playmirror", installation, tmp_path)
    assert run(program, tmp_path / "music.db") == "0 plays\nno server\n"


@pytest.mark.parametrize("tool", ["cmake", "pkg-config"])
def test_core_alone_needs_no_libpq(
    run: Run, installation: Installation, tmp_path: Path, version: str, tool: str
) -> None:
    if tool == "cmake":
        program = build_with_cmake(run, "core_consumer", installation, tmp_path)
    else:
        program = build_with_pkg_config(
            run, "core_consumer", "playmirror-core", installation, tmp_path
        )
    assert run(program, tmp_path / "music.db") == f"{version}: 0 plays\n"
    assert "libpq" not in run("ldd", program)


def test_another_program_takes_a_table_by_arrow(
    run: Run, installation: Installation, tmp_path: Path, source: Path
) -> None:
    made = build_with_pkg_config(run, "core_consumer", "playmirror-core", installation, tmp_path)
    run(made, tmp_path / "music.db")
    program = build_with_pkg_config(
        run, source / "examples/arrow/arrow.cpp", "playmirror-core", installation, tmp_path
    )
    output = run(program, tmp_path / "music.db").splitlines()
    assert output[0] == "id (l): 0 values, 0 nulls"
    assert output[2] == "played_at (tsu:UTC): 0 values, 0 nulls"
    assert "  together 0 ms" in output


def test_the_examples_do_what_they_say(
    run: Run, installation: Installation, tmp_path: Path, source: Path
) -> None:
    build = tmp_path / "build"
    prefix_path = f"-DCMAKE_PREFIX_PATH={installation.prefix}"
    run("cmake", "-S", source / "examples/cpp", "-B", build, "-G", "Ninja", prefix_path)
    run("cmake", "--build", build)
    database = tmp_path / "music.db"

    heard = "t1 183\nt1 12\nt2 200\nnonsense\n"
    player = subprocess.run(
        [build / "player", database], input=heard, capture_output=True, text=True, check=True
    )
    assert player.stdout.count("play -") == 3
    assert player.stderr == "not a track and seconds: nonsense\n"

    lines = run(build / "listening", database, "this_year", "Europe/Berlin").splitlines()
    assert lines[0] == "3 plays of 2 tracks on 1 days, 0 h 6 min"
    assert lines[1].split() == ["1.", "2", "t1"]
    assert len(lines) == 1 + 2 + 24
    assert "not the name of a period" in run(build / "listening", database, "some_time", expect=1)

    with Cluster() as cluster:
        make_template(cluster)
        dsn = create_database(cluster, "music")
        command = [build / "keeper", database, dsn]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as keeper:
            try:
                assert keeper.stdout is not None
                # What was pushed comes back with the server's ids and defaults.
                assert keeper.stdout.readline().startswith("synced: 5 pushed, ")
                run("sh", "-c", f"echo t2 99 | {build}/player {database}")
                assert keeper.stdout.readline().startswith("synced: 1 pushed, ")
                assert cluster.psql("SELECT count(*) FROM play_history", "music").strip() == "4"
                keeper.terminate()
                assert keeper.wait(20) == 0
            finally:
                keeper.kill()


def test_a_shared_library_carries_its_abi_in_its_name(
    run: Run, installation: Installation, version: str
) -> None:
    for library in ("libplaymirror", "libplaymirror_core"):
        files = sorted(file.name for file in installation.libraries.glob(f"{library}.*"))
        if files != [f"{library}.a"]:
            abi = version.rpartition(".")[0]
            assert files == [f"{library}.so", f"{library}.so.{abi}", f"{library}.so.{version}"]


def test_a_shared_library_shows_its_own_names_alone(run: Run, installation: Installation) -> None:
    for library in installation.libraries.glob("*.so"):
        names = run("nm", "--dynamic", "--defined-only", library).splitlines()
        assert len(names) >= 20
        ours = re.compile(r"[0-9a-f]+ [A-Za-z] _Z(N|NK|GVN|T\w*N)10playmirror")
        assert [name for name in names if not ours.match(name)] == []


def test_the_abi_stays_within_a_minor_version(installation: Installation) -> None:
    if not list(installation.libraries.glob("*.so")):
        pytest.skip("a static library has none")
    comparisons = abi.since_last_release(installation.libraries)
    assert set(comparisons) == {"libplaymirror", "libplaymirror_core"}
    for comparison in comparisons.values():
        assert "Functions changes summary" in comparison.report
        assert comparison.compatible or abi.version() != abi.last_release(), comparison.report
