"""These tests need a library with test hooks: `./dev test` gives them one. Others skip them."""

from support import hooks

if not hooks.PRESENT:
    collect_ignore_glob = ["test_*.py"]
