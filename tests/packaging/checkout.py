"""Where the source is, and which version it has."""

import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def version() -> str:
    """MAJOR.MINOR.PATCH, as CMakeLists.txt has it."""
    found = re.search(
        r"project\(playmirror VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text()
    )
    assert found
    return found[1]
