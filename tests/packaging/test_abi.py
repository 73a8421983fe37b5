"""What counts as another ABI."""

from pathlib import Path

import abi
import pytest
from conftest import Run

HEADER = """
#include <memory>
#include <string>
namespace playmirror {
enum class Kind { one, two };
struct Options {
  int rows = 0;
  Kind kind = Kind::one;
};
class Mirror {
 public:
  explicit Mirror(const Options& options);
  ~Mirror();
  std::string name(Kind kind) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
}
"""

SOURCE = """
#include "mirror.hpp"
namespace playmirror {
namespace files { int open(const Options& options) { return options.rows; } }
struct Mirror::Impl { int file; };
Mirror::Mirror(const Options& options) : impl_(new Impl{files::open(options)}) {}
Mirror::~Mirror() = default;
std::string Mirror::name(Kind) const { return {}; }
}
"""


def described(run: Run, folder: Path, header: str, source: str) -> Path:
    (folder / "include").mkdir(parents=True)
    (folder / "include/mirror.hpp").write_text(header)
    (folder / "mirror.cpp").write_text(source)
    library = folder / "libmirror.so"
    options = ("-std=c++20", "-shared", "-fPIC", "-O0", "-g")
    run("c++", *options, f"-I{folder}/include", folder / "mirror.cpp", "-o", library)
    abi.describe(library, folder / "include", folder / "mirror.abi")
    return folder / "mirror.abi"


@pytest.fixture(scope="module")
def older(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return described(run, tmp_path_factory.mktemp("abi") / "older", HEADER, SOURCE)


@pytest.mark.parametrize(
    ("change", "compatible"),
    [
        (("", ""), True),
        (("two }", "two, three }"), True),
        (("one, two }", "one, half, two }"), False),
        (("int rows = 0;", "long rows = 0;"), False),
        (("Kind kind = Kind::one;", "Kind kind = Kind::one; bool all = false;"), False),
        (("name(Kind kind) const;", "name(Kind kind) const; void close();"), True),
        (("std::unique_ptr<Impl> impl_;", "std::unique_ptr<Impl> impl_; int rows_ = 0;"), False),
        (("struct Mirror::Impl { int file; }", "struct Mirror::Impl { int file, lock; }"), True),
        (("files::open(", "files::open_all("), True),
        (("name(Kind", "title(Kind"), False),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_a_change(
    change: tuple[str, str], compatible: bool, older: Path, run: Run, tmp_path: Path
) -> None:
    header, source = HEADER.replace(*change), SOURCE.replace(*change)
    if "close" in change[1]:
        source += "void playmirror::Mirror::close() {}"
    if "open_all" in change[1]:
        source = source.replace("int open(", "int open_all(")
    comparison = abi.compare(older, described(run, tmp_path / "newer", header, source))
    assert comparison.compatible == compatible, comparison.report
