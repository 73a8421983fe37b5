"""These tests need a library with test hooks: `./dev test` gives them one. Others skip them."""

import pytest
from support import hooks

if not hooks.PRESENT:
    collect_ignore_glob = ["test_*.py"]

pytest.register_assert_rewrite(
    "world",
    "sync_scenarios",
    "identity_scenarios",
    "import_scenarios",
    "file_scenarios",
    "watch_scenarios",
)
